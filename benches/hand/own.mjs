// MD5 through the unrolled algorithm: the text is written into its memory once, and a check
// compares the digest without a string of it.
import * as algorithm from './md5.mjs'
import * as memory from './memory.mjs'

function digest(text) {
  memory.reserveBase(text.length * 3)
  algorithm.digest(memory.base.utf8Write(text, memory.START))
}

/** Upper-case hexadecimal digits of a text. */
export function md5(text) {
  digest(text)
  return algorithm.hex()
}

export function textMatches(text, sign) {
  digest(text)
  return algorithm.equals(sign)
}

/** Whether `sign` is the digest of the first `length` bytes of `memory.base` from its start. */
export function baseMatches(length, sign) {
  algorithm.digest(length)
  return algorithm.equals(sign)
}
