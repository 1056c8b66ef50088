import { sign } from '../facade.js'
import { beijingDay, beijingTime } from './clock.js'
import type { Dice } from './dice.js'
import { DOCUMENTS_KEY } from './merchant.js'

/** `wx`, 14 digits of Beijing time, 20 hex digits: 36 characters, as production writes it. */
export const prepayId = (dice: Dice, now: number): string => `wx${beijingTime(now)}${dice.hex(20)}`

/** 28 digits: `420000`, four digits, the Beijing date, ten digits. */
export const transactionId = (dice: Dice, now: number): string =>
  `420000${dice.digits(4)}${beijingDay(now)}${dice.digits(10)}`

/** 29 digits: `5030`, digits, the Beijing date, digits (refunds). */
export const refundId = (dice: Dice, now: number): string =>
  `5030${dice.digits(7)}${beijingDay(now)}${dice.digits(10)}`

/** 28 digits that begin with `10` (payouts, red packets) or `30` (sharing). */
export const payoutId = (dice: Dice, now: number, kind: '10' | '30' = '10'): string =>
  `${kind}${dice.digits(8)}${beijingDay(now)}${dice.digits(10)}`

/** The eight base62 characters at the end of a `code_url`. */
export const payCode = (dice: Dice): string => dice.text(8)

/** The same 28-character openid for the same name, on every run and machine. */
export function openidOf(name: string): string {
  const digest = sign({ name }, DOCUMENTS_KEY, 'HMAC-SHA256')
  return `o${Buffer.from(digest, 'hex').toString('base64url').slice(0, 27)}`
}
