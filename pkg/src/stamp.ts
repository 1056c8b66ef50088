import { WxPayError } from './errors.js'
import type { Fields } from './fields.js'
import { draw } from './nonce.js'

/**
 * The arguments of a front end, those that are text checked, with the time in seconds and the nonce
 * where they are absent.
 */
export function stamped(given: object, texts: string, time: string, nonce?: string): Fields {
  const fields = { ...given } as Record<string, unknown>
  if (nonce) fields[nonce] ??= draw()
  for (const name of texts.split(' ')) {
    if (typeof fields[name] !== 'string') throw new TypeError(`${name} must be a string`)
  }
  const seconds = (fields[time] ??= now()) as number
  if (!Number.isSafeInteger(seconds) || seconds < 0) {
    throw new WxPayError('FIELD_VALUE', `\`${time}\`: is Unix time in whole seconds`, {
      field: time,
    })
  }
  return fields as Fields
}

/** Unix time in seconds. */
export const now = (): number => Math.floor(Date.now() / 1000)
