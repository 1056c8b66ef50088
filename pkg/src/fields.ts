import { WxPayError } from './errors.js'

/** A value that can be sent. Numbers are safe integers from 0 on: amounts are in fen. */
export type FieldValue = string | number | null | undefined

/** The fields of a message, by WeChat's names. Empty, `null` and absent are the same. */
export type Fields = Readonly<Record<string, FieldValue>>

/** The fields of a received message: strings, on an object without a prototype. */
export type Flat = Record<string, string>

/** The fields at one moment: a getter or a proxy may answer otherwise the next time. */
export interface Snapshot {
  names: readonly string[]
  /** Text or integers; `''` for what is absent. */
  values: readonly (string | number)[]
  /** Whether every field is filled. */
  full: boolean
}

/** Reads each field once. @throws WxPayError `FIELD_VALUE` with the name */
export function snapshot(fields: Fields): Snapshot {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    throw new TypeError('fields must be an object of names and values')
  }
  const names = Object.keys(fields)
  const values: unknown[] = []
  if (names.length === 0 && !isPlain(fields)) {
    throw new TypeError('fields must be a plain object')
  }
  let full = true
  for (let i = 0; i < names.length; i++) {
    let value: unknown = fields[names[i] as string]
    if (typeof value === 'string') {
      if (value === '') full = false
    } else if (typeof value === 'number') {
      if (!Number.isSafeInteger(value) || value < 0 || Object.is(value, -0)) {
        throw refused(
          names[i] as string,
          'is no integer from 0 to 2^53; amounts are in fen (1.5 yuan is 150), anything else is a string',
        )
      }
    } else if (value === null || value === undefined) {
      full = false
      value = ''
    } else {
      throw refused(names[i] as string, `is ${kind(value)}; a value is a string or an integer`)
    }
    values.push(value)
  }
  return { names, values: values as (string | number)[], full }
}

/** `name NUL value NUL …` for the filled fields, U+0001 before an integer. */
export function pairs({ names, values }: Snapshot): { text: string; count: number } {
  let text = ''
  let count = 0
  for (let i = 0; i < names.length; i++) {
    const value = values[i] as string | number
    if (value === '') continue
    text += (names[i] as string) + (typeof value === 'number' ? '\x01' : '\0') + value + '\0'
    count++
  }
  return { text, count }
}

/** The fields as the tools take them: their count, then the pairs. */
export function flatten(taken: Snapshot): string {
  for (let i = 0; i < taken.names.length; i++) {
    const name = taken.names[i] as string
    const value = String(taken.values[i])
    if (!isWellFormed(value)) {
      throw refused(name, 'holds half a surrogate pair, which is no text')
    }
    if (value.includes('\0') || name.includes('\0')) {
      throw refused(name, 'holds U+0000, which no XML message can carry')
    }
  }
  const { text, count } = pairs(taken)
  return count + '\0' + text
}

/** The fields that the tools returned. */
export function unflatten(text: string): Flat {
  const fields = Object.create(null) as Flat
  const parts = text.split('\0')
  for (let i = 0; i + 1 < parts.length; i += 2) fields[parts[i] as string] = parts[i + 1] as string
  return fields
}

const HALF = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/

/** Whether each half of a surrogate pair has its other half. */
export const isWellFormed: (text: string) => boolean =
  'isWellFormed' in String.prototype
    ? text => (text as string & { isWellFormed(): boolean }).isWellFormed()
    : text => !HALF.test(text)

function isPlain(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object)
  return prototype === null || Object.getPrototypeOf(prototype as object) === null
}

function refused(name: string, reason: string): WxPayError {
  const field = JSON.stringify(name.slice(0, 64)).slice(1, -1)
  return new WxPayError('FIELD_VALUE', `\`${field}\`: ${reason}`, { field })
}

function kind(value: unknown): string {
  if (typeof value !== 'object') return `a ${typeof value}`
  return Array.isArray(value) ? 'an array' : 'an object (send JSON as a string)'
}
