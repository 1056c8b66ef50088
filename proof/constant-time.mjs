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

// What differs between the classes are values alone: where they are read and written, in which order
// and by which branches is the same, or the processor would show it.

/** Another digit, a letter for a letter: that a signature has the right shape is checked first, and may show. */
const another = digit => (({ F: 'E', 9: '8' })[digit] ?? String.fromCharCode(digit.charCodeAt() + 1)).charCodeAt()

/** Writes the ends of a signature: the first digit is wrong in class 0, the last one in class 1. */
function spoil(right) {
  const [first, last] = [right.charCodeAt(0), right.charCodeAt(right.length - 1)]
  const [toFirst, toLast] = [another(right[0]) - first, another(right.at(-1)) - last]
  return (bytes, at, of) => {
    bytes[at] = first + (1 - of) * toFirst
    bytes[at + right.length - 1] = last + of * toLast
  }
}

/** Puts the message of the class, and the key: every call wipes it, and some write over the message. */
function written(message, right, at) {
  const bytes = new Uint8Array(Buffer.from(message))
  const sign = at + message.indexOf(right)
  const end = spoil(right)
  return of => {
    memory.set(bytes, at)
    end(memory, sign, of)
    memory.set(keyBytes, place.key)
  }
}

const xml = fields =>
  `<xml>${Object.entries(fields)
    .map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`)
    .join('')}</xml>`

const ALGORITHMS = { MD5: 0, 'HMAC-SHA256': HMAC }

/** One key against any key, the other way to ask. */
function keys() {
  const [places, size] = [4096, keyBytes.length]
  const pool = Buffer.from(randomBytes((places * size) / 2).toString('hex'))
  let next = 0
  return of => {
    next = (next + 1) % places
    for (let i = 0; i < size; i++) memory[place.key + i] = (pool[next * size + i] & -of) | (keyBytes[i] & (of - 1))
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
    const end = spoil(right)
    let message
    yield {
      name: `verify of the package, ${algorithm}: first digit wrong or last digit wrong`,
      // Where a string lies in memory is of influence: each call has one of its own, from one place.
      prepare(of) {
        end(digits, 0, of)
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
