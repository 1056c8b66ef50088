import { crypto } from './platform.js'

/** Fills the bytes from the platform's secure source; throws without one, there is no fallback. */
export function fillRandom(bytes: Uint8Array<ArrayBuffer>): void {
  const secure = crypto()
  if (secure === undefined) throw new Error('no secure random source')
  secure.getRandomValues(bytes)
}
