import { crypto } from './platform.js'

/** `require`, in the CommonJS files alone: the build puts it there. */
declare const NODE_REQUIRE: ((name: string) => Hashing) | undefined

interface Hashing {
  createHash(name: 'sha256'): { update(bytes: Uint8Array): { digest(encoding: 'hex'): string } }
}

/** Node's module, where there is one: in ES modules from Node 20.16 and 22.3 on. */
function ofNode(): Hashing | undefined {
  if (typeof NODE_REQUIRE === 'function') return NODE_REQUIRE('node:crypto')
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): Hashing | undefined } }
  return process?.getBuiltinModule?.('node:crypto')
}

/** SHA-256 of a message in lower-case hexadecimal digits: names its exact bytes in the audit. */
export async function messageHash(body: Uint8Array): Promise<string> {
  // Web Crypto sends each message to another thread and back.
  const node = ofNode()
  if (node?.createHash !== undefined) return node.createHash('sha256').update(body).digest('hex')
  const { subtle } = crypto() as Crypto
  const digest = new Uint8Array(await subtle.digest('SHA-256', body as Uint8Array<ArrayBuffer>))
  return Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('')
}
