// MD5 (RFC 1321), unrolled over a typed array: below about 500 bytes it is as fast as a call into
// OpenSSL, and the digest never has to become a string.

import * as memory from './memory.mjs'

const { START } = memory

let of = memory.base
let asWords = new Int32Array(of.buffer, of.byteOffset, of.length >> 2)

/** `memory.base` as words. */
function words() {
  if (of !== memory.base) {
    of = memory.base
    asWords = new Int32Array(of.buffer, of.byteOffset, of.length >> 2)
  }
  return asWords
}

/** The four words of the last digest. */
let a0 = 0
let b0 = 0
let c0 = 0
let d0 = 0

/** Digests `length` bytes of `memory.base` from its start; the padding is written behind them. */
export function digest(length) {
  const x = words()
  const start = START >> 2
  const end = start + (((length + 72) >>> 6) << 4)
  const last = start + (length >>> 2)
  const shift = (length & 3) * 8
  x[last] = (x[last] & ((1 << shift) - 1)) | (0x80 << shift)
  for (let i = last + 1; i < end; i++) x[i] = 0
  x[end - 2] = length << 3
  x[end - 1] = length >>> 29
  let a = 0x67452301, b = 0xefcdab89 | 0, c = 0x98badcfe | 0, d = 0x10325476
  for (let o = start; o < end; o += 16) {
    const a1 = a, b1 = b, c1 = c, d1 = d
    a = (a + (d ^ (b & (c ^ d))) + x[o] - 680876936) | 0; a = ((a << 7 | a >>> 25) + b) | 0
    d = (d + (c ^ (a & (b ^ c))) + x[o + 1] - 389564586) | 0; d = ((d << 12 | d >>> 20) + a) | 0
    c = (c + (b ^ (d & (a ^ b))) + x[o + 2] + 606105819) | 0; c = ((c << 17 | c >>> 15) + d) | 0
    b = (b + (a ^ (c & (d ^ a))) + x[o + 3] - 1044525330) | 0; b = ((b << 22 | b >>> 10) + c) | 0
    a = (a + (d ^ (b & (c ^ d))) + x[o + 4] - 176418897) | 0; a = ((a << 7 | a >>> 25) + b) | 0
    d = (d + (c ^ (a & (b ^ c))) + x[o + 5] + 1200080426) | 0; d = ((d << 12 | d >>> 20) + a) | 0
    c = (c + (b ^ (d & (a ^ b))) + x[o + 6] - 1473231341) | 0; c = ((c << 17 | c >>> 15) + d) | 0
    b = (b + (a ^ (c & (d ^ a))) + x[o + 7] - 45705983) | 0; b = ((b << 22 | b >>> 10) + c) | 0
    a = (a + (d ^ (b & (c ^ d))) + x[o + 8] + 1770035416) | 0; a = ((a << 7 | a >>> 25) + b) | 0
    d = (d + (c ^ (a & (b ^ c))) + x[o + 9] - 1958414417) | 0; d = ((d << 12 | d >>> 20) + a) | 0
    c = (c + (b ^ (d & (a ^ b))) + x[o + 10] - 42063) | 0; c = ((c << 17 | c >>> 15) + d) | 0
    b = (b + (a ^ (c & (d ^ a))) + x[o + 11] - 1990404162) | 0; b = ((b << 22 | b >>> 10) + c) | 0
    a = (a + (d ^ (b & (c ^ d))) + x[o + 12] + 1804603682) | 0; a = ((a << 7 | a >>> 25) + b) | 0
    d = (d + (c ^ (a & (b ^ c))) + x[o + 13] - 40341101) | 0; d = ((d << 12 | d >>> 20) + a) | 0
    c = (c + (b ^ (d & (a ^ b))) + x[o + 14] - 1502002290) | 0; c = ((c << 17 | c >>> 15) + d) | 0
    b = (b + (a ^ (c & (d ^ a))) + x[o + 15] + 1236535329) | 0; b = ((b << 22 | b >>> 10) + c) | 0
    a = (a + (c & ~d) + x[o + 1] - 165796510 + (d & b)) | 0; a = ((a << 5 | a >>> 27) + b) | 0
    d = (d + (b & ~c) + x[o + 6] - 1069501632 + (c & a)) | 0; d = ((d << 9 | d >>> 23) + a) | 0
    c = (c + (a & ~b) + x[o + 11] + 643717713 + (b & d)) | 0; c = ((c << 14 | c >>> 18) + d) | 0
    b = (b + (d & ~a) + x[o] - 373897302 + (a & c)) | 0; b = ((b << 20 | b >>> 12) + c) | 0
    a = (a + (c & ~d) + x[o + 5] - 701558691 + (d & b)) | 0; a = ((a << 5 | a >>> 27) + b) | 0
    d = (d + (b & ~c) + x[o + 10] + 38016083 + (c & a)) | 0; d = ((d << 9 | d >>> 23) + a) | 0
    c = (c + (a & ~b) + x[o + 15] - 660478335 + (b & d)) | 0; c = ((c << 14 | c >>> 18) + d) | 0
    b = (b + (d & ~a) + x[o + 4] - 405537848 + (a & c)) | 0; b = ((b << 20 | b >>> 12) + c) | 0
    a = (a + (c & ~d) + x[o + 9] + 568446438 + (d & b)) | 0; a = ((a << 5 | a >>> 27) + b) | 0
    d = (d + (b & ~c) + x[o + 14] - 1019803690 + (c & a)) | 0; d = ((d << 9 | d >>> 23) + a) | 0
    c = (c + (a & ~b) + x[o + 3] - 187363961 + (b & d)) | 0; c = ((c << 14 | c >>> 18) + d) | 0
    b = (b + (d & ~a) + x[o + 8] + 1163531501 + (a & c)) | 0; b = ((b << 20 | b >>> 12) + c) | 0
    a = (a + (c & ~d) + x[o + 13] - 1444681467 + (d & b)) | 0; a = ((a << 5 | a >>> 27) + b) | 0
    d = (d + (b & ~c) + x[o + 2] - 51403784 + (c & a)) | 0; d = ((d << 9 | d >>> 23) + a) | 0
    c = (c + (a & ~b) + x[o + 7] + 1735328473 + (b & d)) | 0; c = ((c << 14 | c >>> 18) + d) | 0
    b = (b + (d & ~a) + x[o + 12] - 1926607734 + (a & c)) | 0; b = ((b << 20 | b >>> 12) + c) | 0
    a = (a + (c ^ d ^ b) + x[o + 5] - 378558) | 0; a = ((a << 4 | a >>> 28) + b) | 0
    d = (d + (b ^ c ^ a) + x[o + 8] - 2022574463) | 0; d = ((d << 11 | d >>> 21) + a) | 0
    c = (c + (a ^ b ^ d) + x[o + 11] + 1839030562) | 0; c = ((c << 16 | c >>> 16) + d) | 0
    b = (b + (d ^ a ^ c) + x[o + 14] - 35309556) | 0; b = ((b << 23 | b >>> 9) + c) | 0
    a = (a + (c ^ d ^ b) + x[o + 1] - 1530992060) | 0; a = ((a << 4 | a >>> 28) + b) | 0
    d = (d + (b ^ c ^ a) + x[o + 4] + 1272893353) | 0; d = ((d << 11 | d >>> 21) + a) | 0
    c = (c + (a ^ b ^ d) + x[o + 7] - 155497632) | 0; c = ((c << 16 | c >>> 16) + d) | 0
    b = (b + (d ^ a ^ c) + x[o + 10] - 1094730640) | 0; b = ((b << 23 | b >>> 9) + c) | 0
    a = (a + (c ^ d ^ b) + x[o + 13] + 681279174) | 0; a = ((a << 4 | a >>> 28) + b) | 0
    d = (d + (b ^ c ^ a) + x[o] - 358537222) | 0; d = ((d << 11 | d >>> 21) + a) | 0
    c = (c + (a ^ b ^ d) + x[o + 3] - 722521979) | 0; c = ((c << 16 | c >>> 16) + d) | 0
    b = (b + (d ^ a ^ c) + x[o + 6] + 76029189) | 0; b = ((b << 23 | b >>> 9) + c) | 0
    a = (a + (c ^ d ^ b) + x[o + 9] - 640364487) | 0; a = ((a << 4 | a >>> 28) + b) | 0
    d = (d + (b ^ c ^ a) + x[o + 12] - 421815835) | 0; d = ((d << 11 | d >>> 21) + a) | 0
    c = (c + (a ^ b ^ d) + x[o + 15] + 530742520) | 0; c = ((c << 16 | c >>> 16) + d) | 0
    b = (b + (d ^ a ^ c) + x[o + 2] - 995338651) | 0; b = ((b << 23 | b >>> 9) + c) | 0
    a = (a + (c ^ (b | ~d)) + x[o] - 198630844) | 0; a = ((a << 6 | a >>> 26) + b) | 0
    d = (d + (b ^ (a | ~c)) + x[o + 7] + 1126891415) | 0; d = ((d << 10 | d >>> 22) + a) | 0
    c = (c + (a ^ (d | ~b)) + x[o + 14] - 1416354905) | 0; c = ((c << 15 | c >>> 17) + d) | 0
    b = (b + (d ^ (c | ~a)) + x[o + 5] - 57434055) | 0; b = ((b << 21 | b >>> 11) + c) | 0
    a = (a + (c ^ (b | ~d)) + x[o + 12] + 1700485571) | 0; a = ((a << 6 | a >>> 26) + b) | 0
    d = (d + (b ^ (a | ~c)) + x[o + 3] - 1894986606) | 0; d = ((d << 10 | d >>> 22) + a) | 0
    c = (c + (a ^ (d | ~b)) + x[o + 10] - 1051523) | 0; c = ((c << 15 | c >>> 17) + d) | 0
    b = (b + (d ^ (c | ~a)) + x[o + 1] - 2054922799) | 0; b = ((b << 21 | b >>> 11) + c) | 0
    a = (a + (c ^ (b | ~d)) + x[o + 8] + 1873313359) | 0; a = ((a << 6 | a >>> 26) + b) | 0
    d = (d + (b ^ (a | ~c)) + x[o + 15] - 30611744) | 0; d = ((d << 10 | d >>> 22) + a) | 0
    c = (c + (a ^ (d | ~b)) + x[o + 6] - 1560198380) | 0; c = ((c << 15 | c >>> 17) + d) | 0
    b = (b + (d ^ (c | ~a)) + x[o + 13] + 1309151649) | 0; b = ((b << 21 | b >>> 11) + c) | 0
    a = (a + (c ^ (b | ~d)) + x[o + 4] - 145523070) | 0; a = ((a << 6 | a >>> 26) + b) | 0
    d = (d + (b ^ (a | ~c)) + x[o + 11] - 1120210379) | 0; d = ((d << 10 | d >>> 22) + a) | 0
    c = (c + (a ^ (d | ~b)) + x[o + 2] + 718787259) | 0; c = ((c << 15 | c >>> 17) + d) | 0
    b = (b + (d ^ (c | ~a)) + x[o + 9] - 343485551) | 0; b = ((b << 21 | b >>> 11) + c) | 0
    a = (a + a1) | 0
    b = (b + b1) | 0
    c = (c + c1) | 0
    d = (d + d1) | 0
  }
  a0 = a
  b0 = b
  c0 = c
  d0 = d
}

const HEX = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, '0').toUpperCase())

const word = w => HEX[w & 255] + HEX[(w >> 8) & 255] + HEX[(w >> 16) & 255] + HEX[w >>> 24]

/** The last digest in upper-case hexadecimal digits. */
export const hex = () => word(a0) + word(b0) + word(c0) + word(d0)

const digit = n => n + 48 + (((9 - n) >> 31) & 7)

/** Whether `text` is the last digest, in constant time. */
export function equals(text) {
  if (text.length !== 32) return false
  const found = unequal(text, 0, a0) | unequal(text, 8, b0) | unequal(text, 16, c0)
  return (found | unequal(text, 24, d0)) === 0
}

function unequal(text, at, w) {
  let found = 0
  for (let i = 0; i < 8; i += 2, w >>>= 8) {
    found |= text.charCodeAt(at + i) ^ digit((w >> 4) & 15)
    found |= text.charCodeAt(at + i + 1) ^ digit(w & 15)
  }
  return found
}
