// The doctor names the mistake that a signature was made with: each one alone, two together, and none
// where there is none. Signatures are made in mistakes.mjs, without the package.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { Key } from 'wxpay-wasm'
import { diagnose, MISTAKES } from 'wxpay-wasm/doctor'
import { KEY, MADE, make, ORDER, PAGE, right } from './mistakes.mjs'

const seen = new Set()
const OTHER = 'abcdefghijklmnopqrstuvwxyz012345'
const secret = text => assert.ok(!text.includes(KEY) && !text.includes(KEY.slice(0, 8)), text)

/** The diagnosis, after making sure that it keeps the key. */
function ask(input, options) {
  const diagnosis = diagnose(input, { key: KEY, ...options })
  secret(JSON.stringify(diagnosis))
  return diagnosis
}

const list = ({ mistakes }) => mistakes.map(({ id, field }) => (field === undefined ? id : `${id} ${field}`)).sort()
const text = ({ id, field }) => (field === undefined ? id : `${id} ${field}`)

/** Asserts that exactly this is named. */
function named(diagnosis, ...expected) {
  assert.equal(diagnosis.verdict, expected.length === 0 ? 'right' : 'mistakes', diagnosis.en)
  assert.deepEqual(list(diagnosis), expected.sort())
  for (const { id } of diagnosis.mistakes) seen.add(id)
}

/** The signature of the fields, with these steps done otherwise. */
const signed = (fields, steps = {}) => make({ ...right(fields), ...steps }).sign
const swap = (fields, name, value) => Object.entries({ ...fields, [name]: value }).filter(([, value]) => value !== '')

describe('each mistake alone', () => {
  for (const made of MADE) {
    const label = `${text(made)} ${made.apply.toString().length > 90 ? '' : made.apply}`
    for (const fields of made.id === 'hmac-for-md5' ? [ORDER] : [ORDER, { ...ORDER, sign_type: 'HMAC-SHA256' }]) {
      if (made.id === 'sign-type-value' && fields !== ORDER) continue
      test(`${label} (${fields.sign_type})`, () => {
        const { sign } = make(made.apply(right(fields)))
        const diagnosis = ask(fields, { sign })
        named(diagnosis, text(made))
        const [finding] = diagnosis.mistakes
        for (const part of ['zh', 'en', 'fix_zh', 'fix_en']) assert.ok(finding[part].length > 3)
        assert.match(diagnosis.zh, /[\u4e00-\u9fff]/)
        assert.match(diagnosis.en, /^[a-z`&].+\.$/i)
      })
    }
  }
})

describe('mistakes that show in other messages', () => {
  test('SHA-256 without a key', () => {
    const fields = { ...ORDER, sign_type: 'HMAC-SHA256' }
    const digest = message => createHash('sha256').update(message).digest()
    named(ask(fields, { sign: signed(fields, { digest }) }), 'hash-for-hmac')
  })

  test('the order of the fields', () => {
    const nonsense = { zeta: '1', appid: 'wx1', mch_id: '2', body: 'x' }
    named(ask(nonsense, { sign: signed(nonsense, { arrange: pairs => pairs }) }), 'order-insertion')
    const less = change => pairs => [...pairs].sort(([a], [b]) => (change(a) < change(b) ? -1 : 1))
    const cases = { appid: 'wx1', Zeta: '2', body: '3' }
    named(ask(cases, { sign: signed(cases, { arrange: less(name => name.toLowerCase()) }) }), 'order-case-insensitive')
    const locale = { coupon_fee1: '1', coupon_fee_0: '2' }
    named(ask(locale, { sign: signed(locale, { arrange: pairs => [...pairs].sort(([a], [b]) => a.localeCompare(b, 'en')) }) }), 'order-locale')
    const pairs = { fee: '1', fee1: '2', 'fee-x': '3', body: '0' }
    const whole = pairs => [...pairs].sort((a, b) => (a.join('=') < b.join('=') ? -1 : 1))
    named(ask(pairs, { sign: signed(pairs, { arrange: whole }) }), 'order-pairs')
    const coupons = { body: '1', coupon_fee_10: '3', coupon_fee_2: '2' }
    const natural = new Intl.Collator('en', { numeric: true }).compare
    named(ask(coupons, { sign: signed(coupons, { arrange: pairs => [...pairs].sort(([a], [b]) => natural(a, b)) }) }), 'order-numeric')
    const numeric = { 10: 'b', zeta: '1', body: '1', 9: 'a' }
    named(ask(numeric, { sign: signed(numeric, { arrange: pairs => ['9', '10', 'body', 'zeta'].map(name => pairs.find(([known]) => known === name)) }) }), 'order-numeric')
  })

  test('another of several keys, the sandbox key', () => {
    const sign = signed(ORDER, { key: Buffer.from(OTHER) })
    named(ask(ORDER, { sign, keys: { old: 'x'.repeat(32), shop2: OTHER } }), 'other-key shop2')
    named(ask(ORDER, { sign, keys: { sandbox: new Key(OTHER) } }), 'sandbox-key sandbox')
    assert.equal(ask(ORDER, { sign }).verdict, 'unexplained')
    assert.ok(!JSON.stringify(ask(ORDER, { sign, keys: { shop2: OTHER } })).includes(OTHER.slice(0, 8)))
  })

  test('an own signature, sign_type and fields that are not sent', () => {
    const old = { ...ORDER, sign: 'F1BEB7FD4AADBB320D95EC02CC83DCD1' }
    const withOld = signed(old, { fields: Object.entries(old).filter(([, value]) => value !== '') })
    named(ask(old, { sign: withOld }), 'sign-included sign')
    const { sign_type, ...bare } = ORDER
    named(ask(bare, { sign: signed(ORDER) }), 'sign-type-added sign_type')
    const page = { ...PAGE, prepay_id: 'wx2017033010242291fcfe0db70013231072' }
    named(ask(page, { sign: signed(page) }), 'field-added prepay_id')
  })

  test('several zeros, several empty fields', () => {
    const fields = { ...ORDER, coupon_fee: '0' }
    const zeros = Object.entries(fields).filter(([, value]) => value !== '' && value !== '0')
    named(ask(fields, { sign: signed(fields, { fields: zeros }) }), 'zero-dropped')
  })

  test('what was decoded, and what nobody sees', () => {
    const cases = [
      ['url-decoded', 'https%3A%2F%2Fexample.com', 'https://example.com'],
      ['unescaped', 'Tom &amp; Jerry', 'Tom & Jerry'],
      ['invisible', 'tea\u200b\ufeff!', 'tea!'],
      ['line-breaks', 'a\r\nb', 'a\nb'],
      ['trimmed', ' a', 'a'],
      ['cdata-included', '<![CDATA[tea]]>', 'tea'],
      ['quoted', '"tea"', 'tea'],
      ['mojibake', Buffer.from('茶').toString('latin1'), '茶'],
      ['unicode-form', 'e\u0301', '\xe9'],
      ['unicode-escaped', '\\u8336', '茶'],
      ['json-reformatted', '{"a":"b/c"}', '{"a":"b\\/c"}'],
      ['number-parsed', '4200000123202311011234567890', String(4200000123202311011234567890)],
    ]
    for (const [id, sent, meant] of cases) {
      const fields = { ...PAGE, package: undefined, total_fee: '100', mch_id: '10000100', body: sent }
      delete fields.package
      named(ask(fields, { sign: signed(fields, { fields: swap(fields, 'body', meant) }) }), `${id} body`)
    }
    const yuan = { mch_id: '10000100', total_fee: '0.88' }
    named(ask(yuan, { sign: signed(yuan, { fields: swap(yuan, 'total_fee', '88') }) }), 'amount-yuan total_fee')
    const float = { mch_id: '10000100', num: '88.0' }
    named(ask(float, { sign: signed(float, { fields: swap(float, 'num', '88') }) }), 'number-float num')
  })

  test('the parameters of the front end', () => {
    const change = (name, value) => ({ sign: signed(PAGE, { fields: swap(PAGE, name, value) }) })
    named(ask(PAGE, change('package', PAGE.package.slice(10))), 'package-prefix package')
    named(ask({ ...PAGE, package: PAGE.package.slice(10) }, { sign: signed({ ...PAGE, package: PAGE.package.slice(10) }) }), 'package-prefix package')
    named(ask(PAGE, change('timeStamp', '1490840662987')), 'timestamp-milliseconds timeStamp')
    named(ask(PAGE, change('timeStamp', '1490840662.98')), 'timestamp-fraction timeStamp')
    const late = { ...PAGE, timeStamp: '1490840662987' }
    named(ask(late, { sign: signed(late) }), 'timestamp-milliseconds timeStamp')
    const rename = (from, to) => ({ sign: signed(PAGE, { fields: Object.entries(PAGE).map(([n, v]) => [n === from ? to : n, v]) }) })
    named(ask(PAGE, rename('appId', 'appid')), 'field-name appId')
    named(ask(PAGE, rename('timeStamp', 'timestamp')), 'field-name timeStamp')
    // chooseWXPay takes `timestamp`, and `timeStamp` is what is signed.
    const { timeStamp, ...rest } = PAGE
    named(ask({ ...rest, timestamp: timeStamp, paySign: signed(PAGE) }))
  })

  test('the signature of the order, its nonce', () => {
    const order = { appid: PAGE.appId, mch_id: '10000100', nonce_str: 'n1', body: 'tea' }
    const sign = signed(order)
    named(ask({ ...PAGE, paySign: sign }, { order: { ...order, sign } }), 'order-sign')
    named(ask({ ...PAGE, paySign: sign }, { order }), 'order-sign')
    const swapped = signed(PAGE, { fields: swap(PAGE, 'nonceStr', 'n1') })
    named(ask({ ...PAGE, paySign: swapped }, { order }), 'nonce nonceStr')
    // `appId` is signed and not passed.
    const { appId, ...passed } = PAGE
    named(ask({ ...passed, paySign: signed(PAGE) }, { order }))
  })

  test('the other side’s string shows what cannot be guessed', () => {
    const theirs = { ...ORDER, nonce_str: 'other', body: '别的', extra: '1' }
    delete theirs.openid
    const { message, sign } = make(right(theirs))
    const diagnosis = ask(ORDER, { sign, theirs: message.toString().replace('\0', '') })
    named(diagnosis, 'nonce nonce_str', 'other-value body', 'field-added extra', 'field-dropped openid')
    assert.deepEqual(diagnosis.diff.map(({ field, kind }) => [kind, field]).sort(), [
      ['extra', 'extra'], ['missing', 'openid'], ['value', 'body'], ['value', 'nonce_str'],
    ])
    const { ours_at, theirs_at } = diagnosis.diff.find(({ field }) => field === 'nonce_str')
    const ours = make(right(ORDER)).message.toString()
    assert.ok(ours.slice(ours_at).startsWith(ORDER.nonce_str))
    assert.ok(message.toString().slice(theirs_at).startsWith('other'))
    const twice = signed(theirs, { key: Buffer.from(`${KEY}\n`) })
    const both = ask(ORDER, { sign: twice, theirs: message.toString().split('&key=')[0] })
    named(both, 'key-newline', 'nonce nonce_str', 'other-value body', 'field-added extra', 'field-dropped openid')
  })

  test('a message that WeChat signed: our copy is what changed', () => {
    const sent = { return_code: 'SUCCESS', result_code: 'SUCCESS', body: 'a b', coupon_fee_0: '1', total_fee: '1' }
    const sign = signed(sent)
    const { mistakes } = ask({ ...sent, body: 'a+b', sign })
    assert.equal(mistakes[0].id, 'plus-space')
    assert.match(mistakes[0].fix_en, /raw body/)
    const hmac = signed(sent, { hmac: true })
    named(ask({ ...sent, sign: hmac }))
  })
})

/** A small generator with a seed. */
function random(seed) {
  let state = seed
  return limit => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

test('two mistakes at a time', t => {
  const next = random(20260101)
  const apply = (...made) => {
    // Text first, then bytes of it.
    const sequence = [...made].sort((a, b) => (a.id === 'gbk' || a.id === 'latin1') - (b.id === 'gbk' || b.id === 'latin1'))
    return make(sequence.reduce((recipe, { apply }) => apply(recipe), right(ORDER)))
  }
  const same = (a, b) => a.message.equals(b.message) && a.sign === b.sign
  /** Whether these findings, made independently, give the same bytes. */
  const reproduces = (found, wanted) => {
    const choices = found.map(name => MADE.filter(made => text(made) === name))
    if (choices.length === 0 || choices.length > 3) return false
    const walk = (chosen, rest) => {
      if (rest.length === 0) return same(apply(...chosen), wanted)
      return rest.some((choice, i) => choice.some(made => walk([...chosen, made], rest.filter((_, j) => j !== i))))
    }
    return walk([], choices)
  }
  const counts = { exact: 0, equal: 0, silent: 0, wrong: 0 }
  const notes = []
  for (let round = 0; round < 300; ) {
    const [a, b] = [MADE[next(MADE.length)], MADE[next(MADE.length)]]
    if (a.dimension === b.dimension) continue
    const wanted = apply(a, b)
    // Two that come to no mistake at all are none.
    if (same(wanted, apply())) continue
    round++
    const diagnosis = ask(ORDER, { sign: wanted.sign })
    const found = list(diagnosis)
    const made = [text(a), text(b)].sort()
    const outcome = diagnosis.verdict === 'unexplained'
      ? 'silent'
      : inspect(found) === inspect(made) ? 'exact' : reproduces(found, wanted) ? 'equal' : 'wrong'
    counts[outcome]++
    if (outcome !== 'exact') notes.push(`${outcome}: ${made.join(' + ')} -> ${found.join(' + ')}`)
  }
  t.diagnostic(`of 300 pairs: ${((counts.exact / 300) * 100).toFixed(1)} % named exactly, ${counts.equal} by byte-identical ones, ${counts.silent} not found, ${counts.wrong} wrongly`)
  for (const note of notes) t.diagnostic(note)
  assert.equal(counts.wrong, 0, notes.join('\n'))
  assert.ok(counts.exact >= 270, `${counts.exact}`)
})

test('no false diagnosis: right signatures, and wrong keys', t => {
  const next = random(7)
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
  const word = length => Array.from({ length }, () => letters[next(letters.length)]).join('')
  let right_ = 0
  let unexplained = 0
  for (let round = 0; round < 1000; round++) {
    const fields = { ...ORDER, nonce_str: word(32), total_fee: String(1 + next(99999)), body: `${word(5)} ${word(next(9))}茶`, out_trade_no: word(20), sign_type: next(2) ? 'MD5' : 'HMAC-SHA256' }
    if (ask(fields, { sign: signed(fields) }).verdict === 'right') right_++
    // Short messages: the search is over every pair all the same.
    const few = { appid: 'wx1', nonce_str: word(16), body: word(4), sign_type: fields.sign_type }
    const { verdict, complete } = ask(few, { sign: signed(few, { key: Buffer.from(word(32)) }) })
    if (verdict === 'unexplained' && complete) unexplained++
  }
  t.diagnostic(`${right_ / 10} % of the right signatures right, ${unexplained / 10} % of the wrong keys unexplained`)
  assert.deepEqual([right_, unexplained], [1000, 1000])
})

test('every mistake of the list was made here', () => {
  assert.deepEqual(MISTAKES.filter(id => !seen.has(id)), [])
})

test('fast enough for a page', t => {
  const { attach, detail, device_info, goods_tag, receipt, settle_fee, time_start, ...eleven } = ORDER
  assert.equal(Object.keys(eleven).length, 11)
  for (const sign_type of ['MD5', 'HMAC-SHA256']) {
    const fields = { ...eleven, sign_type }
    const sign = signed(fields, { key: Buffer.from(OTHER) })
    let best = Infinity
    let tried
    for (let round = 0; round < 5; round++) {
      // What other processes take is not counted.
      const start = process.cpuUsage()
      ;({ tried } = ask(fields, { sign }))
      best = Math.min(best, process.cpuUsage(start).user / 1000)
    }
    t.diagnostic(`${sign_type}: ${tried} variants of 11 fields in ${best.toFixed(1)} ms`)
    assert.ok(best < 150, `${best} ms`)
  }
})
