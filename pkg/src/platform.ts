/** `require`, in the CommonJS files alone: the build puts it there. */
declare const NODE_REQUIRE: ((name: string) => { webcrypto: Crypto }) | undefined

/** What bundles for Node bring along for versions without a global `crypto`. */
export const platform: { crypto?: Crypto } = {}

/** The platform's cryptography. Node has it as a global from version 19 on. */
export function crypto(): Crypto | undefined {
  const web = globalThis.crypto as Crypto | undefined
  // In `node -e` of Node 16 the global is the module of that name.
  if (web?.getRandomValues !== undefined) return web
  return typeof NODE_REQUIRE === 'function' ? NODE_REQUIRE('node:crypto').webcrypto : platform.crypto
}
