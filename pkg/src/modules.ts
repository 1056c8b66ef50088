import { BASE64 as CORE } from '../dist/generated/core-bytes.js'
import { TOOLS } from './tools-module.js'

/** The compiled modules. The bytes are embedded: no file, no network, no bundler set-up. */
export const compileCore = (): WebAssembly.Module => new WebAssembly.Module(decode(CORE))
export const compileTools = (): WebAssembly.Module => new WebAssembly.Module(decode(TOOLS.BASE64))

function decode(base64: string): Uint8Array<ArrayBuffer> {
  if (typeof Buffer === 'function') return Buffer.from(base64, 'base64')
  const binary = atob(base64)
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}
