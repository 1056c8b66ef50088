// One list of behaviours over every adapter, on the real framework and real HTTP (faults 80 to 93).
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { paymentNotify } from 'wxpay-wasm/notify'
import { memoryStore } from 'wxpay-wasm/store'
import { signedNotification } from 'wxpay-wasm/testing'
import { raw } from './raw.mjs'
import { listen } from './server.mjs'
import * as starters from './starters.mjs'
import { APPID, KEY, MCHID } from './wire.mjs'

const { EVENTS, PATH } = starters
const ORDER = { out_trade_no: 'A1001', appid: APPID, mch_id: MCHID, trade_type: 'JSAPI', body: 'tea', total_fee: 101 }
const SUCCESS =
  '<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>'
const FAIL =
  '<xml><return_code><![CDATA[FAIL]]></return_code><return_msg><![CDATA[REFUSED]]></return_msg></xml>'
const PAID = signedNotification(
  { out_trade_no: 'A1001', total_fee: 101, attach: '茶 & <tea>' },
  { key: KEY, appid: APPID, mchid: MCHID },
)
const FORGED = PAID.replaceAll('101', '102')

/** Each way to mount the route. A gateway hands over whole bodies: nothing is slow behind it. */
const WAYS = {
  'Koa 3': { start: starters.koa },
  'Express 5': { start: starters.expressApp },
  'node:http': { start: starters.node },
  'Fastify 5': { start: starters.fastifyApp, types: ['text/xml', 'application/xml', 'text/plain', undefined] },
  'hapi 21': { start: starters.hapi },
  'Hono 4': { start: starters.hono },
  'Nest 11 on Express': { start: starters.nest },
  'Egg 4': { start: starters.egg },
  ...Object.fromEntries(
    Object.entries(EVENTS).map(([name, event]) => [
      `a cloud function: ${name}`,
      { start: notify => starters.cloud(notify, event), whole: true },
    ]),
  ),
}

async function shop(t, start, options) {
  const store = memoryStore()
  await store.createOrder(ORDER)
  const events = []
  const notify = paymentNotify({
    appid: APPID,
    mchid: MCHID,
    partnerKey: KEY,
    store,
    onOutcome: event => events.push(event),
    ...options,
  })
  const server = await start(notify, t)
  const url = (await listen(t, server)) + PATH
  return { url, events, server, state: async () => (await store.findOrder('A1001')).state }
}

/** A POST whose content type is exactly what is given, or none. */
const post = (url, body, headers = { 'content-type': 'text/xml' }) =>
  fetch(url, { method: 'POST', body: Buffer.from(body), headers })

async function replied(response, want) {
  assert.deepEqual(
    [response.status, response.headers.get('content-type'), await response.text()],
    [200, 'text/xml; charset=utf-8', want],
  )
}

/** Nobody is connected any more. */
async function deserted(server) {
  for (let left = 1; left > 0; ) {
    left = await new Promise((resolve, reject) =>
      server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    )
    if (left > 0) await new Promise(resolve => setTimeout(resolve, 5))
  }
}

const HEAD = `POST ${PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: text/xml\r\n`

for (const [name, { start, whole = false, types }] of Object.entries(WAYS)) {
  describe(name, { timeout: 60_000 }, () => {
    test('a payment, the same again, and one that is forged', async t => {
      const given = await shop(t, start)
      await replied(await post(given.url, FORGED), FAIL)
      assert.equal(await given.state(), 'NOTPAY')
      await replied(await post(given.url, PAID), SUCCESS)
      assert.equal(await given.state(), 'SUCCESS')
      await replied(await post(given.url, PAID), SUCCESS)
      assert.deepEqual(given.events.map(({ outcome }) => outcome), ['refused', 'paid', 'duplicate'])
    })

    test('fault 82: other methods get 405', async t => {
      const given = await shop(t, start)
      for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
        const response = await fetch(given.url, { method, ...(method === 'GET' ? {} : { body: PAID }) })
        assert.deepEqual(
          [response.status, response.headers.get('allow'), await response.text()],
          [405, 'POST', ''],
          method,
        )
      }
      assert.equal(await given.state(), 'NOTPAY')
    })

    test('fault 86: compressed bodies get 415', async t => {
      const given = await shop(t, start)
      const response = await post(given.url, gzipSync(PAID), {
        'content-type': 'text/xml',
        'content-encoding': 'gzip',
      })
      assert.deepEqual([response.status, await response.text()], [415, ''])
      assert.equal(given.events[0].error.code, 'NOTIFY_ENCODING')
      assert.equal(await given.state(), 'NOTPAY')
    })

    test('fault 85: more than 64 KiB get 413', async t => {
      const given = await shop(t, start)
      await replied(await post(given.url, PAID.padEnd(60_000)), SUCCESS)
      const response = await post(given.url, PAID.padEnd(66_000))
      assert.deepEqual([response.status, await response.text()], [413, ''])
      assert.equal(given.events.at(-1).error.code, 'NOTIFY_LIMIT')
    })

    test('fault 87: the content type does not matter', async t => {
      const given = await shop(t, start)
      for (const type of types ?? ['text/xml', 'application/xml; charset=gbk', 'text/plain', 'x', undefined]) {
        const headers = type === undefined ? '' : `content-type: ${type}\r\n`
        const answer = await raw(given.url, [
          `POST ${PATH} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${headers}content-length: ${Buffer.byteLength(PAID)}\r\n\r\n${PAID}`,
        ])
        assert.match(answer, /^HTTP\/1\.1 200 [^]*SUCCESS/, type)
      }
      assert.equal(await given.state(), 'SUCCESS')
    })

    test('faults 80, 92: the reply echoes nothing', async t => {
      const given = await shop(t, start)
      for (const body of ['', 'ECHO', '<xml><a>ECHO</a></xml>', '{"ECHO":1}', Buffer.alloc(100, 0xff)]) {
        const response = await post(given.url, body, { 'content-type': 'text/xml', 'x-echo': 'ECHO' })
        assert.ok(!JSON.stringify([...response.headers]).includes('ECHO'))
        await replied(response, FAIL)
      }
    })

    if (whole) return

    test('fault 85: in chunks, 413 and the connection ends', async t => {
      const given = await shop(t, start)
      const chunk = `4000\r\n${'a'.repeat(0x4000)}\r\n`
      const pieces = [`${HEAD}transfer-encoding: chunked\r\n\r\n`, ...Array(5).fill(chunk)]
      assert.match(await raw(given.url, pieces, { pause: 5 }), /^HTTP\/1\.1 413 [^]*connection: close/i)
      await deserted(given.server)
    })

    test('fault 88: a slow body gets 408 and the connection ends', async t => {
      const given = await shop(t, start, { bodyTimeout: 100 })
      const head = `${HEAD}content-length: ${Buffer.byteLength(PAID)}\r\n\r\n`
      const answer = await raw(given.url, [head, ...PAID.slice(0, 40)], { pause: 20 })
      assert.match(answer, /^HTTP\/1\.1 408 [^]*connection: close/i)
      await deserted(given.server)
      assert.equal(await given.state(), 'NOTPAY')
    })

    test('fault 89: a client that hangs up changes nothing and leaves nothing', async t => {
      const given = await shop(t, start)
      // All fields and the signature are sent, the last byte is not.
      const head = `${HEAD}content-length: ${Buffer.byteLength(PAID) + 1}\r\n\r\n`
      await raw(given.url, [head + PAID], { pause: 50, hangUp: true })
      while (given.events.length === 0) await new Promise(resolve => setTimeout(resolve, 5))
      assert.deepEqual([given.events[0].outcome, given.events[0].error.code], ['refused', 'NOTIFY_BODY'])
      assert.equal(await given.state(), 'NOTPAY')
      await deserted(given.server)
      await replied(await post(given.url, PAID), SUCCESS)
    })
  })
}

test("the frameworks' own types take the adapters", () => {
  const here = import.meta.dirname
  const tsc = join(dirname(here), 'node_modules/typescript/bin/tsc')
  const options = '--ignoreConfig --noEmit --strict --target es2022 --module nodenext --skipLibCheck'
  const { stdout, status } = spawnSync(process.execPath, [tsc, ...options.split(' '), 'mounted.mts'], { cwd: here, encoding: 'utf8' })
  assert.deepEqual([stdout, status], ['', 0])
})
