/** A message as people have it at hand: XML, a JSON object, lines, or the string that was signed. */
import { parseXml, WxPayError } from './wxpay-wasm/index.js'

/** The fields of the text. @throws WxPayError, or a SyntaxError for what is no JSON */
export function readMessage(text) {
  const start = text.trimStart()[0]
  if (start === '<') return parseXml(text)
  if (start === '{' || start === '[') return readJson(text)
  // A line of a log, or several.
  const [xml] = /<xml>[^]*<\/xml>/.exec(text) ?? []
  return xml === undefined ? readPairs(text) : parseXml(xml)
}

function readJson(text) {
  const fields = JSON.parse(text)
  if (Array.isArray(fields)) throw new SyntaxError('a message is one object, not an array')
  // JSON.parse keeps the last of two members without a word; a signature covers one of them. The
  // members of a flat object are its colons outside of strings.
  const members = text.replace(/"(?:[^"\\]|\\.)*"/g, '').split(':').length - 1
  const flat = Object.values(fields).every((value) => typeof value !== 'object' || value === null)
  if (flat && members !== Object.keys(fields).length) {
    throw new WxPayError('FIELD_DUPLICATE', 'the object has two members of the same name')
  }
  return fields
}

/** One line that is nothing but pairs is the string to sign, as logs have it. */
const STRING_TO_SIGN = /^\s*\w+=[^&\n]*(?:&\w+=[^&\n]*)+\s*$/

function readPairs(text) {
  const end = STRING_TO_SIGN.test(text) ? '&' : '\n'
  const fields = new Map()
  let at = 0
  // A value keeps its spaces, they are signed; only what surrounds a pasted single line goes.
  for (const pair of (end === '&' ? text.trimEnd() : text).split(end)) {
    const equals = pair.indexOf('=')
    const name = pair.slice(0, equals).trim()
    if (equals > 0) {
      if (fields.has(name)) throw stopped('FIELD_DUPLICATE', 'the name stands twice', text, at, name)
      fields.set(name, pair.slice(equals + 1))
    } else if (pair.trim() !== '') {
      throw stopped('FIELD_NAME', 'expected name=value', text, at)
    }
    at += pair.length + 1
  }
  return Object.fromEntries(fields)
}

function stopped(code, reason, text, index, field) {
  const offset = new TextEncoder().encode(text.slice(0, index)).length
  const subject = field === undefined ? '' : `\`${field}\`: `
  return new WxPayError(code, `${subject}${reason} (at byte ${offset})`, { field, offset })
}
