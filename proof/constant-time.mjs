// Whether the time of the shipped module tells anything about the right signature or the key, by the
// method of dudect: two classes of calls, drawn at random, and Welch's t-test on their times.
//
//   node proof/constant-time.mjs [--calls 1000000]      JSON on the standard output
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { sign, verify } from 'wxpay-wasm'
import { largestT } from './welch.mjs'

const WASM = new URL('../pkg/dist/generated/core.wasm', import.meta.url)
/** As `wasm/core` has them. */
const PLACES = { input: 0, key: 1, digits: 3, text: 6 }
const [HMAC, KEY_ID] = [1, 8]
const MISMATCH = -2
const LIMIT = 65536

const KEY = '192006250b4c09247ec02edce69f6a2d'
const FIELDS = {
  appid: 'wxd930ea5d5a258f4f',
  bank_type: 'CFT',
  cash_fee: '1234',
  mch_id: '1900000109',
  nonce_str: '5K8264ILTKCH16CQ2502SI8ZNMTM67VS',
  openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
  out_trade_no: 'A1001',
  result_code: 'SUCCESS',
  return_code: 'SUCCESS',
  time_end: '20260304120000',
  total_fee: '1234',
  trade_type: 'JSAPI',
  transaction_id: '4200001234202603041234567890',
}
const STRING = Object.entries(FIELDS)
  .map(pair => pair.join('='))
  .join('&')

const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(WASM)))
const memory = new Uint8Array(exports.memory.buffer)
const place = Object.fromEntries(Object.entries(PLACES).map(([name, at]) => [name, exports.place(at)]))
const put = (text, at) => memory.set(Buffer.from(text), at)
const keyBytes = Buffer.from(KEY)

/** Another digit, a letter for a letter: that a signature has the right shape is checked first, and may show. */
const another = digit => ({ F: 'E', 9: '8' })[digit] ?? String.fromCharCode(digit.charCodeAt() + 1)

/** The first and the last digit of the signature: the first one wrong, and the last one wrong. */
const endsOf = right =>
  [[another(right[0]), right.at(-1)], [right[0], another(right.at(-1))]].map(ends => ends.map(digit => digit.charCodeAt()))

/**
 * Puts the message, the first or the last digit of its signature wrong, and the key: every call wipes
 * the key, and some write over the message. What is written, from where and in which order is the
 * same for both classes.
 */
function written(message, right, at) {
  const bytes = new Uint8Array(Buffer.from(message))
  const ends = endsOf(right)
  const first = at + message.indexOf(right)
  const last = first + right.length - 1
  return of => {
    memory.set(bytes, at)
    memory[first] = ends[of][0]
    memory[last] = ends[of][1]
    memory.set(keyBytes, place.key)
  }
}

const xml = fields =>
  `<xml>${Object.entries(fields)
    .map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`)
    .join('')}</xml>`

const ALGORITHMS = { MD5: 0, 'HMAC-SHA256': HMAC }

/**
 * One key against any key, the other way to ask. Both come from places that lie side by side, so that
 * reading them leaves the caches in one state.
 */
function keys() {
  const [places, size] = [4096, keyBytes.length]
  const pool = new Uint8Array(2 * places * size)
  for (let i = 0; i < places; i++) {
    pool.set(keyBytes, 2 * i * size)
    pool.set(Buffer.from(randomBytes(size / 2).toString('hex')), (2 * i + 1) * size)
  }
  let next = 0
  return of => {
    next = (next + 1) % places
    const from = (2 * next + of) * size
    for (let i = 0; i < size; i++) memory[place.key + i] = pool[from + i]
  }
}

/** Each prepares a call of a class and makes it; what a call gives is the same for both classes. */
function* subjects() {
  for (const [algorithm, flag] of Object.entries(ALGORITHMS)) {
    const right = sign(FIELDS, KEY, algorithm)
    const flags = flag | (1 << KEY_ID)
    const claim = `${STRING}\0${right}\0`
    yield {
      name: `affirm, ${algorithm}: first digit wrong or last digit wrong`,
      prepare: written(claim, right, place.text + 1),
      call: () => exports.affirm(claim.length, keyBytes.length, flags),
      gives: MISMATCH,
    }
    const body = xml({ ...FIELDS, sign: right })
    yield {
      name: `open, ${algorithm}: first digit wrong or last digit wrong`,
      prepare: written(body, right, place.input),
      call: () => exports.open(body.length, LIMIT, keyBytes.length, flags),
      gives: MISMATCH,
    }
    const digits = Buffer.from(right)
    const ends = endsOf(right)
    let message
    yield {
      name: `verify of the package, ${algorithm}: first digit wrong or last digit wrong`,
      // Where a string lies in memory is of influence: each call has one of its own, from one place.
      prepare(of) {
        digits[0] = ends[of][0]
        digits[digits.length - 1] = ends[of][1]
        message = { ...FIELDS, sign: digits.toString('latin1') }
      },
      call: () => verify(message, KEY, algorithm),
      gives: false,
    }
    const put32 = keys()
    let id = 0
    yield {
      name: `seal, ${algorithm}: one key or any key`,
      start: () => put(STRING, place.text + 1),
      // Another number each time, so that HMAC takes the key in each time.
      prepare: of => ((id = (id + 1) & 0xffff), put32(of)),
      call: () => exports.seal(STRING.length, keyBytes.length, flag | (id << KEY_ID)),
      gives: right.length,
    }
  }
  const right = sign(FIELDS, KEY, 'HMAC-SHA256')
  const at = place.text + 1 + 4096
  yield {
    name: 'to compare: a loop that ends at the first wrong digit',
    control: true,
    start: () => put(STRING, place.text + 1),
    prepare: written(right, right, at),
    call: () => {
      exports.seal(STRING.length, keyBytes.length, HMAC | (1 << KEY_ID))
      for (let i = 0; i < right.length; i++) if (memory[at + i] !== memory[place.digits + i]) return false
      return true
    },
    gives: false,
  }
}

function measure({ start, prepare, call, gives }, calls) {
  start?.()
  const random = randomBytes(Math.ceil(calls / 8))
  const classes = Uint8Array.from({ length: calls }, (_, i) => (random[i >> 3] >> (i & 7)) & 1)
  const times = new Float64Array(calls)
  const warmUp = Math.min(calls, 20_000)
  for (let i = -warmUp; i < calls; i++) {
    const of = classes[i < 0 ? -1 - i : i]
    prepare(of)
    const before = process.hrtime.bigint()
    const given = call()
    const after = process.hrtime.bigint()
    if (given !== gives) throw new Error(`a call gave ${given} in place of ${gives}`)
    if (i >= 0) times[i] = Number(after - before)
  }
  return largestT(times, classes)
}

const { values } = parseArgs({ options: { calls: { type: 'string', default: '1000000' } } })
const calls = Number(values.calls)
const found = Array.from(subjects(), subject => ({
  name: subject.name,
  ...(subject.control && { control: true }),
  t: Number(measure(subject, calls).toFixed(2)),
}))
console.log(JSON.stringify({ calls, subjects: found }, null, 1))
