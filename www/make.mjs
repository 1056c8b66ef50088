/** Elements. Everything is put in as text. */
export const LANGUAGES = { zh: 'zh-CN', en: 'en' }

export const at = (id) => document.getElementById(id)

export const spoken = () => (document.documentElement.lang === LANGUAGES.en ? 'en' : 'zh')

export function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}

/** Both languages, of which the style sheet shows one: a switch has nothing to draw anew. */
export function both([zh, en]) {
  return [make('span', { className: 'zh', lang: LANGUAGES.zh }, zh), make('span', { className: 'en', lang: 'en' }, en)]
}
