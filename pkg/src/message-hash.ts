/** `require`, in the CommonJS files alone: the build puts it there. */
declare const NODE_REQUIRE: ((name: string) => { webcrypto: Crypto }) | undefined

/** SHA-256 of a message in lower-case hexadecimal digits: names its exact bytes in the audit. */
export async function messageHash(body: Uint8Array): Promise<string> {
  // Node 18 has no global `crypto`.
  const subtle =
    globalThis.crypto?.subtle ??
    (typeof NODE_REQUIRE === 'function' ? NODE_REQUIRE('node:crypto').webcrypto.subtle : undefined)
  const digest = new Uint8Array(await subtle.digest('SHA-256', body as Uint8Array<ArrayBuffer>))
  return Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('')
}
