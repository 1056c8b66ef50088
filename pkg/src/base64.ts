/** The bytes of an embedded module. */
export function decode(base64: string): Uint8Array<ArrayBuffer> {
  if (typeof Buffer === 'function') return Buffer.from(base64, 'base64')
  const binary = atob(base64)
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}
