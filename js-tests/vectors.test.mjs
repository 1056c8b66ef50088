// The golden set of the Rust crate, through the package.
import assert from 'node:assert/strict'
import { createDecipheriv, createHash, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import * as wxpay from 'wxpay-wasm'

const { buildXml, parseSigned, parseXml, sign, signedXml, stringToSign, verify, WxPayError } = wxpay

const load = file =>
  JSON.parse(readFileSync(new URL(`../tests/vectors/${file}`, import.meta.url), 'utf8')).cases

/** An object of pairs; `__proto__` becomes a field like others. */
const object = pairs => Object.fromEntries(pairs)

/** Fields or the code of the refusal, as one value to compare. */
function outcome(run) {
  try {
    return Object.entries(run())
  } catch (error) {
    assert.ok(error instanceof WxPayError, `${error?.stack}`)
    assert.ok(wxpay.ERROR_CODES.includes(error.code), error.code)
    return error.code
  }
}

function expected({ fields, repeat_value = 1, error, errors }) {
  if (fields) return [fields.map(([name, value]) => [name, value.repeat(repeat_value)])]
  return errors ?? [error]
}

/** All that is wrong in one go: a hundred cases are one test. */
function check(cases, run) {
  assert.ok(cases.length > 0)
  const faults = []
  for (const item of cases) {
    const got = run(item)
    const want = expected(item)
    if (!want.some(w => JSON.stringify(w) === JSON.stringify(got))) {
      const [short, long] = [got, want].map(value => JSON.stringify(value).slice(0, 200))
      faults.push(`${item.name}: ${short} instead of ${long}`)
    }
  }
  assert.equal(faults.length, 0, `${faults.length} of ${cases.length}\n${faults.join('\n')}`)
}

const body = item =>
  item.base64 !== undefined
    ? Buffer.from(item.base64, 'base64')
    : Buffer.from(
        item.text ??
          item.pieces
            .map(([text, times]) =>
              Array.from({ length: times }, (_, i) => text.replaceAll('{i}', i)).join(''),
            )
            .join(''),
      )

describe('the set itself, against node:crypto', () => {
  test('sign.json and resign.json', () => {
    for (const item of [...load('sign.json'), ...load('resign.json')]) {
      const filled = item.fields.filter(([name, value]) => name !== 'sign' && value !== '')
      filled.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      const text = filled.map(pair => pair.join('=')).join('&')
      if (item.string_to_sign !== undefined) assert.equal(text, item.string_to_sign, item.name)
      const whole = `${text}&key=${item.key}`
      const digest = {
        MD5: () => createHash('md5').update(whole).digest('hex').toUpperCase(),
        'HMAC-SHA256': () => createHmac('sha256', item.key).update(whole).digest('hex').toUpperCase(),
        SHA1: () => createHash('sha1').update(text).digest('hex'),
      }[item.sign_type]()
      assert.equal(digest, item.sign, item.name)
    }
  })

  test('refund.json: the AES key keeps its leading zeros', () => {
    for (const item of load('refund.json')) {
      assert.equal(createHash('md5').update(item.key).digest('hex'), item.aes_key, item.name)
      const decipher = createDecipheriv('aes-256-ecb', item.aes_key, null)
      const text = decipher.update(item.req_info, 'base64', 'utf8') + decipher.final('utf8')
      assert.equal(text, item.xml, item.name)
    }
  })
})

test('sign.json', () => {
  for (const { name, fields, key, sign_type, string_to_sign, sign: expected } of load('sign.json')) {
    const message = object(fields)
    assert.equal(stringToSign(message), string_to_sign, name)
    assert.equal(sign(message, key, sign_type), expected, name)
    if (sign_type === 'MD5') assert.equal(sign(message, key), expected, name)
    // A sign_type in the fields of a sample may be there to be signed, not to be true.
    if (![undefined, '', sign_type].includes(message.sign_type)) continue
    const signed = object([...fields.filter(([field]) => field !== 'sign'), ['sign', expected]])
    assert.equal(verify(signed, key, sign_type), true, name)
    assert.equal(verify(signed, `${key}x`, sign_type), false, name)
    const sent = object(Object.entries(signed).filter(([, value]) => value !== ''))
    const read = parseSigned(signedXml(message, key, sign_type), key, { signType: sign_type })
    assert.deepEqual({ ...read }, sent, name)
  }
})

test('fault 14: sort.json', () => {
  for (const { name, names } of load('sort.json')) {
    const turned = object([...names].reverse().map(field => [field, 1]))
    assert.equal(stringToSign(turned), names.map(field => `${field}=1`).join('&'), name)
  }
})

test('resign.json', () => {
  const called = new Set()
  for (const item of load('resign.json')) {
    const { call, arguments: given, key, name } = item
    if (key !== '') assert.equal(sign(object(item.fields), key, item.sign_type), item.sign, name)
    const want = item.result ?? { ...object(item.fields), [item.result_field]: item.sign }
    if (call === 'miniProgramPay') delete want.appId
    assert.deepEqual(wxpay[call](given, ...(key === '' ? [] : [key])), want, name)
    if (key !== '') assert.deepEqual(wxpay[call](given, new wxpay.Key(key)), want, name)
    called.add(call)
  }
  assert.equal(called.size, 14)
})

test('workwx.json', () => {
  for (const { name, request, fields, signed, secret, workwx_sign } of load('workwx.json')) {
    const text = [...signed].sort(([a], [b]) => (a < b ? -1 : 1)).map(pair => pair.join('=')).join('&')
    const digest = createHash('md5').update(`${text}&secret=${secret}`).digest('hex').toUpperCase()
    assert.equal(digest, workwx_sign, name)
    assert.equal(wxpay.workwxSign(request, object(fields), secret), workwx_sign, name)
  }
})

test('refund.json: the decrypted text', () => {
  for (const { name, key, req_info, xml, root, fields } of load('refund.json')) {
    const read = outcome(() => wxpay.decryptRefund(req_info, key))
    assert.deepEqual(read, root === 'root' ? fields : 'REFUND_UNDECIPHERABLE', name)
    assert.deepEqual(Object.entries(parseXml(xml, { root })), fields, name)
    assert.throws(() => parseXml(xml), { code: 'XML_NOT_XML' }, name)
  }
})

describe('reader.json', () => {
  const cases = load('reader.json')
  const rows = [...new Set(cases.flatMap(item => item.rows))].sort((a, b) => a - b)
  const read = item => outcome(() => parseXml(body(item), item.root && { root: item.root }))

  test('genuine messages', () => check(cases.filter(item => item.rows.length === 0), read))
  for (const row of rows) {
    test(`fault ${row}`, () => check(cases.filter(item => item.rows.includes(row)), read))
  }

  test('the rows 49 to 80 are all there', () => {
    for (let row = 49; row <= 80; row++) assert.ok(rows.includes(row), `fault ${row}`)
  })

  test('a string and a view into a larger buffer are read as the bytes are', () => {
    for (const item of cases.filter(({ pieces }) => !pieces)) {
      const bytes = body(item)
      const options = item.root && { root: item.root }
      const want = read(item)
      const wide = Buffer.concat([Buffer.from('<xml>'), bytes, Buffer.from('<b/>')])
      const view = new Uint8Array(wide.buffer, wide.byteOffset + 5, bytes.length)
      assert.deepEqual(outcome(() => parseXml(view, options)), want, item.name)
      if (item.base64 !== undefined) continue
      assert.deepEqual(outcome(() => parseXml(item.text, options)), want, item.name)
    }
  })

  test('faults 26 and 49: half a surrogate pair in a string is refused, not replaced', () => {
    for (const half of ['\ud83d', '\ude00', '\ude00\ud83d', 'x\udfff']) {
      for (const xml of [`<xml><a>${half}</a></xml>`, `<xml><a><![CDATA[${half}]]></a></xml>`]) {
        assert.throws(() => parseXml(xml), { code: 'XML_NOT_UTF8' }, JSON.stringify(xml))
      }
    }
    assert.equal(parseXml('<xml><a>\ud83d\ude00</a></xml>').a, '😀')
  })

  test('fault 67: cut at every byte', () => {
    const genuine = cases.filter(({ fields, pieces }) => fields?.length && !pieces).slice(0, 12)
    for (const item of genuine) {
      const bytes = body(item)
      const end = bytes.lastIndexOf('>')
      for (let length = 0; length <= end; length++) {
        const got = outcome(() => parseXml(bytes.subarray(0, length)))
        assert.match(String(got), /^XML_/, `${item.name}, ${length} bytes`)
      }
    }
  })

  test('fault 81: twice the same bytes, twice the same answer, and the bytes untouched', () => {
    for (const item of cases) {
      const bytes = body(item)
      const before = Buffer.from(bytes)
      const run = () => outcome(() => parseXml(bytes, item.root && { root: item.root }))
      assert.deepEqual(run(), run(), item.name)
      assert.ok(before.equals(bytes), item.name)
    }
  })

  test('fault 70: no prototype is read or written', async () => {
    const before = Object.getOwnPropertyNames(Object.prototype).sort()
    const names = ['__proto__', 'constructor', 'prototype', 'then', 'length', 'toString', 'toJSON']
    const xml = `<xml>${names.map(name => `<${name}>polluted</${name}>`).join('')}</xml>`
    const flat = parseXml(xml)
    assert.equal(Object.getPrototypeOf(flat), null)
    assert.deepEqual(Object.keys(flat), names)
    assert.ok(Object.values(flat).every(value => value === 'polluted'))
    assert.deepEqual(Object.getOwnPropertyNames(Object.prototype).sort(), before)
    assert.equal({}.polluted, undefined)
    // A string is no function: the message is no thenable.
    assert.equal(await flat, flat)
    assert.equal(sign(flat, 'k'), sign(object(names.map(name => [name, 'polluted'])), 'k'))
  })

  test('whatever is read is written and read again', () => {
    for (const item of cases.filter(({ fields }) => fields)) {
      const flat = parseXml(body(item), item.root && { root: item.root })
      const filled = Object.entries(flat).filter(([, value]) => value !== '')
      const xml = buildXml(flat)
      const again = parseXml(xml, { maxBytes: xml.length * 4 })
      assert.deepEqual(Object.entries(again), filled, item.name)
    }
  })
})

describe('verify.json', () => {
  const cases = load('verify.json')
  const rows = [...new Set(cases.flatMap(item => item.rows))].sort((a, b) => a - b)
  const read = ({ text, keys, sign_type }) =>
    outcome(() => parseSigned(Buffer.from(text), keys, { signType: sign_type }))

  test('genuine messages', () => check(cases.filter(item => item.rows.length === 0), read))
  for (const row of rows) {
    test(`fault ${row}`, () => check(cases.filter(item => item.rows.includes(row)), read))
  }

  test('verify says of the fields what parseSigned says of the bytes', () => {
    for (const item of cases) {
      let flat
      try {
        flat = parseXml(item.text)
      } catch {
        continue
      }
      const fits = item.keys.some(key => verify(flat, key, item.sign_type))
      assert.equal(fits, item.fields !== undefined, item.name)
    }
  })

  test('a key is a string, a Key, or a list of them', () => {
    const { text, keys, fields } = cases[0]
    const [key] = keys
    const Key = new wxpay.Key(key)
    const wrong = 'f'.repeat(32)
    for (const given of [key, Key, [key], [Key], [wrong, Key], [key, wrong]]) {
      assert.deepEqual(Object.entries(parseSigned(text, given)), fields)
    }
    assert.throws(() => parseSigned(text, []), { code: 'KEY_MISSING' })
    for (const none of ['', undefined, null, [''], [undefined]]) {
      assert.throws(() => parseSigned(text, none), { code: 'KEY_MISSING' }, String(none))
    }
  })

  test('fault 47: an error shows neither key nor signature nor value', () => {
    for (const { name, text, keys, sign_type } of cases) {
      try {
        parseSigned(text, keys, { signType: sign_type })
      } catch (error) {
        const said = `${error.stack} ${JSON.stringify(error)}`
        for (const key of keys) assert.ok(!said.includes(key), name)
        let flat
        try {
          flat = parseXml(text)
        } catch {
          continue
        }
        for (const key of keys) {
          assert.ok(!said.includes(sign(flat, key, 'MD5')), name)
          assert.ok(!said.includes(sign(flat, key, 'HMAC-SHA256')), name)
        }
        const string = stringToSign(flat)
        assert.ok(string === '' || !said.includes(string), name)
      }
    }
  })
})
