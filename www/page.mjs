/** The page: takes what is typed, shows what is found. */
import { adopt, drawBench, drawNonce, exchange, freshen } from './bench.mjs'
import { EXAMPLES, KEY } from './examples.mjs'
import { drawFound, heard } from './found.mjs'
import { fromFragment, toFragment } from './link.mjs'
import { at, both, LANGUAGES, spoken } from './make.mjs'
import { doubtAbout, examine } from './verdict.mjs'
import * as words from './words.mjs'
import { signedXml } from './wxpay-wasm/index.js'

const root = document.documentElement

// Language

const REMEMBERED = 'wxpay-page-language'

function speak(language) {
  root.lang = LANGUAGES[language]
  document.title = words.titles[language]
}

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

// What is given

const value = (id) => at(id).value
const algorithm = () => document.querySelector('[name=algorithm]:checked').value
const choose = (name) => {
  const choice = [...document.querySelectorAll('[name=algorithm]')].find((choice) => choice.value === name)
  if (choice !== undefined) choice.checked = true
}

function load({ message = '', sign = '', theirs = '', order = '', algorithm = 'auto' }) {
  Object.entries({ message, sign, theirs, order }).forEach(([id, text]) => (at(id).value = text))
  at('more').open = sign + theirs + order !== ''
  choose(algorithm)
}

function example(id) {
  load({ message: EXAMPLES[id] })
  at('key').value = KEY
  draw()
  at('verdict').scrollIntoView({ block: 'nearest' }) // on a phone it is below
}

function reveal(shown) {
  at('key').type = shown ? 'text' : 'password'
  at('show').replaceChildren(...both(shown ? words.hide : words.show))
}

/** The key and whatever it may stand in. */
function forget() {
  for (const field of document.querySelectorAll('input:not([type=radio]), textarea')) {
    // A new element, since the old one can undo its way back.
    const fresh = field.cloneNode()
    fresh.value = ''
    fresh.textContent = ''
    fresh.removeAttribute('value')
    field.replaceWith(fresh)
  }
  load({})
  at('link').hidden = true
  reveal(false)
  freshen()
  drawNonce()
  draw()
}

function share() {
  const [message, sign, theirs, order] = ['message', 'sign', 'theirs', 'order'].map(value)
  const given = { message, sign, theirs, order, algorithm: algorithm() }
  at('link').value = location.href.split('#', 1)[0] + toFragment(given, value('key'))
  at('link').hidden = false
  at('link').select()
  copy(at('link').value, words.linked)
}

function copy(text, said = words.copied) {
  const done = () => announce(said[spoken() === 'en' ? 1 : 0], 0)
  // Where the clipboard is closed, the text stands selected or can be.
  if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, done)
  else done()
}

// What is found

let found

function draw() {
  const [text, key, sign, theirs, order] = ['message', 'key', 'sign', 'theirs', 'order'].map(value)
  found = examine({ text, key, algorithm: algorithm(), sign, theirs, order })
  drawFound(found, text, algorithm())
  drawDoubt(key)
  adopt(found.fields)
  drawBench(key)
  // Once the typing rests, not at every letter.
  announce(heard(found), 700)
}

function drawDoubt(key) {
  const doubt = doubtAbout(key)
  at('key-doubt').hidden = doubt === undefined
  at('key-doubt').replaceChildren(...(doubt ? both([words.reasons.KEY_INVALID, doubt.message]) : []))
}

let rest

function announce(text, delay) {
  clearTimeout(rest)
  const say = () => {
    if (at('announcement').textContent !== text) at('announcement').textContent = text
  }
  if (delay === 0) say()
  else rest = setTimeout(say, delay)
}

const BENCH = '.bench'

document.addEventListener('input', ({ target }) => {
  if (target.id === 'yuan' || target.id === 'fen') return exchange(target.id)
  if (target.closest(BENCH)) return drawBench(value('key'))
  at('link').hidden = true
  draw()
})

const CLICKS = {
  show: () => reveal(at('key').type === 'password'),
  share,
  forget() {
    forget()
    // A link has no secret, but it has the message.
    if (location.hash !== '') history.replaceState(null, '', location.pathname + location.search)
    announce(words.forgotten[spoken() === 'en' ? 1 : 0], 0)
    at('key').focus()
  },
  language() {
    const next = spoken() === 'en' ? 'zh' : 'en'
    speak(next)
    remember(next)
  },
  'copy-xml': () => copy(signedXml(found.fields, value('key'), found.algorithm)),
  'five-fresh'() {
    freshen()
    drawBench(value('key'))
  },
  'nonce-fresh': drawNonce,
  'convert-message'() {
    at('convert').value = value('message')
    drawBench(value('key'))
  },
}

document.addEventListener('click', ({ target }) => {
  const button = target.closest('button')
  if (button === null) return
  if (button.dataset.copy !== undefined) copy(at(button.dataset.copy).textContent)
  else if (Object.hasOwn(EXAMPLES, button.id)) example(button.id)
  else CLICKS[button.id]?.()
})
addEventListener('hashchange', () => {
  const given = fromFragment(location.hash)
  if (given === undefined) return
  load(given)
  draw()
})
// A page that is left may be kept whole for the way back; the key shall not be in it.
addEventListener('pagehide', forget)

const browser = navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en'
speak(Object.hasOwn(LANGUAGES, remembered() ?? '') ? remembered() : browser)
load(fromFragment(location.hash) ?? {})
freshen()
drawNonce()
reveal(false)
draw()
