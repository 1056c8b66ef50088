// The calls that cross the border into WebAssembly, each with what must hold of its answer.
import assert from 'node:assert/strict'
import {
  buildXml, decryptRefund, jsapiPay, Key, miniProgramPay, parseNested, parseSigned, parseXml, sign, signedXml, stringToSign, verify,
} from 'wxpay-wasm'
import { diagnose } from 'wxpay-wasm/doctor'
import { pick, text } from '../field-sets.mjs'
import { KEY, OTHER_KEY, digest, signed } from '../wire.mjs'
import * as values from './values.mjs'

const SAMPLE = { appid: 'wxd930ea5d5a258f4f', body: '腾讯', total_fee: 1 }
const WANT = Object.fromEntries(['MD5', 'HMAC-SHA256'].map(type => [type, digest(SAMPLE, { type })]))
const MESSAGE = signed(SAMPLE)

/** Calls whose answers are known, on other memory: they must be the same whatever happens around them. */
export function busy() {
  for (const type of ['MD5', 'HMAC-SHA256']) assert.equal(sign(SAMPLE, KEY, type), WANT[type])
  assert.deepEqual({ ...parseSigned(MESSAGE, KEY) }, { ...SAMPLE, total_fee: '1', sign: WANT.MD5 })
}

const outcome = run => {
  try {
    return { read: Object.entries(run()) }
  } catch (error) {
    if (error.name !== 'WxPayError') throw error
    return { code: error.code }
  }
}

/** A reading of strange bytes is one of the plain bytes, and leaves both as they were. */
function reading(random, read) {
  const { given, like } = values.body(random)
  const bytes = given instanceof Uint8Array && like !== undefined
  const before = bytes ? Uint8Array.from(given) : undefined
  const found = outcome(() => read(given))
  if (like !== undefined) assert.deepEqual(found, outcome(() => read(Uint8Array.from(like))))
  if (bytes) assert.deepEqual(Uint8Array.from(given), before)
}

const all = {
  sign(random) {
    const [key, type] = [values.key(random, Key), values.signType(random)]
    const made = sign(values.fields(random, busy), key, type)
    assert.match(made, /^(?:[0-9A-F]{32}|[0-9A-F]{64})$/)
    assert.equal(made.length, type === 'HMAC-SHA256' ? 64 : 32)
  },
  verify(random) {
    const fields = values.fields(random, busy)
    // Nobody here makes right signatures by chance.
    assert.equal(verify(fields, values.key(random, Key), values.signType(random)), false)
  },
  string(random) {
    assert.equal(typeof stringToSign(values.fields(random, busy)), 'string')
  },
  build(random) {
    parseXml(buildXml(values.fields(random, busy)), { maxBytes: 1 << 20 })
  },
  signAndOpen(random) {
    const key = pick(random, [KEY, OTHER_KEY, new Key(KEY)])
    const type = pick(random, ['MD5', 'HMAC-SHA256'])
    const message = signedXml(values.fields(random, busy), key, type)
    const read = outcome(() => parseSigned(message, key, { signType: type }))
    assert.ok(read.read !== undefined || message.length > 60_000 || read.code === 'XML_LIMIT', `${message}: ${read.code}`)
  },
  parse(random) {
    const root = random(20) ? undefined : values.strange(random)
    const maxBytes = random(20) ? undefined : pick(random, [1, 70_000, 1 << 20, 64 << 20, values.strange(random)])
    const options = { ...(root === undefined ? {} : { root }), ...(maxBytes === undefined ? {} : { maxBytes }) }
    reading(random, body => parseXml(body, options))
  },
  open(random) {
    const keys = random(5) ? values.key(random, Key) : [values.key(random, Key), values.key(random, Key)]
    const signType = values.signType(random)
    reading(random, body => parseSigned(body, keys, signType === undefined ? undefined : { signType }))
  },
  nested(random) {
    reading(random, body => parseNested(body))
  },
  decrypt(random) {
    const { given } = values.body(random)
    decryptRefund(given instanceof Uint8Array ? Buffer.from(given).toString('base64') : given, values.key(random, Key))
  },
  pay(random) {
    const given = random(3) ? { appId: 'wx1', prepay_id: text(random), timeStamp: random(2 ** 32), nonceStr: text(random) } : values.fields(random, busy)
    const { paySign } = pick(random, [miniProgramPay, jsapiPay])(given, values.key(random, Key))
    assert.match(paySign, /^(?:[0-9A-F]{32}|[0-9A-F]{64})$/)
  },
  doctor(random) {
    // Without a signature nothing is searched for: the way in and out is what is tried here.
    const { given } = values.body(random)
    const input = random(2) ? given : values.fields(random, busy)
    const theirs = random(3) ? undefined : text(random)
    const answer = diagnose(input, { key: values.key(random, Key), sign: '-', theirs, signType: random(5) ? undefined : values.signType(random) })
    assert.ok(typeof answer.en === 'string' && Array.isArray(answer.mistakes))
  },
}

/** By name. */
export const CALLS = Object.entries(all)
