// `wxpay-wasm gateway`: the simulator as a process with a URL, for tests in any language.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { WxPay } from 'wxpay-wasm/client'
import { authority, withoutOpenssl } from './authority.mjs'
import { cli } from './cli.mjs'
import { startGateway } from './gateway-process.mjs'

const KEY = '192006250b4c09247ec02edce69f6a2d'
const OTHER_KEY = 'abcdefghijklmnopqrstuvwxyz012345'
const ENV = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(WXPAY_|NO_COLOR|FORCE_COLOR)/.test(name)))

let folder
before(() => (folder = mkdtempSync(join(tmpdir(), 'wxpay-cli-gateway-'))))
after(() => rmSync(folder, { recursive: true, force: true }))

const order = (out_trade_no, more = {}) => ({
  body: 'test', out_trade_no, total_fee: 1, spbill_create_ip: '127.0.0.1', notify_url: 'http://127.0.0.1:9/n',
  trade_type: 'NATIVE', product_id: 'P', ...more,
})
const clientOf = ({ appid, mchid, url }, partnerKey = KEY, more = {}) =>
  new WxPay({ appid, mchid, partnerKey, baseUrl: url, ...more })
const control = async ({ url }, path, init) => (await fetch(`${url}/_gateway/${path}`, init)).json()

async function started(t, args, options) {
  const gateway = await startGateway(args, options)
  t.after(() => gateway.end('SIGKILL'))
  return gateway
}

test('--json: one line when it is ready, and nothing else; SIGTERM and SIGINT end it with 0', async t => {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    const gateway = await started(t, [])
    const { url } = gateway.ready
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
    assert.deepEqual(gateway.ready, {
      url, dashboard: `${url}/_gateway/`, appid: 'wxd930ea5d5a258f4f', mchid: '1900000109', key: KEY,
    })
    const { code_url } = await clientOf(gateway.ready).unifiedOrder(order('A1'))
    assert.equal((await fetch(code_url)).status, 200)
    // A stream that never ends does not keep it.
    const feed = await fetch(`${url}/_gateway/events`)
    const { code, by, stdout, stderr } = await gateway.end(signal)
    assert.deepEqual({ code, by, stdout, stderr }, { code: 0, by: null, stdout: `${gateway.line}\n`, stderr: '' })
    await feed.text().catch(() => {})
    await assert.rejects(fetch(url))
  }
})

test('for people: the addresses and whose key it is', async t => {
  const child = spawn(process.execPath, [cli, 'gateway'], { env: ENV, stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  const [text] = await once(child.stdout.setEncoding('utf8'), 'data')
  assert.match(text, /^gateway    (http:\/\/127\.0\.0\.1:\d+)\ndashboard  \1\/_gateway\/\nappid      wxd930ea5d5a258f4f\n/)
  assert.match(text, new RegExp(`^key        ${KEY} \\(that of the official documents\\)$`, 'm'))
  child.kill('SIGINT')
  assert.deepEqual(await once(child, 'close'), [0, null])
})

test('the merchant, the clock and the rules are options', async t => {
  const gateway = await started(t, [
    '--appid', 'wx0123456789abcdef', '--mchid', '1900000999', '--key', OTHER_KEY, '--test-key', '--close-after', '0',
    '--funds', '500', '--settle-after', '3600', '--time-scale', '3600', '--seed', '7', '--memory', '4', '--max-orders', '2',
  ])
  const { ready } = gateway
  assert.deepEqual([ready.appid, ready.mchid, ready.key], ['wx0123456789abcdef', '1900000999', null])
  const pay = clientOf(ready, OTHER_KEY)
  for (const number of ['A1', 'A2', 'A3']) await pay.unifiedOrder(order(number))
  assert.deepEqual((await control(ready, 'orders')).map(({ out_trade_no }) => out_trade_no), ['A2', 'A3'])
  assert.equal((await control(ready, 'messages')).length, 4)
  await pay.closeOrder({ out_trade_no: 'A2' })
  await control(ready, 'pay?out_trade_no=A3', { method: 'POST' })
  assert.equal((await control(ready, 'ledger'))[0].balance, 501)
  const { stdout } = await gateway.end()
  assert.ok(!stdout.includes(OTHER_KEY), 'a key that is not public is not printed')
})

test('the key may come from the environment, and is still only a test key', async t => {
  const env = { WXPAY_KEY: OTHER_KEY }
  const { ready } = await started(t, ['--test-key'], { env })
  await clientOf(ready, OTHER_KEY).unifiedOrder(order('A1'))
  for (const [args, more] of [[[], env], [['--key', OTHER_KEY], {}]]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'gateway', ...args], { env: { ...ENV, ...more }, encoding: 'utf8' })
    assert.deepEqual([status, stdout], [1, ''])
    assert.match(stderr, /^wxpay-wasm: GATEWAY_REFUSED: (WXPAY_KEY|--key) may be a real key: add --test-key/)
    assert.ok(!stderr.includes(OTHER_KEY))
  }
})

test('faults from the arguments and from a file', async t => {
  const rules = [{ on: 'orderQuery', fault: 'error', err_code: 'SYSTEMERROR', times: 2 }]
  const file = join(folder, 'faults.json')
  writeFileSync(file, JSON.stringify(rules))
  for (const value of [JSON.stringify(rules), `@${file}`]) {
    const { ready } = await started(t, ['--faults', value])
    assert.deepEqual(await control(ready, 'faults'), rules)
  }
})

test('--state-file: it goes on where it was killed', async t => {
  const file = join(folder, 'state.jsonl')
  const first = await started(t, ['--state-file', file])
  await clientOf(first.ready).unifiedOrder(order('A1'))
  await control(first.ready, 'pay?out_trade_no=A1', { method: 'POST' })
  await first.end('SIGKILL')
  const { ready } = await started(t, ['--state-file', file])
  assert.deepEqual((await control(ready, 'orders')).map(({ state }) => state), ['SUCCESS'])
})

test('--host: beyond this machine only when that is said', async t => {
  const { status, stderr } = spawnSync(process.execPath, [cli, 'gateway', '--host', '0.0.0.0'], { env: ENV, encoding: 'utf8' })
  assert.equal(status, 1)
  assert.match(stderr, /GATEWAY_REFUSED: .*127\.0\.0\.1 only/)
  const { ready } = await started(t, ['--host', '0.0.0.0', '--allow-remote', '--hosts', 'pay.test,other.test'])
  const { port } = new URL(ready.url)
  const status2 = await new Promise(resolve =>
    http.get({ port, path: '/_gateway/', headers: { host: 'pay.test' } }, response => resolve(response.resume().statusCode)))
  assert.equal(status2, 200)
})

test('--port: the one that was asked for, and a message when it is taken', async t => {
  const { ready } = await started(t, [])
  const { port } = new URL(ready.url)
  const { status, stderr } = spawnSync(process.execPath, [cli, 'gateway', '--port', port], { env: ENV, encoding: 'utf8' })
  assert.equal(status, 1)
  assert.match(stderr, new RegExp(`^wxpay-wasm: GATEWAY_REFUSED: cannot listen on 127\\.0\\.0\\.1:${port}\n$`))
})

test('--tls: HTTPS, and the certificate of the merchant where WeChat demands it', { skip: withoutOpenssl }, async t => {
  const ours = authority()
  t.after(() => ours.remove())
  const server = ours.server()
  const { cert, key } = ours.merchant('merchant', '1900000109')
  const { ready } = await started(t, ['--tls-cert', server.certFile, '--tls-key', server.keyFile, '--tls-ca', ours.at('ca.pem')])
  assert.match(ready.url, /^https:/)
  const refund = tls => new Promise((resolve, reject) =>
    https.request(`${ready.url}/secapi/pay/refund`, { method: 'POST', ca: ours.ca, agent: false, ...tls },
      response => resolve(response.resume().statusCode)).on('error', reject).end('<xml></xml>'))
  assert.equal(await refund({}), 400)
  assert.equal(await refund({ cert, key }), 200)
})

describe('a command line that cannot be understood', () => {
  for (const [args, message] of [
    [['now'], /gateway takes options alone\nusage: wxpay-wasm gateway/],
    [['--port', 'x'], /--port takes a number/],
    [['--port', '65536'], /--port takes a number up to 65535/],
    [['--time-scale', '0.5'], /timeScale must be a number from 1 up/],
    [['--seed', '1.5'], /seed/],
    [['--faults', '{'], /--faults takes a list in JSON, or @FILE with one/],
    [['--faults', '[{"on":"nothing","fault":"error"}]'], /on must be the name of an endpoint/],
    [['--faults', '@/nowhere/faults.json'], /--faults: \/nowhere\/faults\.json cannot be read: ENOENT/],
    [['--tls-cert', 'x.pem'], /--tls-cert and --tls-key belong together/],
    [['--nothing'], /--nothing/],
  ]) {
    test(args.join(' '), () => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'gateway', ...args], { env: ENV, encoding: 'utf8', timeout: 10_000 })
      assert.deepEqual([status, stdout], [2, ''], stderr)
      assert.match(stderr, message)
    })
  }
})

test('--help has every option, and recipes for pytest, JUnit and Go', () => {
  const { status, stdout } = spawnSync(process.execPath, [cli, 'gateway', '--help'], { env: ENV, encoding: 'utf8' })
  assert.equal(status, 0)
  for (const word of ['--state-file', '--tls-ca', 'WXPAY_KEY', 'pytest', 'JUnit', 'Go ']) assert.ok(stdout.includes(word), word)
})
