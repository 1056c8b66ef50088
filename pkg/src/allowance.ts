/** So many at once, and one more for each interval that passes: what a flood may cost. */
export class Allowance {
  readonly #most: number
  readonly #interval: number
  readonly #now: () => number
  #left: number
  #since: number
  #denied = 0

  /** `interval` in the unit of `now`, milliseconds. */
  constructor(most: number, interval: number, now: () => number) {
    this.#most = most
    this.#interval = interval
    this.#now = now
    this.#left = most
    this.#since = now()
  }

  /** How many were denied since the last that was not, or `undefined` for one that is denied itself. */
  take(): number | undefined {
    const gained = Math.floor((this.#now() - this.#since) / this.#interval)
    if (gained > 0) {
      this.#left = Math.min(this.#most, this.#left + gained)
      this.#since += gained * this.#interval
    }
    if (this.#left === 0) {
      this.#denied++
      return undefined
    }
    this.#left--
    const denied = this.#denied
    this.#denied = 0
    return denied
  }
}
