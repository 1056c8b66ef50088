// The client against the gateway simulator: what it sends, what it believes, and what it keeps to
// itself.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import util from 'node:util'
import { Key } from 'wxpay-wasm'
import { WxPay } from 'wxpay-wasm/client'
import { createGateway } from 'wxpay-wasm/testing'
import { serve } from './server.mjs'
import { APPID, KEY, MCHID, OTHER_KEY, digest, read, signed } from './wire.mjs'

const MERCHANT = { appid: APPID, mchid: MCHID, partnerKey: KEY, notify_url: 'http://127.0.0.1:9/notify' }
const NATIVE = { trade_type: 'NATIVE', product_id: 'P1', body: '茶 <&> tea', out_trade_no: 'A1001', total_fee: 101 }
const JSAPI = { trade_type: 'JSAPI', openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o', body: 'tea', out_trade_no: 'A1002', total_fee: 1 }

async function gateway(t, options) {
  const gateway = await createGateway(options)
  t.after(() => gateway.close())
  return gateway
}

const client = ({ url, appSecret }, options) =>
  new WxPay({ ...MERCHANT, appSecret, baseUrl: url, ...options })

for (const signType of ['MD5', 'HMAC-SHA256']) {
  describe(`an order in ${signType}`, () => {
    test('NATIVE: placed, paid, found', async t => {
      const simulator = await gateway(t)
      const pay = client(simulator, { signType })
      const placed = await pay.unifiedOrder(NATIVE)
      assert.match(placed.prepay_id, /^wx/)
      assert.ok(placed.code_url.startsWith(`${simulator.url}/p/`))
      assert.equal(placed.trade_type, 'NATIVE')
      assert.equal((await pay.orderQuery({ out_trade_no: 'A1001' })).trade_state, 'NOTPAY')
      const { order } = await simulator.pay('A1001', { coupon_fee: 1 })
      const found = await pay.orderQuery({ out_trade_no: 'A1001' })
      assert.deepEqual(
        [found.trade_state, found.total_fee, found.cash_fee, found.transaction_id],
        ['SUCCESS', '101', '100', order.transaction_id],
      )
      const same = await pay.orderQuery({ transaction_id: order.transaction_id })
      assert.equal(same.out_trade_no, 'A1001')
    })

    test('JSAPI: placed, and signed for the front end', async t => {
      const pay = client(await gateway(t), { signType })
      const { prepay_id, code_url } = await pay.unifiedOrder(JSAPI)
      assert.equal(code_url, undefined)
      const { paySign, ...params } = pay.miniProgramPay(prepay_id)
      assert.deepEqual(Object.keys(params).sort(), ['nonceStr', 'package', 'signType', 'timeStamp'])
      assert.equal(params.package, `prepay_id=${prepay_id}`)
      assert.equal(params.signType, signType)
      assert.match(params.timeStamp, /^\d{10}$/)
      assert.equal(paySign, digest({ ...params, appId: APPID }, { type: signType }))
    })

    test('what is on the wire', async t => {
      const server = await serve(t, response => response.end())
      const pay = client(server, { signType })
      await assert.rejects(pay.unifiedOrder({ ...NATIVE, attach: ']]>&key=' }))
      const [{ method, url, headers, body }] = server.requests
      assert.deepEqual([method, url], ['POST', '/pay/unifiedorder'])
      assert.equal(headers['content-type'], 'text/xml; charset=utf-8')
      assert.equal(headers['content-length'], String(Buffer.byteLength(body)))
      assert.match(body, /<total_fee>101<\/total_fee>/)
      const { attach, ...sent } = read(body)
      assert.match(sent.nonce_str, /^[0-9A-Za-z]{32}$/)
      assert.equal(sent.sign, digest({ ...sent, attach: ']]>&key=' }, { type: signType }))
      assert.deepEqual(
        { ...sent, nonce_str: 0, sign: 0 },
        {
          ...NATIVE,
          appid: APPID,
          mch_id: MCHID,
          total_fee: '101',
          notify_url: MERCHANT.notify_url,
          spbill_create_ip: '127.0.0.1',
          nonce_str: 0,
          sign: 0,
          ...(signType === 'MD5' ? {} : { sign_type: signType }),
        },
      )
    })
  })
}

test('an order given again is the same order', async t => {
  const pay = client(await gateway(t))
  const [one, two] = [await pay.unifiedOrder(NATIVE), await pay.unifiedOrder(NATIVE)]
  assert.equal(one.prepay_id, two.prepay_id)
  assert.notEqual(one.nonce_str, two.nonce_str)
})

test('fault 172: a business error has its err_code', async t => {
  const simulator = await gateway(t)
  const pay = client(simulator)
  const missing = pay.orderQuery({ out_trade_no: 'none' })
  await assert.rejects(missing, { name: 'WxPayError', code: 'RESULT_FAIL', err_code: 'ORDERNOTEXIST' })
  await pay.unifiedOrder(NATIVE)
  await simulator.pay('A1001')
  await assert.rejects(pay.unifiedOrder(NATIVE), { code: 'RESULT_FAIL', err_code: 'ORDERPAID' })
})

test('fault 170: a request that is not accepted', async t => {
  const simulator = await gateway(t)
  const wrongKey = client(simulator, { partnerKey: OTHER_KEY }).unifiedOrder(NATIVE)
  await assert.rejects(wrongKey, { code: 'RETURN_FAIL', message: /签名错误/ })
  const wrongMerchant = client(simulator, { mchid: '1900000110' }).unifiedOrder(NATIVE)
  await assert.rejects(wrongMerchant, { code: 'RETURN_FAIL', message: /mch_id/ })
})

describe('code2Session', () => {
  test('trades a code once', async t => {
    const simulator = await gateway(t)
    const pay = client(simulator)
    const code = simulator.login('o-payer')
    const session = await pay.code2Session(code)
    assert.equal(session.openid, 'o-payer')
    assert.equal(Buffer.from(session.session_key, 'base64').length, 16)
    await assert.rejects(pay.code2Session(code), { code: 'RESULT_FAIL', err_code: '40163' })
    await assert.rejects(pay.code2Session('unknown'), { code: 'RESULT_FAIL', err_code: '40029' })
  })

  test('the secret is needed, and a code', async t => {
    const server = await serve(t, response => response.end('{}'))
    await assert.rejects(client(server).code2Session('x'), { code: 'CONFIG_INVALID', field: 'appSecret' })
    const pay = client(server, { appSecret: 's'.repeat(32) })
    await assert.rejects(pay.code2Session(), { code: 'FIELD_MISSING', field: 'js_code' })
    await assert.rejects(pay.code2Session(''), { code: 'FIELD_MISSING', field: 'js_code' })
    await assert.rejects(pay.code2Session({}), { code: 'FIELD_VALUE', field: 'js_code' })
    await assert.rejects(pay.code2Session('x'.repeat(129)), { code: 'FIELD_LIMIT', field: 'js_code' })
    assert.equal(server.requests.length, 0)
  })

  test('a code cannot add a parameter', async t => {
    const server = await serve(t, response => response.end('{"errcode":40029}'))
    const pay = client(server, { appSecret: 's'.repeat(32) })
    await assert.rejects(pay.code2Session('a&appid=wx1#?%00 '), { code: 'RESULT_FAIL', err_code: '40029' })
    const { searchParams } = new URL(server.requests[0].url, server.url)
    assert.deepEqual(Object.fromEntries(searchParams), {
      appid: APPID,
      secret: 's'.repeat(32),
      js_code: 'a&appid=wx1#?%00 ',
      grant_type: 'authorization_code',
    })
    assert.equal(server.requests[0].body, '')
    const { accept, 'content-type': type, 'content-length': length } = server.requests[0].headers
    assert.deepEqual([accept, type, length], ['application/json', undefined, undefined])
  })

  test('answers that are none', async t => {
    const bad = ['', 'null', '5', '"x"', '[]', '{}', 'x', '{"openid":"o"}', '{"openid":"","session_key":""}']
    bad.push('{"openid":1,"session_key":"k"}', '{"session_key":"S3CRET"x}', '{"openid":"o","session_key":"S3CR')
    let body
    const server = await serve(t, response => response.end(body))
    const pay = client(server, { appSecret: 's'.repeat(32) })
    for (body of bad) {
      await assert.rejects(pay.code2Session('x'), error => {
        assert.equal(error.code, 'ANSWER_INVALID', body)
        assert.ok(!util.inspect(error, { depth: 9 }).includes('S3CR'), 'shows the session_key')
        return true
      })
    }
    body = '{"errcode":-1,"errmsg":"a\\nb' + 'c'.repeat(9999) + '"}'
    await assert.rejects(pay.code2Session('x'), error => {
      assert.deepEqual([error.code, error.err_code], ['RESULT_FAIL', '-1'])
      assert.ok(error.message.length < 400 && !error.message.includes('\n'))
      return true
    })
    body = '{"errcode":0,"openid":"o","session_key":"k","unionid":"u","other":1}'
    assert.deepEqual(await pay.code2Session('x'), { openid: 'o', session_key: 'k', unionid: 'u' })
  })
})

describe('faults 17, 29 to 32: a mistake costs no round trip', () => {
  const mistakes = {
    'no body': [{ ...NATIVE, body: '' }, 'FIELD_MISSING', 'body'],
    'no openid': [{ ...JSAPI, openid: undefined }, 'FIELD_MISSING', 'openid'],
    'no product_id': [{ ...NATIVE, product_id: null }, 'FIELD_MISSING', 'product_id'],
    'no amount': [{ ...NATIVE, total_fee: undefined }, 'FIELD_MISSING', 'total_fee'],
    'amount 0': [{ ...NATIVE, total_fee: 0 }, 'FIELD_VALUE', 'total_fee'],
    'amount in yuan': [{ ...NATIVE, total_fee: 1.01 }, 'FIELD_VALUE', 'total_fee'],
    'amount in yuan as text': [{ ...NATIVE, total_fee: '1.01' }, 'FIELD_VALUE', 'total_fee'],
    'amount 0.1 + 0.2': [{ ...NATIVE, total_fee: 0.1 + 0.2 }, 'FIELD_VALUE', 'total_fee'],
    'amount 1e21': [{ ...NATIVE, total_fee: 1e21 }, 'FIELD_VALUE', 'total_fee'],
    'amount too large': [{ ...NATIVE, total_fee: 10_000_000_001 }, 'FIELD_VALUE', 'total_fee'],
    'amount with a leading zero': [{ ...NATIVE, total_fee: '01' }, 'FIELD_VALUE', 'total_fee'],
    'an object': [{ ...NATIVE, scene_info: { id: 1 } }, 'FIELD_VALUE', 'scene_info'],
    'no number': [{ ...NATIVE, out_trade_no: '' }, 'FIELD_MISSING', 'out_trade_no'],
    'a long number': [{ ...NATIVE, out_trade_no: 'A'.repeat(33) }, 'FIELD_LIMIT', 'out_trade_no'],
    'a number with a space': [{ ...NATIVE, out_trade_no: 'A 1' }, 'FIELD_VALUE', 'out_trade_no'],
    'a full-width number': [{ ...NATIVE, out_trade_no: 'Ａ1' }, 'FIELD_VALUE', 'out_trade_no'],
    'a body of 43 characters': [{ ...NATIVE, body: '茶'.repeat(43) }, 'FIELD_LIMIT', 'body'],
    'an emoji': [{ ...NATIVE, body: '🍵' }, 'FIELD_VALUE', 'body'],
    'a long attach': [{ ...NATIVE, attach: '茶'.repeat(43) }, 'FIELD_LIMIT', 'attach'],
    'a trade type': [{ ...NATIVE, trade_type: 'native' }, 'FIELD_VALUE', 'trade_type'],
    'a time': [{ ...NATIVE, time_expire: '2026-01-01' }, 'FIELD_VALUE', 'time_expire'],
    'a notify_url with a query': [{ ...NATIVE, notify_url: 'https://a.example/n?x=1' }, 'FIELD_VALUE', 'notify_url'],
    'a relative notify_url': [{ ...NATIVE, notify_url: '/notify' }, 'FIELD_VALUE', 'notify_url'],
    'a list of addresses': [{ ...NATIVE, spbill_create_ip: '1.2.3.4, 5.6.7.8' }, 'FIELD_VALUE', 'spbill_create_ip'],
    'a mapped address': [{ ...NATIVE, spbill_create_ip: '::ffff:1.2.3.4' }, 'FIELD_VALUE', 'spbill_create_ip'],
    'no address': [{ ...NATIVE, spbill_create_ip: 'localhost' }, 'FIELD_VALUE', 'spbill_create_ip'],
    'another appid': [{ ...NATIVE, appid: 'wx0000000000000000' }, 'FIELD_RESERVED', 'appid'],
    'another merchant': [{ ...NATIVE, mch_id: '1900000110' }, 'FIELD_RESERVED', 'mch_id'],
    'another sign_type': [{ ...NATIVE, sign_type: 'HMAC-SHA256' }, 'FIELD_RESERVED', 'sign_type'],
    'a sign': [{ ...NATIVE, sign: 'F'.repeat(32) }, 'FIELD_RESERVED', 'sign'],
    'the key': [{ ...NATIVE, key: KEY }, 'FIELD_RESERVED', 'key'],
    nothing: [undefined, 'FIELD_MISSING', 'body'],
  }
  for (const [name, [order, code, field]] of Object.entries(mistakes)) {
    test(name, async t => {
      const server = await serve(t, response => response.end())
      await assert.rejects(client(server).unifiedOrder(order), { name: 'WxPayError', code, field })
      assert.equal(server.requests.length, 0)
    })
  }

  test('a query of both numbers, of none, and of nothing', async t => {
    const server = await serve(t, response => response.end())
    const pay = client(server)
    await assert.rejects(pay.orderQuery({ out_trade_no: 'A', transaction_id: '4' }), { code: 'FIELD_VALUE' })
    for (const none of [{}, { out_trade_no: '' }, undefined, null]) {
      await assert.rejects(pay.orderQuery(none), { name: 'WxPayError', code: 'FIELD_MISSING' })
    }
    assert.equal(server.requests.length, 0)
  })

  test('without a notify_url there is no order', async t => {
    const server = await serve(t, response => response.end())
    const pay = client(server, { notify_url: undefined })
    await assert.rejects(pay.unifiedOrder(NATIVE), { code: 'FIELD_MISSING', field: 'notify_url' })
    assert.equal(server.requests.length, 0)
  })

  test('an address of either family is taken; the order goes before the configuration', async t => {
    const server = await serve(t, response => response.writeHead(404).end())
    const pay = client(server, { spbill_create_ip: '8.8.8.8' })
    const own = { spbill_create_ip: '2001:db8::1', notify_url: 'https://b.example/n' }
    await assert.rejects(pay.unifiedOrder({ ...NATIVE, ...own }), { code: 'ANSWER_INVALID' })
    await assert.rejects(pay.unifiedOrder({ ...NATIVE, notify_url: undefined, spbill_create_ip: null }))
    const [one, two] = server.requests.map(({ body }) => read(body))
    assert.deepEqual([one.spbill_create_ip, one.notify_url], Object.values(own))
    assert.deepEqual([two.spbill_create_ip, two.notify_url], ['8.8.8.8', MERCHANT.notify_url])
  })
})

describe('fault 6: two clients in one process', () => {
  test('each has its own merchant, key, algorithm and gateway', async t => {
    const other = { appid: 'wx0123456789abcdef', mchid: '1230000109', key: OTHER_KEY }
    const one = await gateway(t)
    const two = await gateway(t, { ...other, testKey: true })
    const first = client(one)
    const second = client(two, { ...other, key: undefined, partnerKey: OTHER_KEY, signType: 'HMAC-SHA256' })
    const rounds = Array.from({ length: 8 }, (_, i) => i)
    const answers = await Promise.all(
      rounds.flatMap(i => [
        first.unifiedOrder({ ...NATIVE, out_trade_no: `one${i}` }),
        second.unifiedOrder({ ...NATIVE, out_trade_no: `two${i}` }),
      ]),
    )
    assert.equal(new Set(answers.map(({ nonce_str }) => nonce_str)).size, 16)
    assert.ok(one.orders().every(order => order.out_trade_no.startsWith('one')))
    assert.ok(two.orders().every(order => order.out_trade_no.startsWith('two')))
    assert.deepEqual([one.orders().length, two.orders().length], [8, 8])
    assert.deepEqual([first.appid, second.appid, second.mchid], [APPID, other.appid, other.mchid])
    const { paySign, ...params } = second.miniProgramPay('wx1')
    const want = digest({ ...params, appId: other.appid }, { key: OTHER_KEY, type: 'HMAC-SHA256' })
    assert.equal(paySign, want)
  })

  test('an option changed afterwards changes nothing', async t => {
    const simulator = await gateway(t)
    const options = { ...MERCHANT, baseUrl: simulator.url }
    const pay = new WxPay(options)
    Object.assign(options, { appid: 'wx0123456789abcdef', partnerKey: OTHER_KEY, baseUrl: 'http://127.0.0.1:9' })
    assert.ok((await pay.unifiedOrder(NATIVE)).prepay_id)
    assert.throws(() => {
      pay.appid = 'wx0123456789abcdef'
    }, TypeError)
  })
})

test('the client shows no key and no secret', () => {
  const secret = 'a'.repeat(32)
  for (const partnerKey of [KEY, new Key(KEY)]) {
    const pay = new WxPay({ ...MERCHANT, partnerKey, appSecret: secret })
    const views = [
      util.inspect(pay, { depth: 9, showHidden: true, getters: true }),
      util.inspect(pay, { depth: 9, customInspect: false, showHidden: true }),
      JSON.stringify(pay),
      JSON.stringify({ ...pay }),
      String(pay),
      util.format('%O %j', pay, pay),
      util.inspect(new Error('x', { cause: pay }), { depth: 9 }),
    ]
    for (const view of views) {
      assert.ok(!view.includes(KEY), 'shows the key')
      assert.ok(!view.includes(secret), 'shows the secret')
    }
  }
})

describe('what an answer must be to be believed', () => {
  const ANSWER = {
    return_code: 'SUCCESS',
    return_msg: 'OK',
    appid: APPID,
    mch_id: MCHID,
    nonce_str: 'n'.repeat(32),
    result_code: 'SUCCESS',
    trade_type: 'NATIVE',
    prepay_id: 'wx201411101639507cbf6ffd8b0779950874',
    code_url: 'weixin://wxpay/bizpayurl?pr=1',
  }
  const FOUND = { ...ANSWER, trade_state: 'NOTPAY', out_trade_no: 'A1001' }
  const HMAC = { type: 'HMAC-SHA256' }

  async function answered(t, body, options, tries = 1) {
    const server = await serve(t, response => response.end(body))
    const pay = client(server, options)
    const query = pay.orderQuery({ out_trade_no: 'A1001' })
    const order = pay.unifiedOrder(NATIVE)
    await Promise.allSettled([query, order])
    assert.equal(server.requests.length, 2 * tries, 'asked twice, repeated only what is no message')
    return { query, order }
  }

  test('a genuine one, with fields of next year, under any content type', async t => {
    const { order } = await answered(t, signed({ ...ANSWER, field_of_2027: 'x', empty: '' }))
    assert.equal((await order).field_of_2027, 'x')
    assert.ok(!('toString' in (await order)), 'inherits')
    const { query } = await answered(t, signed(FOUND))
    assert.equal((await query).trade_state, 'NOTPAY')
  })

  test('fault 169: one digit changed', async t => {
    const { order, query } = await answered(t, signed(FOUND).replace('NOTPAY', 'SUCCESS'))
    await assert.rejects(query, { code: 'SIGN_MISMATCH' })
    await assert.rejects(order, { code: 'SIGN_MISMATCH' })
  })

  test('fault 169: another key', async t => {
    const { order } = await answered(t, signed(ANSWER, { key: OTHER_KEY }))
    await assert.rejects(order, { code: 'SIGN_MISMATCH' })
  })

  test('fault 169: SUCCESS without a signature', async t => {
    const xml = signed(FOUND).replace(/<sign>.*<\/sign>/, '')
    const { order, query } = await answered(t, xml)
    await assert.rejects(order, { code: 'SIGN_MISSING' })
    await assert.rejects(query, { code: 'SIGN_MISSING' })
  })

  test('fault 169: result FAIL without a signature is not believed either', async t => {
    const xml = signed({ ...FOUND, result_code: 'FAIL', err_code: 'ORDERNOTEXIST' })
    const { query } = await answered(t, xml.replace(/<sign>.*<\/sign>/, ''))
    await assert.rejects(query, { code: 'SIGN_MISSING' })
  })

  test('fault 39: MD5 to a request in HMAC-SHA256', async t => {
    const hmac = { signType: 'HMAC-SHA256' }
    assert.ok(await (await answered(t, signed(FOUND, HMAC), hmac)).query)
    await assert.rejects((await answered(t, signed(FOUND), hmac)).query, { code: 'SIGN_DOWNGRADE' })
  })

  test('fault 171: rightly signed, for another question', async t => {
    for (const [field, value] of Object.entries({
      appid: 'wx0123456789abcdef',
      mch_id: '1900000110',
      out_trade_no: 'a1001',
    })) {
      const { query } = await answered(t, signed({ ...FOUND, [field]: value }))
      await assert.rejects(query, { code: 'ANSWER_MISMATCH', field })
    }
    for (const field of ['appid', 'mch_id']) {
      const { order } = await answered(t, signed({ ...ANSWER, [field]: undefined }))
      await assert.rejects(order, { code: 'ANSWER_MISMATCH', field })
    }
    const { order } = await answered(t, signed({ ...ANSWER, trade_type: 'JSAPI' }))
    await assert.rejects(order, { code: 'ANSWER_MISMATCH', field: 'trade_type' })
  })

  test('our own request comes back', async t => {
    const server = await serve(t, (response, { body }) => response.end(body))
    await assert.rejects(client(server).unifiedOrder(NATIVE), { name: 'WxPayError', code: 'RETURN_FAIL' })
  })

  test('fault 170: return_code FAIL keeps the reason, signed or not', async t => {
    for (const body of [
      '<xml><return_code><![CDATA[FAIL]]></return_code><return_msg><![CDATA[签名错误]]></return_msg></xml>',
      '<xml><return_code>FAIL</return_code><retmsg>签名错误</retmsg><retcode>1</retcode></xml>',
      signed({ return_code: 'FAIL', return_msg: '签名错误' }),
    ]) {
      const { order } = await answered(t, body)
      await assert.rejects(order, { code: 'RETURN_FAIL', message: /签名错误/ })
    }
  })

  test('a reason cannot break a log line', async t => {
    const { order } = await answered(t, `<xml><return_code>FAIL</return_code><return_msg>a\nb${'c'.repeat(5000)}</return_msg></xml>`)
    await assert.rejects(order, error => {
      assert.ok(!error.message.includes('\n') && error.message.length < 600)
      return true
    })
  })

  test('fault 172: result_code FAIL', async t => {
    const fail = { ...ANSWER, result_code: 'FAIL', err_code: 'NEW_CODE_OF_2027', err_code_des: '系统繁忙' }
    const { order } = await answered(t, signed(fail))
    await assert.rejects(order, { code: 'RESULT_FAIL', err_code: 'NEW_CODE_OF_2027', message: /系统繁忙/ })
    for (const result_code of ['success', 'SUCCESS ', '', undefined]) {
      const { order } = await answered(t, signed({ ...ANSWER, result_code }))
      await assert.rejects(order, { code: 'RESULT_FAIL' })
    }
  })

  test('fault 173: an unknown trade_state is passed on as it is', async t => {
    const { query } = await answered(t, signed({ ...FOUND, trade_state: 'STATE_OF_2027' }))
    assert.equal((await query).trade_state, 'STATE_OF_2027')
  })

  test('what a success must have', async t => {
    const { order } = await answered(t, signed({ ...ANSWER, prepay_id: '' }))
    await assert.rejects(order, { code: 'ANSWER_INVALID', field: 'prepay_id' })
    const { query } = await answered(t, signed({ ...FOUND, trade_state: undefined }))
    await assert.rejects(query, { code: 'ANSWER_INVALID', field: 'trade_state' })
  })

  test('fault 174: DOCTYPE, duplicates, trailing data', async t => {
    t.mock.method(Math, 'random', () => 0)
    const good = signed(ANSWER)
    for (const bad of [
      `<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/passwd">]>${good}`,
      good.replace('</xml>', '<prepay_id>wx2</prepay_id></xml>'),
      `${good}<xml></xml>`,
      good.slice(0, -1),
      Buffer.from(good.replace('weixin', '\xff'), 'latin1'),
    ]) {
      const { order } = await answered(t, bad, {}, 3)
      await assert.rejects(order, { code: 'ANSWER_INVALID' })
    }
  })
})
