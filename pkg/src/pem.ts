import { isPkcs12, isDer } from './pkcs12.js'

/** Why the bytes are not the PEM block that is wanted, or `undefined` when they are. */
export function pemFault(bytes: Buffer, block: 'CERTIFICATE' | 'PRIVATE KEY'): string | undefined {
  const [other, option] =
    block === 'CERTIFICATE' ? ['PRIVATE KEY', 'key'] : ['CERTIFICATE', 'cert']
  const wanted = `expected PEM text with -----BEGIN ${block}-----`
  if (bytes.length === 0) return `is empty; ${wanted}`
  if (isPkcs12(bytes)) return `is PKCS#12 (apiclient_cert.p12), which goes into \`pfx\`; ${wanted}`
  if (isDer(bytes)) {
    const tool = block === 'CERTIFICATE' ? 'x509' : 'pkey'
    return `is DER, the binary form; ${wanted}: openssl ${tool} -inform der -in FILE -out FILE.pem`
  }
  if (bytes.includes('-----BEGIN') && bytes.includes('\\n')) {
    return "has \\n as two characters instead of line ends; use text.replaceAll('\\\\n', '\\n')"
  }
  // `RSA PRIVATE KEY` and `ENCRYPTED PRIVATE KEY` end alike.
  if (!bytes.includes(`${block}-----`)) {
    if (!bytes.includes(`${other}-----`)) return `is no PEM; ${wanted}`
    return `is PEM of the other kind, a ${other}, which goes into \`${option}\`; ${wanted}`
  }
  const ends = bytes.lastIndexOf('-----END ') > bytes.lastIndexOf('-----BEGIN ')
  return ends ? undefined : 'is truncated: the last block has no -----END'
}
