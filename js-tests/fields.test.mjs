// What may stand in the fields that JavaScript gives (faults 15 to 26): checked before anything is
// signed, so that no two parts of the library can see two different values.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { buildXml, parseXml, sign, signedXml, stringToSign } from 'wxpay-wasm'

const KEY = '192006250b4c09247ec02edce69f6a2d'
const takers = {
  sign: fields => sign(fields, KEY),
  stringToSign,
  buildXml,
  signedXml: fields => signedXml(fields, KEY),
}

function refused(fields, code, field) {
  for (const [name, take] of Object.entries(takers)) {
    assert.throws(() => take(fields), { name: 'WxPayError', code, field }, `${name} ${field}`)
  }
}

test('fault 15: empty, null and undefined are neither signed nor sent', () => {
  const fields = { a: '', b: null, c: undefined, d: 'x' }
  assert.equal(stringToSign(fields), 'd=x')
  assert.equal(buildXml(fields), '<xml><d><![CDATA[x]]></d></xml>')
  assert.equal(sign(fields, KEY), sign({ d: 'x' }, KEY))
})

test('fault 16: zero is a value, and integers are bare', () => {
  const fields = { a: 0, b: '0', c: Number.MAX_SAFE_INTEGER }
  assert.equal(stringToSign(fields), 'a=0&b=0&c=9007199254740991')
  assert.equal(buildXml(fields), '<xml><a>0</a><b><![CDATA[0]]></b><c>9007199254740991</c></xml>')
})

describe('faults 16 to 19: what is neither text nor an amount is refused by name', () => {
  const bad = {
    true: true,
    false: false,
    'a float': 0.1 + 0.2,
    'a half': 1.5,
    'a negative': -1,
    'minus zero': -0,
    NaN: NaN,
    Infinity: Infinity,
    '2^53': 2 ** 53,
    '1e21': 1e21,
    'a bigint': 1n,
    'a symbol': Symbol('x'),
    'a function': () => '1',
    'an object': { a: 1 },
    'an object with toString': { toString: () => '1' },
    'an array': ['1'],
    'a date': new Date(0),
    'a buffer': Buffer.from('1'),
    'a boxed string': Object('1'),
    'a boxed number': Object(1),
  }
  for (const [name, value] of Object.entries(bad)) {
    test(name, () => refused({ a: '1', total_fee: value }, 'FIELD_VALUE', 'total_fee'))
  }
})

test('fault 20: a getter is read once, and what it said is what is signed and sent', () => {
  let reads = 0
  const fields = {
    get total_fee() {
      return String(++reads)
    },
  }
  const read = parseXml(signedXml(fields, KEY))
  assert.equal(reads, 1)
  assert.equal(read.total_fee, '1')
  assert.equal(read.sign, sign({ total_fee: '1' }, KEY))
  const changing = new Proxy({ a: '1' }, { get: () => String(++reads) })
  assert.equal(parseXml(signedXml(changing, KEY)).a, '2')
})

test('fault 21: the key is no field', () => {
  for (const take of [takers.sign, takers.signedXml]) {
    assert.throws(() => take({ a: '1', key: KEY }), { code: 'FIELD_RESERVED', field: 'key' })
  }
})

test('fault 22: names', () => {
  for (const name of ['0', '1a', '-x', '.x', 'a b', 'a&b', 'a=b', 'a<b', 'a:b', '#text', '名', 'n'.repeat(65)]) {
    refused({ [name]: 'x' }, 'FIELD_NAME', name.slice(0, 64))
  }
  // The separators of the crossing into WebAssembly must not be a way in either.
  for (const name of ['a\0b', 'a\x01b', '\0', '\x01', '', 'a\0b\0', 'a\x01b\0c\x01']) {
    for (const take of Object.values(takers)) {
      for (const value of ['1', 1, '1\0b\x002', '\x01']) {
        for (const more of [{}, { n: 5 }, { n: 'x', m: 5 }, { n: 5, m: 'x' }]) {
          const fields = { [name]: value, ...more }
          assert.throws(() => take(fields), { name: 'WxPayError' }, JSON.stringify(fields))
        }
      }
    }
  }
})

test('fault 23: own entries only, and the prototype stays as it is', () => {
  const own = JSON.parse('{"__proto__":"1","constructor":"2","toString":"3"}')
  assert.equal(stringToSign(own), '__proto__=1&constructor=2&toString=3')
  const inherited = Object.create({ total_fee: '1' })
  inherited.a = 'x'
  assert.equal(stringToSign(inherited), 'a=x')
  assert.equal(stringToSign(Object.assign(Object.create(null), { a: 'x' })), 'a=x')
  assert.equal({}.a, undefined)
})

test('fault 26: what XML cannot carry is refused by name', () => {
  const bad = ['\0', '\x01', '\b', '\v', '\f', '\x1f', '\ufffe', '\uffff', '\ud83d', '\ude00', '\ude00\ud83d']
  for (const text of bad) {
    for (const value of [text, `x${text}`, `${text}x`]) {
      refused({ a: '1', attach: value }, 'FIELD_VALUE', 'attach')
    }
  }
  // A NUL in a value cannot add a field.
  refused({ attach: 'x\0total_fee\x001' }, 'FIELD_VALUE', 'attach')
})

test('fields are an object', () => {
  for (const fields of [undefined, null, 'a=1', 1, [['a', '1']], true]) {
    for (const take of Object.values(takers)) assert.throws(() => take(fields), TypeError)
  }
})
