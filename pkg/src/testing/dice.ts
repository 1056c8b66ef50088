import { NONCE_ALPHABET } from '../../dist/generated/rules.js'
import { nonceStr } from '../facade.js'

/** So many subjects are told apart; one that was not heard of for longer begins anew. */
const MOST_SUBJECTS = 100_000

/**
 * Every chance the gateway takes: its numbers, its nonces, its faults. With a seed the same calls
 * give the same run. It guards nothing: the simulator has no secret (sfc32, Chris Doty-Humphrey).
 */
export class Dice {
  readonly #seed: number | undefined
  readonly #words: Int32Array
  readonly #times = new Map<string, number>()

  /** `seed` is an integer; a secure one is drawn where it is absent. */
  constructor(seed?: number, subject = '') {
    if (seed !== undefined && !Number.isSafeInteger(seed))
      throw new RangeError('options.seed must be an integer')
    this.#seed = seed
    const [low = 0, high = 0, more = 1] =
      seed === undefined
        ? new Int32Array(new TextEncoder().encode(nonceStr()).buffer)
        : [seed | 0, Math.floor(seed / 2 ** 32) ^ hash(subject, FNV), hash(subject, GOLDEN)]
    this.#words = new Int32Array([low, high, more, 1])
    for (let i = 0; i < 12; i++) this.#next()
  }

  /**
   * The dice for one subject, an order for instance, and for its next message. With a seed what they
   * show depends on the subject and how often it came, and on nothing that happens to others: calls
   * at the same time may come in any order.
   */
  about(...names: string[]): Dice {
    if (this.#seed === undefined) return this
    const subject = names.join('\n')
    const times = (this.#times.get(subject) ?? 0) + 1
    this.#times.delete(subject)
    this.#times.set(subject, times)
    if (times === 1 && this.#times.size > MOST_SUBJECTS)
      for (const oldest of this.#times.keys()) {
        this.#times.delete(oldest)
        break
      }
    return new Dice(this.#seed, `${times}\n${subject}`)
  }

  /** Begins anew with every subject. */
  reset(): void {
    this.#times.clear()
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

/** Two odd multipliers, so that two subjects rarely agree in both hashes. */
const FNV = 0x01000193
const GOLDEN = 0x9e3779b1

/** FNV-1a over code units, with a multiplier of choice. */
function hash(text: string, multiplier: number): number {
  let word = 0x811c9dc5
  for (let i = 0; i < text.length; i++) word = Math.imul(word ^ text.charCodeAt(i), multiplier)
  return word ^ (word >>> 15)
}
