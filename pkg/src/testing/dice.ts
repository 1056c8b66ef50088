import { NONCE_ALPHABET } from '../../dist/generated/rules.js'
import { nonceStr } from '../facade.js'

/**
 * Every chance the gateway takes: its numbers, its nonces, its faults. With a seed the same calls
 * give the same run. It guards nothing: the simulator has no secret (sfc32, Chris Doty-Humphrey).
 */
export class Dice {
  readonly #words: Int32Array

  /** `seed` is an integer; a secure one is drawn where it is absent. */
  constructor(seed?: number) {
    if (seed !== undefined && !Number.isSafeInteger(seed))
      throw new RangeError('options.seed must be an integer')
    const [low = 0, high = 0, more = 1] =
      seed === undefined
        ? new Int32Array(new TextEncoder().encode(nonceStr()).buffer)
        : [seed | 0, Math.floor(seed / 2 ** 32) | 0]
    this.#words = new Int32Array([low, high, more, 1])
    for (let i = 0; i < 12; i++) this.#next()
  }

  /** A number from 0 up to, not including, `sides`. */
  below(sides: number): number {
    return this.#next() % sides
  }

  /** Whether something of this probability, 0 to 1, happens. */
  hits(rate: number): boolean {
    return this.#next() < rate * 2 ** 32
  }

  /** Letters and digits. */
  text(length: number): string {
    return this.#of(NONCE_ALPHABET, length)
  }

  digits(length: number): string {
    return this.#of('0123456789', length)
  }

  hex(length: number): string {
    return this.#of('0123456789abcdef', length)
  }

  #of(alphabet: string, length: number): string {
    let text = ''
    for (let i = 0; i < length; i++) text += alphabet[this.#next() % alphabet.length]
    return text
  }

  #next(): number {
    const words = this.#words
    const [a = 0, b = 0, c = 0, count = 0] = words
    const sum = (a + b + count) | 0
    words[0] = b ^ (b >>> 9)
    words[1] = c + (c << 3)
    words[2] = ((c << 21) | (c >>> 11)) + sum
    words[3] = count + 1
    return sum >>> 0
  }
}
