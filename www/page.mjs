/** The page: takes what is typed, shows what is found. Everything is put in as text. */
import * as examples from './examples.mjs'
import { doubtAbout, isSigned, judge } from './verdict.mjs'
import * as words from './words.mjs'

const at = (id) => document.getElementById(id)
const root = document.documentElement
const message = at('message')
let keyField = at('key')

// Language

const LANGUAGES = { zh: 'zh-CN', en: 'en' }
const REMEMBERED = 'wxpay-page-language'

function speak(language) {
  root.lang = LANGUAGES[language]
  document.title = words.titles[language]
}

const spoken = () => (root.lang === LANGUAGES.en ? 'en' : 'zh')

// Storage may be forbidden; then the language of the browser has to do.
function remembered() {
  try {
    return localStorage.getItem(REMEMBERED)
  } catch {
    return null
  }
}

function remember(language) {
  try {
    localStorage.setItem(REMEMBERED, language)
  } catch {}
}

/** Both languages, of which the style sheet shows one: a switch has nothing to draw anew. */
function both([zh, en]) {
  return [make('span', { className: 'zh', lang: LANGUAGES.zh }, zh), make('span', { className: 'en', lang: 'en' }, en)]
}

function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}

// What is given

const algorithm = () => document.querySelector('[name=algorithm]:checked').value

function load(text) {
  message.value = text
  keyField.value = examples.KEY
  document.querySelector('[name=algorithm][value=auto]').checked = true
  draw()
  at('verdict').scrollIntoView({ block: 'nearest' }) // on a phone it is below
}

function reveal(shown) {
  keyField.type = shown ? 'text' : 'password'
  at('show').replaceChildren(...both(shown ? words.hide : words.show))
}

function forget() {
  const key = keyField.value
  if (key !== '' && message.value.includes(key)) message.value = ''
  // A new element, since the old one can undo its way back to the key.
  const fresh = keyField.cloneNode()
  fresh.value = ''
  fresh.removeAttribute('value')
  keyField.replaceWith(fresh)
  keyField = fresh
  reveal(false)
  draw()
}

// What is found

function draw() {
  const text = message.value
  const found = judge({ text, key: keyField.value, algorithm: algorithm() })
  const { title, text: said } = words.verdicts[found.state]
  at('found').dataset.state = found.state
  at('verdict').replaceChildren(...both(title))
  drawExplanation(found, said)
  drawFault(found, text)
  drawDoubt()

  at('signature-part').hidden = found.state !== 'signed'
  at('signature').textContent = found.signature ?? ''
  at('signature-algorithm').textContent = found.algorithm ?? ''
  drawString(found.string)
  drawFields(found.fields)
  announce(title, found.error)
}

function drawExplanation({ state, algorithm: used, error }, said) {
  const parts = []
  if (said) parts.push(...both(said))
  if (state === 'fits') parts.push(make('span', { className: 'used' }, used))
  if (state === 'fits' && algorithm() === 'MD5' && used !== 'MD5') parts.push(...both(words.stronger))
  if (error) parts.push(make('span', { className: 'zh', lang: LANGUAGES.zh }, words.reasons[codeOf(error)] ?? ''))
  at('explanation').replaceChildren(...parts)
}

const codeOf = (error) => error.code ?? (error instanceof SyntaxError ? 'JSON' : error.name)

function drawFault({ state, error }, text) {
  at('fault').hidden = error === undefined
  at('fault-code').textContent = error ? codeOf(error) : ''
  at('fault-message').textContent = error?.message ?? ''
  const excerpt = at('fault-excerpt')
  // Only the reader of the text counts its bytes; a later refusal is about the fields.
  excerpt.hidden = state !== 'unread' || error.offset === undefined
  if (excerpt.hidden) {
    excerpt.replaceChildren()
    at('fault-place').replaceChildren()
    return
  }
  // The reader counts bytes, a text area counts UTF-16 units.
  const bytes = new TextEncoder().encode(text).subarray(0, error.offset)
  const index = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).length
  const before = text.slice(0, index).split('\n')
  const [rest] = text.slice(index).split('\n', 1)
  const [here = ''] = rest
  at('fault-place').replaceChildren(...both(words.place(error.offset, before.length)))
  excerpt.replaceChildren(
    before.at(-1).slice(-32),
    make('mark', {}, here || '⏎'),
    rest.slice(here.length, 32),
  )
}

function drawDoubt() {
  const doubt = doubtAbout(keyField.value)
  at('key-doubt').hidden = doubt === undefined
  at('key-doubt').replaceChildren(...(doubt ? both([words.reasons.KEY_INVALID, doubt.message]) : []))
}

function drawString(string) {
  at('string-part').hidden = string === undefined
  if (string === undefined) return at('string').replaceChildren()
  const mask = make('span', { className: 'mask' }, '••••••••', make('span', { className: 'unseen' }, ...both(words.maskedKey)))
  // Lines break before an ampersand, where they can; the text stays what was signed.
  const pieces = string.split(/(?=&)/).flatMap((piece) => [piece, make('wbr')])
  at('string').replaceChildren(...pieces, make('span', { className: 'tail' }, string === '' ? 'key=' : '&key=', mask))
}

function drawFields(fields) {
  at('fields-part').hidden = fields === undefined
  const entries = Object.entries(fields ?? {})
  const signed = entries.filter(([name, value]) => isSigned(name, value)).length
  at('fields-count').replaceChildren(...both(words.count(entries.length, signed)))
  at('fields').replaceChildren(...entries.map(row))
  at('odd-note').hidden = at('fields').querySelector('mark') === null
}

function row([name, value]) {
  const out = !isSigned(name, value)
  const cell = make('td', {}, ...visible(String(value ?? '')))
  if (out) cell.append(make('small', { className: value ? 'after' : '' }, ...both(words.unsigned)))
  return make('tr', { className: out ? 'out' : '' }, make('th', { scope: 'row' }, name), cell)
}

/** White space at the ends, and what has no ink or turns the writing round. */
const UNSEEN = /^\s+|\s+$|[\p{Cc}\p{Cf}\u2028\u2029\u00a0\u3000]/gu

/** The value with the characters named that nobody sees: the commonest reason of a mismatch. */
function visible(value) {
  const parts = []
  let from = 0
  for (const { 0: hidden, index } of value.matchAll(UNSEEN)) {
    parts.push(value.slice(from, index))
    for (const character of hidden) {
      const code = character.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')
      parts.push(make('mark', {}, `U+${code}`))
    }
    from = index + hidden.length
  }
  return [...parts, value.slice(from)]
}

// What is heard: the verdict once the typing rests, not at every letter.

let rest

function announce([zh, en], error) {
  clearTimeout(rest)
  rest = setTimeout(() => {
    const title = spoken() === 'en' ? en : zh
    const reason = error && (spoken() === 'en' ? error.message : words.reasons[codeOf(error)] ?? error.message)
    const heard = reason ? `${title}. ${reason}` : title
    if (at('announcement').textContent !== heard) at('announcement').textContent = heard
  }, 700)
}

document.addEventListener('input', draw)
at('official').addEventListener('click', () => load(examples.official))
at('tampered').addEventListener('click', () => load(examples.tampered))
at('show').addEventListener('click', () => reveal(keyField.type === 'password'))
at('forget').addEventListener('click', () => {
  forget()
  clearTimeout(rest)
  at('announcement').textContent = words.forgotten[spoken() === 'en' ? 1 : 0]
  keyField.focus()
})
at('language').addEventListener('click', () => {
  const next = spoken() === 'en' ? 'zh' : 'en'
  speak(next)
  remember(next)
})
// A page that is left may be kept whole for the way back; the key shall not be in it.
addEventListener('pagehide', forget)

const browser = navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en'
speak(Object.hasOwn(LANGUAGES, remembered() ?? '') ? remembered() : browser)
reveal(false)
draw()
