// Body parsers in front of the notification route, as tutorials set them up (faults 83, 84 and 86): the
// route works, or the error names the framework, what was left, and the fix.
import assert from 'node:assert/strict'
import http from 'node:http'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import bodyParser from 'body-parser'
import bodyParserXml from 'body-parser-xml'
import express from 'express'
import { koaBody } from 'koa-body'
import koaBodyParser from 'koa-bodyparser'
import koaXmlBody from 'koa-xml-body'
import { nodeNotify } from 'wxpay-wasm/node'
import { paymentNotify } from 'wxpay-wasm/notify'
import { memoryStore } from 'wxpay-wasm/store'
import { signedNotification } from 'wxpay-wasm/testing'
import { listen } from './server.mjs'
import { PATH, egg, expressApp, fastifyApp, koa } from './starters.mjs'
import { APPID, KEY, MCHID, signed } from './wire.mjs'

bodyParserXml(bodyParser)
const { xml } = bodyParser

const ORDER = { out_trade_no: 'A1001', appid: APPID, mch_id: MCHID, trade_type: 'JSAPI', body: 'tea', total_fee: 101 }
const FIELDS = { out_trade_no: 'A1001', total_fee: 101, attach: '茶 & <tea> ' }
const PAID = signedNotification(FIELDS, { key: KEY, appid: APPID, mchid: MCHID })
const FORGED = PAID.replaceAll('101', '102')

async function shop(t, start, set = {}) {
  const store = memoryStore()
  await store.createOrder(ORDER)
  const events = []
  const errors = []
  const onOutcome = event => events.push(event)
  const notify = paymentNotify({ appid: APPID, mchid: MCHID, partnerKey: KEY, store, onOutcome })
  const url = (await listen(t, await start(notify, t, { errors, ...set }))) + PATH
  const post = (body, type = 'text/xml') =>
    fetch(url, { method: 'POST', body, headers: { 'content-type': type } })
  return { url, post, events, errors, state: async () => (await store.findOrder('A1001')).state }
}

async function works(given, type) {
  assert.match(await (await given.post(FORGED, type)).text(), /FAIL/)
  assert.equal(await given.state(), 'NOTPAY')
  assert.match(await (await given.post(PAID, type)).text(), /SUCCESS/)
  assert.equal(await given.state(), 'SUCCESS')
  assert.deepEqual(given.errors, [])
}

async function says(given, message) {
  const response = await given.post(PAID)
  assert.equal(response.status, 500)
  assert.doesNotMatch(await response.text(), /parser|raw/)
  const [error] = given.errors
  assert.deepEqual([error.name, error.code], ['WxPayError', 'NOTIFY_BODY'])
  assert.match(error.message, message)
  assert.equal(await given.state(), 'NOTPAY')
}

const TENPAY = { enableTypes: ['json', 'form', 'text'], extendTypes: { text: ['text/xml', 'application/xml'] } }
const flat = { explicitArray: false }

describe('Koa', () => {
  const setups = {
    'koa-bodyparser as it is: it leaves XML alone': [koaBodyParser()],
    "koa-bodyparser with text, as tenpay's README has it": [koaBodyParser(TENPAY)],
    'koa-bodyparser with xml': [koaBodyParser({ enableTypes: ['json', 'form', 'xml'] })],
    'koa-body as it is: text': [koaBody()],
    'koa-body with multipart and includeUnparsed': [koaBody({ multipart: true, includeUnparsed: true })],
    'koa-body without text: it leaves XML alone': [koaBody({ text: false })],
    'koa-xml-body: an object, and the text beside it': [koaXmlBody()],
    'koa-xml-body, then koa-bodyparser': [koaXmlBody(), koaBodyParser()],
    'koa-bodyparser, then koa-xml-body': [koaBodyParser(), koaXmlBody()],
  }
  for (const [name, before] of Object.entries(setups)) {
    for (const type of ['text/xml', 'application/xml']) {
      test(`${name}, ${type}`, async t => works(await shop(t, koa, { before }), type))
    }
  }

  /** As in old tutorials: xml2js in a middleware of one's own. */
  const own = xmlOptions => async (ctx, next) => {
    await koaXmlBody({ xmlOptions })(ctx, () => {})
    delete ctx.request.rawBody
    await next()
  }

  test('xml2js in a middleware of its own: the message', async t => {
    const fix = /^Koa: [^]*an object with "xml"[^]*mount this route before the parser[^]*koa-bodyparser[^]*koa-body[^]*fromParsed/
    await says(await shop(t, koa, { before: [own()] }), fix)
  })

  test('the same with fromParsed', async t => {
    await works(await shop(t, koa, { before: [own(flat)], options: { fromParsed: true } }))
  })

  test('fromParsed refuses arrays, which xml2js makes', async t => {
    await says(
      await shop(t, koa, { before: [own()], options: { fromParsed: true } }),
      /has a field that is an array; xml2js needs `explicitArray: false`/,
    )
  })
})

describe('Express', () => {
  const setups = {
    'express.json and express.urlencoded: they leave XML alone': [express.json(), express.urlencoded()],
    'express.text': [express.text({ type: '*/xml' })],
    'express.text for everything': [express.text({ type: '*/*' })],
    'express.raw': [express.raw({ type: '*/*' })],
    'body-parser-xml that keeps the bytes': [xml({ verify: (req, _res, bytes) => (req.rawBody = bytes) })],
  }
  for (const [name, before] of Object.entries(setups)) {
    for (const type of ['text/xml', 'application/xml']) {
      test(`${name}, ${type}`, async t => works(await shop(t, expressApp, { before }), type))
    }
  }

  test('body-parser-xml: the message', async t => {
    const fix = /^Express: [^]*an object with "xml"[^]*mount this route before[^]*express\.raw[^]*rawBody[^]*fromParsed/
    await says(await shop(t, expressApp, { before: [xml()] }), fix)
  })

  test('body-parser-xml and fromParsed', async t => {
    const options = { fromParsed: true }
    for (const xmlParseOptions of [flat, { ...flat, explicitRoot: false }]) {
      await works(await shop(t, expressApp, { before: [xml({ xmlParseOptions })], options }))
    }
  })

  test('fault 86: what a parser inflated gets 415 all the same', async t => {
    const given = await shop(t, expressApp, { before: [express.raw({ type: '*/*' })] })
    const headers = { 'content-type': 'text/xml', 'content-encoding': 'gzip' }
    assert.equal((await fetch(given.url, { method: 'POST', body: gzipSync(PAID), headers })).status, 415)
    assert.equal(await given.state(), 'NOTPAY')
  })

  test('fault 84: a text in another charset fails its signature', async t => {
    const given = await shop(t, expressApp, { before: [express.text({ type: '*/*' })] })
    assert.match(await (await given.post(PAID, 'text/xml; charset=gbk')).text(), /FAIL/)
    assert.equal(given.events[0].error.code, 'SIGN_MISMATCH')
    assert.equal(await given.state(), 'NOTPAY')
  })
})

describe('fromParsed verifies over all fields', () => {
  const paid = {
    return_code: 'SUCCESS',
    result_code: 'SUCCESS',
    appid: APPID,
    mch_id: MCHID,
    trade_type: 'JSAPI',
    out_trade_no: 'A1001',
    transaction_id: '1004400740201409030005092168',
    total_fee: '101',
    time_end: '20140903131540',
  }
  const fields = { ...paid, sign: /<sign><!\[CDATA\[(\w+)/.exec(signed(paid))[1] }
  const send = async (t, body) => {
    const parser = (req, _res, next) => {
      req.body = body
      req.resume().on('end', () => next())
    }
    const given = await shop(t, expressApp, { before: [parser], options: { fromParsed: true } })
    const response = await given.post(PAID)
    return { status: response.status, text: await response.text(), error: given.errors[0], state: await given.state() }
  }

  test('a flat object of strings', async t => {
    for (const body of [fields, { xml: fields }, { ...fields, coupon_fee: '' }, Object.assign(Object.create(null), fields)]) {
      const { text, state } = await send(t, body)
      assert.match(text, /SUCCESS/)
      assert.equal(state, 'SUCCESS')
    }
  })

  test('one field more, fewer or changed', async t => {
    const { transaction_id: _, ...fewer } = fields
    for (const body of [{ ...fields, attach: 'x' }, fewer, { ...fields, total_fee: '1' }, { ...fields, sign: '' }]) {
      const { text, state } = await send(t, body)
      assert.match(text, /FAIL/)
      assert.equal(state, 'NOTPAY')
    }
  })

  const refused = {
    'a number': { ...fields, total_fee: 101 },
    'an array': { ...fields, out_trade_no: ['A1001'] },
    'an object': { ...fields, attach: { $: {} } },
    'null': { ...fields, attach: null },
    'a function': { ...fields, toJSON: () => fields },
    'fields beside xml': { xml: fields, total_fee: '1' },
    'xml in xml': { xml: { xml: fields } },
    'nothing': undefined,
    'an empty object': {},
    'an array of fields': [fields],
  }
  for (const [name, body] of Object.entries(refused)) {
    test(`refused: ${name}`, async t => {
      const { status, error, state } = await send(t, body)
      assert.deepEqual([status, error.code, state], [500, 'NOTIFY_BODY', 'NOTPAY'])
    })
  }
})

test('node:http: 500, and the promise says why', async t => {
  const store = memoryStore()
  const notify = nodeNotify(paymentNotify({ appid: APPID, mchid: MCHID, partnerKey: KEY, store }))
  const reasons = []
  const server = http.createServer(async (req, res) => {
    for await (const _ of req);
    await notify(req, res).catch(error => reasons.push(error))
  })
  const response = await fetch(await listen(t, server), { method: 'POST', body: PAID })
  assert.deepEqual([response.status, reasons[0].code], [500, 'NOTIFY_BODY'])
  assert.match(reasons[0].message, /^node:http: [^]*it left nothing[^]*req\.rawBody/)
})

test("Fastify: the route's content type parser is the route's alone", async t => {
  const given = await shop(t, fastifyApp)
  const other = given.url.replace(PATH, '/json')
  const json = await fetch(other, { method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json' } })
  assert.deepEqual(await json.json(), { seen: { a: 1 } })
  const elsewhere = await fetch(other, { method: 'POST', body: PAID, headers: { 'content-type': 'text/xml' } })
  assert.equal(elsewhere.status, 415)
})

test('Egg answers 403 unless the path is left out of its guard against forged forms', async t => {
  const guarded = await shop(t, egg, { guarded: true })
  assert.equal((await guarded.post(PAID)).status, 403)
  assert.equal(await guarded.state(), 'NOTPAY')
})
