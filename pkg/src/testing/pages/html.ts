const ENTITY: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Markup: what a template made, and nothing else can. */
export class Html {
  readonly #text: string

  private constructor(text: string) {
    this.#text = text
  }

  static of(parts: TemplateStringsArray, values: readonly Part[]): Html {
    return new Html(parts.reduce((text, part, at) => text + written(values[at - 1] ?? null) + part))
  }

  /** Of a style sheet of our own, in which `<` would end the element. */
  static sheet(css: string): Html {
    if (css.includes('<')) throw new TypeError('a style sheet must not contain <')
    return new Html(css)
  }

  toString(): string {
    return this.#text
  }
}

/** What may stand in a template: markup stays, text is escaped, null is nothing. */
export type Part = Html | string | number | null | readonly Html[]

/** A template whose values are text, in element and in attribute alike, unless they are markup. */
export const html = (parts: TemplateStringsArray, ...values: Part[]): Html => Html.of(parts, values)

function written(value: Part): string {
  if (value === null) return ''
  if (value instanceof Html) return value.toString()
  if (typeof value === 'object') return value.join('')
  return String(value).replace(/[&<>"']/g, mark => ENTITY[mark] ?? '')
}

/** One thing in both languages; the page shows one. */
export const both = (chinese: string, english: string): Html =>
  html`<span class="zh" lang="zh-CN">${chinese}</span><span class="en" lang="en">${english}</span>`

/** A merchant's text: `bdi` keeps characters that turn the writing direction inside their own field. */
export const foreign = (value: string): Html => html`<bdi>${value}</bdi>`
