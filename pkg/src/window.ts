import { WxPayError } from './errors.js'
import { gunzip } from './gunzip.default.js'
import { type ByteSource, chunks } from './source.js'

/** As much of a bill as is looked at in one piece; no line is as long. */
const SIZE = 65536

/** Below this size nothing is said about the ratio: bills repeat themselves. */
const SMALL = 16 * 1024 * 1024

/** What {@link Window} refuses. */
export interface Limits {
  /** The largest bill, unpacked, in bytes; 2 GiB by default. */
  maxBytes?: number
  /** How many times larger than its compressed bytes a bill may be; 200 by default. */
  maxRatio?: number
  signal?: AbortSignal
}

/** Who else sees the bytes of a bill. */
export interface Witness {
  /** Sees each piece of the bill as it arrives, still compressed where it is, to keep it. */
  onBytes?: (bytes: Uint8Array) => void
}

/** A window over the bytes of a source, unpacked where they are compressed. */
export class Window {
  /** Bytes taken from the source. */
  received = 0
  /** Whether nothing follows the window. */
  last = false
  readonly #bytes = typeof Buffer === 'function' ? Buffer.alloc(SIZE) : new Uint8Array(SIZE)
  readonly #pieces: AsyncGenerator<Uint8Array>
  #piece = new Uint8Array()
  #length = 0
  #taken = 0
  readonly #maxBytes: number
  readonly #maxRatio: number
  readonly #onBytes: Witness['onBytes']

  constructor(
    source: ByteSource,
    { maxBytes = 2 ** 31, maxRatio = 200, signal, onBytes }: Limits & Witness,
  ) {
    for (const [name, value] of Object.entries({ maxBytes, maxRatio })) {
      if (!(value >= 1)) throw new RangeError(`${name} must be a number from 1 on`)
    }
    this.#maxBytes = maxBytes
    this.#maxRatio = maxRatio
    this.#onBytes = onBytes
    this.#pieces = this.#unpacked(chunks(source, signal))
  }

  /** The bytes in view; valid until the window moves. */
  get view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Moves the window on. */
  skip(bytes: number): void {
    this.#bytes.copyWithin(0, bytes, this.#length)
    this.#length -= bytes
  }

  /** Fills the window, or reaches the end. */
  async fill(): Promise<void> {
    while (this.#length < SIZE && !this.last) {
      if (this.#piece.length === 0) {
        const { done, value } = await this.#pieces.next()
        if (done === true) this.last = true
        else this.#check((this.#piece = value as Uint8Array<ArrayBuffer>).length)
        continue
      }
      const part = this.#piece.subarray(0, SIZE - this.#length)
      this.#bytes.set(part, this.#length)
      this.#length += part.length
      this.#piece = this.#piece.subarray(part.length)
    }
  }

  /** Lets go of the source. */
  async close(): Promise<void> {
    await this.#pieces.return(undefined)
  }

  #check(bytes: number): void {
    this.#taken += bytes
    if (this.#taken > this.#maxBytes) {
      throw new WxPayError('BILL_LIMIT', `the bill is larger than maxBytes, ${this.#maxBytes}`)
    }
    if (this.#taken > SMALL && this.#taken > this.received * this.#maxRatio) {
      throw new WxPayError(
        'BILL_LIMIT',
        `the bill unpacks to more than maxRatio, ${this.#maxRatio}, times its compressed bytes`,
      )
    }
  }

  async *#unpacked(source: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
    const counted = this.#counted(source)
    let head = new Uint8Array()
    try {
      while (head.length < 2) {
        const { done, value } = await counted.next()
        if (done === true) break
        const longer = new Uint8Array(head.length + value.length)
        longer.set(head)
        longer.set(value, head.length)
        head = longer
      }
      const whole = rejoin(head, counted)
      yield* head[0] === 0x1f && head[1] === 0x8b ? gunzip(whole) : whole
    } finally {
      await counted.return(undefined)
    }
  }

  async *#counted(source: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of source) {
      this.received += piece.length
      this.#onBytes?.(piece)
      yield piece
    }
  }
}

async function* rejoin(
  head: Uint8Array,
  rest: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head
  yield* rest
}
