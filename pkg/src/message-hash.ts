import { crypto } from './platform.js'

/** SHA-256 of a message in lower-case hexadecimal digits: names its exact bytes in the audit. */
export async function messageHash(body: Uint8Array): Promise<string> {
  const { subtle } = crypto() as Crypto
  const digest = new Uint8Array(await subtle.digest('SHA-256', body as Uint8Array<ArrayBuffer>))
  return Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('')
}
