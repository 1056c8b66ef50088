/** The document's parts. A value becomes text or an attribute, never markup. */

type Child = Node | string | null

interface Attributes {
  class?: string
  [name: `data-${string}` | `aria-${string}`]: string
  href?: string
  target?: string
  rel?: string
  type?: string
  lang?: string
  datetime?: string
}

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name)
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value as string)
  made.append(...children.filter(child => child !== null))
  return made
}

/** One thing in both languages; the style sheet shows one. */
export function both(chinese: string, english: string): DocumentFragment {
  const pair = document.createDocumentFragment()
  pair.append(
    element('span', { class: 'zh', lang: 'zh-CN' }, chinese),
    element('span', { class: 'en', lang: 'en' }, english),
  )
  return pair
}

/** A merchant's text, which may turn the writing direction. */
export const foreign = (text: string): HTMLElement => element('bdi', {}, text)

export function button(chinese: string, english: string, press: () => void): HTMLButtonElement {
  const made = element('button', { type: 'button' }, both(chinese, english))
  made.addEventListener('click', press)
  return made
}

export function find(selector: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(selector)
  if (found === null) throw new Error(`the page has no ${selector}`)
  return found
}
