// The calls that open WeChat's pages: what they refuse, what they fill in, and who may be a forger.
// The signatures themselves are in vectors.test.mjs.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import * as wxpay from 'wxpay-wasm'
import { APPID, KEY, MCHID, OTHER_KEY, digest, read, signed, xml } from './wire.mjs'

const { Key, nativeCallback, nativeReply, sign } = wxpay
const vectors = JSON.parse(readFileSync(new URL('../tests/vectors/resign.json', import.meta.url), 'utf8')).cases

/** The first sample of each call. */
const samples = new Map(vectors.reverse().map(({ call, arguments: given, key }) => [call, { given, key }]))
const call = (name, given, key = KEY) => wxpay[name](given, ...(samples.get(name).key === '' ? [] : [key]))

/** The parameters of a result, whatever wraps them. */
function parameters(result) {
  if (typeof result !== 'string') return result.extraData ?? result
  if (result.startsWith('<xml>')) return read(result)
  return Object.fromEntries(new URL(result).searchParams)
}

const TIMES = ['timeStamp', 'timestamp', 'time_stamp']
const NONCES = ['nonceStr', 'noncestr', 'nonce_str']

describe('what every call does alike', () => {
  for (const [name, { given }] of samples) {
    const time = TIMES.find(field => field in given)
    const nonce = NONCES.find(field => field in given)

    test(`${name}: the time is now, in seconds, and the nonce is fresh`, () => {
      const { [time]: _, [nonce]: __, ...rest } = given
      const before = Math.floor(Date.now() / 1000)
      const [one, two] = [call(name, rest), call(name, rest)].map(parameters)
      const after = Math.floor(Date.now() / 1000)
      if (time) {
        const made = Number(one[TIMES.find(field => field in one)])
        assert.ok(made >= before && made <= after, `${made}`)
      }
      if (nonce) {
        assert.match(one[nonce], /^[0-9A-Za-z]{32}$/)
        assert.notEqual(one[nonce], two[nonce])
      }
    })

    if (time) {
      test(`${name}: milliseconds, fractions and text are no time`, () => {
        for (const wrong of [Date.now(), 1e10, 1.5, -1, NaN, Infinity, '1490840662', new Date(), false]) {
          const field = time
          assert.throws(() => call(name, { ...given, [time]: wrong }), { code: 'FIELD_VALUE', field }, `${wrong}`)
        }
      })
    }

    test(`${name}: nothing is missing, and everything of its kind`, () => {
      const optional = ['signType', 'sub_appid', 'sub_mch_id', 'coupon_code', time, nonce, 'err_code_des']
      for (const field of Object.keys(given).filter(field => !optional.includes(field))) {
        for (const wrong of [undefined, null, '', {}, []]) {
          assert.throws(
            () => call(name, { ...given, [field]: wrong }),
            error => error instanceof TypeError || /^FIELD_(MISSING|VALUE)$/.test(error.code),
            `${field}: ${JSON.stringify(wrong)}`,
          )
        }
      }
    })

    if (samples.get(name).key !== '') {
      test(`${name}: a key is needed, and another key signs otherwise`, () => {
        for (const none of ['', undefined, null]) {
          assert.throws(() => wxpay[name](given, none), { code: 'KEY_MISSING' })
        }
        const made = call(name, given)
        assert.deepEqual(call(name, given, new Key(KEY)), made)
        assert.notDeepEqual(call(name, given, OTHER_KEY), made)
        assert.ok(!JSON.stringify(made).includes(KEY))
      })
    }
  }
})

describe('an app of a service provider', () => {
  const given = { appid: APPID, partnerid: MCHID, prepayid: 'wx1', timestamp: 1, noncestr: 'n' }

  test("signs with the sub-merchant's ids where the order had them", () => {
    const own = wxpay.appPay(given, KEY)
    assert.deepEqual([own.appid, own.partnerid], [APPID, MCHID])
    const sub = wxpay.appPay({ ...given, sub_appid: 'wx8888888888888888', sub_mch_id: '1900000110' }, KEY)
    assert.deepEqual([sub.appid, sub.partnerid], ['wx8888888888888888', '1900000110'])
    const { sign: signature, ...signedFields } = sub
    assert.equal(signature, digest(signedFields))
    const half = wxpay.appPay({ ...given, sub_appid: undefined, sub_mch_id: '1900000110' }, KEY)
    assert.deepEqual([half.appid, half.partnerid], [APPID, '1900000110'])
  })
})

describe('H5', () => {
  const mweb = 'https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx1&package=1405458241'

  test('the return page is encoded once', () => {
    for (const page of ['https://shop.example/o?a=1&b=茶#x', 'http://127.0.0.1:8080/%20']) {
      const url = wxpay.h5Url(mweb, page)
      assert.equal(url, `${mweb}&redirect_url=${encodeURIComponent(page)}`)
      assert.equal(new URL(url).searchParams.get('redirect_url'), page)
    }
  })

  test('the cashier of a gateway on this machine needs no TLS', () => {
    assert.equal(wxpay.h5Url('http://127.0.0.1:8080/p/x', 'http://127.0.0.1:3000'), 'http://127.0.0.1:8080/p/x?redirect_url=http%3A%2F%2F127.0.0.1%3A3000')
  })

  test('a page that is no complete address is refused', () => {
    for (const page of ['', '/o', 'shop.example', '//shop.example', 'javascript:alert(1)', 'data:,x', 'https://', 'https://a b', encodeURIComponent('https://a')]) {
      assert.throws(() => wxpay.h5Url(mweb, page), error => /^FIELD_/.test(error.code) && error.field === 'redirect_url', page)
    }
    const disguised = ['http://127.0.0.1:8080@tenpay.example/x', 'http://127.0.0.1.tenpay.example/x', 'http://127.0.0.1/x']
    for (const url of ['', 'http://wx.tenpay.com/x', `${mweb}&redirect_url=x`, ...disguised]) {
      assert.throws(() => wxpay.h5Url(url, 'https://a'), error => /^FIELD_/.test(error.code) && error.field === 'mweb_url', url)
    }
  })
})

describe('NATIVE mode 1', () => {
  const merchant = { appid: APPID, mchid: MCHID }
  const scan = { appid: APPID, openid: 'o1', mch_id: MCHID, is_subscribe: 'N', nonce_str: 'n1', product_id: '茶 1' }

  test('a scan is read, with any of several keys, as bytes or text', () => {
    const want = { product_id: '茶 1', openid: 'o1', is_subscribe: 'N', nonce_str: 'n1' }
    for (const key of [KEY, new Key(KEY), [OTHER_KEY, KEY]]) {
      assert.deepEqual(nativeCallback(signed(scan), key, merchant), want)
      assert.deepEqual(nativeCallback(Buffer.from(signed(scan)), key, merchant), want)
    }
  })

  test('forgeries and other messages are refused', () => {
    const other = { ...scan, product_id: '茶 2' }
    for (const [body, code] of [
      [signed(scan, { key: OTHER_KEY }), 'SIGN_MISMATCH'],
      [xml(scan), 'SIGN_MISSING'],
      [xml({ ...other, sign: digest(scan) }), 'SIGN_MISMATCH'],
      [signed({ ...scan, mch_id: '1900000110' }), 'NOTIFY_MERCHANT'],
      [signed({ ...scan, return_code: 'SUCCESS' }), 'NOTIFY_KIND'],
      [signed({ ...scan, out_trade_no: 'T1', total_fee: '1', trade_type: 'NATIVE' }), 'NOTIFY_KIND'],
      [signed({ ...scan, openid: '' }), 'FIELD_MISSING'],
      ['<!DOCTYPE x><xml/>', 'XML_DOCTYPE'],
    ]) {
      assert.throws(() => nativeCallback(body, KEY, merchant), { name: 'WxPayError', code })
    }
  })

  test('a scan in HMAC-SHA256 is read too', () => {
    assert.equal(nativeCallback(signed(scan, { type: 'HMAC-SHA256' }), KEY, merchant).openid, 'o1')
  })

  test('the reply is signed, whether there is an order or not', () => {
    const base = { appid: APPID, mch_id: MCHID }
    const order = read(nativeReply({ ...base, prepay_id: 'wx1' }, KEY))
    const refusal = read(nativeReply({ ...base, err_code_des: '卖完了' }, KEY))
    for (const { sign: signature, ...rest } of [order, refusal]) {
      assert.equal(signature, digest(rest))
      assert.equal(rest.return_code, 'SUCCESS')
      assert.match(rest.nonce_str, /^[0-9A-Za-z]{32}$/)
    }
    assert.deepEqual([order.result_code, order.prepay_id, order.err_code_des], ['SUCCESS', 'wx1', undefined])
    assert.deepEqual([refusal.result_code, refusal.prepay_id, refusal.err_code_des], ['FAIL', undefined, '卖完了'])
    assert.throws(() => nativeReply(base, KEY), TypeError)
  })
})

describe('coupons', () => {
  const coupon = { stock_id: '98065001', out_request_no: '89560002019101000121' }
  const giving = send_coupon_params => ({ send_coupon_merchant: '10016226', send_coupon_params })

  test('what is signed is what is sent', () => {
    const made = wxpay.sendCoupon(giving([{ ...coupon, coupon_code: '', note: 'mine' }, coupon]), KEY)
    assert.deepEqual(made.send_coupon_params, [coupon, coupon])
    const fields = { send_coupon_merchant: '10016226' }
    made.send_coupon_params.forEach((item, i) => Object.keys(item).forEach(name => (fields[name + i] = item[name])))
    assert.equal(made.sign, digest(fields, { type: 'HMAC-SHA256' }))
  })

  test('one to ten', () => {
    assert.equal(wxpay.sendCoupon(giving(Array(10).fill(coupon)), KEY).send_coupon_params.length, 10)
    const field = 'send_coupon_params'
    assert.throws(() => wxpay.sendCoupon(giving(Array(11).fill(coupon)), KEY), { code: 'FIELD_LIMIT', field })
    assert.throws(() => wxpay.sendCoupon(giving(Array(400).fill(coupon)), KEY), { code: 'FIELD_LIMIT' })
    assert.throws(() => wxpay.sendCoupon(giving([]), KEY), { code: 'FIELD_MISSING', field })
    assert.throws(() => wxpay.sendCoupon(giving([coupon, { stock_id: '1' }]), KEY), { code: 'FIELD_MISSING' })
  })
})

test('wx.config: SHA-1 over the page without its fragment, for any length', () => {
  for (let length = 0; length < 130; length++) {
    const url = `https://shop.example/${'x'.repeat(length)}`
    const { signature, timestamp, nonceStr } = wxpay.wxConfig({ appId: APPID, jsapi_ticket: 't', url: `${url}#/a` })
    assert.equal(typeof timestamp, 'number')
    const text = `jsapi_ticket=t&noncestr=${nonceStr}&timestamp=${timestamp}&url=${url}`
    assert.equal(signature, createHash('sha1').update(text).digest('hex'))
  }
})

test('a package that is encoded already is not encoded again', () => {
  const given = { appId: APPID, package: encodeURIComponent('sendid=1&ver=8') }
  assert.throws(() => wxpay.sendBizRedPacket(given, KEY), { code: 'FIELD_VALUE', field: 'package' })
})

describe('WeCom', () => {
  const fields = { act_name: '灯谜', mch_billno: '1', mch_id: MCHID, nonce_str: 'n', re_openid: 'o', total_amount: 100, wxappid: APPID, wishing: 'x' }

  test('the signature is a field of the request', () => {
    const workwx_sign = wxpay.workwxSign('sendworkwxredpack', fields, 'secret')
    const { wishing: _, ...some } = fields
    const text = Object.keys(some).sort().map(name => `${name}=${some[name]}`).join('&')
    assert.equal(workwx_sign, createHash('md5').update(`${text}&secret=secret`).digest('hex').toUpperCase())
    assert.notEqual(sign({ ...fields, workwx_sign }, KEY), sign(fields, KEY))
  })

  test('another request, a missing field and no secret are refused', () => {
    assert.throws(() => wxpay.workwxSign('sendredpack', fields, 'secret'), TypeError)
    assert.throws(() => wxpay.workwxSign('paywwsptrans2pocket', fields, 'secret'), { code: 'FIELD_MISSING' })
    assert.throws(() => wxpay.workwxSign('sendworkwxredpack', fields, ''), { code: 'KEY_MISSING' })
  })
})
