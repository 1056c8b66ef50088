// One message has several ways through the package: the first time its names are seen and later, with
// an empty field and without, plain values and others. All of them must say the same.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildXml, parseSigned, parseXml, sign, signedXml, stringToSign, verify } from 'wxpay-wasm'
import { fields as randomFields, filled, nullProto, pick, readBack, seeded, stringOf, text, written } from './field-sets.mjs'
import { KEY, OTHER_KEY, digest } from './wire.mjs'

const TYPES = ['MD5', 'HMAC-SHA256']
const ROUNDS = 3000

/** The same text with another character somewhere. */
function changed(random, value) {
  const characters = [...value]
  const at = random(characters.length)
  characters[at] = characters[at] === 'x' ? 'y' : 'x'
  return characters.join('')
}

test('what is written, the first time and later, is what a reader gets', () => {
  const random = seeded(1)
  for (let round = 0; round < ROUNDS; round++) {
    const fields = randomFields(random)
    const type = TYPES[round % 2]
    const want = { ...filled(fields), sign: digest(fields, { type }) }
    const built = buildXml(fields)
    const message = signedXml(fields, KEY, type)
    assert.deepEqual(readBack(built), filled(fields))
    assert.deepEqual(readBack(message), nullProto(Object.entries(want)))

    const padded = { ...fields, unrelated_and_empty: pick(random, ['', null, undefined]) }
    for (const again of [fields, { ...fields }, padded]) {
      assert.equal(signedXml(again, KEY, type), message)
      assert.equal(buildXml(again), built)
      assert.equal(sign(again, KEY, type), want.sign)
      assert.equal(stringToSign(again), stringOf(fields))
    }
  }
})

test('what is signed is accepted, and nothing else', () => {
  const random = seeded(2)
  for (let round = 0; round < ROUNDS; round++) {
    const fields = randomFields(random, { most: 12 })
    const type = TYPES[round % 2]
    const key = round % 3 === 0 ? OTHER_KEY : KEY
    const message = signedXml(fields, key, type)
    const want = nullProto(Object.entries({ ...filled(fields), sign: digest(fields, { key, type }) }))
    for (const body of [message, Buffer.from(message), written(want), Buffer.from(written(want))]) {
      assert.deepEqual(parseSigned(body, key, { signType: type }), want)
    }
    assert.deepEqual(parseXml(message), want)
    for (const again of [want, { ...want }, { ...want, unrelated_and_empty: '' }, want]) {
      assert.equal(verify(again, key, type), true)
      assert.equal(verify(again, key), true)
      assert.equal(verify(again, key, 'HMAC-SHA256'), type === 'HMAC-SHA256')
    }

    // The shape of the names is remembered by now; a forgery goes the same way as the genuine one.
    const name = pick(random, Object.keys(want))
    const forged = { ...want, [name]: changed(random, want[name]) }
    for (const again of [forged, { ...forged, unrelated_and_empty: '' }]) {
      assert.equal(verify(again, key, type), false)
      assert.equal(verify(again, key), false)
    }
    for (const body of [written(forged), Buffer.from(written(forged))]) {
      assert.throws(() => parseSigned(body, key, { signType: type }), {
        code: name === 'sign' && /[xy]/.test(forged.sign) ? 'SIGN_MALFORMED' : 'SIGN_MISMATCH',
      })
    }
    const others = key === KEY ? OTHER_KEY : KEY
    assert.equal(verify(want, others, type), false)
    assert.throws(() => parseSigned(message, others, { signType: type }), { code: 'SIGN_MISMATCH' })
  }
})

test('a declared algorithm is checked on every way', () => {
  const random = seeded(3)
  for (let round = 0; round < 300; round++) {
    const type = TYPES[round % 2]
    const fields = { ...randomFields(random, { full: true }), sign_type: type }
    const other = TYPES[(round + 1) % 2]
    const message = signedXml(fields, KEY, type)
    assert.equal(signedXml(fields, KEY, type), message)
    const want = parseSigned(message, KEY)
    assert.equal(want.sign_type, type)
    for (let again = 0; again < 2; again++) {
      assert.equal(verify(want, KEY), true)
      assert.equal(verify({ ...want, sign_type: other }, KEY), false)
      assert.equal(verify({ ...want, sign_type: 'md5' }, KEY), false)
      assert.throws(() => signedXml(fields, KEY, other), { code: 'SIGN_TYPE_CONTRADICTION' })
      assert.throws(() => signedXml({ ...fields, sign_type: 'RSA' }, KEY, type), { code: 'SIGN_TYPE_UNKNOWN' })
      // Signed it can be: whether the field is true is for the message as a whole.
      assert.equal(sign({ ...fields, sign_type: other }, KEY, type), digest({ ...fields, sign_type: other }, { type }))
    }
  }
})

test('values that only the careful way takes, under names that the short way remembers', () => {
  const random = seeded(4)
  for (const bad of ['\0', '\x01', '\x01' + '1', '\b', '\x1f', '\ufffe', '\uffff', '\ud800', '\udfff', 'a\0total_fee\x001']) {
    const fields = { appid: 'x', attach: text(random), body: 'y', total_fee: 1 }
    sign(fields, KEY)
    verify({ ...fields, sign: digest(fields) }, KEY)
    for (const name of Object.keys(fields)) {
      const odd = { ...fields, [name]: bad }
      const refused = { code: 'FIELD_VALUE', field: name }
      assert.throws(() => sign(odd, KEY), refused)
      assert.throws(() => signedXml(odd, KEY), refused)
      assert.throws(() => buildXml(odd), refused)
      assert.throws(() => stringToSign(odd), refused)
      assert.throws(() => verify({ ...odd, sign: digest(fields) }, KEY), refused)
    }
  }
})

test('U+FFFD that is meant is signed and read, under remembered names too', () => {
  const fields = { appid: 'x', body: '\ufffd' }
  for (let again = 0; again < 3; again++) {
    assert.equal(sign(fields, KEY), digest(fields))
    assert.equal(sign({ ...fields, body: 'plain' }, KEY), digest({ ...fields, body: 'plain' }))
    const message = signedXml(fields, KEY)
    assert.equal(parseSigned(message, KEY).body, '\ufffd')
    assert.equal(parseSigned(Buffer.from(message), KEY).body, '\ufffd')
    assert.equal(verify({ ...fields, sign: digest(fields) }, KEY), true)
  }
})

test('no fields, and a signature alone, each time the same', () => {
  for (const type of TYPES) {
    const want = digest({}, { type })
    for (let again = 0; again < 4; again++) {
      assert.equal(sign({}, KEY, type), want)
      assert.equal(sign({ sign: 'A'.repeat(32) }, KEY, type), want)
      assert.equal(sign({ a: '', b: null }, KEY, type), want)
      assert.equal(stringToSign({}), '')
      assert.equal(buildXml({}), '<xml></xml>')
      assert.equal(signedXml({}, KEY, type), `<xml><sign><![CDATA[${want}]]></sign></xml>`)
      assert.equal(verify({ sign: want }, KEY, type), true)
      assert.equal(verify({}, KEY, type), false)
    }
  }
})

test('`key` is no field of what is sent, not even after a message that has one was verified', () => {
  const received = { a: '1', key: 'x' }
  const genuine = { ...received, sign: digest(received) }
  for (let again = 0; again < 3; again++) {
    // What was received is judged by its signature.
    assert.equal(verify(genuine, KEY), true)
    for (const fields of [received, genuine]) {
      for (const type of TYPES) {
        assert.throws(() => sign(fields, KEY, type), { code: 'FIELD_RESERVED', field: 'key' })
        assert.throws(() => signedXml(fields, KEY, type), { code: 'FIELD_RESERVED', field: 'key' })
      }
    }
  }
})

test('a `sign` that is going to be replaced is checked as any value, or on no way', () => {
  const odd = { a: '1', sign: '\x01' }
  const code = () => {
    try {
      return sign(odd, KEY)
    } catch (error) {
      return error.code
    }
  }
  const first = code()
  assert.equal(sign({ a: '1', sign: 'A' }, KEY), digest({ a: '1' }))
  assert.equal(code(), first)
})
