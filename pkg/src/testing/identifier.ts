import { nonceStr, sign } from '../facade.js'
import { beijingTime } from './clock.js'
import { DOCUMENTS_KEY } from './merchant.js'

/** `wx`, 14 digits of Beijing time, 20 hex digits: 36 characters, as production writes it. */
export function prepayId(now: number): string {
  return `wx${beijingTime(now)}${Buffer.from(nonceStr()).toString('hex').slice(0, 20)}`
}

/** 28 digits: `420000`, four digits, the Beijing date, ten digits. */
export function transactionId(now: number): string {
  const digits = Array.from(nonceStr(), letter => letter.charCodeAt(0) % 10).join('')
  return `420000${digits.slice(0, 4)}${beijingTime(now).slice(0, 8)}${digits.slice(4, 14)}`
}

/** The eight base62 characters at the end of a `code_url`. */
export const payCode = (): string => nonceStr().slice(0, 8)

/** What `wx.login()` hands to a mini program. */
export const loginCode = (): string => nonceStr()

/** Base64 of 16 bytes (code2Session). */
export const sessionKey = (): string => Buffer.from(nonceStr()).subarray(0, 16).toString('base64')

/** The same 28-character openid for the same name, on every run and machine. */
export function openidOf(name: string): string {
  const digest = sign({ name }, DOCUMENTS_KEY, 'HMAC-SHA256')
  return `o${Buffer.from(digest, 'hex').toString('base64url').slice(0, 27)}`
}
