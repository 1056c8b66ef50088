// The shop as a process, and as several behind one port: settings, signals, the demo.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import Database from 'libsql'
import { createGateway } from 'wxpay-wasm/testing'
import { openDatabase } from '../examples/shop/database.mjs'
import { noMariadb, startMariadb } from './mariadb.mjs'
import { envOf, TOKEN, until, visitor, watch } from './storefront.mjs'

const SHOP = fileURLToPath(new URL('../examples/shop/', import.meta.url))
const SERVING = /http:\/\/127\.0\.0\.1:\d+/

/** A script of the shop in a folder of its own. */
async function start(t, script, { args = [], env = {} } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'wxpay-shop-run-'))
  const child = spawn(process.execPath, [join(SHOP, script), ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, TMPDIR: folder, ...env },
  })
  const closed = once(child, 'close')
  t.after(async () => {
    child.kill('SIGKILL')
    await closed
    await rm(folder, { recursive: true })
  })
  const self = {
    folder,
    output: '',
    kill: (signal) => child.kill(signal),
    async ended() {
      const [code, signal] = await closed
      return { code, signal, output: self.output, left: await readdir(folder) }
    },
    /** Waits for a text, and returns it. */
    said: (pattern) => until(
      () => {
        if (child.exitCode !== null) assert.fail(`it ended with ${child.exitCode}: ${self.output}`)
        return pattern.exec(self.output)?.[0]
      },
      () => self.output,
    ),
  }
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (self.output += text))
  return self
}

const run = async (...given) => (await start(...given)).ended()

async function withGateway(t, options) {
  const gateway = await createGateway(options)
  t.after(() => gateway.close())
  return gateway
}

test('demo.mjs --once buys twice, refunds, proves it all, and leaves nothing behind', async (t) => {
  const { code, output, left } = await run(t, 'demo.mjs', { args: ['--once'], env: { NODE_ENV: 'production' } })
  assert.equal(code, 0, output)
  assert.match(output, /All right/)
  assert.equal(output.match(/POST \/pay\/notify/g).length, 2)
  assert.equal(output.match(/POST \/pay\/refunded/g).length, 1)
  assert.doesNotMatch(output, /\x1b/, 'no colours without a terminal')
  const gateway = await createGateway()
  await gateway.close()
  for (const secret of [gateway.key, gateway.appSecret]) assert.ok(!output.includes(secret))
  assert.doesNotMatch(output, /<(sign|openid)>(?!(<!\[CDATA\[)?\*)/, 'signatures and openids are masked')
  assert.deepEqual(left, [])
})

test('demo.mjs stops on SIGTERM and removes its folder', async (t) => {
  const demo = await start(t, 'demo.mjs')
  await demo.said(/Ctrl-C/)
  demo.kill('SIGTERM')
  const { code, output, left } = await demo.ended()
  assert.equal(code, 0, output)
  assert.match(output, /http:\/\/127\.0\.0\.1:\d+\/admin/)
  assert.deepEqual(left, [])
})

test('server.mjs names every setting that is missing or wrong, and shows none', async (t) => {
  const none = await run(t, 'server.mjs')
  assert.equal(none.code, 2)
  assert.match(none.output, /WXPAY_APPID, WXPAY_MCHID, WXPAY_KEY/)
  assert.match(none.output, /^PUBLIC_URL: /m)

  const gateway = await withGateway(t)
  const merchant = { ...envOf(gateway), PORT: '0' }
  const wrong = await run(t, 'server.mjs', {
    env: { ...merchant, GATEWAY_URL: '', PORT: 'http', PROCESSES: '0', PUBLIC_URL: 'shop.example/pay', ADMIN_TOKEN: 'secret7' },
  })
  assert.equal(wrong.code, 2)
  for (const name of ['PORT', 'PROCESSES', 'PUBLIC_URL', 'ADMIN_TOKEN']) assert.match(wrong.output, new RegExp(`^${name}: `, 'm'))
  for (const secret of ['secret7', gateway.key]) assert.ok(!wrong.output.includes(secret))

  const key = await run(t, 'server.mjs', { env: { ...merchant, WXPAY_KEY: `${gateway.key}x` } })
  assert.equal(key.code, 1)
  assert.match(key.output, /^KEY_INVALID: /)
  assert.ok(!key.output.includes(gateway.key))

  const database = await run(t, 'server.mjs', { env: { ...merchant, DATABASE_URL: 'postgres://shop:oolong@127.0.0.1/shop' } })
  assert.equal(database.code, 1)
  assert.match(database.output, /DATABASE_URL: expected sqlite:<file>.* or mysql:/)
  assert.ok(!database.output.includes('oolong'))

  const both = await run(t, 'server.mjs', { env: { ...merchant, PROCESSES: '2', WXPAY_KEY: 'short' } })
  assert.equal(both.code, 1, 'what cannot start is not started for ever')
})

test('server.mjs takes the environment, and SIGTERM ends it', async (t) => {
  const gateway = await withGateway(t)
  const server = await start(t, 'server.mjs', { env: { ...envOf(gateway), PORT: '0', ADMIN_TOKEN: TOKEN } })
  const url = await server.said(SERVING)
  const phone = visitor(url)
  assert.equal((await phone.post('/login', { code: gateway.login('oA') })).status, 200, 'WXPAY_APP_SECRET is used')
  const { out_trade_no } = await phone.buy({ trade_type: 'JSAPI' })
  await gateway.pay(out_trade_no)
  const [kept] = (await visitor(url, TOKEN).get('/admin/orders')).json
  assert.deepEqual([kept.out_trade_no, kept.status], [out_trade_no, 'paid'])
  server.kill('SIGTERM')
  const { code, output, left } = await server.ended()
  assert.equal(code, 0, output)
  assert.ok(left.includes('shop.db'), 'the default database is a file where the shop was started')
  assert.match(output, /"kind":"notification","pid":\d+,"outcome":"paid"/)
  for (const secret of [gateway.key, gateway.appSecret, TOKEN, 'oA']) assert.ok(!output.includes(secret))
})

/** Requests over connections of their own, which the processes take in turns. */
const APART = { connection: 'close' }

/** Two processes behind one port. */
async function startTwo(t, gateway, databaseUrl) {
  const env = { ...envOf(gateway), PORT: '0', PROCESSES: '2', ADMIN_TOKEN: TOKEN, DATABASE_URL: databaseUrl }
  const server = await start(t, 'server.mjs', { env })
  const pids = () => [...server.output.matchAll(/Half-Day Tea .* pid (\d+)/g)].map(([, pid]) => Number(pid))
  await until(() => pids().length === 2, () => server.output)
  return { server, pids, url: await server.said(SERVING) }
}

/**
 * Orders, notifications, pages and clicks end up in either process.
 * @param taken how often each event was handed out, when all is over
 * @param lost so many notifications never come
 */
async function share(t, databaseUrl, taken, lost) {
  const gateway = await withGateway(t, { settleAfter: 1 })
  const { server, pids, url } = await startTwo(t, gateway, databaseUrl)
  const browser = visitor(url)
  const numbers = []
  for (let number = 0; number < 20; number++) {
    const answer = await browser.post('/order', { product_id: 'sample', trade_type: 'NATIVE' }, APART)
    assert.equal(answer.status, 201, answer.text)
    numbers.push(answer.json.out_trade_no)
  }
  const [first] = numbers
  gateway.setFaults(numbers.slice(1, 1 + lost).map((no) => ({ on: 'notification', fault: 'never', no, times: 9 })))
  const streams = await Promise.all([1, 2, 3, 4].map(() => watch(browser, url, first)))
  await Promise.all(numbers.map((number) => gateway.pay(number)))
  for (const stream of streams) await stream.next(({ status }) => status === 'paid')
  // What was lost is asked about by whichever process comes first, after ten seconds.
  for (const number of numbers) {
    await until(async () => (await browser.call('GET', `/order/${number}`, undefined, APART)).json.delivered_at !== null, () => server.output)
  }

  const counter = visitor(url, TOKEN)
  const request = { out_trade_no: first, out_refund_no: `${first}-1`, refund_fee: 1 }
  const clicks = await Promise.all([1, 2, 3, 4].map(() => counter.post('/admin/refund', request, APART)))
  for (const { status, text } of clicks) assert.equal(status, 200, text)
  for (const stream of streams) await stream.next(({ status }) => status === 'refunded')
  assert.equal(gateway.refunds().length, 1)

  await until(async () => (await counter.get('/metrics')).text.includes('\nwxpay_waiting_events 0\n'))

  server.kill('SIGTERM')
  const { code, output } = await server.ended()
  assert.equal(code, 0, output)
  const notified = new Set([...output.matchAll(/"kind":"notification","pid":(\d+),"outcome":"paid"/g)].map(([, pid]) => Number(pid)))
  assert.deepEqual(notified, new Set(pids()), 'both had notifications')
  assert.equal(gateway.notifications().filter(({ url }) => url.endsWith('/pay/notify')).length, numbers.length - lost)

  const { store, own, close } = await openDatabase(databaseUrl)
  try {
    for (const number of numbers) {
      const events = await store.listEvents(number)
      assert.deepEqual(events.map(({ kind }) => kind), number === first ? ['paid', 'refunded'] : ['paid'])
    }
    const deliveries = await own.selectFrom('shop_deliveries').selectAll().execute()
    assert.deepEqual(deliveries.map(({ out_trade_no }) => out_trade_no).sort(), numbers.toSorted())
    assert.deepEqual(await taken(), Array(21).fill(1), 'each event was handed out once, to one of them')
  } finally {
    await close()
  }
}

const TAKEN = 'select attempts from wxpay_events where finished_at is not null'
const newFolder = async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'wxpay-shop-two-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}

test('two processes share one SQLite file', { timeout: 120_000 }, async (t) => {
  const file = join(await newFolder(t), 'shop.db')
  const taken = () => new Database(file).prepare(TAKEN).all().map(({ attempts }) => attempts)
  await share(t, `sqlite:${file}`, taken, 0)
})

test('two processes share one MariaDB', { skip: noMariadb, timeout: 120_000 }, async (t) => {
  const mariadb = await startMariadb()
  t.after(() => mariadb.close())
  const database = await mariadb.newDatabase()
  const taken = async () => (await mariadb.query(TAKEN, database)).map(({ attempts }) => attempts)
  await share(t, mariadb.url(database), taken, 6)
})

test('a process that is killed is replaced, and its orders go on', { timeout: 60_000 }, async (t) => {
  const gateway = await withGateway(t)
  const { server, pids, url } = await startTwo(t, gateway, `sqlite:${join(await newFolder(t), 'shop.db')}`)
  const browser = visitor(url)
  const { out_trade_no } = await browser.buy()
  const before = pids()
  process.kill(before[0], 'SIGKILL')
  await until(() => pids().length === 3, () => server.output)
  assert.match(server.output, /"kind":"process".*"signal":"SIGKILL"/)
  assert.equal((await gateway.pay(out_trade_no)).notification.accepted, true)
  await until(async () => (await browser.call('GET', `/order/${out_trade_no}`, undefined, APART)).json.delivered_at !== null)
  server.kill('SIGTERM')
  assert.equal((await server.ended()).code, 0)
})
