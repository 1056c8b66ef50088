import { NONCE_ALPHABET, NONCE_LENGTH, NONCE_REJECT } from '../dist/generated/rules.js'
import { WxPayError } from './errors.js'
import { fillRandom } from './random.js'

// A pool, because asking for random bytes costs ten times as much as using them. Used bytes are
// wiped, so that a nonce cannot be read out of memory before it is sent.
const pool = /* @__PURE__ */ new Uint8Array(4096)
let at = pool.length

/** A `nonce_str`: each letter equally likely, since bytes that would favour some are skipped. */
export function draw(): string {
  let text = ''
  while (text.length < NONCE_LENGTH) {
    if (at === pool.length) refill()
    const byte = pool[at] as number
    pool[at++] = 0
    if (byte < NONCE_REJECT) text += NONCE_ALPHABET[byte % NONCE_ALPHABET.length]
  }
  return text
}

function refill(): void {
  try {
    fillRandom(pool)
  } catch (cause) {
    throw new WxPayError(
      'RANDOM_UNAVAILABLE',
      'no cryptographically secure random source: neither node:crypto nor globalThis.crypto',
      { cause },
    )
  }
  at = 0
}
