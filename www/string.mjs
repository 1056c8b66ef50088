/** A string to sign as one can read it: names, values, and what nobody sees. */
import { both, make } from './make.mjs'
import * as words from './words.mjs'

/** White space at the ends, and what has no ink or turns the writing round. */
const UNSEEN = /^\s+|\s+$|[\p{Cc}\p{Cf}\u2028\u2029\u00a0\u3000]/gu
const code = (character) => `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}`

/** The value with the characters named that nobody sees: the commonest reason of a mismatch. */
export function visible(value) {
  return split(value, (character) => make('mark', {}, code(character)))
}

/** The same, where the text stays what was signed: the names are drawn by the style sheet. */
function signed(value) {
  return split(value, (character) => {
    const mark = make('mark', { title: code(character) }, character)
    mark.dataset.code = code(character)
    return mark
  })
}

function split(value, named) {
  const parts = []
  let from = 0
  for (const { 0: hidden, index } of value.matchAll(UNSEEN)) {
    parts.push(value.slice(from, index), ...Array.from(hidden, named))
    from = index + hidden.length
  }
  return [...parts, value.slice(from)]
}

/** As the doctor writes what nobody sees. */
const told = (text) =>
  text
    .replace(/[\0-\x1f]/g, (character) => String.fromCharCode(0x2400 + character.charCodeAt(0)))
    .replace(/[\p{Cf}\u2028\u2029\u00a0\u3000]/gu, (character) => `<${code(character)}>`)

/** The string as the doctor would write it. */
export const sealed = (string) => `${told(string)}&key=***`

/** The string that the message gives, and what stands for the key. */
export function ours(string) {
  const mask = make('span', { className: 'mask' }, '••••••••', make('span', { className: 'unseen' }, ...both(words.maskedKey)))
  const tail = make('span', { className: 'tail' }, string === '' ? 'key=' : '&key=', mask)
  return [...pieces(string, signed), tail]
}

/** The string that was signed, from the doctor; pieces that the other one lacks are marked. */
export function theirs(string, other) {
  const known = new Set(sealed(other).split('&'))
  return pieces(string, (value) => [value], (piece) => !known.has(piece))
}

/** Lines break before an ampersand, where they can. */
function pieces(string, shown, differs = () => false) {
  return string.split(/(?=&)/).flatMap((piece) => {
    const joint = piece.startsWith('&') ? '&' : ''
    const pair = piece.slice(joint.length)
    const equals = pair.indexOf('=') + 1
    const parts = [make('span', { className: 'name' }, pair.slice(0, equals)), ...shown(pair.slice(equals))]
    const body = differs(pair) ? [make('mark', { className: 'differs' }, ...parts)] : parts
    return [joint, ...body, make('wbr')]
  })
}
