import { WxPayError } from './errors.js'
import { Key } from './key.js'

/** A key that is accepted until a time: the old one, while the key changes. */
export interface EndingKey {
  key: string | Key
  /** ms UTC, or a date; notifications signed with it come for a day after the change. */
  until: number | Date
}

/** One merchant key or, while it changes, several: the new one first. */
export type PartnerKey = string | Key | EndingKey | readonly (string | Key | EndingKey)[]

/**
 * Which keys are good at a time, ms UTC; the one that signs comes first.
 *
 * @throws WxPayError `KEY_MISSING`, `KEY_INVALID`, `CONFIG_INVALID`
 */
export function keyRing(given: PartnerKey): (at: number) => Key[] {
  const list = (Array.isArray(given) ? given : [given]) as readonly (string | Key | EndingKey)[]
  const ring = list.map(entry => {
    const ending = typeof entry === 'object' && entry !== null && !(entry instanceof Key)
    const { key, until } = ending ? entry : { key: entry, until: Infinity }
    const end = Number(until)
    if (Number.isNaN(end)) {
      throw new WxPayError('CONFIG_INVALID', '`partnerKey`: `until` is a date or ms UTC', {
        field: 'partnerKey',
      })
    }
    return { key: key instanceof Key ? key : new Key(key), end }
  })
  if (ring.length === 0) throw new WxPayError('KEY_MISSING', 'at least one merchant key is needed')
  return at => {
    const good = ring.filter(({ end }) => at < end).map(({ key }) => key)
    if (good.length > 0) return good
    throw new WxPayError('KEY_MISSING', 'the time of every merchant key is over (`until`)')
  }
}
