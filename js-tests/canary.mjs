// Secrets that are easily recognised, and everything that a value could show of them.
import { createHash } from 'node:crypto'
import util from 'node:util'

export const KEY = 'cAnArYkEy0oF0tHe0mErChAnT0a1b2c3'
export const OTHER_KEY = 'cAnArYkEy0oF0tHe0oLd0dAyS0d4e5f6'
export const PASSPHRASE = 'canary-passphrase-of-the-certificate'
export const APP_SECRET = 'canaryappsecret0123456789abcdef0'

/** A text as it could be found again: as it is, encoded, hashed as WeChat hashes keys. */
const spellings = text => [
  text,
  Buffer.from(text).toString('hex'),
  Buffer.from(text).toString('base64').replace(/=+$/, ''),
  createHash('md5').update(text).digest('hex'),
]

const folded = text => text.toLowerCase()

/** Watches for secrets in what is shown; `found` names each one that was seen, and where. */
export class Watch {
  secrets = new Map()
  views = 0
  found = []

  constructor(secrets = {}) {
    for (const [name, text] of Object.entries(secrets)) this.add(name, text)
  }

  add(name, text) {
    for (const spelling of spellings(text)) this.secrets.set(folded(spelling), name)
  }

  /** Looks at a value in every way that a log could: `where` says what it is. */
  look(where, value) {
    for (const view of views(value)) {
      this.views += 1
      const text = folded(view)
      for (const [secret, name] of this.secrets) {
        if (text.includes(secret)) this.found.push(`${where} shows ${name}`)
      }
    }
    return value
  }
}

const HIDDEN = { depth: Infinity, showHidden: true, getters: true, maxArrayLength: Infinity, maxStringLength: Infinity }

function* views(value) {
  if (typeof value === 'string') return yield value
  yield util.inspect(value, HIDDEN)
  yield util.inspect(value, { ...HIDDEN, customInspect: false })
  yield attempt(() => JSON.stringify(value))
  yield attempt(() => String(value))
  yield* parts(value, new Set())
}

/** Every text that can be reached from the value: names and values of properties, hidden ones too. */
function* parts(value, seen) {
  if (typeof value === 'string') yield value
  if (ArrayBuffer.isView(value)) yield Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1')
  if (value === null || typeof value !== 'object' || seen.has(value)) return
  seen.add(value)
  for (const name of Reflect.ownKeys(value)) {
    yield String(name)
    yield* parts(attempt(() => value[name]), seen)
  }
  if (value instanceof Map || value instanceof Set) for (const item of value) yield* parts(item, seen)
  // Classes of the package: accessors of the prototype show as properties do.
  const prototype = Object.getPrototypeOf(value)
  for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(prototype ?? {}))) {
    if (get !== undefined && name !== '__proto__') yield* parts(attempt(() => get.call(value)), seen)
  }
}

function attempt(view) {
  try {
    return view() ?? ''
  } catch {
    return ''
  }
}
