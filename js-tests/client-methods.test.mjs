// The client's methods beside the table's: other names, other merchants, other front ends, any path.
import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { describe, test } from 'node:test'
import { WxPay } from 'wxpay-wasm/client'
import { serve } from './server.mjs'

const KEY = '192006250b4c09247ec02edce69f6a2d'
const MERCHANT = { appid: 'wxd930ea5d5a258f4f', mchid: '1230000109', partnerKey: KEY, notify_url: 'https://example.com/n' }
const ORDER = { body: 'tea', out_trade_no: 'A1', total_fee: 88, openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' }

/** The signature by other means than the package's. */
function md5(fields, key = KEY) {
  const text = Object.keys(fields).filter(name => fields[name] !== '' && name !== 'sign').sort()
    .map(name => `${name}=${fields[name]}`).join('&')
  return crypto.createHash('md5').update(`${text}&key=${key}`).digest('hex').toUpperCase()
}

const xml = fields => `<xml>${Object.entries(fields).map(([n, v]) => `<${n}><![CDATA[${v}]]></${n}>`).join('')}</xml>`
const read = body => Object.fromEntries([...body.matchAll(/<(\w+)>(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?<\/\1>/g)].map(m => [m[1], m[2]]))

/** Answers every request as the table says, with `more`. */
async function gateway(t, more = {}, key = KEY) {
  return serve(t, (response, request) => {
    const asked = read(request.body.replace(/^<xml>|<\/xml>$/g, ''))
    const answer = { return_code: 'SUCCESS', result_code: 'SUCCESS', nonce_str: 'n' }
    for (const name of ['appid', 'mch_id', 'sub_appid', 'sub_mch_id', 'trade_type']) {
      if (asked[name] !== undefined) answer[name] = asked[name]
    }
    Object.assign(answer, more)
    response.end(xml({ ...answer, sign: md5(answer, key) }))
  })
}

const sent = (server, n = -1) => read(server.requests.at(n).body.replace(/^<xml>|<\/xml>$/g, ''))

describe('the names of other libraries', () => {
  test('getPayParams places the order and signs for both ways into the web view', async t => {
    const server = await gateway(t, { prepay_id: 'wx2017' })
    const pay = WxPay.init({ ...MERCHANT, baseUrl: server.url })
    const { timestamp, paySign, ...params } = await pay.getPayParams(ORDER)
    assert.equal(timestamp, params.timeStamp)
    assert.equal(params.package, 'prepay_id=wx2017')
    assert.equal(paySign, md5(params))
    assert.equal(sent(server).trade_type, 'JSAPI')
  })

  test('getAppParams', async t => {
    const server = await gateway(t, { prepay_id: 'wx2017' })
    const pay = new WxPay({ ...MERCHANT, baseUrl: server.url })
    const { sign, ...params } = await pay.getAppParams(ORDER)
    assert.equal(sign, md5(params))
    assert.equal(params.prepayid, 'wx2017')
    assert.equal(sent(server).trade_type, 'APP')
    assert.equal(pay.getAppParamsByPrepay({ prepay_id: 'x' }).prepayid, 'x')
  })

  test('an alias is the method', async t => {
    const server = await gateway(t, { prepay_id: 'wx2017' })
    const pay = new WxPay({ ...MERCHANT, baseUrl: server.url })
    assert.equal((await pay.createUnifiedOrder({ ...ORDER, trade_type: 'JSAPI' })).prepay_id, 'wx2017')
  })

  test('getNativeUrl', () => {
    const url = new WxPay(MERCHANT).getNativeUrl({ product_id: '88888' })
    const query = Object.fromEntries(new URL(url).searchParams)
    assert.ok(url.startsWith('weixin://wxpay/bizpayurl?'))
    assert.equal(query.sign, md5(query))
  })
})

test('a service provider: the sub-merchant in the order and in what the payer gets', async t => {
  const server = await gateway(t, { prepay_id: 'wx2017' })
  const sub = { sub_appid: 'wx8888888888888888', sub_mch_id: '1900000109' }
  const pay = new WxPay({ ...MERCHANT, ...sub, baseUrl: server.url })
  const params = await pay.getPayParams({ ...ORDER, openid: undefined, sub_openid: 'o2' })
  assert.equal(params.appId, sub.sub_appid)
  const { appid, sub_appid, sub_mch_id, sub_openid } = sent(server)
  assert.deepEqual({ appid, sub_appid, sub_mch_id, sub_openid }, { appid: MERCHANT.appid, ...sub, sub_openid: 'o2' })
  assert.equal(pay.appPay('x').appid, sub.sub_appid)
  assert.equal(pay.appPay('x').partnerid, sub.sub_mch_id)
  // One call may be for another sub-merchant.
  await pay.getPayParams({ ...ORDER, sub_mch_id: '1900000110' })
  assert.equal(sent(server).sub_mch_id, '1900000110')
})

describe('a path that the table does not have', () => {
  test('gets ids, nonce and signature; the answer must be signed', async t => {
    const server = await gateway(t, { found: 'yes' })
    const pay = new WxPay({ ...MERCHANT, baseUrl: server.url })
    const answer = await pay.call('/pay/new2027', { out_trade_no: 'A1' })
    assert.equal(answer.found, 'yes')
    const { sign, ...fields } = sent(server)
    assert.equal(server.requests[0].url, '/pay/new2027')
    assert.equal(sign, md5(fields))
    assert.deepEqual(Object.keys(fields).sort(), ['appid', 'mch_id', 'nonce_str', 'out_trade_no'])
  })

  test('an unsigned answer only where the call says so; money may have moved', async t => {
    const server = await serve(t, response => response.end(xml({ return_code: 'SUCCESS', result_code: 'SUCCESS', found: 'yes' })))
    const pay = new WxPay({ ...MERCHANT, baseUrl: server.url })
    await assert.rejects(pay.call('/pay/new2027'), error => error.code === 'OUTCOME_UNKNOWN' && error.cause.code === 'SIGN_MISSING')
    assert.equal((await pay.call('/pay/new2027', {}, { unsigned: true })).found, 'yes')
  })

  test('shows a certificate where the call says so', async t => {
    const asked = []
    const transport = async ({ certificate }) => {
      asked.push(certificate)
      return { status: 503, headers: {}, body: new Uint8Array() }
    }
    await assert.rejects(new WxPay(MERCHANT).call('/pay/new2027', {}, { certificate: true }), { code: 'CERT_MISSING' })
    for (const certificate of [true, false]) {
      await assert.rejects(new WxPay({ ...MERCHANT, transport }).call('/pay/new2027', {}, { certificate }))
    }
    assert.deepEqual(asked, [true, undefined])
  })

  test('a name of the table is its method', async t => {
    const server = await gateway(t, { trade_state: 'NOTPAY', out_trade_no: 'A1' })
    const pay = new WxPay({ ...MERCHANT, baseUrl: server.url })
    assert.equal((await pay.call('orderQuery', { out_trade_no: 'A1' })).trade_state, 'NOTPAY')
    assert.equal(WxPay.prototype.orderQuery.name, 'orderQuery')
    // Tests of shops replace it.
    const { mock } = t.mock.method(WxPay.prototype, 'orderQuery', async () => ({ trade_state: 'SUCCESS' }))
    assert.equal((await pay.orderQuery({ out_trade_no: 'A1' })).trade_state, 'SUCCESS')
    mock.restore()
    assert.equal((await pay.orderQuery({ out_trade_no: 'A1' })).trade_state, 'NOTPAY')
  })

  test('a mistake names the chapter that has the rule, once', async () => {
    const pay = new WxPay(MERCHANT)
    // Of the table, which names it by itself; of the message and of JavaScript's values, which know no chapter.
    const mistakes = [
      [{ out_trade_no: 'A 1' }, 'FIELD_VALUE', 'out_trade_no'],
      [{ out_trade_no: 'A1', '1x': 'y' }, 'FIELD_NAME', '1x'],
      [{ out_trade_no: {} }, 'FIELD_VALUE', 'out_trade_no'],
    ]
    for (const [fields, code, field] of mistakes) {
      const error = await pay.orderQuery(fields).catch(error => error)
      assert.deepEqual([error.code, error.field, error.message.match(/chapter=9_2/g)?.length], [code, field, 1], error.message)
    }
  })

  test('a path of the table has the rules of the table', async () => {
    const pay = new WxPay(MERCHANT)
    await assert.rejects(pay.call('/pay/orderquery', {}), { code: 'FIELD_MISSING' })
    await assert.rejects(pay.call('noSuchMethod'), { name: 'TypeError', message: /noSuchMethod/ })
  })
})

test('the sandbox: its key is asked for, its paths are taken', async t => {
  const sandbox = 's'.repeat(32)
  const server = await serve(t, (response, request) => {
    if (request.url.endsWith('getsignkey')) {
      response.end(xml({ return_code: 'SUCCESS', return_msg: 'ok', mch_id: MERCHANT.mchid, sandbox_signkey: sandbox }))
      return
    }
    const answer = { return_code: 'SUCCESS', result_code: 'SUCCESS', appid: MERCHANT.appid, mch_id: MERCHANT.mchid, nonce_str: 'n', trade_type: 'JSAPI', prepay_id: 'wx1' }
    response.end(xml({ ...answer, sign: md5(answer, sandbox) }))
  })
  const { partnerKey, ...others } = MERCHANT
  let pay
  // However the key and the algorithm are called.
  for (const options of [{ partnerKey, signType: 'HMAC-SHA256' }, { key: partnerKey, sign_type: 'HMAC-SHA256' }]) {
    server.requests.length = 0
    pay = await WxPay.sandbox({ ...others, ...options, baseUrl: server.url })
    assert.equal((await pay.unifiedOrder({ ...ORDER, trade_type: 'JSAPI' })).prepay_id, 'wx1')
    assert.deepEqual(server.requests.map(r => r.url), ['/sandboxnew/pay/getsignkey', '/sandboxnew/pay/unifiedorder'])
    const { sign, ...fields } = sent(server)
    assert.equal(sign, md5(fields, sandbox))
  }
  await assert.rejects(pay.profitSharingQuery({ transaction_id: '1', out_order_no: '1' }), { code: 'CONFIG_INVALID', field: 'sandbox' })
})

test('fromEnv reads the environment, and options win', () => {
  const env = { WXPAY_APPID: MERCHANT.appid, WXPAY_MCHID: MERCHANT.mchid, WXPAY_KEY: KEY, WXPAY_SUB_MCH_ID: '', OTHER: 'x' }
  assert.equal(WxPay.fromEnv({}, env).mchid, MERCHANT.mchid)
  assert.equal(WxPay.fromEnv({ mchid: '1230000110' }, env).mchid, '1230000110')
  assert.throws(() => WxPay.fromEnv({}, { ...env, WXPAY_KEY: undefined }), { code: 'KEY_MISSING' })
})

test('fromEnv reads the files of the client certificate', () => {
  const env = { WXPAY_APPID: MERCHANT.appid, WXPAY_MCHID: MERCHANT.mchid, WXPAY_KEY: KEY }
  const refused = (more, message) => assert.throws(() => WxPay.fromEnv({}, { ...env, ...more }), message)
  refused({ WXPAY_PFX_FILE: '/none.p12' }, { code: 'CERT_INVALID', message: /none\.p12/ })
  refused({ WXPAY_CERT_FILE: '/none.pem' }, { code: 'CONFIG_INVALID', field: 'certFile' })
  refused({ WXPAY_CERT_FILE: '/none.pem', WXPAY_CERT_KEY_FILE: '/none.key' }, { code: 'CERT_INVALID' })
  assert.equal(WxPay.fromEnv({}, { ...env, WXPAY_CERT_PASSPHRASE: 'x' }).mchid, MERCHANT.mchid)
})

describe('business errors say what to do', () => {
  const fail = (code, more = {}) => ({ result_code: 'FAIL', err_code: code, err_code_des: '系统繁忙', ...more })
  const REFUND = { out_trade_no: 'A1', out_refund_no: 'R1', total_fee: 88, refund_fee: 88 }

  test('a final one', async t => {
    const pay = new WxPay({ ...MERCHANT, baseUrl: (await gateway(t, fail('ORDERCLOSED'))).url })
    await assert.rejects(pay.getPayParams(ORDER), { code: 'RESULT_FAIL', err_code: 'ORDERCLOSED', action: 'final', message: /new out_trade_no/ })
  })

  test('an unknown one where money moves is an unknown outcome, with the query to run', async t => {
    for (const code of ['SYSTEMERROR', 'CODE_OF_2027']) {
      const pay = new WxPay({ ...MERCHANT, baseUrl: (await gateway(t, fail(code))).url })
      await assert.rejects(pay.refund(REFUND), error => {
        assert.equal(error.code, 'OUTCOME_UNKNOWN')
        assert.equal(error.err_code, code)
        assert.deepEqual(error.query, { endpoint: 'refundQuery', fields: { out_refund_no: 'R1' } })
        assert.match(error.message, /ask refundQuery with out_refund_no R1/)
        return true
      })
    }
  })

  test('SYSTEMERROR of a question: ask again, and so the client does', async t => {
    const server = await gateway(t, fail('SYSTEMERROR'))
    const pay = new WxPay({ ...MERCHANT, baseUrl: server.url, random: () => 0 })
    await assert.rejects(pay.orderQuery({ out_trade_no: 'A1' }), { code: 'RESULT_FAIL', action: 'retry' })
    assert.equal(server.requests.length, 3)
  })

  test('a clear refusal of a refund is none of an unknown outcome; whether to repeat it is the caller’s', async t => {
    for (const [code, action] of [['NOTENOUGH', 'final'], ['BIZERR_NEED_RETRY', 'retry']]) {
      const server = await gateway(t, fail(code))
      const pay = new WxPay({ ...MERCHANT, baseUrl: server.url, random: () => 0 })
      await assert.rejects(pay.refund(REFUND), { code: 'RESULT_FAIL', err_code: code, action })
      assert.equal(server.requests.length, 1)
    }
  })

  test('the query has the numbers that there are', async t => {
    const pay = new WxPay({ ...MERCHANT, baseUrl: (await gateway(t, fail('SYSTEMERROR'))).url })
    const { query } = await pay.reverse({ out_trade_no: 'A1' }).catch(error => error)
    assert.deepEqual(query, { endpoint: 'orderQuery', fields: { out_trade_no: 'A1' } })
  })

  test('in production an answer without a simulator’s mark is an answer', async () => {
    const answer = { return_code: 'SUCCESS', result_code: 'SUCCESS', appid: MERCHANT.appid, mch_id: MERCHANT.mchid, out_trade_no: 'A1', trade_state: 'NOTPAY' }
    const body = new TextEncoder().encode(xml({ ...answer, sign: md5(answer) }))
    const pay = new WxPay({ ...MERCHANT, production: true, transport: async () => ({ status: 200, headers: {}, body }) })
    assert.equal((await pay.orderQuery({ out_trade_no: 'A1' })).trade_state, 'NOTPAY')
  })

  test('the front server’s page about certificates comes with 400 alone', async () => {
    const body = new TextEncoder().encode('<html>No required SSL certificate was sent</html>')
    const ask = status => new WxPay({ ...MERCHANT, transport: async () => ({ status, headers: {}, body }) }).refund(REFUND)
    await assert.rejects(ask(400), { code: 'CERT_MISSING' })
    await assert.rejects(ask(403), { code: 'OUTCOME_UNKNOWN' })
  })

  test('a forged answer to a refund is an unknown outcome too', async t => {
    const pay = new WxPay({ ...MERCHANT, baseUrl: (await gateway(t, {}, 'k'.repeat(32))).url })
    await assert.rejects(pay.refund(REFUND), error => error.code === 'OUTCOME_UNKNOWN' && error.cause.code === 'SIGN_MISMATCH')
  })
})
