import { WxPayError } from './errors.js'

/**
 * The merchant's client certificate (商户 API 证书), which refunds and payouts need: PEM as `cert`
 * and `key`, or PKCS#12 as `pfx`. Each is content, or with `File` in its name a path; files are
 * read again when they change. Node only.
 */
export interface CertificateOptions {
  /** What stands in `apiclient_cert.pem`. */
  cert?: string | Uint8Array
  /** What stands in `apiclient_key.pem`. Text that is no PEM is taken for the merchant key. */
  key?: string | Uint8Array
  /** The bytes of `apiclient_cert.p12`. */
  pfx?: Uint8Array
  certFile?: string
  keyFile?: string
  pfxFile?: string
  /** The passphrase of `pfx`, the merchant id where absent; or of an encrypted `key`. */
  passphrase?: string
}

/** A part of the certificate: its content, or the file that has it. */
export type CertificatePart = {
  kind: 'cert' | 'key' | 'pfx'
  /** The name under which it was given. */
  option: string
  passphrase: string | undefined
} & ({ content: Uint8Array; file?: never } | { file: string; content?: never })

/** Certificate and key, or PKCS#12 alone; `undefined` where nothing was given. */
export function certificateParts(
  options: CertificateOptions,
): [CertificatePart, ...CertificatePart[]] | undefined {
  const { passphrase } = options
  if (passphrase !== undefined && typeof passphrase !== 'string') {
    throw invalid('passphrase', 'must be a string')
  }
  const pfx = part('pfx', options)
  const cert = part('cert', options)
  const key = part('key', options)
  if (pfx !== undefined) {
    const other = cert ?? key
    if (other === undefined) return [pfx]
    const two = `and \`${other.option}\` are two ways to give a certificate; give one`
    throw invalid(pfx.option, two)
  }
  if (cert !== undefined && key !== undefined) return [cert, key]
  if (cert !== undefined) {
    const taken =
      options.key === undefined
        ? 'what apiclient_key.pem has'
        : 'which starts with -----BEGIN PRIVATE KEY-----; the `key` that is given does not, and ' +
          'is taken for the merchant key (`partnerKey`)'
    throw invalid(cert.option, `needs its private key too: give \`key\`, ${taken}`)
  }
  if (key !== undefined) {
    throw invalid(key.option, 'is a private key, and needs `cert`, what apiclient_cert.pem has')
  }
  return undefined
}

/** Whether `key` means the certificate's private key; a merchant key is 32 letters and digits. */
export const isPrivateKey = (key: unknown): boolean =>
  key instanceof Uint8Array ||
  (typeof key === 'string' && (key.includes('-----BEGIN') || isPath(key)))

function part(
  kind: CertificatePart['kind'],
  options: CertificateOptions,
): CertificatePart | undefined {
  const { passphrase } = options
  const content = kind === 'key' && !isPrivateKey(options.key) ? undefined : options[kind]
  const option = `${kind}File` as const
  const file = options[option]
  if (content !== undefined && file !== undefined) {
    throw invalid(kind, `and \`${option}\` are two ways to give one thing; give one`)
  }
  if (file !== undefined) {
    if (typeof file !== 'string' || file === '') throw invalid(option, 'is the path of a file')
    // It would be shown as the name of a file that is not there.
    if (isContent(file)) {
      throw invalid(option, `is what a file has, and should be its path; give it as \`${kind}\``)
    }
    return { kind, option, passphrase, file }
  }
  if (content === undefined) return undefined
  if (content instanceof Uint8Array) return { kind, option: kind, passphrase, content }
  if (typeof content !== 'string') throw invalid(kind, 'is the content of a file')
  if (isPath(content)) {
    throw invalid(kind, `is a path, and should be what the file has; give it as \`${option}\``)
  }
  if (kind === 'pfx' && !content.includes('-----BEGIN')) {
    throw invalid(
      kind,
      'is text, and should be bytes: read the file without an encoding, or decode base64 with ' +
        "Buffer.from(text, 'base64')",
    )
  }
  return { kind, option: kind, passphrase, content: new TextEncoder().encode(content) }
}

const isContent = (text: string): boolean => /[\n\0]|-----BEGIN/.test(text)

function isPath(text: string): boolean {
  const short = text.length < 4096 && !isContent(text)
  return short && /^(\.{0,2}|~|[a-z]:)[\\/]|\.(pem|key|crt|cer|p12|pfx)$/i.test(text)
}

function invalid(field: string, reason: string): WxPayError {
  return new WxPayError('CONFIG_INVALID', `\`${field}\`: ${reason}`, { field })
}
