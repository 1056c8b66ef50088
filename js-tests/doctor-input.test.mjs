// What the doctor takes and refuses in JavaScript; what it reads of a text is tested in Rust.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { Key } from 'wxpay-wasm'
import { diagnose } from 'wxpay-wasm/doctor'

const KEY = '192006250b4c09247ec02edce69f6a2d'
const md5 = text => createHash('md5').update(`${text}&key=${KEY}`).digest('hex').toUpperCase()
const ids = ({ mistakes }) => mistakes.map(({ id }) => id)

test('objects may hold whatever a faulty program holds', () => {
  const input = { appid: 'wx1', total_fee: 88, ok: true, none: null, nothing: undefined, big: 10n, detail: { a: [1] }, fn() {} }
  const right = 'appid=wx1&big=10&detail={"a":[1]}&ok=true&total_fee=88'
  assert.equal(diagnose(input, { key: KEY, sign: md5(right) }).verdict, 'right')
  assert.deepEqual(ids(diagnose(input, { key: KEY, sign: md5(right.replace('{"a":[1]}', '[object Object]')) })), ['object-text'])
  const texts = right.replace('&ok', '&fn=undefined&none=undefined&nothing=undefined&ok')
  assert.deepEqual(ids(diagnose(input, { key: KEY, sign: md5(texts) })), ['null-text'])
  assert.deepEqual(ids(diagnose(input, { key: KEY, sign: md5(right.replace('88', '88.0')) })), ['number-float'])
})

test('bytes are UTF-8, or else GBK', () => {
  const xml = body => Buffer.concat([Buffer.from('<xml><appid>wx1</appid><body>'), body, Buffer.from('</body></xml>')])
  const sign = md5('appid=wx1&body=茶')
  for (const body of [Buffer.from('茶'), Buffer.from([0xb2, 0xe8])]) {
    assert.equal(diagnose(xml(body), { key: KEY, sign }).verdict, 'right')
    assert.equal(diagnose(new Uint8Array(xml(body)), { key: KEY, sign }).verdict, 'right')
  }
})

test('a Key is as good as its text, and neither is told', () => {
  const input = { appid: 'wx1', attach: KEY }
  for (const key of [KEY, new Key(KEY)]) {
    const diagnosis = diagnose(input, { key, sign: md5(`appid=wx1&attach=${KEY}`) })
    assert.equal(diagnosis.verdict, 'right')
    assert.equal(diagnosis.signed_string, 'appid=wx1&attach=***&key=***')
  }
  const sign = md5('appid=wx1')
  const unexplained = diagnose({ appid: 'wx2', sign: 'A'.repeat(32) }, { key: KEY })
  assert.equal(unexplained.verdict, 'unexplained')
  assert.match(unexplained.en, /another key.*\(\d+ variants tried\.\)$/)
  assert.match(unexplained.zh, /密钥.*已试 \d+ 种/)
  // The right signature of somebody else's message is not told.
  const forged = diagnose({ appid: 'wx1', sign: sign.toLowerCase().replace(/^./, 'f') }, { key: KEY })
  assert.ok(!JSON.stringify(forged).toUpperCase().includes(sign))
})

test('arguments that are none', () => {
  assert.throws(() => diagnose('a=1&b=2', { key: '' }), { name: 'WxPayError', code: 'KEY_MISSING' })
  assert.throws(() => diagnose('a=1&b=2', {}), { name: 'WxPayError', code: 'KEY_MISSING' })
  assert.throws(() => diagnose('a=1&b=2', { key: KEY, signType: 'SHA1' }), { name: 'WxPayError', code: 'SIGN_TYPE_UNKNOWN' })
  assert.throws(() => diagnose('a=1&b=2'), TypeError)
  assert.throws(() => diagnose(undefined, { key: KEY }), /input must be/)
  assert.throws(() => diagnose(7, { key: KEY }), /input must be/)
  assert.throws(() => diagnose('a=1&b=2', { key: KEY, sign: 7 }), /sign must be a string/)
  assert.throws(() => diagnose('a=1&b=2', { key: KEY, order: 7 }), /order must be/)
  assert.equal(diagnose('', { key: KEY }).verdict, 'unreadable')
})

test('answers are plain data', () => {
  const diagnosis = diagnose({ appid: 'wx1', body: 'a b' }, { key: KEY, sign: md5('appid=wx1&body=a+b'), theirs: 'appid=wx1&body=a+b' })
  assert.deepEqual(JSON.parse(JSON.stringify(diagnosis)), structuredClone(diagnosis))
  assert.deepEqual(Object.keys(diagnosis).sort(), ['complete', 'diff', 'en', 'mistakes', 'signed_string', 'tried', 'verdict', 'zh'])
  assert.deepEqual(diagnosis.diff, [{ field: 'body', kind: 'value', ours: 'a b', theirs: 'a+b', ours_at: 16, theirs_at: 16 }])
  assert.equal(diagnosis.mistakes[0].field, 'body')
})
