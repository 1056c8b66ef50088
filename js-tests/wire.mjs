// The other side of the wire, with node:crypto alone: the package must not agree with itself.
import { createHash, createHmac } from 'node:crypto'

/** The merchant of the official documents. */
export const KEY = '192006250b4c09247ec02edce69f6a2d'
export const APPID = 'wxd930ea5d5a258f4f'
export const MCHID = '1900000109'
export const OTHER_KEY = 'abcdefghijklmnopqrstuvwxyz012345'

/** The signature of chapter 4.3. */
export function digest(fields, { key = KEY, type = 'MD5' } = {}) {
  const filled = Object.entries(fields).filter(
    ([name, value]) => name !== 'sign' && value !== '' && value !== undefined && value !== null,
  )
  filled.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  const text = [...filled.map(pair => pair.join('=')), `key=${key}`].join('&')
  const hash = type === 'MD5' ? createHash('md5') : createHmac('sha256', key)
  return hash.update(text, 'utf8').digest('hex').toUpperCase()
}

/** Well-formed XML of the fields. */
export function xml(fields) {
  const elements = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`)
  return `<xml>${elements.join('')}</xml>`
}

/** The message with its signature. */
export const signed = (fields, options) => xml({ ...fields, sign: digest(fields, options) })

/** The fields of a message that this package wrote. */
export function read(text) {
  const elements = text.matchAll(/<(\w+)>(?:<!\[CDATA\[([^]*?)\]\]>|([^<]*))<\/\1>/g)
  return Object.fromEntries(Array.from(elements, ([, name, quoted, bare]) => [name, quoted ?? bare]))
}
