type Source = { getRandomValues(bytes: Uint8Array<ArrayBuffer>): unknown }

let source: Source | undefined

/** Node 18 has no global `crypto`: its entry passes the one of `node:crypto`. */
export function provideRandom(given: Source): void {
  source ??= given
}

/** Fills the bytes from the platform's secure source; throws without one, there is no fallback. */
export function fillRandom(bytes: Uint8Array<ArrayBuffer>): void {
  const secure = source ?? (globalThis.crypto as Source | undefined)
  if (secure === undefined) throw new Error('no secure random source')
  secure.getRandomValues(bytes)
}
