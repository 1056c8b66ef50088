/** The last so many entries, oldest first: a gateway that runs for days forgets the rest. */
export class Ring<T> {
  readonly #size: number
  readonly #entries: T[] = []
  #next = 0

  constructor(size: number) {
    this.#size = size
  }

  push(entry: T): void {
    if (this.#size === 0) return
    this.#entries[this.#next] = entry
    this.#next = (this.#next + 1) % this.#size
  }

  list(): T[] {
    return this.#entries.length < this.#size
      ? [...this.#entries]
      : [...this.#entries.slice(this.#next), ...this.#entries.slice(0, this.#next)]
  }

  clear(): void {
    this.#entries.length = 0
    this.#next = 0
  }
}
