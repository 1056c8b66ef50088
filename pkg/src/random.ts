type Source = { getRandomValues(bytes: Uint8Array<ArrayBuffer>): unknown }

/** `require`, in the CommonJS files alone: the build puts it there. */
declare const NODE_REQUIRE: ((name: string) => { webcrypto: Source }) | undefined

/** Fills the bytes from the platform's secure source; throws without one, there is no fallback. */
export function fillRandom(bytes: Uint8Array<ArrayBuffer>): void {
  const web = globalThis.crypto as Source | undefined
  // In `node -e` of Node 16 the global is the module of that name.
  const secure = web?.getRandomValues === undefined ? ofNode() : web
  if (secure === undefined) throw new Error('no secure random source')
  secure.getRandomValues(bytes)
}

/** Node 18 has no global `crypto`. */
function ofNode(): Source | undefined {
  return typeof NODE_REQUIRE === 'function' ? NODE_REQUIRE('node:crypto').webcrypto : undefined
}
