// What is no string where one belongs: it must not reach the memory of WebAssembly, where half a copy of
// it would break the calls that follow.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as wxpay from 'wxpay-wasm'
import { diagnose } from 'wxpay-wasm/doctor'
import { KEY, digest, signed } from './wire.mjs'

const { jsapiPay, miniProgramPay, parseSigned, parseXml, sign, signedXml, trapCount, verify } = wxpay
const FIELDS = { appid: 'wx1', body: '腾讯' }
const MESSAGE = signed(FIELDS)
const STRANGE = [null, true, 5, NaN, 1n, Symbol('x'), /x/, {}, [], ['MD5'], { length: 5 }, { length: -1 }, { toString: () => 'MD5' }, () => 1, new Date(0)]

/** Calls of the tools and of the core whose answers are known. */
function right() {
  for (const body of [`${MESSAGE} `, `<?xml version="1.0"?>${MESSAGE}`, `<xml><a>&amp;${'x'.repeat(300)}</a></xml>`]) parseXml(body)
  assert.equal(sign({ ...FIELDS, attach: '' }, 'k'.repeat(70)), digest(FIELDS, { key: 'k'.repeat(70) }))
  assert.equal(parseSigned(`<?xml version="1.0"?>${MESSAGE}`, KEY).body, '腾讯')
}

const told = strange => (typeof strange === 'symbol' ? 'a symbol' : `${JSON.stringify(strange, (_, v) => (typeof v === 'bigint' ? `${v}n` : v))}`)

test('as the algorithm: SIGN_TYPE_UNKNOWN', () => {
  const prepaid = { appId: 'wx1', prepay_id: 'p1', timeStamp: 1490840662, nonceStr: 'n' }
  for (const strange of STRANGE) {
    for (const take of [
      () => sign(FIELDS, KEY, strange),
      () => verify({ ...FIELDS, sign: 'A' }, KEY, strange),
      () => signedXml(FIELDS, KEY, strange),
      () => parseSigned(MESSAGE, KEY, { signType: strange }),
      () => miniProgramPay({ ...prepaid, signType: strange }, KEY),
      () => jsapiPay({ ...prepaid, signType: strange }, KEY),
    ]) {
      assert.throws(take, { name: 'WxPayError', code: 'SIGN_TYPE_UNKNOWN' }, told(strange))
      right()
    }
  }
})

test('as the root: TypeError', () => {
  for (const strange of STRANGE) {
    for (let again = 0; again < 30; again++) {
      assert.throws(() => parseXml(MESSAGE, { root: strange }), { name: 'TypeError', message: 'root must be a string' })
      right()
    }
  }
})

test('as one of several keys, or none at its place: KEY_MISSING', () => {
  for (const keys of [[, KEY], [KEY, ,], ...STRANGE.map(strange => [strange, KEY])]) {
    assert.throws(() => parseSigned(MESSAGE, keys), { code: 'KEY_MISSING' })
    assert.throws(() => wxpay.decryptRefund('AAAA', keys), { code: 'KEY_MISSING' })
    right()
  }
})

test('for the doctor: TypeError, or no key', () => {
  for (const strange of STRANGE) {
    for (const name of ['sign', 'signType', 'theirs']) {
      assert.throws(() => diagnose(MESSAGE, { key: KEY, [name]: strange }), { name: 'TypeError', message: `${name} must be a string` })
    }
    assert.throws(() => diagnose(MESSAGE, { key: strange }), { code: 'KEY_MISSING' })
    assert.equal(diagnose(MESSAGE, { key: KEY, keys: { [String(told(strange))]: strange }, received: strange }).verdict, 'right')
  }
})

test('none of it made a fault in the core', () => assert.equal(trapCount(), 0))
