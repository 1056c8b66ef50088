/** What OpenSSL 3 refuses, said in both languages, with what to do. */
export const LEGACY =
  'is PKCS#12 in an old encryption (RC2-40), which OpenSSL 3 and so this Node cannot read. ' +
  'Convert it once to PEM: npx wxpay-wasm cert convert apiclient_cert.p12, then give cert and key; ' +
  'or take apiclient_cert.pem and apiclient_key.pem, which came with it. ' +
  '证书文件使用旧式 RC2-40 加密,当前 Node(OpenSSL 3)无法读取。请运行 ' +
  'npx wxpay-wasm cert convert apiclient_cert.p12 转换为 PEM,再用 cert 和 key 传入;' +
  '或直接使用同时下载的 apiclient_cert.pem 和 apiclient_key.pem。'

/** Whether the passphrase is what an error of OpenSSL or node-forge is about. */
export const isWrongPassphrase = (reason: string): boolean =>
  /mac verify|mac could not be verified|invalid password|bad decrypt/i.test(reason)

export const WRONG_PASSPHRASE =
  'cannot be opened with this passphrase, or is damaged; the passphrase is the merchant id (mchid) ' +
  'unless somebody changed it'

/** Whether the bytes begin like ASN.1: a SEQUENCE. */
export const isDer = (bytes: Uint8Array): boolean => bytes[0] === 0x30

/** Whether the bytes begin like PKCS#12: a SEQUENCE that begins with the INTEGER 3. */
export function isPkcs12(bytes: Uint8Array): boolean {
  const start = header(bytes)?.start
  if (start === undefined) return false
  return bytes[start] === 2 && bytes[start + 1] === 1 && bytes[start + 2] === 3
}

/** Why the bytes are no whole PKCS#12 file, or `undefined` when they seem to be one. */
export function pkcs12Fault(bytes: Buffer): string | undefined {
  const wanted = 'expected the bytes of apiclient_cert.p12'
  if (bytes.length === 0) return `is empty; ${wanted}`
  if (bytes.includes('-----BEGIN ')) return `is PEM, which goes into \`cert\` and \`key\`; ${wanted}`
  // The second byte of such a file is above 0x7f and no UTF-8.
  if (bytes.indexOf('\ufffd') === 1) {
    return `was read as text, which broke it; ${wanted}, read without an encoding`
  }
  if (bytes.indexOf('MII') === 0) return `is base64; ${wanted}: Buffer.from(text, 'base64')`
  const { start, end } = header(bytes) ?? { start: 0, end: 0 }
  if (end > bytes.length) {
    return `is truncated: ${end} bytes are announced, and ${bytes.length} are there`
  }
  if (isPkcs12(bytes)) return undefined
  return start > 0 && isDer(bytes)
    ? `is DER of another kind, a certificate or a key alone; ${wanted}`
    : `is no PKCS#12; ${wanted}`
}

/** Where the outermost SEQUENCE has its content, in bytes. */
function header(bytes: Uint8Array): { start: number; end: number } | undefined {
  const [tag, length] = bytes
  if (tag !== 0x30 || length === undefined) return undefined
  if (length < 0x80) return { start: 2, end: 2 + length }
  // Of indefinite length, or longer than any file is.
  if (length === 0x80 || length > 0x84) return { start: 2, end: 2 }
  const start = 2 + (length & 0x7f)
  const end = bytes.subarray(2, start).reduce((sum, byte) => sum * 256 + byte, 0)
  return { start, end: start + end }
}
