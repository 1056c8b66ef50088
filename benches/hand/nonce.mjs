// A nonce from a pool: 4 KB of random bytes become letters at once, and a nonce is a slice of them.
import { randomFillSync } from 'node:crypto'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** The letter of each byte. From 248 on they would favour the first letters: 256 is not 4 * 62. */
const LETTER = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 248 ? ALPHABET.charCodeAt(byte % 62) : 0,
)
const random = Buffer.alloc(4096)
let letters = ''
let at = 0

export function nonce() {
  if (at + 32 > letters.length) refill()
  at += 32
  return letters.substring(at - 32, at)
}

function refill() {
  randomFillSync(random)
  let used = 0
  for (let i = 0; i < random.length; i++) {
    const letter = LETTER[random[i]]
    random[used] = letter
    used += letter === 0 ? 0 : 1
  }
  letters = random.latin1Slice(0, used)
  at = 0
}
