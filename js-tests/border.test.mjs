// What crosses the border into WebAssembly: sets of names, sizes of sets, kinds of objects, text that is
// none. The fields of one message must never become those of another.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { buildXml, nonceStr, parseSigned, parseXml, sign, signedXml, stringToSign, trapCount, verify } from 'wxpay-wasm'
import { fields as randomFields, filled, readBack, seeded, stringOf } from './field-sets.mjs'
import { KEY, OTHER_KEY, digest, signed } from './wire.mjs'

const TYPES = ['MD5', 'HMAC-SHA256']
const SAMPLE = { appid: 'wxd930ea5d5a258f4f', body: 'test', total_fee: 1 }
const takers = {
  sign: fields => sign(fields, KEY),
  verify: fields => verify({ sign: 'A'.repeat(32), ...fields }, KEY),
  stringToSign,
  buildXml,
  signedXml: fields => signedXml(fields, KEY),
}

/** All that is made of the fields, twice: the second time the names are remembered. */
function right(fields, like = fields) {
  for (let again = 0; again < 3; again++) {
    assert.equal(stringToSign(fields), stringOf(like))
    for (const type of TYPES) {
      assert.equal(sign(fields, KEY, type), digest(like, { type }))
      const message = signedXml(fields, KEY, type)
      assert.deepEqual({ ...readBack(message) }, { ...filled(like), sign: digest(like, { type }) })
      assert.deepEqual({ ...parseSigned(message, KEY) }, { ...filled(like), sign: digest(like, { type }) })
    }
    assert.deepEqual(readBack(buildXml(fields)), filled(like))
  }
}

test('2 000 sets of known and unknown names are sorted by their bytes', () => {
  const random = seeded(5)
  for (let round = 0; round < 2000; round++) {
    const fields = randomFields(random, { most: round % 10 === 0 ? 120 : 24, full: round % 4 !== 0 })
    const type = TYPES[round % 2]
    assert.equal(stringToSign(fields), stringOf(fields))
    assert.equal(sign(fields, KEY, type), digest(fields, { type }))
    // By the remembered order, and with the fields the other way round.
    assert.equal(sign(fields, OTHER_KEY, type), digest(fields, { key: OTHER_KEY, type }))
    const turned = Object.fromEntries(Object.entries(fields).reverse())
    assert.equal(sign(turned, KEY, type), digest(fields, { type }))
  }
})

describe('how many fields', () => {
  const many = (count, more) => ({ ...Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, `v${i}`])), ...more })

  for (const count of [1, 2, 63, 64, 65, 511]) test(`${count} fields`, () => right(many(count)))

  test('512 fields can be signed; with their signature in the message they are too many', () => {
    for (let again = 0; again < 3; again++) {
      for (const type of TYPES) assert.equal(sign(many(512), KEY, type), digest(many(512), { type }))
      assert.deepEqual(parseXml(buildXml(many(512))), filled(many(512)))
      assert.throws(() => signedXml(many(512), KEY), { code: 'FIELD_LIMIT' })
      const genuine = many(511, { sign: digest(many(511)) })
      assert.equal(verify(genuine, KEY), true)
      assert.equal(parseSigned(signed(many(511)), KEY).f510, 'v510')
    }
  })

  test('513 and 1 000 fields are refused, empty ones not counted', () => {
    for (let again = 0; again < 3; again++) {
      for (const count of [513, 1000]) {
        for (const [name, take] of Object.entries(takers)) {
          assert.throws(() => take(many(count)), { code: 'FIELD_LIMIT' }, `${name} ${count}`)
        }
        assert.throws(() => parseXml(signed(many(count))), { code: 'XML_LIMIT' })
        assert.throws(() => parseSigned(signed(many(count)), KEY), { code: 'XML_LIMIT' })
      }
      const empty = Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`e${i}`, '']))
      assert.equal(sign({ ...empty, ...SAMPLE }, KEY), digest(SAMPLE))
    }
  })
})

describe('kinds of objects', () => {
  class Order {
    appid = 'wx1'
    total_fee = 1
    #secret = 'no field'
    get body() {
      return this.#secret
    }
  }
  const slow = { gone: 'x', ...SAMPLE }
  delete slow.gone
  const rewritten = { ...SAMPLE }
  delete rewritten.body
  rewritten.body = 'again'
  const hidden = Object.defineProperty({ ...SAMPLE }, 'attach', { value: 'x', enumerable: false })
  const mapped = Object.defineProperty({ ...SAMPLE }, 'attach', { get: () => 'x', enumerable: true })

  const kinds = {
    'without a prototype': [Object.assign(Object.create(null), SAMPLE)],
    'after delete': [slow, SAMPLE],
    'deleted and set again': [rewritten, { appid: SAMPLE.appid, total_fee: 1, body: 'again' }],
    frozen: [Object.freeze({ ...SAMPLE })],
    sealed: [Object.seal({ ...SAMPLE })],
    'with symbols': [{ ...SAMPLE, [Symbol('x')]: 'x', [Symbol.iterator]: 'y' }, SAMPLE],
    'of a class, with own fields': [new Order(), { appid: 'wx1', total_fee: 1 }],
    'with a hidden field': [hidden, SAMPLE],
    'with a getter': [mapped, { ...SAMPLE, attach: 'x' }],
    'a proxy without traps': [new Proxy(SAMPLE, {}), SAMPLE],
    'with inherited fields': [Object.assign(Object.create({ total_fee: 5, key: KEY }), { appid: 'x' }), { appid: 'x' }],
    'with names of the prototype': [JSON.parse('{"__proto__":"1","constructor":"2","toString":"3","valueOf":"4"}')],
    'what the package returned': [parseXml(buildXml(SAMPLE)), { ...SAMPLE, total_fee: '1' }],
  }
  for (const [name, [fields, like]] of Object.entries(kinds)) test(name, () => right(fields, like ?? fields))

  test('the text and the number 1 are written differently and signed alike', () => {
    for (let again = 0; again < 3; again++) {
      assert.equal(buildXml({ total_fee: 1 }), '<xml><total_fee>1</total_fee></xml>')
      assert.equal(buildXml({ total_fee: '1' }), '<xml><total_fee><![CDATA[1]]></total_fee></xml>')
      assert.equal(sign({ total_fee: 1 }, KEY), sign({ total_fee: '1' }, KEY))
      assert.match(signedXml({ total_fee: 1 }, KEY), /<total_fee>1</)
      assert.match(signedXml({ total_fee: '1' }, KEY), /<total_fee><!/)
    }
  })

  test('names of array indices are refused', () => {
    for (const fields of [{ 0: 'x' }, { ...SAMPLE, 7: 'x' }, { 4294967294: 'x' }, Object.assign(Object.create(null), { 1: 1 })]) {
      for (const [name, take] of Object.entries(takers)) {
        assert.throws(() => take(fields), { code: 'FIELD_NAME' }, name)
      }
    }
    for (const fields of [['a'], new Map([['a', 'x']]), new Date(), null, 'a=1']) {
      for (const [name, take] of Object.entries(takers)) {
        if (name !== 'verify') assert.throws(() => take(fields), TypeError, name)
      }
    }
  })
})

describe('text that is none', () => {
  const halves = ['\ud83d', '\ude00', 'x\ud83d', '\ude00x', '\ude00\ud83d', '支\ud83d付']

  test('half a surrogate pair in names and values is refused by name, under remembered names too', () => {
    for (const half of halves) {
      for (const [name, take] of Object.entries(takers)) {
        for (let again = 0; again < 2; again++) {
          take(SAMPLE)
          assert.throws(() => take({ ...SAMPLE, body: half }), { code: 'FIELD_VALUE', field: 'body' }, name)
          assert.throws(() => take({ ...SAMPLE, [half]: 'x' }), { code: 'FIELD_NAME' }, name)
          assert.throws(() => take({ ...SAMPLE, [`b${half}`]: half }), { name: 'WxPayError' }, name)
        }
      }
    }
  })

  test('the halves of a pair in two fields do not become one character', () => {
    for (const [name, take] of Object.entries(takers)) {
      assert.throws(() => take({ a: '\ud83d', b: '\ude00' }), { code: 'FIELD_VALUE' }, name)
    }
  })

  test('in a body it is refused as text, and as bytes it is no UTF-8', () => {
    for (const half of halves) {
      const body = signed({ body: half })
      for (const take of [parseXml, body => parseSigned(body, KEY)]) {
        assert.throws(() => take(body), { code: 'XML_NOT_UTF8' })
        assert.throws(() => take(Buffer.from('<xml><a>\xed\xa0\xbd</a></xml>', 'latin1')), { code: 'XML_NOT_UTF8' })
      }
    }
    assert.equal(parseXml('<xml><a>\ufffd</a></xml>').a, '\ufffd')
    assert.equal(parseXml(Buffer.from('<xml><a>\ufffd</a></xml>')).a, '\ufffd')
    assert.equal(parseXml('<xml><a>😀\ufffd</a></xml>').a, '😀\ufffd')
  })

  test('in a key it makes no signature that another key would make', () => {
    const made = halves.map(half => {
      try {
        return sign(SAMPLE, half + KEY)
      } catch (error) {
        assert.equal(error.name, 'WxPayError')
        return nonceStr()
      }
    })
    // node:crypto writes U+FFFD for each half: whoever accepts such a key has the same signature.
    made.forEach((signature, at) => {
      const like = digest(SAMPLE, { key: halves[at] + KEY })
      assert.ok(signature === like || !/^[0-9A-F]{32}$/.test(signature))
    })
  })

  test('keys of every length, in several scripts', () => {
    for (const key of ['k', 'é', '支付', '😀'.repeat(8), KEY + KEY, 'x'.repeat(63), 'x'.repeat(64), 'x'.repeat(65), 'x'.repeat(127), 'x'.repeat(128), 'x'.repeat(129), '支'.repeat(43), 'x'.repeat(5000)]) {
      for (const type of TYPES) {
        const want = digest(SAMPLE, { key, type })
        for (let again = 0; again < 2; again++) {
          assert.equal(sign(SAMPLE, key, type), want)
          assert.equal(verify({ ...SAMPLE, sign: want }, key, type), true)
          assert.equal(verify({ ...SAMPLE, sign: want }, KEY, type), false)
          assert.equal(parseSigned(signed(SAMPLE, { key, type }), key).body, 'test')
        }
      }
    }
  })

  test('U+0000 and U+0001 in names and values add no field and change none', () => {
    const want = sign({ attach: 'x', body: 'y' }, KEY)
    const attempts = []
    for (const zero of ['\0', '\x01']) {
      for (const end of ['\0', '\x01', '']) {
        const smuggled = `x${end}total_fee${zero}1`
        attempts.push({ attach: smuggled, body: 'y' }, { body: 'y', attach: smuggled })
        attempts.push({ [`attach${zero}${smuggled}`]: 'x', body: 'y' }, { [`attach${zero}x\0total_fee`]: 1, body: 'y' })
        attempts.push({ attach: `${zero}`, body: 'y' }, { [`${zero}`]: 'x', body: 'y' }, { attach: 'x', [`body${zero}`]: 5 })
        attempts.push({ attach: 'x', body: `y${end}&total_fee=1${zero}` }, { attach: `x${zero}${zero}`, [`b${end}`]: 'y', n: 1 })
      }
    }
    for (const fields of attempts) {
      for (const [name, take] of Object.entries(takers)) {
        const same = Object.fromEntries(Object.keys(fields).map(name => [name, 'v']))
        for (let again = 0; again < 2; again++) {
          // An attempt that has good names has them remembered first.
          try {
            take(same)
          } catch (error) {
            assert.ok(/FIELD_(NAME|VALUE)/.test(error.code), error.stack)
          }
          assert.throws(() => take(fields), { name: 'WxPayError' }, `${name} ${JSON.stringify(fields)}`)
        }
      }
      assert.equal(sign({ attach: 'x', body: 'y' }, KEY), want)
    }
  })

  test('a signature or an algorithm with a separator in it is none', () => {
    const genuine = { ...SAMPLE, sign: digest(SAMPLE) }
    assert.equal(verify(genuine, KEY), true)
    assert.equal(verify(genuine, KEY), true)
    for (const bad of ['\0', '\x01']) {
      for (const [name, value] of [['sign', genuine.sign + bad], ['sign', bad + genuine.sign], ['body', `test${bad}${genuine.sign}`]]) {
        assert.throws(() => verify({ ...genuine, [name]: value }, KEY), { code: 'FIELD_VALUE', field: name })
      }
    }
    for (const sign of [genuine.sign + 'A', genuine.sign.slice(1), genuine.sign.toLowerCase(), 1, 0]) {
      assert.equal(verify({ ...genuine, sign }, KEY), false)
    }
  })
})

test('no call of this file made a fault in the core', () => assert.equal(trapCount(), 0))
