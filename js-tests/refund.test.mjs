// req_info of refund notifications, against node:crypto. Faults 188 to 191 are in the Rust suite too.
import assert from 'node:assert/strict'
import { createCipheriv, createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { Key, decryptRefund } from 'wxpay-wasm'
import { KEY, OTHER_KEY } from './wire.mjs'

const XML =
  '<root><out_refund_no><![CDATA[R1]]></out_refund_no><refund_recv_accout><![CDATA[招商银行信用卡0403]]>' +
  '</refund_recv_accout><refund_fee><![CDATA[1]]></refund_fee></root>'

function encipher(text, key = KEY, padding = true) {
  const cipher = createCipheriv('aes-256-ecb', createHash('md5').update(key).digest('hex'), null)
  cipher.setAutoPadding(padding)
  return cipher.update(text, 'utf8', 'base64') + cipher.final('base64')
}

/** What is thrown, without its stack. */
function refusal(req_info, key = KEY) {
  try {
    decryptRefund(req_info, key)
  } catch (error) {
    return { name: error.name, code: error.code, message: error.message, field: error.field, offset: error.offset }
  }
  assert.fail(`read: ${req_info.slice(0, 80)}`)
}

describe('a genuine req_info', () => {
  test('is read, folded or not', () => {
    const want = { out_refund_no: 'R1', refund_recv_accout: '招商银行信用卡0403', refund_fee: '1' }
    const flat = encipher(XML)
    for (const req_info of [flat, flat.replace(/.{76}/g, '$&\n'), flat.replace(/.{64}/g, '$&\r\n') + '\n']) {
      const fields = decryptRefund(req_info, KEY)
      assert.deepEqual({ ...fields }, want)
      assert.equal(Object.getPrototypeOf(fields), null)
    }
  })

  test('of every length', () => {
    for (let length = 0; length < 70; length++) {
      const value = 'x'.repeat(length)
      assert.equal(decryptRefund(encipher(`<root><a>${value}</a></root>`), KEY).a, value)
    }
  })

  test('fault 7: with the old key or the new one', () => {
    for (const key of [KEY, new Key(KEY), [KEY], [OTHER_KEY, KEY], [KEY, OTHER_KEY], [new Key(OTHER_KEY), new Key(KEY)]]) {
      assert.equal(decryptRefund(encipher(XML), key).out_refund_no, 'R1')
    }
    assert.equal(refusal(encipher(XML), [OTHER_KEY, 'x']).code, 'REFUND_UNDECIPHERABLE')
    for (const none of [[], '', null, [KEY, '']]) assert.equal(refusal(encipher(XML), none).code, 'KEY_MISSING')
  })
})

test('faults 188 to 191: one refusal for every reason', () => {
  const want = refusal('')
  assert.equal(want.code, 'REFUND_UNDECIPHERABLE')
  assert.equal(want.field, 'req_info')
  const good = encipher(XML)
  const block = end =>
    encipher(Buffer.from('<root><a>1</a></root>'.padEnd(32 - end.length) + end, 'latin1'), KEY, false)
  for (const req_info of [
    'x',
    good.slice(0, -1),
    good.slice(4),
    good.replaceAll('=', ''),
    `${good}=`,
    ` ${good}`,
    good.replace(/.{10}/, '$& '),
    good.replaceAll('+', '-').replaceAll('/', '_') + '-',
    Buffer.from(good, 'base64').subarray(0, 40).toString('base64'),
    'A'.repeat(1_000_000),
    encipher(XML, OTHER_KEY),
    encipher(XML.replaceAll('root', 'xml')),
    encipher(XML.slice(0, -1)),
    encipher(`<!DOCTYPE root [<!ENTITY a "b">]>${XML}`),
    encipher('<root><a><b>1</b></a></root>'),
    encipher(Buffer.from([0xff, 0xfe])),
    encipher(''),
    ...['\0', '\x11', '\x20', '\x02', '\x03\x02\x03', '\0\0\x03', '\x80\0\0'].map(block),
  ]) {
    assert.deepEqual(refusal(req_info), want)
  }
  assert.equal(decryptRefund(block('\x01'), KEY).a, '1')
  for (const value of [undefined, null, 1, {}, Buffer.from(good)]) {
    assert.throws(() => decryptRefund(value, KEY), TypeError)
  }
})
