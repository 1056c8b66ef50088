import { WxPayError } from './errors.js'

/** A value that can be sent. Numbers are safe integers from 0 on: amounts are in fen. */
export type FieldValue = string | number | null | undefined

/** The fields of a message, by WeChat's names. Empty, `null` and absent are the same. */
export type Fields = Readonly<Record<string, FieldValue>>

/** The fields of a received message: strings, on an object without a prototype. */
export type Flat = Record<string, string>

/** The fields as the core takes them: their count, then name, separator, value, NUL for each. */
export function flatten(fields: Fields): string {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    throw new TypeError('fields must be an object of names and values')
  }
  let count = 0
  let text = ''
  for (const name of Object.keys(fields)) {
    // Read once: a getter may answer otherwise the next time.
    const value: unknown = fields[name]
    if (typeof value === 'string') {
      if (!isWellFormed(value)) throw refused(name, 'holds half a surrogate pair, which is no text')
      text += name + '\0' + value + '\0'
    } else if (typeof value === 'number') {
      if (!Number.isSafeInteger(value) || value < 0 || Object.is(value, -0)) {
        throw refused(
          name,
          'is no integer from 0 to 2^53; amounts are integers in fen (1.5 yuan is 150), and ' +
            'anything else is given as a string',
        )
      }
      text += name + '\x01' + value + '\0'
    } else if (value === null || value === undefined) {
      continue
    } else {
      throw refused(name, `is ${kind(value)}; a value is a string or an integer`)
    }
    count++
  }
  return count + '\0' + text
}

/** The fields that the core returned. */
export function unflatten(text: string): Flat {
  const fields = Object.create(null) as Flat
  const parts = text.split('\0')
  for (let i = 0; i + 1 < parts.length; i += 2) fields[parts[i] as string] = parts[i + 1] as string
  return fields
}

/** The field whose name or value holds the crossing's separator, which the core cannot tell. */
export function fieldWithNul(fields: Fields): string | undefined {
  return Object.keys(fields).find(name => name.includes('\0') || String(fields[name]).includes('\0'))
}

const HALF = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/

const isWellFormed: (text: string) => boolean =
  'isWellFormed' in String.prototype
    ? text => (text as string & { isWellFormed(): boolean }).isWellFormed()
    : text => !HALF.test(text)

function refused(name: string, reason: string): WxPayError {
  const field = JSON.stringify(name.slice(0, 64)).slice(1, -1)
  return new WxPayError('FIELD_VALUE', `\`${field}\`: ${reason}`, { field })
}

function kind(value: unknown): string {
  if (typeof value !== 'object') return `a ${typeof value}`
  return Array.isArray(value) ? 'an array' : 'an object (send JSON as a string)'
}
