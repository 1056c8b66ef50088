import type { FaultRule } from '../../faults.js'
import { control } from './control.js'
import { button, element, find, foreign } from './element.js'

/** The form that switches faults on, and the list of those that are. */
export class FaultDesk {
  readonly #form = find('#faults form') as HTMLFormElement
  readonly #list = find('#fault-list')
  #rules: FaultRule[] = []
  #text = ''

  constructor() {
    this.#form.addEventListener('change', () => this.#fit())
    this.#form.addEventListener('submit', event => {
      event.preventDefault()
      void control('faults', {}, [...this.#rules, this.#asked()])
    })
    this.#fit()
  }

  show(rules: FaultRule[]): void {
    const text = JSON.stringify(rules)
    if (text === this.#text) return
    this.#text = text
    this.#rules = rules
    this.#list.replaceChildren(
      ...rules.map(rule => {
        const { on, fault, times, ...more } = rule
        const facts = Object.entries(more).map(([name, value]) => `${name} ${value}`)
        return element(
          'li',
          { class: 'line' },
          element('span', {}, foreign([on, fault, times === undefined ? '∞' : `×${times}`, ...facts].join(' · '))),
          button('关掉', 'Off', () => void control('faults', {}, this.#rules.filter(each => each !== rule))),
        )
      }),
    )
    const count = find('[data-count="faults"]')
    count.textContent = rules.length === 0 ? '' : String(rules.length)
  }

  #value(name: string): string {
    const field = this.#form.elements.namedItem(name)
    return field instanceof HTMLInputElement || field instanceof HTMLSelectElement ? field.value.trim() : ''
  }

  #fault(): string {
    return this.#value(this.#value('on') === 'notification' ? 'notification-fault' : 'answer-fault')
  }

  /** Only the fields that the chosen fault reads. */
  #fit(): void {
    const told = this.#value('on') === 'notification'
    const fault = this.#fault()
    const shown: Record<string, boolean> = {
      'notification-fault': told,
      'answer-fault': !told,
      err_code: !told && fault === 'error',
      delay: fault === 'late',
    }
    for (const [name, is] of Object.entries(shown))
      (this.#form.querySelector(`[data-field="${name}"]`) as HTMLElement).hidden = !is
  }

  #asked(): Record<string, unknown> {
    const fault = this.#fault()
    const number = (name: string): Record<string, number> =>
      this.#value(name) === '' ? {} : { [name]: Number(this.#value(name)) }
    const text = (name: string): Record<string, string> =>
      this.#value(name) === '' ? {} : { [name]: this.#value(name) }
    return {
      on: this.#value('on'),
      fault,
      ...number('times'),
      ...text('no'),
      ...(fault === 'late' ? number('delay') : {}),
      ...(fault === 'error' ? text('err_code') : {}),
    }
  }
}
