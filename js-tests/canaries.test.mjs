// No key, password, string with the key or right signature shows anywhere (fault 205): every function
// and every way to fail, with secrets that are easily recognised, and all that was thrown, logged,
// answered and printed looked at in every way that a program could print it.
import assert from 'node:assert/strict'
import { createCipheriv, createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import * as main from 'wxpay-wasm'
import * as bill from 'wxpay-wasm/bill'
import * as client from 'wxpay-wasm/client'
import * as cloud from 'wxpay-wasm/cloud'
import * as doctor from 'wxpay-wasm/doctor'
import * as express from 'wxpay-wasm/express'
import * as koa from 'wxpay-wasm/koa'
import * as node from 'wxpay-wasm/node'
import * as routes from 'wxpay-wasm/notify'
import { memoryStore } from 'wxpay-wasm/store'
import { Tenpay } from 'wxpay-wasm/tenpay'
import * as testing from 'wxpay-wasm/testing'
import { Monitor } from 'wxpay-wasm/worker'
import { APP_SECRET, KEY, OTHER_KEY, PASSPHRASE, Watch } from './canary.mjs'
import { folder, run } from './command.mjs'
import { serve } from './server.mjs'
import { APPID, MCHID, digest, signed, xml } from './wire.mjs'

const tls = name => readFileSync(join(import.meta.dirname, 'tls', name), 'utf8')
/** The first line of what is in the private key. */
const PRIVATE = tls('merchant.key').split('\n')[1]

const watch = new Watch({
  'the key': KEY,
  'the other key': OTHER_KEY,
  'the passphrase': PASSPHRASE,
  'the app secret': APP_SECRET,
  'the private key': PRIVATE,
})

const MERCHANT = { appid: APPID, mchid: MCHID, partnerKey: KEY, notify_url: 'http://127.0.0.1:9/n', appSecret: APP_SECRET }
const PAID = {
  appid: APPID, mch_id: MCHID, bank_type: 'CFT', cash_fee: '101', fee_type: 'CNY', nonce_str: 'n', openid: 'oX',
  out_trade_no: 'A1', result_code: 'SUCCESS', return_code: 'SUCCESS', time_end: '20140903131540', total_fee: '101',
  trade_type: 'JSAPI', transaction_id: '1004400740201409030005092168',
}
const ORDER = { out_trade_no: 'A1', appid: APPID, mch_id: MCHID, trade_type: 'JSAPI', body: 'tea', total_fee: 101 }

/** A message whose signature is wrong, and the right one becomes a secret. */
function forged(fields, { key = KEY, type = 'MD5' } = {}) {
  const right = digest(fields, { key, type })
  watch.add('the right signature', right)
  return { ...fields, sign: right.replace(/.$/, last => (last === '0' ? '1' : '0')) }
}

/** Messages that must be refused, or are odd. */
function* bad() {
  for (const type of ['MD5', 'HMAC-SHA256']) {
    yield xml(forged(PAID, { type }))
    yield xml(forged({ ...PAID, sign_type: type }, { type }))
    yield signed(PAID, { key: OTHER_KEY, type }).slice(0, -9)
    yield signed({ ...PAID, sign_type: 'SHA1' }, { key: KEY, type }).replace(/<sign>.*/, '')
  }
  yield xml(PAID)
  yield xml({ ...PAID, total_fee: 'x', sign: 'x' })
  yield `<xml><!DOCTYPE a>${KEY}</xml>`
  yield `<xml><a>${KEY}</a><a>${KEY}</a></xml>`
  yield `<xml><${KEY}>`
  yield `{"key":"${KEY}"}`
  yield `<html><body>${'x'.repeat(300)}</body></html>`
  yield ''
  yield Buffer.from([0xff, 0xfe, ...Buffer.from(KEY)])
}

/** Fields that must be refused, or are odd. */
const FIELDS = () => [
  PAID,
  forged(PAID),
  forged(PAID, { type: 'HMAC-SHA256' }),
  { ...PAID, key: KEY },
  { ...PAID, partnerKey: KEY, nested: { KEY } },
  { ...PAID, total_fee: 1.5 },
  { ...PAID, attach: '\ud800' },
  { ...PAID, 'a name': 'x' },
  { ...PAID, sign_type: 'HMAC-SHA256' },
  {},
  null,
  KEY,
]

const seen = new Set()

/** Calls, and looks at what is thrown, once at each error; what is returned is the caller's. */
async function failing(where, call) {
  try {
    return await call()
  } catch (error) {
    const said = `${where} ${error?.code} ${error?.field} ${error?.message}`
    if (!seen.has(said)) watch.look(where, error)
    seen.add(said)
    return undefined
  }
}

/** The functions and classes behind a door. */
const functions = door => Object.entries(door).filter(([, value]) => typeof value === 'function')

describe('every function, with fields and keys that it must refuse', () => {
  const keys = [KEY, [new main.Key(KEY), OTHER_KEY], `${KEY}\n`, undefined]
  const doors = { main, bill, client, cloud, doctor, express, koa, node, routes }
  for (const [door, exported] of Object.entries(doors)) {
    for (const [name, value] of functions(exported)) {
      test(`${door}: ${name}`, async () => {
        const create = /^[A-Z]/.test(name)
        let made
        for (const given of [...FIELDS(), ...bad(), MERCHANT, { ...MERCHANT, partnerKey: `${KEY} ` }]) {
          for (const key of keys) {
            for (const args of [[given, key], [key, given, 'SHA1']]) {
              await failing(name, async () => {
                if (create) made = new value(...args)
                else await value(...args)
              })
            }
          }
        }
        if (made !== undefined) watch.look(`a ${name}`, made)
      })
    }
  }
})

test('a refund that cannot be read, with a right and a wrong key', async () => {
  const sealed = (text, key) => {
    const aes = createCipheriv('aes-256-ecb', createHash('md5').update(key).digest('hex'), null)
    return Buffer.concat([aes.update(text), aes.final()]).toString('base64')
  }
  for (const text of [xml(PAID), `<root>${KEY}</root>`, KEY, '<root><a>1</a>']) {
    for (const key of [KEY, OTHER_KEY]) await failing('decryptRefund', () => main.decryptRefund(sealed(text, key), KEY))
  }
})

describe('a client with its log on', () => {
  const CALL = { out_trade_no: 'A1', out_refund_no: 'R1', total_fee: 101, refund_fee: 1, body: 'tea', trade_type: 'NATIVE', product_id: '1' }

  /** Answers of every kind, one after the other, for ever. */
  function answers() {
    const kinds = [
      () => [200, xml(forged({ ...PAID, prepay_id: 'x' }))],
      () => [200, signed({ return_code: 'FAIL', return_msg: '签名错误' }, { key: OTHER_KEY })],
      () => [200, signed({ ...PAID, result_code: 'FAIL', err_code: 'SYSTEMERROR' }, { key: KEY })],
      () => [200, signed({ ...PAID, mch_id: '1900000110' }, { key: KEY })],
      () => [502, '<html>bad gateway</html>'],
      () => [200, ''],
    ]
    let turn = 0
    return () => kinds[(turn += 1) % kinds.length]()
  }

  /** The names of every method, of the table's and of the others. */
  const methods = pay => {
    const names = new Set()
    for (let at = pay; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
      for (const name of Object.getOwnPropertyNames(at)) names.add(name)
    }
    names.delete('constructor')
    return [...names].filter(name => typeof pay[name] === 'function')
  }

  test('every method, every kind of answer', { timeout: 120_000 }, async t => {
    t.mock.method(Math, 'random', () => 0)
    const next = answers()
    const server = await serve(t, (response, request) => {
      // What was signed to be sent is no secret to the server, and is one to the log.
      for (const [, sign] of request.body.matchAll(/<sign>(?:<!\[CDATA\[)?([0-9A-F]{32,64})/g)) watch.add('a signature', sign)
      const [status, body] = next()
      response.writeHead(status).end(body)
    })
    let entries = 0
    const log = entry => ((entries += 1), watch.look('the log', entry))
    const options = { ...MERCHANT, baseUrl: server.url, log, timeout: 2000, cert: tls('merchant.pem'), key: tls('merchant.key') }
    const pay = new client.WxPay({ ...options, certificateMerchant: false })
    watch.look('the client', pay)
    const names = methods(pay)
    assert.ok(names.length > 85)
    for (const name of names) {
      for (const given of [CALL, { ...CALL, key: KEY }]) await failing(name, () => pay[name](given))
    }
    assert.ok(entries > 50, `${entries} entries`)
    pay.close?.()
  })

  test('settings that are refused', async () => {
    const wrong = [
      { partnerKey: `${KEY}\n` }, { partnerKey: KEY.slice(1) }, { partnerKey: KEY, key: OTHER_KEY }, { mchid: KEY },
      { appid: KEY }, { pfx: Buffer.from(PASSPHRASE), passphrase: PASSPHRASE }, { pfx: PASSPHRASE },
      { cert: tls('merchant.pem'), key: tls('other.key') }, { cert: tls('merchant.key'), key: tls('merchant.key') },
      { cert: tls('merchant.pem'), key: `${tls('merchant.key').slice(0, -90)}` }, { key: tls('merchant.key') },
      { certFile: tls('merchant.key'), keyFile: tls('merchant.key') }, { apiKey: OTHER_KEY }, { baseUrl: `http://${KEY}@x` },
    ]
    for (const options of wrong) {
      for (const Client of [client.WxPay, Tenpay]) {
        await failing('settings', () => watch.look('a client', new Client({ ...MERCHANT, ...options })))
      }
    }
  })
})

test('the notification routes, their alarms, metrics and replies', async t => {
  const printed = []
  for (const method of ['log', 'info', 'warn', 'error', 'debug']) {
    t.mock.method(console, method, (...line) => printed.push(...line))
  }
  const store = memoryStore()
  await store.createOrder(ORDER)
  const hear = alarm => watch.look('an alarm', alarm)
  let outcomes = 0
  for (const monitor of [new Monitor({ store, onAlarm: hear }), new Monitor({ store })]) {
    const settings = { ...MERCHANT, partnerKey: [KEY, OTHER_KEY], store, monitor }
    const onOutcome = outcome => ((outcomes += 1), watch.look('an outcome', outcome))
    const record = async () => {
      throw new Error('the disk is full')
    }
    const kinds = [
      routes.paymentNotify({ ...settings, onOutcome }),
      routes.refundNotify({ ...settings, onOutcome }),
      routes.contractNotify({ ...settings, record }),
      routes.nativeNotify({ ...settings, order: record }),
    ]
    for (const route of kinds) {
      watch.look('a route', route)
      for (const body of bad()) {
        const request = new Request('http://shop.example/n', { method: 'POST', body })
        const response = await failing('a route', () => route(request))
        if (response !== undefined) watch.look('a reply', `${response.status} ${await response.text()}`)
      }
    }
    watch.look('metrics', await monitor.metrics())
    watch.look('health', await monitor.health())
    watch.look('a monitor', monitor)
  }
  assert.ok(outcomes > 30)
  watch.look('the console', printed.map(line => line?.stack ?? line))
})

test('the doctor, who has the key', () => {
  for (const body of bad()) {
    for (const key of [KEY, `${KEY}\n`, OTHER_KEY]) {
      // What was typed into the message comes back as it was typed.
      if (String(body).includes(KEY)) continue
      const found = doctor.diagnose(body, { key, keys: { old: OTHER_KEY } })
      const { right, ...rest } = found
      watch.look('a diagnosis', JSON.stringify(rest).replaceAll(right ?? '\0', ''))
    }
  }
})

test('the gateway: answers, log, messages, ledger', async t => {
  const log = message => watch.look('the log of the gateway', message.url + message.direction + message.status)
  const gateway = await testing.createGateway({ appid: APPID, mchid: MCHID, key: KEY, testKey: true, log })
  t.after(() => gateway.close())
  for (const body of bad()) {
    if (String(body).includes(KEY)) continue
    for (const path of ['/pay/unifiedorder', '/pay/orderquery', '/secapi/pay/refund', '/nowhere']) {
      const response = await fetch(gateway.url + path, { method: 'POST', body })
      const text = await response.text()
      // Its own answer is signed; the signature that the request should have had is not in it.
      watch.look('an answer of the gateway', text)
    }
  }
  for (const part of ['orders', 'refunds', 'ledger', 'notifications', 'messages', 'faults']) watch.look(part, gateway[part]())
  await failing('a gateway', () => testing.createGateway({ key: KEY }))
  await failing('a gateway', () => testing.createGateway({ key: KEY, testKey: 'yes', port: -1 }))
})

test('the command line', async t => {
  const { write } = folder(t)
  const env = { WXPAY_APPID: APPID, WXPAY_MCHID: MCHID, WXPAY_KEY: KEY, WXPAY_APP_SECRET: APP_SECRET, WXPAY_CERT_PASSPHRASE: PASSPHRASE, WXPAY_BASE_URL: 'http://127.0.0.1:9' }
  const message = write('forged.xml', xml(forged(PAID)))
  const p12 = write('x.p12', PASSPHRASE)
  const pem = write('merchant.key', tls('merchant.key'))
  const calls = [
    ['verify', message], ['query', 'A1'], ['close', 'A1'], ['refund', 'A1'], ['doctor'], ['doctor', '--json'],
    ['order', '--total-fee', '1', '--body', 'tea'], ['bill', '2014-01-01'], ['cert', 'info', p12], ['cert', 'info', pem],
    ['cert', 'convert', p12], ['decrypt', message], ['sign', '--key', KEY], ['sign', `--partner-key=${KEY}`], ['nowhere'],
  ]
  const broken = { ...env, WXPAY_KEY: `${KEY}\r` }
  const wait = [env, broken].flatMap(given => calls.map(args => [args, given]))
  const worker = async () => {
    for (let next = wait.pop(); next !== undefined; next = wait.pop()) {
      const [args, given] = next
      const { stdout, stderr } = await run(args, { env: given })
      watch.look(`wxpay-wasm ${args[0]}`, stdout + stderr)
    }
  }
  await Promise.all([worker(), worker()])
})

describe('the watch itself', () => {
  const error = new Error('x')
  const carriers = {
    'a message': new Error(KEY),
    'a cause of a cause': new Error('x', { cause: new Error('y', { cause: { KEY } }) }),
    'a hidden property': Object.defineProperty(new Error('x'), 'hidden', { value: KEY }),
    'a symbol': { [Symbol(KEY)]: 1 },
    'a map': new Map([[1, { deep: [KEY] }]]),
    bytes: { body: Buffer.from(KEY) },
    'a getter of a class': new (class { get key() { return KEY } })(),
    'toJSON': { toJSON: () => KEY },
    'base64': Buffer.from(KEY).toString('base64'),
    'hex': Buffer.from(KEY).toString('hex').toUpperCase(),
    'its MD5': createHash('md5').update(KEY).digest('hex'),
    'a stack': Object.assign(error, { stack: KEY }),
    'the text of a long string': 'x'.repeat(100_000) + KEY,
  }
  for (const [name, carrier] of Object.entries(carriers)) {
    test(`finds the key in ${name}`, () => {
      const other = new Watch({ 'the key': KEY })
      other.look('it', carrier)
      assert.notEqual(other.found.length, 0)
    })
  }
})

after(() => {
  assert.ok(seen.size > 200, `${seen.size} errors`)
  assert.deepEqual([...new Set(watch.found)], [])
  const target = join(import.meta.dirname, '../target')
  mkdirSync(target, { recursive: true })
  const report = { secrets: watch.secrets.size, views: watch.views, found: watch.found.length }
  writeFileSync(join(target, 'canaries.json'), `${JSON.stringify(report, null, 1)}\n`)
})
