// A one-pass reader of the flat dialect over bytes, four at a time where it looks for the end of a
// value. It makes no strings: a forgery is refused before there is one.
import { Entry, Word } from './entry.mjs'
import * as memory from './memory.mjs'
import { names, shapeOf } from './shape.mjs'

const FIELDS = 1024

/** The fields of the message read last: their names, and where their values stand. */
export const entries = new Array(FIELDS).fill(undefined)
export const starts = new Int32Array(FIELDS)
export const ends = new Int32Array(FIELDS)
/** Not 0 where a value is not ASCII. */
export const wide = new Int32Array(FIELDS)

const known = new Map()
const slots = new Array(256).fill(undefined)
const root = new Entry('xml', 0)
const CDATA = new Word('<![CDATA[')

const HIGH = 0x80808080 | 0
const ONES = 0x01010101
const BRACKETS = 0x5d5d5d5d

/** Reads `memory.received` and returns the shape of the message; throws where it is malformed. */
export function scan(length) {
  const view = memory.receivedView
  const bytes = memory.received
  // No loop runs over the end: a NUL is no white space, no tag and no bracket, and four of them
  // end the search for one.
  for (let i = 0; i < 32; i += 4) view.setInt32(length + i, 0, true)
  let at = root.open.stands(view, 0) ? 5 : prolog(length)
  let count = 0
  let hash = 0
  let previous = root
  for (;;) {
    let byte = bytes[at]
    while (byte === 10 || byte === 32 || byte === 13 || byte === 9) byte = bytes[++at]
    let entry = previous.next
    if (!entry.open.stands(view, at)) {
      if (root.close.stands(view, at)) break
      previous.next = entry = find(at)
    }
    at += entry.open.length
    let high = 0
    if (CDATA.stands(view, at)) {
      at += 9
      starts[count] = at
      for (;;) {
        const word = view.getInt32(at, true)
        const x = word ^ BRACKETS
        const hit = (x - ONES) & ~x & HIGH
        if (hit === 0) {
          high |= word
          at += 4
          if (at > length) throw new Error('a CDATA section does not end')
          continue
        }
        const shift = 24 - (Math.clz32(hit & -hit) & 24)
        high |= word & ((1 << shift) - 1)
        at += shift >> 3
        if ((view.getInt32(at, true) & 0xffffff) === 0x3e5d5d) break
        at++
      }
      ends[count] = at
      at += 3
    } else {
      starts[count] = at
      let reference = false
      while ((byte = bytes[at]) !== 60) {
        if (byte === 38) reference = true
        if (byte === 0) throw new Error('a field does not end')
        high |= byte
        at++
      }
      ends[count] = at
      if (reference) {
        ends[count] = decode(starts[count], at)
        high = HIGH
      }
    }
    if (!entry.close.stands(view, at)) throw new Error(`</${entry.name}> expected at ${at}`)
    at += entry.close.length
    wide[count] = high & HIGH
    entries[count] = entry
    names[count++] = entry.name
    hash = (Math.imul(hash, 31) + entry.id) | 0
    previous = entry
  }
  if (count === FIELDS) throw new Error('too many fields')
  const shape = shapeOf(count, hash)
  if (shape.twice) throw new Error('a field stands twice')
  return shape
}

function find(at) {
  const bytes = memory.received
  let hash = 0
  let end = at + 1
  for (let byte; (byte = bytes[end]) > 62 || (byte > 44 && byte < 58); end++) hash = (hash * 31 + byte) & 255
  const entry = slots[hash]
  if (entry !== undefined && entry.open.stands(memory.receivedView, at)) return entry
  if (!/^<[A-Za-z_][\w.-]{0,63}>$/.test(bytes.latin1Slice(at, end + 1))) {
    throw new Error(`no field at ${at}`)
  }
  return (slots[hash] = named(bytes.latin1Slice(at + 1, end)))
}

function named(name) {
  const entry = known.get(name) ?? new Entry(name, known.size + 1)
  // Strangers cannot fill the memory with names.
  if (known.size < FIELDS) known.set(name, entry)
  return entry
}

function prolog(length) {
  const head = memory.received.utf8Slice(0, Math.min(length, 256))
  const found = /^\uFEFF?(?:<\?xml[^>]*\?>)?\s*<xml>/.exec(head)
  if (!found) throw new Error('no <xml>')
  return Buffer.byteLength(found[0])
}

const NAMED = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** Decodes the references of a value where it stands, which never makes it longer. */
function decode(start, end) {
  const { received } = memory
  const text = received
    .utf8Slice(start, end)
    .replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal, hex, name) =>
      name
        ? (NAMED[name] ?? whole)
        : String.fromCodePoint(decimal ? Number(decimal) : parseInt(hex, 16)),
    )
  return start + received.utf8Write(text, start)
}

/** No prototype, so that `__proto__` is a name like any other, and yet not a slow object. */
function Flat() {}
Flat.prototype = Object.create(null)

/** The fields of the message read last. One string is made; the ASCII values are slices of it. */
export function object(shape, length) {
  const { received } = memory
  const text = received.latin1Slice(0, length)
  const fields = new Flat()
  const { count, names } = shape
  for (let i = 0; i < count; i++) {
    const start = starts[i]
    const end = ends[i]
    fields[names[i]] = wide[i] === 0 ? text.substring(start, end) : received.utf8Slice(start, end)
  }
  return fields
}

/** Writes the string to sign of the message read last and the key's end of it; its length. */
export function assemble(shape, suffix) {
  const from = memory.receivedView
  const to = memory.baseView
  const { order } = shape
  // The first label's `&` lands one byte before the start.
  const before = to.getUint8(memory.START - 1)
  let out = memory.START - 1
  for (let n = 0; n < order.length; n++) {
    const i = order[n]
    const start = starts[i]
    const length = ends[i] - start
    if (length === 0) continue
    out += entries[i].label.write(to, out)
    for (let k = 0; k < length; k += 4) to.setInt32(out + k, from.getInt32(start + k, true), true)
    out += length
  }
  out += suffix.write(to, out)
  to.setUint8(memory.START - 1, before)
  return out - memory.START
}
