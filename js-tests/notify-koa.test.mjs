// The notification route behind Koa 3 and real HTTP (faults 82 to 93): raw bytes, limits, parsers that
// stand in front of it, and clients that hang up.
import assert from 'node:assert/strict'
import http from 'node:http'
import { describe, test } from 'node:test'
import Koa from 'koa'
import { koaNotify } from 'wxpay-wasm/koa'
import { paymentNotify } from 'wxpay-wasm/notify'
import { memoryStore } from 'wxpay-wasm/store'
import { createGateway } from 'wxpay-wasm/testing'
import { WxPay } from 'wxpay-wasm/client'
import { raw } from './raw.mjs'
import { listen } from './server.mjs'
import { APPID, KEY, MCHID, signed } from './wire.mjs'

const MERCHANT = { appid: APPID, mchid: MCHID, partnerKey: KEY }
const ORDER = { out_trade_no: 'A1001', appid: APPID, mch_id: MCHID, trade_type: 'NATIVE', body: 'tea', total_fee: 101 }
const SUCCESS =
  '<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>'
const FAIL =
  '<xml><return_code><![CDATA[FAIL]]></return_code><return_msg><![CDATA[REFUSED]]></return_msg></xml>'
const PAID = signed({
  appid: APPID,
  mch_id: MCHID,
  return_code: 'SUCCESS',
  result_code: 'SUCCESS',
  trade_type: 'NATIVE',
  out_trade_no: 'A1001',
  transaction_id: '1004400740201409030005092168',
  total_fee: '101',
  cash_fee: '101',
  time_end: '20140903131540',
  attach: '茶 & <tea>',
})

/** A shop on Koa: `before` stands in front of the route. */
async function shop(t, { before = [], ...options } = {}) {
  const store = memoryStore()
  await store.createOrder(ORDER)
  const events = []
  const errors = []
  const app = new Koa()
  app.on('error', error => errors.push(error))
  for (const middleware of before) app.use(middleware)
  const notify = koaNotify(
    paymentNotify({ ...MERCHANT, store, onOutcome: event => events.push(event), ...options }),
  )
  app.use(ctx => (ctx.path === '/pay/notify' ? notify(ctx) : undefined))
  const url = `${await listen(t, http.createServer(app.callback()))}/pay/notify`
  const state = async () => (await store.findOrder('A1001')).state
  return { url, store, events, errors, state }
}

const post = (url, body, headers = { 'content-type': 'text/xml' }) => fetch(url, { method: 'POST', body, headers })

async function replied(response, want) {
  assert.deepEqual(
    [response.status, response.headers.get('content-type'), await response.text()],
    [200, 'text/xml; charset=utf-8', want],
  )
}

test('a payment, the same again, and one that is forged', async t => {
  const given = await shop(t)
  await replied(await post(given.url, PAID), SUCCESS)
  assert.equal(await given.state(), 'SUCCESS')
  await replied(await post(given.url, PAID), SUCCESS)
  await replied(await post(given.url, PAID.replace('101', '102')), FAIL)
  assert.deepEqual(given.events.map(({ outcome }) => outcome), ['paid', 'duplicate', 'refused'])
  assert.deepEqual(given.errors, [])
})

test('fault 105: 50 deliveries at once make one payment', async t => {
  const given = await shop(t)
  const replies = await Promise.all(Array.from({ length: 50 }, () => post(given.url, PAID)))
  for (const reply of replies) await replied(reply, SUCCESS)
  assert.equal((await given.store.listEvents('A1001')).length, 1)
})

test('from order to payment: gateway, client and route together', async t => {
  const gateway = await createGateway()
  t.after(() => gateway.close())
  const given = await shop(t, { signType: 'HMAC-SHA256' })
  const pay = new WxPay({ ...MERCHANT, baseUrl: gateway.url, notify_url: given.url, signType: 'HMAC-SHA256' })
  const { body, out_trade_no, total_fee } = ORDER
  await pay.unifiedOrder({ trade_type: 'NATIVE', product_id: 'P1', body, out_trade_no, total_fee })
  const { notification } = await gateway.pay('A1001')
  assert.deepEqual([notification.status, notification.reply, notification.accepted], [200, SUCCESS, true])
  assert.equal(await given.state(), 'SUCCESS')
})

test('fault 82: other methods get 405 and the right one', async t => {
  const given = await shop(t)
  for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
    const response = await fetch(given.url, { method, ...(method === 'GET' ? {} : { body: PAID }) })
    assert.deepEqual([response.status, response.headers.get('allow'), await response.text()], [405, 'POST', ''])
  }
  assert.equal((await fetch(given.url, { method: 'HEAD' })).status, 405)
  assert.equal(await given.state(), 'NOTPAY')
})

test('fault 86: compressed bodies get 415', async t => {
  const { gzipSync } = await import('node:zlib')
  const given = await shop(t)
  const response = await post(given.url, gzipSync(PAID), { 'content-encoding': 'gzip' })
  assert.deepEqual([response.status, await response.text()], [415, ''])
  assert.equal(await given.state(), 'NOTPAY')
})

describe('fault 85: more than 64 KiB gets 413 and the connection ends', () => {
  const HEAD = 'POST /pay/notify HTTP/1.1\r\nhost: x\r\ncontent-type: text/xml\r\n'

  test('with a length, before the body is sent', async t => {
    const given = await shop(t)
    const answer = await raw(given.url, [`${HEAD}content-length: 65537\r\n\r\n`])
    assert.match(answer, /^HTTP\/1\.1 413 [^]*connection: close/i)
  })

  test('in chunks', async t => {
    const given = await shop(t)
    const chunk = `4000\r\n${'a'.repeat(0x4000)}\r\n`
    const answer = await raw(given.url, [`${HEAD}transfer-encoding: chunked\r\n\r\n`, ...Array(5).fill(chunk)], { pause: 5 })
    assert.match(answer, /^HTTP\/1\.1 413 [^]*connection: close/i)
    assert.equal(given.events[0].error.code, 'NOTIFY_LIMIT')
  })

  test('65 536 bytes are read', async t => {
    const given = await shop(t)
    const padded = PAID + ' '.repeat(65_536 - Buffer.byteLength(PAID))
    assert.equal(Buffer.byteLength(padded), 65_536)
    await replied(await post(given.url, padded), SUCCESS)
    assert.equal((await post(given.url, `${padded} `)).status, 413)
  })
})

describe('fault 88: a slow body', () => {
  const announced = `POST /pay/notify HTTP/1.1\r\nhost: x\r\ncontent-length: ${Buffer.byteLength(PAID)}\r\n\r\n`

  test('a byte now and then gets 408 and the connection ends', async t => {
    const given = await shop(t, { bodyTimeout: 100 })
    const answer = await raw(given.url, [announced, ...PAID.slice(0, 40)], { pause: 20 })
    assert.match(answer, /^HTTP\/1\.1 408 [^]*connection: close/i)
    assert.equal(given.events[0].error.code, 'NOTIFY_LIMIT')
    assert.equal(await given.state(), 'NOTPAY')
  })

  test('a whole one in two packets is in time', async t => {
    const given = await shop(t, { bodyTimeout: 5000 })
    const bytes = Buffer.from(PAID)
    const parts = [announced.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n'), bytes.subarray(0, 100), bytes.subarray(100)]
    const answer = await raw(given.url, parts, { pause: 20 })
    assert.ok(answer.startsWith('HTTP/1.1 200 ') && answer.endsWith(SUCCESS), answer)
  })
})

test('fault 89: a client that hangs up changes nothing', async t => {
  const given = await shop(t)
  // All fields and the signature are sent, the last byte is not.
  const head = `POST /pay/notify HTTP/1.1\r\nhost: x\r\ncontent-length: ${Buffer.byteLength(PAID) + 1}\r\n\r\n`
  await raw(given.url, [head + PAID], { pause: 30, hangUp: true })
  while (given.events.length === 0) await new Promise(resolve => setTimeout(resolve, 5))
  assert.deepEqual([given.events[0].outcome, given.events[0].error.code], ['refused', 'NOTIFY_BODY'])
  assert.equal(await given.state(), 'NOTPAY')
  await replied(await post(given.url, PAID), SUCCESS)
})

describe('faults 83 and 84: a body parser in front', () => {
  const bytes = async ctx => {
    const chunks = []
    for await (const chunk of ctx.req) chunks.push(chunk)
    return Buffer.concat(chunks)
  }
  const fields = { xml: { out_trade_no: ['A1001'], total_fee: ['101'] } }

  const keeping = {
    'koa-bodyparser: an object, and the text as rawBody': async (ctx, next) => {
      ctx.request.rawBody = (await bytes(ctx)).toString()
      ctx.request.body = fields
      await next()
    },
    'one that keeps the bytes as rawBody': async (ctx, next) => {
      ctx.request.rawBody = await bytes(ctx)
      ctx.request.body = {}
      await next()
    },
    'a raw parser: the body is the bytes': async (ctx, next) => {
      ctx.request.body = await bytes(ctx)
      await next()
    },
    'a text parser: the body is the text': async (ctx, next) => {
      ctx.request.body = (await bytes(ctx)).toString()
      await next()
    },
    'one that leaves XML alone': async (ctx, next) => {
      ctx.request.body = {}
      await next()
    },
  }
  for (const [name, parser] of Object.entries(keeping)) {
    test(name, async t => {
      const given = await shop(t, { before: [parser] })
      await replied(await post(given.url, PAID.replace('101', '102')), FAIL)
      assert.equal(await given.state(), 'NOTPAY')
      await replied(await post(given.url, PAID), SUCCESS)
      assert.equal(await given.state(), 'SUCCESS')
    })
  }

  const eating = {
    'one that leaves only an object': [fields, /an object with "xml"/],
    'one that leaves an empty object': [{}, /it left nothing/],
    'one that leaves nothing': [undefined, /it left nothing/],
    'one with long names': [{ ['x'.repeat(9999)]: 1 }, /^.{1,600}$/s],
  }
  for (const [name, [left, message]] of Object.entries(eating)) {
    test(`${name}: the error names the fix, the reply does not`, async t => {
      const parser = async (ctx, next) => {
        await bytes(ctx)
        ctx.request.body = left
        await next()
      }
      const given = await shop(t, { before: [parser] })
      const response = await post(given.url, PAID)
      assert.deepEqual([response.status, await response.text()], [500, 'Internal Server Error'])
      const [error] = given.errors
      assert.deepEqual([error.name, error.code], ['WxPayError', 'NOTIFY_BODY'])
      assert.match(error.message, message)
      assert.match(error.message, /mount this route before the parser[^]*koa-bodyparser/)
      assert.equal(await given.state(), 'NOTPAY')
    })
  }

  test('an object in place of the bytes is never verified', async t => {
    const parser = async (ctx, next) => {
      await bytes(ctx)
      ctx.request.body = { toString: () => PAID, length: PAID.length }
      ctx.request.rawBody = [PAID]
      await next()
    }
    const given = await shop(t, { before: [parser] })
    assert.equal((await post(given.url, PAID)).status, 500)
    assert.equal(await given.state(), 'NOTPAY')
  })
})

test('fault 94: a store that fails or hangs gets FAIL in time', async t => {
  for (const recordPayment of [() => Promise.reject(new Error('x')), () => new Promise(() => {})]) {
    const given = await shop(t, { store: { recordPayment }, storeTimeout: 80 })
    const start = performance.now()
    await replied(await post(given.url, PAID), FAIL)
    assert.ok(performance.now() - start < 3000)
  }
})

test('faults 80, 92: whatever comes, the reply is constant and echoes nothing', async t => {
  const given = await shop(t)
  const bodies = ['', 'ECHO', '<xml><a>ECHO</a></xml>', '<!DOCTYPE ECHO><xml/>', '{"ECHO":1}', Buffer.alloc(100, 0xff)]
  for (const body of bodies) {
    const response = await post(given.url, body, { 'content-type': 'text/ECHO', 'x-echo': 'ECHO' })
    assert.ok(!JSON.stringify([...response.headers]).includes('ECHO'))
    await replied(response, FAIL)
  }
})
