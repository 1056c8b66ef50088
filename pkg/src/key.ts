import { checkKey } from './facade.js'

const REDACTED = 'Key(REDACTED)'

let text: (key: Key) => string

/**
 * A merchant's API v2 key (商户 API 密钥): 32 characters of `[0-9A-Za-z]`, checked when it is made.
 * It shows itself as `Key(REDACTED)` to `String`, `JSON.stringify` and `console.log`.
 *
 * @throws WxPayError `KEY_MISSING`, `KEY_INVALID` with the likely reason and never the key
 */
export class Key {
  readonly #text: string

  static {
    text = key => key.#text
  }

  constructor(key: string) {
    checkKey(key)
    this.#text = key
  }

  toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return REDACTED
  }
}

/** The key itself, for the facade alone. */
export const reveal = (key: string | Key): string => (key instanceof Key ? text(key) : key)
