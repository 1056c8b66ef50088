import { find } from './element.js'

/** Entries stay in the document no longer than this; the newest stand first. */
const MOST = 200

/** A list on the page: one element for each key, made again only when its record changed. */
export class List<T> {
  readonly #place: HTMLElement
  readonly #section: HTMLElement
  readonly #draw: (record: T) => HTMLElement
  readonly #numbers: (record: T) => readonly string[]
  readonly #shown = new Map<string, { record: T; text: string; element: HTMLElement }>()
  #focus: ReadonlySet<string> | null = null

  /** `numbers` are those by which a record belongs to an order. */
  constructor(
    section: string,
    place: string,
    draw: (record: T) => HTMLElement,
    numbers: (record: T) => readonly string[],
  ) {
    this.#section = find(section)
    this.#place = find(place)
    this.#draw = draw
    this.#numbers = numbers
  }

  put(key: string, record: T): void {
    const before = this.#shown.get(key)
    const text = JSON.stringify(record)
    if (before?.text === text) return
    const element = this.#draw(record)
    element.hidden = this.#isHidden(record)
    if (before === undefined) {
      this.#place.prepend(element)
    } else {
      const had = before.element.contains(document.activeElement)
      before.element.replaceWith(element)
      if (had) element.querySelector<HTMLElement>('button, summary, a')?.focus()
    }
    this.#shown.set(key, { record, text, element })
    if (this.#shown.size > MOST) this.#drop()
    this.#count()
  }

  /** Draws a record again though it is the same. */
  again(key: string): void {
    const shown = this.#shown.get(key)
    if (shown === undefined) return
    shown.text = ''
    this.put(key, shown.record)
  }

  record(key: string): T | undefined {
    return this.#shown.get(key)?.record
  }

  records(): T[] {
    return Array.from(this.#shown.values(), ({ record }) => record)
  }

  /** Shows only what belongs to one of these numbers, or everything. */
  focus(numbers: ReadonlySet<string> | null): void {
    this.#focus = numbers
    for (const { record, element } of this.#shown.values()) element.hidden = this.#isHidden(record)
    this.#count()
  }

  clear(): void {
    this.#shown.clear()
    this.#place.replaceChildren()
    this.#count()
  }

  #isHidden(record: T): boolean {
    const focus = this.#focus
    return focus !== null && !this.#numbers(record).some(number => focus.has(number))
  }

  #drop(): void {
    const [oldest] = this.#shown
    if (oldest === undefined) return
    oldest[1].element.remove()
    this.#shown.delete(oldest[0])
  }

  #count(): void {
    const visible = [...this.#shown.values()].filter(({ element }) => !element.hidden).length
    const none = this.#section.querySelector<HTMLElement>('.none')
    if (none !== null) none.hidden = visible > 0
    const count = this.#section.querySelector('[data-count]')
    if (count !== null) count.textContent = visible === 0 ? '' : String(visible)
  }
}
