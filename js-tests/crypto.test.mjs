// Signatures and nonces against node:crypto and against chance.
import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { describe, test } from 'node:test'
import { nonceStr, parseSigned, sign, signedXml, stringToSign, verify } from 'wxpay-wasm'

/** mulberry32: the same inputs in every run. */
function dice(seed) {
  const next = () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), seed | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const below = end => Math.floor(next() * end)
  return { below, pick: list => list[below(list.length)] }
}

const FIRST = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_'
const LETTERS = `${FIRST}0123456789.-`
const ALPHANUMERIC = LETTERS.slice(0, 52) + '0123456789'
const SPECIAL = [
  '&', '=', ']]>', ']]', '<', '>', '"', "'", '&amp;', '&#13;', '<![CDATA[', '</xml>', '\r\n', '\n', '\t',
  '\r', ' ', '+', '%', '%20', '&key=', '中', '支付', 'é', 'e\u0301', '\u00a0', '\u3000',
  '\u2028', '\ufeff', '\u202e', '\ufffd', '😀', '𝒳', '\u{10ffff}', '\u007f', '\u0085', '0',
]
const OWN = ['__proto__', 'constructor', 'toString', 'coupon_fee_10', 'coupon_fee_2', 'total_fee', 'appId']

const { below, pick } = dice(0x9a0a8659)
const text = (length, letters) => Array.from({ length }, () => pick(letters)).join('')

function randomFields() {
  const pairs = Array.from({ length: below(16) }, () => {
    const name = below(5) ? pick(FIRST) + text(below(12), LETTERS) : pick(OWN)
    const value = [
      () => text(below(40), ALPHANUMERIC),
      () => text(below(8), SPECIAL),
      () => text(below(4), SPECIAL) + text(below(100), LETTERS) + text(below(4), SPECIAL),
      () => below(2 ** 31),
      () => pick(['', null, undefined, '0', 0]),
      () => String.fromCodePoint(pick([32, 0xa0, 0x400, 0x4e00, 0xe000, 0x10000]) + below(90)),
    ][below(6)]()
    return [name, value]
  }).filter(([name]) => !['sign', 'sign_type', 'key'].includes(name))
  return Object.fromEntries(pairs)
}

/** The rule of protocol chapter 1.1, once more and without this package. */
function ownString(fields) {
  const filled = Object.entries(fields).filter(([name, value]) => name !== 'sign' && `${value ?? ''}` !== '')
  filled.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  return filled.map(([name, value]) => `${name}=${value}`).join('&')
}

const OWN_DIGEST = {
  MD5: (whole, _key) => createHash('md5').update(whole, 'utf8').digest('hex').toUpperCase(),
  'HMAC-SHA256': (whole, key) =>
    createHmac('sha256', key).update(whole, 'utf8').digest('hex').toUpperCase(),
}

describe('signatures', () => {
  test('5 000 random messages are signed as node:crypto signs them', () => {
    let special = 0
    for (let i = 0; i < 5000; i++) {
      const fields = randomFields()
      const string = ownString(fields)
      if (string === '') continue // nothing to sign: no protocol says how
      if (/[&=\]]/.test(Object.values(fields).join('')) && /[^\0-\x7f]/.test(string)) special++
      const key = text(i % 10 ? 32 : 1 + below(150), ALPHANUMERIC)
      assert.equal(stringToSign(fields), string)
      for (const [signType, digest] of Object.entries(OWN_DIGEST)) {
        const expected = digest(`${string}&key=${key}`, key)
        assert.equal(sign(fields, key, signType), expected, string)
        assert.equal(verify({ ...fields, sign: expected }, key, signType), true, string)
      }
    }
    assert.ok(special > 300, `only ${special} messages had something special in them`)
  })

  test('1 000 random messages arrive as they were signed, and not with one character changed', () => {
    for (let i = 0; i < 1000; i++) {
      const fields = randomFields()
      const key = text(32, ALPHANUMERIC)
      const signType = pick(['MD5', 'HMAC-SHA256'])
      const xml = signedXml(fields, key, signType)
      const read = parseSigned(xml, key, { signType })
      const { sign: signature, ...rest } = read
      assert.equal(signature, sign(fields, key, signType))
      const sent = Object.entries(fields).filter(([, value]) => `${value ?? ''}` !== '')
      assert.deepEqual(Object.entries(rest), sent.map(([name, value]) => [name, String(value)]))

      const flipped = pick('0123456789ABCDEF'.replace(signature[0], ''))
      const wrong = { ...read, sign: flipped + signature.slice(1) }
      assert.equal(verify(wrong, key, signType), false)
      assert.equal(verify({ ...read, added: '1' }, key, signType), false)
      const [name] = Object.keys(rest)
      if (name === undefined) continue
      assert.equal(verify({ ...read, [name]: `${read[name]}.` }, key, signType), false)
    }
  })

  test('an MD5 is never a HMAC-SHA256', () => {
    for (let i = 0; i < 200; i++) {
      const fields = { ...randomFields(), a: '1' }
      const key = text(32, ALPHANUMERIC)
      const md5 = { ...fields, sign: sign(fields, key, 'MD5') }
      const hmac = { ...fields, sign: sign(fields, key, 'HMAC-SHA256') }
      assert.equal(verify(md5, key, 'HMAC-SHA256'), false)
      assert.equal(verify(hmac, key, 'MD5'), true, 'MD5 is a floor')
    }
  })
})

describe('fault 13: nonces', () => {
  const nonces = Array.from({ length: 100_000 }, () => nonceStr())

  test('32 letters and digits each', () => {
    for (const nonce of nonces) assert.match(nonce, /^[0-9A-Za-z]{32}$/)
  })

  test('100 000 without a repeat', () => {
    assert.equal(new Set(nonces).size, nonces.length)
  })

  test('every letter as often as the others', () => {
    // 61 degrees of freedom: mean 61, deviation 11. Folding 256 values onto 62 letters without
    // rejection would give more than 10 000; a fair source passes 200 once in 10^15 runs.
    const count = new Map()
    for (const nonce of nonces) for (const c of nonce) count.set(c, (count.get(c) ?? 0) + 1)
    const fair = (nonces.length * 32) / 62
    assert.equal(count.size, 62)
    const chi = [...count.values()].reduce((sum, n) => sum + (n - fair) ** 2 / fair, 0)
    assert.ok(chi < 200, `chi-square ${chi}`)
  })

  test('every place as good as the others, and no letter follows another more often', () => {
    for (let place = 0; place < 32; place++) {
      const count = new Array(128).fill(0)
      for (const nonce of nonces) count[nonce.charCodeAt(place)]++
      const fair = nonces.length / 62
      const used = count.filter(Boolean)
      const chi = used.reduce((sum, n) => sum + (n - fair) ** 2 / fair, 0)
      assert.ok(used.length === 62 && chi < 200, `place ${place}: ${chi}`)
    }
    const pairs = new Map()
    for (const nonce of nonces) {
      for (let i = 0; i < 31; i++) {
        const pair = nonce.slice(i, i + 2)
        pairs.set(pair, (pairs.get(pair) ?? 0) + 1)
      }
    }
    const fair = (nonces.length * 31) / 62 ** 2
    const chi = [...pairs.values()].reduce((sum, n) => sum + (n - fair) ** 2 / fair, 0)
    // 3 843 degrees of freedom: deviation 88; the bound is eleven deviations off.
    assert.ok(pairs.size === 62 ** 2 && chi < 4800, `pairs: ${chi}`)
  })
})
