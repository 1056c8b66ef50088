/** Milliseconds for which a host that failed is not the first to be asked. */
const BREAK = 30_000

/** Remembers that a primary host failed: the backup goes first until a single probe succeeds. */
export class Breaker {
  readonly #now: () => number
  #until: number | undefined
  #probing = false

  constructor(now: () => number) {
    this.#now = now
  }

  /** Whether the primary host goes first. After the break, one caller gets `true`: the probe. */
  admits(): boolean {
    if (this.#until === undefined) return true
    if (this.#probing || this.#now() < this.#until) return false
    return (this.#probing = true)
  }

  succeeded(): void {
    this.#until = undefined
    this.#probing = false
  }

  failed(): void {
    this.#until = this.#now() + BREAK
    this.#probing = false
  }

  /** The attempt said nothing about the host. */
  released(): void {
    this.#probing = false
  }
}
