// Where messages lie while they are worked on: the received one, and the string that is signed.
// A key's inner HMAC block lies before the latter, so that both algorithms read it in place.

/** Where the string to sign starts: behind one block of HMAC-SHA256, aligned for MD5. */
export const START = 64

export const CAPACITY = 1 << 16

/** Room behind the end, for padding and for reading four bytes at a time. */
const MARGIN = 128

/** The received message. */
export let received = Buffer.alloc(CAPACITY + MARGIN)
export let receivedView = dataView(received)

/** The string to sign, from `START`. Too large for Node's pool, so its words are aligned. */
export let base = Buffer.alloc(START + CAPACITY + MARGIN)
export let baseView = dataView(base)

function dataView(buffer) {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.length)
}

/** Makes room for a message of `length` bytes; a string to sign is never as long. */
export function reserve(length) {
  if (length + MARGIN > received.length) {
    received = Buffer.alloc(length * 2 + MARGIN)
    receivedView = dataView(received)
  }
  reserveBase(length + CAPACITY)
}

export function reserveBase(length) {
  if (START + length + MARGIN <= base.length) return
  base = Buffer.alloc(START + length * 2 + MARGIN)
  baseView = dataView(base)
}

const KEPT = 8192

/** A store for `view`. */
export const views = () => new Array(KEPT).fill(undefined)

/** `length` bytes of `base`. Making a view costs more than hashing 64 bytes: they are kept. */
export function view(views, start, length) {
  if (length >= KEPT) return base.subarray(start, start + length)
  const ready = views[length]
  if (ready !== undefined && ready.buffer === base.buffer) return ready
  return (views[length] = base.subarray(start, start + length))
}
