import { compileCore } from './modules.js'
import { compiled, trapped } from './traps.js'

// The hot calls: messages go into a buffer of the module's memory, numbers come back, and fields
// are read as places in that buffer. A negative number means "not one of the plain cases": the
// caller then asks the tools, which give the answer or the error. No rule is here.

interface Exports {
  memory: WebAssembly.Memory
  place(which: number): number
  names(): number
  reserve(length: number): number
  parse(length: number, limit: number, flags: number): number
  open(length: number, limit: number, keyLength: number, flags: number): number
  verify(length: number, count: number, keyLength: number, flags: number): number
  sign(length: number, count: number, keyLength: number, flags: number): number
  seal(length: number, keyLength: number, flags: number): number
  string(length: number, count: number): number
  order(length: number): number
  inspect(length: number, flags: number): number
}

/** Not one of the plain cases. */
export const REFUSED = -1
/** The signature does not fit. */
export const MISMATCH = -2

const HMAC = 1
const PLAIN_CDATA = 4
const STRING = 8
const KEY_ID = 8
/** Numbers of keys fit into the bits that are left. */
const KEY_IDS = 0xfffff0

/** `name_rank` of an entry: the rank, and what else is known of the field. */
const RANK = 0xffff
const UNKNOWN = 0xffff
const BEYOND_ASCII = 0x10000

const KEY_BYTES = 128
const KEYS = 64

/** The parts of Node's Buffer that decode faster than TextDecoder. */
interface Slicer {
  latin1Slice(start: number, end: number): string
  utf8Slice(start: number, end: number): string
}

let exports: Exports | undefined
let bytes: Uint8Array<ArrayBuffer>
let words: Uint32Array
let slicer: Slicer | undefined
let input = 0
let keyPlace = 0
let entries = 0
let digits = 0
let orderPlace = 0
let text = 0
/** Internalised: fast as property names. */
let names: readonly string[]

const encoder = /* @__PURE__ */ new TextEncoder()
const utf8 = /* @__PURE__ */ new TextDecoder('utf-8', { ignoreBOM: true })
// One character for each byte; only its ASCII part is looked at.
const latin1 = /* @__PURE__ */ new TextDecoder('latin1')

interface EncodedKey {
  bytes: Uint8Array
  /** Its number, shifted to its place among the flags. */
  id: number
}

let lastKeyId = 0
const keys = /* @__PURE__ */ new Map<string, EncodedKey>()

function start(): Exports {
  const instance = compiled(() => new WebAssembly.Instance(compileCore()))
  exports = instance.exports as unknown as Exports
  look(exports)
  const list = decode(exports.place(5), exports.place(5) + exports.names()).split(' ')
  names = Object.keys(Object.fromEntries(list.map(name => [name, 0])))
  return exports
}

/** Places and views are void when the memory has grown. */
function look(core: Exports): void {
  const buffer = core.memory.buffer as ArrayBuffer
  bytes = new Uint8Array(buffer)
  words = new Uint32Array(buffer)
  slicer =
    typeof Buffer === 'function' ? (Buffer.from(buffer) as unknown as Slicer) : undefined
  input = core.place(0)
  keyPlace = core.place(1)
  entries = core.place(2) >>> 2
  digits = core.place(3)
  orderPlace = core.place(4)
  text = core.place(6)
}

/** Runs a call; a trap costs this call and the instance. */
function run<T>(call: (core: Exports) => T): T {
  try {
    return call(exports ?? start())
  } catch (thrown) {
    if (!(thrown instanceof WebAssembly.RuntimeError)) throw thrown
    exports = undefined
    throw trapped(thrown)
  }
}

function decode(from: number, to: number): string {
  return slicer === undefined ? utf8.decode(bytes.subarray(from, to)) : slicer.utf8Slice(from, to)
}

/** Puts a message into the buffer and returns its length in bytes, -1 where there is no memory. */
function put(core: Exports, message: Uint8Array | string, place = input): number {
  if (typeof message !== 'string') {
    const { length } = message
    if (!room(core, length)) return REFUSED
    bytes.set(message, input)
    return length
  }
  // UTF-8 takes at most three bytes for a UTF-16 unit.
  const most = message.length * 3
  if (!room(core, most)) return REFUSED
  return encoder.encodeInto(message, bytes.subarray(place, place + most)).written
}

let capacity = 65536

function room(core: Exports, length: number): boolean {
  if (length <= capacity) return true
  if (core.reserve(length) === 0) return false
  capacity = length
  look(core)
  return true
}

/** Puts the key into its place, from which every call wipes it; none for one that is too long. */
function putKey(key: string): EncodedKey | undefined {
  let encoded = keys.get(key)
  if (encoded === undefined) {
    const utf8 = encoder.encode(key)
    if (utf8.length > KEY_BYTES || utf8.length === 0) return undefined
    if (keys.size === KEYS) keys.clear()
    lastKeyId = (lastKeyId + 1) % KEY_IDS
    encoded = { bytes: utf8, id: (lastKeyId + 1) << KEY_ID }
    keys.set(key, encoded)
  }
  bytes.set(encoded.bytes, keyPlace)
  return encoded
}

/** The fields of the message that was read last, on an object without a prototype. */
function fields(count: number, length: number): Record<string, string> {
  const whole =
    slicer === undefined
      ? latin1.decode(bytes.subarray(input, input + length))
      : slicer.latin1Slice(input, input + length)
  // A field called `constructor` or `__proto__` is a field. Twice as fast as Object.create(null),
  // which makes a hash table.
  const found = Object.setPrototypeOf({}, null) as Record<string, string>
  for (let i = 0, at = entries; i < count; i++, at += 5) {
    const rank = words[at] as number
    const name =
      (rank & RANK) === UNKNOWN
        ? whole.substring(words[at + 1] as number, words[at + 2] as number)
        : (names[rank & RANK] as string)
    const from = words[at + 3] as number
    const to = words[at + 4] as number
    found[name] =
      rank & BEYOND_ASCII ? decode(input + from, input + to) : whole.substring(from, to)
  }
  return found
}

/** The fields of a message, or {@link REFUSED}. */
export function parse(body: Uint8Array | string, limit: number): Record<string, string> | number {
  return run(core => {
    const length = put(core, body)
    const count = length < 0 ? REFUSED : core.parse(length, limit, typeof body === 'string' ? STRING : 0)
    return count < 0 ? count : fields(count, length)
  })
}

/** The fields of a message whose signature holds, or why not. */
export function open(
  body: Uint8Array | string,
  limit: number,
  key: string,
  hmac: boolean,
): Record<string, string> | number {
  return run(core => {
    const length = put(core, body)
    const encoded = length < 0 ? undefined : putKey(key)
    if (encoded === undefined) return REFUSED
    const flags = encoded.id | (hmac ? HMAC : 0) | (typeof body === 'string' ? STRING : 0)
    const count = core.open(length, limit, encoded.bytes.length, flags)
    return count < 0 ? count : fields(count, length)
  })
}

/** 1, or why the pairs' own signature does not hold. */
export function verify(pairs: string, count: number, key: string, hmac: boolean): number {
  return run(core => {
    const length = put(core, pairs)
    const encoded = length < 0 ? undefined : putKey(key)
    if (encoded === undefined) return REFUSED
    return core.verify(length, count, encoded.bytes.length, encoded.id | (hmac ? HMAC : 0))
  })
}

/** The signature of the pairs. `learn` gets their signing order, when other values keep it. */
export function sign(
  pairs: string,
  count: number,
  key: string,
  hmac: boolean,
  learn: (order: Uint16Array) => void,
): string | undefined {
  return run(core => {
    const length = put(core, pairs)
    const encoded = length < 0 ? undefined : putKey(key)
    if (encoded === undefined) return undefined
    const flags = encoded.id | (hmac ? HMAC : 0)
    const signature = digitsOf(core.sign(length, count, encoded.bytes.length, flags))
    const ordered = signature === undefined ? REFUSED : core.order(length)
    if (ordered > 0) learn(new Uint16Array(bytes.buffer, orderPlace, ordered).slice())
    return signature
  })
}

/** The signature of a string to sign. `cdata` refuses what CDATA cannot hold as it is. */
export function seal(
  string: string,
  key: string,
  hmac: boolean,
  cdata: boolean,
): string | undefined {
  return run(core => {
    const length = put(core, string, text + 1)
    const encoded = length < 0 ? undefined : putKey(key)
    if (encoded === undefined) return undefined
    const flags = encoded.id | (hmac ? HMAC : 0) | (cdata ? PLAIN_CDATA : 0)
    return digitsOf(core.seal(length, encoded.bytes.length, flags))
  })
}

function digitsOf(length: number): string | undefined {
  if (length < 0) return undefined
  return slicer === undefined
    ? latin1.decode(bytes.subarray(digits, digits + length))
    : slicer.latin1Slice(digits, digits + length)
}

/** The string to sign of the pairs. */
export function string(pairs: string, count: number): string | undefined {
  return run(core => {
    const length = put(core, pairs)
    const end = length < 0 ? REFUSED : core.string(length, count)
    if (end < 0) return undefined
    return end === 0 ? '' : decode(text + 1, text + end)
  })
}

/** Whether the text can stand in a message as it is, in CDATA. */
export function inspect(string: string): boolean {
  return run(core => {
    const length = put(core, string)
    return length >= 0 && core.inspect(length, PLAIN_CDATA) === 0
  })
}
