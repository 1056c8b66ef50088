/** The right-hand side: the verdict, its reasons, the strings and the fields. */
import { at, both, LANGUAGES, make, spoken } from './make.mjs'
import { recognise } from './recognise.mjs'
import { ours, sealed, theirs, visible } from './string.mjs'
import { isSigned } from './verdict.mjs'
import * as words from './words.mjs'

/** Draws what `examine` found of the text. */
export function drawFound(found, text, algorithm) {
  const { title, text: said } = words.verdicts[found.state]
  at('found').dataset.state = found.state
  const fields = found.state === 'opened' ? { req_info: '' } : found.fields
  at('kind').replaceChildren(...bothOrNone(recognise(text, fields)))
  at('verdict').replaceChildren(...both(title))
  drawExplanation(found, said, algorithm)
  drawFault(found, text)
  drawMistakes(found.diagnosis)

  at('signature-part').hidden = found.state !== 'signed'
  at('signature').textContent = found.signature ?? ''
  at('signature-algorithm').textContent = found.algorithm ?? ''
  drawStrings(found)
  drawDiff(found.diagnosis)
  drawFields(found.fields)
  drawTried(found)
}

const bothOrNone = (pair) => (pair === undefined ? [] : both(pair))
const codeOf = (error) => error.code ?? (error instanceof SyntaxError ? 'JSON' : error.name)

function drawExplanation({ state, algorithm: used, error, diagnosis }, said, wanted) {
  const parts = []
  // Where mistakes are listed, the list has said it all.
  if (diagnosis && state !== 'mistaken' && state !== 'fits') parts.push(...both([diagnosis.zh, diagnosis.en]))
  else if (said) parts.push(...both(said))
  if (state === 'fits' && used) parts.push(make('span', { className: 'used' }, used))
  if (state === 'fits' && wanted === 'MD5' && used === 'HMAC-SHA256') parts.push(...both(words.stronger))
  if (error && !diagnosis) parts.push(make('span', { className: 'zh', lang: LANGUAGES.zh }, words.reasons[codeOf(error)] ?? ''))
  at('explanation').replaceChildren(...parts)
}

function drawFault({ state, error, diagnosis }, text) {
  at('fault').hidden = error === undefined || !['unread', 'misfit', 'refused'].includes(state)
  at('fault-code').textContent = error ? codeOf(error) : ''
  at('fault-message').textContent = error?.message ?? ''
  at('fault-message').hidden = diagnosis !== undefined
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

function drawMistakes({ mistakes = [] } = {}) {
  at('mistakes-part').hidden = mistakes.length === 0
  at('mistakes').replaceChildren(
    ...mistakes.map(({ id, zh, en, fix_zh, fix_en }) =>
      make(
        'li',
        {},
        make('p', { className: 'what' }, ...both([zh, sentence(en)])),
        make('p', { className: 'fix' }, ...both([fix_zh, sentence(fix_en)])),
        make('code', {}, id),
      )),
  )
}

const sentence = (text) => text[0].toUpperCase() + text.slice(1).replaceAll('`', '')

function drawStrings({ state, string, fields, diagnosis }) {
  // What the parameters of a payment sign, the doctor knows.
  const own = fields?.paySign === undefined ? string : undefined
  at('string-part').hidden = own === undefined
  at('string').replaceChildren(...(own === undefined ? [] : ours(own)))
  const signed = diagnosis?.signed_string ?? ''
  // The key is masked in both: a mistake in it shows in neither.
  const worth = signed !== '' && (own === undefined || (state === 'mistaken' && signed !== sealed(own)))
  at('signed-part').hidden = !worth
  at('signed').replaceChildren(...(worth ? theirs(signed, own ?? pairsOf(fields) ?? signed) : []))
  const differs = at('signed').querySelector('.differs') !== null
  at('signed-note').replaceChildren(...(differs ? both(words.differs) : []))
}

/** The message, where what of it is signed is not known here. */
const pairsOf = (fields) => fields && Object.entries(fields).map((pair) => pair.join('=')).join('&')

function drawDiff({ diff = [] } = {}) {
  at('diff-part').hidden = diff.length === 0
  const side = (value) => make('td', {}, ...visible(value ?? '—'))
  at('diff').replaceChildren(
    ...diff.map(({ field, kind, ours, theirs }) =>
      make('tr', {}, make('th', { scope: 'row' }, field, make('small', { className: 'after' }, ...both(words.kinds[kind]))), side(ours), side(theirs))),
  )
}

function drawFields(fields) {
  at('fields-part').hidden = fields === undefined
  const entries = Object.entries(fields ?? {})
  const signed = entries.filter(([name, value]) => isSigned(name, value)).length
  // What the key opened, or would open, is not signed at all.
  const plain = at('found').dataset.state === 'opened' || Object.hasOwn(fields ?? {}, 'req_info')
  at('fields-count').replaceChildren(...(plain ? [] : both(words.count(entries.length, signed))))
  at('fields').replaceChildren(...entries.map(([name, value]) => row(name, value, plain || isSigned(name, value))))
  at('odd-note').hidden = at('fields').querySelector('mark') === null
}

function row(name, value, signed) {
  const cell = make('td', {}, ...visible(String(value ?? '')))
  if (!signed) cell.append(make('small', { className: value ? 'after' : '' }, ...both(words.unsigned)))
  return make('tr', { className: signed ? '' : 'out' }, make('th', { scope: 'row' }, name), cell)
}

function drawTried({ diagnosis, took }) {
  const { tried = 0, complete } = diagnosis ?? {}
  at('tried').hidden = tried === 0 || took === undefined
  if (!at('tried').hidden) at('tried').replaceChildren(...both(words.tried(tried, Math.max(1, Math.round(took)), complete)))
}

/** What is heard: the verdict and its reason in one sentence. */
export function heard({ state, error, diagnosis }) {
  const english = spoken() === 'en'
  const [zh, en] = words.verdicts[state].title
  const title = english ? en : zh
  const said = diagnosis && (english ? diagnosis.en : diagnosis.zh)
  const reason = said ?? (error && (english ? error.message : words.reasons[codeOf(error)] ?? error.message))
  return reason ? `${title}. ${reason}` : title
}
