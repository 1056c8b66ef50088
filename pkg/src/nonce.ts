import { NONCE_ALPHABET, NONCE_LENGTH, NONCE_REJECT } from '../dist/generated/rules.js'
import { WxPayError } from './errors.js'
import { fillRandom } from './random.js'

// A pool of letters, because asking for random bytes costs ten times as much as using them. Each
// letter is used once.
const POOL = 4096
let letters = ''
let at = 0

/** A `nonce_str`: each letter equally likely, since bytes that would favour some are skipped. */
export function draw(): string {
  if (at + NONCE_LENGTH > letters.length) refill()
  at += NONCE_LENGTH
  return letters.substring(at - NONCE_LENGTH, at)
}

const ascii = /* @__PURE__ */ new TextDecoder()
/** The letter of each byte, 0 for the bytes that are skipped. */
let table: Uint8Array | undefined
const pool = /* @__PURE__ */ new Uint8Array(POOL)

function refill(): void {
  const letterOf = (table ??= Uint8Array.from({ length: 256 }, (_, byte) =>
    byte < NONCE_REJECT ? NONCE_ALPHABET.charCodeAt(byte % NONCE_ALPHABET.length) : 0,
  ))
  try {
    fillRandom(pool)
  } catch (cause) {
    throw new WxPayError('RANDOM_UNAVAILABLE', 'no cryptographically secure random source', { cause })
  }
  let count = 0
  for (let i = 0; i < POOL; i++) {
    const letter = letterOf[pool[i] as number] as number
    if (letter !== 0) pool[count++] = letter
  }
  letters = ascii.decode(pool.subarray(0, count))
  pool.fill(0)
  at = 0
}
