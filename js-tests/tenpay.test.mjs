// Routes written for the npm package tenpay, behind the parsers of its README: its names, our checks.
import assert from 'node:assert/strict'
import { createCipheriv, createHash } from 'node:crypto'
import http from 'node:http'
import { describe, test } from 'node:test'
import express from 'express'
import Koa from 'koa'
import koaBodyParser from 'koa-bodyparser'
import { WxPay } from 'wxpay-wasm/client'
import { Tenpay } from 'wxpay-wasm/tenpay'
import { signedNotification } from 'wxpay-wasm/testing'
import { listen } from './server.mjs'
import { APPID, KEY, MCHID, OTHER_KEY, digest, read, signed, xml } from './wire.mjs'

const MERCHANT = { appid: APPID, mchid: MCHID, partnerKey: KEY }
const SUCCESS =
  '<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>'
const FAIL =
  '<xml><return_code><![CDATA[FAIL]]></return_code><return_msg><![CDATA[REFUSED]]></return_msg></xml>'
const paid = (fields = {}, options = {}) =>
  signedNotification(
    { out_trade_no: 'A1001', total_fee: 101, attach: '茶 & <tea>', ...fields },
    { key: KEY, appid: APPID, mchid: MCHID, ...options },
  )

const KOA_TEXT = koaBodyParser({
  enableTypes: ['json', 'form', 'text'],
  extendTypes: { text: ['text/xml', 'application/xml'] },
})

/** A route on Koa and one on Express, alike; `route` gets the fields and the two ways to answer. */
const FRAMEWORKS = {
  Koa: (api, type, route, { parser = KOA_TEXT, errors, onRefused }) => {
    const app = new Koa()
    app.on('error', error => errors.push(error))
    app.use(parser)
    app.use(api.middleware(type, onRefused))
    app.use(ctx => route(ctx.request.weixin, ctx.reply, ctx.replyNative))
    return http.createServer(app.callback())
  },
  Express: (api, type, route, { parser = express.text({ type: '*/xml' }), errors, onRefused }) => {
    const app = express()
    app.use(parser)
    app.post('/', api.middlewareForExpress(type, onRefused), (req, res) =>
      route(req.weixin, res.reply, res.replyNative),
    )
    app.use((error, _req, res, _next) => {
      errors.push(error)
      res.sendStatus(500)
    })
    return http.createServer(app)
  },
}

async function shop(t, framework, { type, parser, route, options = {} } = {}) {
  const seen = []
  const errors = []
  const refused = []
  const handle = (weixin, reply, replyNative) => {
    seen.push(weixin)
    return (route ?? (() => reply()))(weixin, reply, replyNative)
  }
  const api = new Tenpay({ ...MERCHANT, ...options })
  // What it throws changes nothing.
  const onRefused = async error => {
    refused.push(error.code)
    throw error
  }
  const url = await listen(t, FRAMEWORKS[framework](api, type, handle, { parser, errors, onRefused }))
  const post = async body => {
    const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'text/xml' } })
    return [response.status, response.headers.get('content-type'), await response.text()]
  }
  return { post, seen, errors, refused }
}

const answer = xml => [200, 'text/xml; charset=utf-8', xml]

test('it is a client too', () => {
  const api = Tenpay.init(MERCHANT)
  assert.ok(api instanceof WxPay)
  assert.equal(typeof api.unifiedOrder, 'function')
  assert.equal(api.miniProgramPay('wx1').package, 'prepay_id=wx1')
  assert.doesNotMatch(JSON.stringify(api) + String(api), new RegExp(KEY))
  assert.throws(() => new Tenpay({ ...MERCHANT, mchid: 'x' }), { code: 'CONFIG_INVALID' })
  for (const type of ['Pay', 'toString', '', null, 1]) {
    assert.throws(() => api.middleware(type), { name: 'TypeError', message: /pay/ })
    assert.throws(() => api.middlewareForExpress(type), TypeError)
  }
})

for (const framework of Object.keys(FRAMEWORKS)) {
  describe(`${framework}: a payment`, () => {
    test('the route sees all verified fields, and answers', async t => {
      const given = await shop(t, framework)
      assert.deepEqual(await given.post(paid({ coupon_fee: 1, cash_fee: 100 })), answer(SUCCESS))
      const [weixin] = given.seen
      const { out_trade_no, total_fee, coupon_fee, attach, return_code } = weixin
      assert.deepEqual(
        [out_trade_no, total_fee, coupon_fee, attach, return_code],
        ['A1001', '101', '1', '茶 & <tea>', 'SUCCESS'],
      )
    })

    test("the route's own FAIL, with its message", async t => {
      const route = (_weixin, reply) => reply('订单 <&> ]]> 不存在')
      const [status, , text] = await (await shop(t, framework, { route })).post(paid())
      assert.equal(status, 200)
      const { return_code, return_msg } = read(text.replace(']]]]><![CDATA[>', ']]&gt;'))
      assert.deepEqual([return_code, return_msg], ['FAIL', '订单 <&> ]]&gt; 不存在'])
    })

    test('HMAC-SHA256 without sign_type, which tenpay does not know', async t => {
      const given = await shop(t, framework, { options: { signType: 'HMAC-SHA256' } })
      const body = paid({ sign_type: undefined }, { signType: 'HMAC-SHA256' })
      assert.deepEqual(await given.post(body), answer(SUCCESS))
      assert.deepEqual(await given.post(paid()), answer(FAIL))
      assert.deepEqual(given.refused, ['SIGN_DOWNGRADE'])
    })

    const forged = {
      'another amount': paid().replaceAll('101', '1'),
      'another key': paid({}, { key: OTHER_KEY }),
      'another merchant': paid({}, { mchid: '1900000110' }),
      'another app': paid({}, { appid: 'wxd930ea5d5a258f40' }),
      'a payment that failed': paid({ result_code: 'FAIL' }),
      'no signature': '<xml><return_code>SUCCESS</return_code></xml>',
      'no XML': 'x',
      'too much': paid().padEnd(70_000),
      'a DOCTYPE': `<!DOCTYPE xml>${paid()}`,
    }
    for (const [name, body] of Object.entries(forged)) {
      test(`${name}: FAIL in one text, and the route is not asked`, async t => {
        const given = await shop(t, framework)
        assert.deepEqual(await given.post(body), answer(FAIL))
        assert.deepEqual(given.seen, [])
        assert.equal(given.refused.length, 1)
      })
    }

    test('without the parser: the error names it', async t => {
      const parser = { Koa: (_ctx, next) => next(), Express: (_req, _res, next) => next() }[framework]
      const given = await shop(t, framework, { parser })
      assert.equal((await given.post(paid()))[0], 500)
      const [error] = given.errors
      assert.equal(error.code, 'NOTIFY_BODY')
      assert.match(error.message, { Koa: /^Koa: no body parser[^]*koa-bodyparser/, Express: /^Express: no body parser[^]*express\.text/ }[framework])
      assert.deepEqual(given.seen, [])
    })
  })
}

const REFUND = {
  out_trade_no: 'A1', transaction_id: '42A1', total_fee: '1', out_refund_no: 'R1', refund_id: '50R1', refund_fee: '1',
  refund_status: 'SUCCESS',
}

function refunded({ key = KEY, ...fields } = {}) {
  const cipher = createCipheriv('aes-256-ecb', createHash('md5').update(key).digest('hex'), null)
  const info = `<root>${Object.entries(REFUND).map(([name, value]) => `<${name}>${value}</${name}>`).join('')}</root>`
  const req_info = cipher.update(info, 'utf8', 'base64') + cipher.final('base64')
  return xml({ return_code: 'SUCCESS', appid: APPID, mch_id: MCHID, nonce_str: 'n', req_info, ...fields })
}

const scanned = (fields = {}, options) =>
  signed(
    {
      appid: APPID,
      mch_id: MCHID,
      openid: 'o1',
      is_subscribe: 'Y',
      nonce_str: 'n',
      product_id: 'tea-1',
      ...fields,
    },
    options,
  )

for (const framework of Object.keys(FRAMEWORKS)) {
  describe(`${framework}: a refund`, () => {
    test('req_info is deciphered into fields', async t => {
      const given = await shop(t, framework, { type: 'refund' })
      assert.deepEqual(await given.post(refunded()), answer(SUCCESS))
      const [{ req_info, mch_id }] = given.seen
      assert.deepEqual([mch_id, { ...req_info }], [MCHID, REFUND])
    })

    const refused = {
      'another key': [refunded({ key: OTHER_KEY }), 'REFUND_UNDECIPHERABLE'],
      'no req_info': [refunded({ req_info: undefined }), 'FIELD_MISSING'],
      'another merchant': [refunded({ mch_id: '1900000110' }), 'NOTIFY_MERCHANT'],
      'no app': [refunded({ appid: undefined }), 'NOTIFY_MERCHANT'],
      'a failure': [refunded({ return_code: 'FAIL' }), 'NOTIFY_KIND'],
      'a payment': [paid(), 'FIELD_MISSING'],
    }
    for (const [name, [body, code]] of Object.entries(refused)) {
      test(`${name}: FAIL`, async t => {
        const given = await shop(t, framework, { type: 'refund' })
        assert.deepEqual(await given.post(body), answer(FAIL))
        assert.deepEqual([given.seen, given.refused], [[], [code]])
      })
    }
  })

  describe(`${framework}: a callback of NATIVE mode 1`, () => {
    test('is answered with an order, or with what the payer reads', async t => {
      for (const [error, code] of [[undefined, 'SUCCESS'], ['', 'SUCCESS'], ['已售完', 'FAIL']]) {
        const route = (_weixin, _reply, replyNative) => replyNative('wx1', error)
        const given = await shop(t, framework, { type: 'nativePay', route })
        const [status, type, text] = await given.post(scanned())
        assert.deepEqual([status, type], [200, 'text/xml; charset=utf-8'])
        const { sign, ...fields } = read(text)
        assert.equal(sign, digest(fields))
        assert.deepEqual([fields.return_code, fields.result_code, fields.mch_id], ['SUCCESS', code, MCHID])
        assert.equal(code === 'FAIL' ? fields.err_code_des : fields.prepay_id, error || 'wx1')
        const { product_id, openid } = given.seen[0]
        assert.deepEqual([product_id, openid], ['tea-1', 'o1'])
      }
    })

    const refused = {
      'another product': scanned().replace('tea-1', 'tea-2'),
      'another key': scanned({}, { key: OTHER_KEY }),
      'another merchant': scanned({ mch_id: '1900000110' }),
      'a payment': paid(),
    }
    for (const [name, body] of Object.entries(refused)) {
      test(`${name}: FAIL`, async t => {
        const given = await shop(t, framework, { type: 'nativePay' })
        assert.deepEqual(await given.post(body), answer(FAIL))
        assert.deepEqual([given.seen, given.refused.length], [[], 1])
      })
    }
  })
}
