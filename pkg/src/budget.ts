/** What a call adds: one request in ten may be a repetition. */
const SHARE = 0.1
/** What may be saved up, and what there is at first. */
const RESERVE = 10

/** Limits the requests that are sent again, so that a host in trouble is not given more of it. */
export class Budget {
  #tokens = RESERVE

  earn(): void {
    this.#tokens = Math.min(RESERVE, this.#tokens + SHARE)
  }

  /** Takes one repetition, if there is one left. */
  spend(): boolean {
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }
}
