/**
 * A set of strings that keeps 64 bits of each: 16 to 32 bytes for a string of any length. That it
 * takes a string for one of n others happens once in 2^64 / n.
 */
export class Fingerprints {
  #slots = new Uint32Array(2048)
  #size = 0

  add(text: string): void {
    // Half full at most.
    if (this.#size * 4 >= this.#slots.length) this.#grow()
    const [high, low] = fingerprint(text)
    const at = this.#find(high, low)
    if (this.#slots[at] !== 0) return
    this.#slots[at] = high
    this.#slots[at + 1] = low
    this.#size++
  }

  has(text: string): boolean {
    const [high, low] = fingerprint(text)
    return this.#slots[this.#find(high, low)] !== 0
  }

  /** Where the fingerprint stands, or would stand. */
  #find(high: number, low: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    let at = (low << 1) & mask
    while (slots[at] !== 0 && (slots[at] !== high || slots[at + 1] !== low)) at = (at + 2) & mask
    return at
  }

  #grow(): void {
    const old = this.#slots
    this.#slots = new Uint32Array(old.length * 2)
    for (let i = 0; i < old.length; i += 2) {
      const high = old[i] as number
      if (high === 0) continue
      const low = old[i + 1] as number
      const at = this.#find(high, low)
      this.#slots[at] = high
      this.#slots[at + 1] = low
    }
  }
}

/** Two halves, mixed as in MurmurHash3's last step; the first one is never 0, which is an empty slot. */
function fingerprint(text: string): readonly [number, number] {
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    high = Math.imul(high ^ unit, 2654435761)
    low = Math.imul(low ^ unit, 1597334677)
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  return [high >>> 0 || 1, low >>> 0]
}
