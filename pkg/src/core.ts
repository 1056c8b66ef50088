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
  affirm(length: number, keyLength: number, flags: number): number
  order(length: number): number
}

/** Not one of the plain cases. */
export const REFUSED = -1
/** The signature does not fit. */
export const MISMATCH = -2

const HMAC = 1
const PLAIN_CDATA = 4
const STRING = 8
const KEY_ID = 8
/** Numbers of keys fit into the bits that are left, the sign apart. */
const KEY_IDS = 0x7ffff0

/** `name_rank` of an entry: the rank, and what else is known of the field. */
const RANK = 0xffff
const UNKNOWN = 0xffff
const BEYOND_ASCII = 0x10000

/** Longer keys are hashed first, which the tools do. */
const KEY_BYTES = 64
/** What fits without growing the memory. */
const INPUT_BYTES = 65536
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
/** Where messages are written, and where strings to sign are. */
let inputView: Uint8Array
let textView: Uint8Array
/** How long a message may be before the memory has to grow, in bytes. */
let capacity = 0
let input = 0
let keyPlace = 0
let entries = 0
let digits = 0
let orderPlace = 0
let text = 0
/** The dictionary, internalised: fast as property names. */
let names: readonly string[] | undefined
/** The length of the message that was read last, and of the key that was put. */
let lastLength = 0
let keyLength = 0

const encoder = /* @__PURE__ */ new TextEncoder()
// Without Buffer. Of what latin1 gives, one character for each byte, only ASCII is looked at.
let utf8: TextDecoder
let latin1: TextDecoder

interface EncodedKey {
  text: string
  bytes: Uint8Array
  /** Its number, shifted to its place among the flags. */
  id: number
}

let lastKey: EncodedKey | undefined
let lastKeyId = 0
const keys = /* @__PURE__ */ new Map<string, EncodedKey>()

function start(): Exports {
  const instance = compiled(() => new WebAssembly.Instance(compileCore()))
  const core = instance.exports as unknown as Exports
  look(core, INPUT_BYTES)
  if (slicer === undefined) {
    utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
    latin1 = new TextDecoder('latin1')
  }
  exports = core
  return core
}

function nameList(core: Exports): readonly string[] {
  const list = decode(core.place(5), core.place(5) + core.names()).split(' ')
  return Object.keys(Object.fromEntries(list.map(name => [name, 0])))
}

/** Places and views are void when the memory has grown. */
function look(core: Exports, room: number): void {
  const buffer = core.memory.buffer as ArrayBuffer
  bytes = new Uint8Array(buffer)
  words = new Uint32Array(buffer)
  slicer = typeof Buffer === 'function' ? (Buffer.from(buffer) as unknown as Slicer) : undefined
  input = core.place(0)
  keyPlace = core.place(1)
  entries = core.place(2) >>> 2
  digits = core.place(3)
  orderPlace = core.place(4)
  text = core.place(6)
  inputView = bytes.subarray(input, input + room)
  // Behind the place of the `&` that a string put together in the core begins with.
  textView = bytes.subarray(text + 1, text + 1 + room)
  capacity = room
}

/** A trap costs this call and the instance. */
function fatal(thrown: unknown): unknown {
  if (!(thrown instanceof WebAssembly.RuntimeError)) return thrown
  exports = undefined
  return trapped(thrown)
}

/** Text of the messages; the core has said that it is UTF-8. */
function decode(from: number, to: number): string {
  return to - from <= SHORT ? decodeShort(from, to) : decodeLong(from, to)
}

function decodeLong(from: number, to: number): string {
  return slicer === undefined ? utf8.decode(bytes.subarray(from, to)) : slicer.utf8Slice(from, to)
}

/** A call of the decoder costs more than a few characters do. */
const SHORT = 32

function decodeShort(from: number, to: number): string {
  let text = ''
  for (let at = from; at < to; ) {
    const a = bytes[at++] as number
    let code = a
    if (a > 0xdf) code = ((a & 0xf) << 12) | (tail(at++) << 6) | tail(at++)
    else if (a > 0x7f) code = ((a & 0x1f) << 6) | tail(at++)
    // Emoji are rare: nothing of API v2 takes them.
    if (a > 0xef) return decodeLong(from, to)
    text += String.fromCharCode(code)
  }
  return text
}

const tail = (at: number): number => (bytes[at] as number) & 0x3f

/** Makes room for a message of so many bytes; `false` where there is no memory. */
function grow(core: Exports, length: number): boolean {
  // At least doubled: what the region before took is not used again.
  const room = Math.max(length, 2 * capacity)
  if (core.reserve(room) === 0) return false
  look(core, room)
  return true
}

/** Puts a message into the buffer and returns its length in bytes, -1 where there is no memory. */
function put(core: Exports, message: Uint8Array | string): number {
  if (typeof message === 'string') return write(core, message, false)
  const { length } = message
  if (length > capacity && !grow(core, length)) return REFUSED
  bytes.set(message, input)
  return (lastLength = length)
}

/** The same for a string: a message, or a string to sign. */
function write(core: Exports, message: string, toSign: boolean): number {
  // UTF-8 takes at most three bytes for a UTF-16 unit.
  const most = message.length * 3
  if (most > capacity && !grow(core, most)) return REFUSED
  return (lastLength = encoder.encodeInto(message, toSign ? textView : inputView).written)
}

/** Puts the key into its place, from which every call wipes it; none for one that is too long. */
function putKey(key: string): EncodedKey | undefined {
  let encoded = lastKey
  if (encoded === undefined || encoded.text !== key) {
    encoded = keys.get(key) ?? encodeKey(key)
    if (encoded === undefined) return undefined
    lastKey = encoded
  }
  bytes.set(encoded.bytes, keyPlace)
  return encoded
}

function encodeKey(key: string): EncodedKey | undefined {
  const utf8 = encoder.encode(key)
  if (utf8.length > KEY_BYTES || utf8.length === 0) return undefined
  if (keys.size === KEYS) keys.clear()
  lastKeyId = (lastKeyId + 1) % KEY_IDS
  // Numbers begin anew, and with them the instance that knows the old ones.
  if (lastKeyId === 0) exports = undefined
  const encoded = { text: key, bytes: utf8, id: (lastKeyId + 1) << KEY_ID }
  keys.set(key, encoded)
  return encoded
}

/** The fields of the message that was read last, on an object without a prototype. */
function fields(core: Exports, count: number): Record<string, string> {
  const known = (names ??= nameList(core))
  const end = input + lastLength
  const whole =
    slicer === undefined ? latin1.decode(bytes.subarray(input, end)) : slicer.latin1Slice(input, end)
  // A field called `constructor` or `__proto__` is a field. Faster than Object.create(null),
  // which makes a hash table.
  const found = Object.setPrototypeOf({}, null) as Record<string, string>
  for (let i = 0, at = entries; i < count; i++, at += 5) {
    const rank = words[at] as number
    const name =
      (rank & RANK) === UNKNOWN
        ? whole.substring(words[at + 1] as number, words[at + 2] as number)
        : (known[rank & RANK] as string)
    const from = words[at + 3] as number
    const to = words[at + 4] as number
    found[name] =
      (rank & BEYOND_ASCII) === 0 ? whole.substring(from, to) : decode(input + from, input + to)
  }
  return found
}

/** The fields of a message, or {@link REFUSED}. */
export function parse(body: Uint8Array | string, limit: number): Record<string, string> | number {
  try {
    // Not even copied: the memory does not grow for what is refused. A unit is at least a byte.
    if (body.length > limit) return REFUSED
    const core = exports ?? start()
    const length = put(core, body)
    if (length < 0) return REFUSED
    const count = core.parse(length, limit, stringFlag(body))
    return count < 0 ? count : fields(core, count)
  } catch (thrown) {
    throw fatal(thrown)
  }
}

/** The fields of a message whose signature holds, or why not. */
export function open(
  body: Uint8Array | string,
  limit: number,
  key: string,
  hmac: boolean,
): Record<string, string> | number {
  try {
    if (body.length > limit) return REFUSED
    const core = exports ?? start()
    const flags = ready(core, put(core, body), key, hmac) | stringFlag(body)
    if (flags < 0) return REFUSED
    const count = core.open(lastLength, limit, keyLength, flags)
    return count < 0 ? count : fields(core, count)
  } catch (thrown) {
    throw fatal(thrown)
  }
}

/** 1, or why the pairs' own signature does not hold. */
export function verify(pairs: string, count: number, key: string, hmac: boolean): number {
  try {
    const core = exports ?? start()
    const flags = ready(core, put(core, pairs), key, hmac)
    return flags < 0 ? REFUSED : core.verify(lastLength, count, keyLength, flags)
  } catch (thrown) {
    throw fatal(thrown)
  }
}

/** 1, or why a signature does not hold: `string NUL signature NUL sign_type`. */
export function affirm(claim: string, key: string, hmac: boolean): number {
  try {
    const core = exports ?? start()
    const flags = ready(core, write(core, claim, true), key, hmac)
    return flags < 0 ? REFUSED : core.affirm(lastLength, keyLength, flags)
  } catch (thrown) {
    throw fatal(thrown)
  }
}

/** The signature of the pairs. */
export function sign(
  pairs: string,
  count: number,
  key: string,
  hmac: boolean,
): string | undefined {
  try {
    const core = exports ?? start()
    const flags = ready(core, put(core, pairs), key, hmac)
    return flags < 0 ? undefined : digitsOf(core.sign(lastLength, count, keyLength, flags))
  } catch (thrown) {
    throw fatal(thrown)
  }
}

/** The signature of a string to sign. `cdata` refuses what CDATA cannot hold as it is. */
export function seal(
  string: string,
  key: string,
  hmac: boolean,
  cdata: boolean,
): string | undefined {
  try {
    const core = exports ?? start()
    const flags = ready(core, write(core, string, true), key, hmac) | (cdata ? PLAIN_CDATA : 0)
    return flags < 0 ? undefined : digitsOf(core.seal(lastLength, keyLength, flags))
  } catch (thrown) {
    throw fatal(thrown)
  }
}

/** The signing order of the pairs that were read last, when other values keep it. */
export function order(): Uint16Array | undefined {
  try {
    const core = exports ?? start()
    const count = core.order(lastLength)
    return count < 0 ? undefined : new Uint16Array(bytes.buffer, orderPlace, count).slice()
  } catch (thrown) {
    throw fatal(thrown)
  }
}

/** The flags for a call with the key, which is put into its place; negative where that is no case. */
function ready(core: Exports, length: number, key: string, hmac: boolean): number {
  const encoded = length < 0 ? undefined : putKey(key)
  if (encoded === undefined || core !== exports) return REFUSED
  keyLength = encoded.bytes.length
  return encoded.id | (hmac ? HMAC : 0)
}

const stringFlag = (body: Uint8Array | string): number => (typeof body === 'string' ? STRING : 0)

function digitsOf(length: number): string | undefined {
  if (length < 0) return undefined
  return slicer === undefined
    ? latin1.decode(bytes.subarray(digits, digits + length))
    : slicer.latin1Slice(digits, digits + length)
}
