// The published vectors and the shipped WebAssembly. Its calls take keys and messages of the protocol
// alone, so the vectors go two ways: node:crypto passes them, which makes it the judge; then their keys
// and messages, as text, are signed and encrypted by both. The Rust crate takes the vectors as they are
// (tests/standards.rs).
import assert from 'node:assert/strict'
import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { decryptRefund, parseXml, sign, verify } from 'wxpay-wasm'
import { refundNotification } from 'wxpay-wasm/testing'
import { digest } from './wire.mjs'

const load = file => JSON.parse(readFileSync(new URL(`../tests/vectors/${file}`, import.meta.url), 'utf8')).cases
const bytes = text => Buffer.from(text, 'hex')
const MACS = load('hmac-sha256.json')
const HASHES = load('md5.json')
const CIPHERS = load('aes-256-ecb.json')

const hmac = (key, message) => createHmac('sha256', bytes(key)).update(bytes(message)).digest('hex')

test('node:crypto passes them', () => {
  for (const { name, key, message, tag, valid } of MACS) assert.equal(hmac(key, message).startsWith(tag), valid, name)
  for (const { name, key, message, tag } of HASHES) {
    const hash = key === undefined ? createHash('md5') : createHmac('md5', bytes(key))
    assert.equal(hash.update(bytes(message)).digest('hex'), tag, name)
  }
  for (const { name, key, plain, cipher } of CIPHERS) {
    for (const [make, from, to] of [[createCipheriv, plain, cipher], [createDecipheriv, cipher, plain]]) {
      const made = make('aes-256-ecb', bytes(key), null).setAutoPadding(false)
      assert.equal(made.update(from, 'hex', 'hex') + made.final('hex'), to, name)
    }
  }
  assert.equal(MACS.length + HASHES.length + CIPHERS.length, 180 + 14 + 429)
})

test('their messages under their keys are signed alike', () => {
  for (const { name, key = 'none', message } of [...MACS, ...HASHES]) {
    for (const fields of [{ m: message }, { m: message, n: '1' }, { attach: message, body: `${message}x`, total_fee: 1 }]) {
      for (const type of ['MD5', 'HMAC-SHA256']) assert.equal(sign(fields, key, type), digest(fields, { key, type }), name)
    }
  }
})

test('what is changed in a tag of Wycheproof is refused in a signature', () => {
  let changed = 0
  for (const { name, key, message, tag, valid } of MACS) {
    if (valid) continue
    const fields = { m: message, n: '1' }
    const right = bytes(sign(fields, key, 'HMAC-SHA256'))
    const [given, whole] = [bytes(tag), bytes(hmac(key, message))]
    for (const [at, byte] of given.entries()) right[at] ^= byte ^ whole[at]
    const forged = right.toString('hex').toUpperCase()
    assert.equal(verify({ ...fields, sign: forged }, key, 'HMAC-SHA256'), false, name)
    // A tag that is cut is none here.
    if (given.length < 32) assert.equal(verify({ ...fields, sign: forged.slice(0, 32) }, key, 'HMAC-SHA256'), false, name)
    changed++
  }
  assert.equal(changed, MACS.filter(({ valid }) => !valid).length)
  assert.ok(changed > 80)
})

test('their blocks under their keys are encrypted and decrypted alike', () => {
  for (const { name, key, plain, cipher } of CIPHERS) {
    // The merchant key is text; its MD5 in digits is the key of the cipher.
    const aes = createHash('md5').update(key).digest('hex')
    const refund = { out_refund_no: plain.slice(0, 32), out_trade_no: cipher.slice(0, 32), refund_fee: 1, total_fee: 1 }
    const { req_info } = parseXml(refundNotification(refund, { key }))
    const decipher = createDecipheriv('aes-256-ecb', aes, null)
    const text = decipher.update(req_info, 'base64', 'utf8') + decipher.final('utf8')
    const read = parseXml(text, { root: 'root' })
    assert.equal(read.out_refund_no, refund.out_refund_no, name)
    assert.deepEqual(decryptRefund(req_info, key), read, name)
    const sealed = createCipheriv('aes-256-ecb', aes, null)
    const own = sealed.update(`<root><a>${plain}</a><b>${cipher}</b></root>`, 'utf8', 'base64') + sealed.final('base64')
    assert.deepEqual({ ...decryptRefund(own, key) }, { a: plain, b: cipher }, name)
  }
})
