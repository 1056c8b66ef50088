import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { Duplex } from 'node:stream'
import { createSecureContext, TLSSocket, type SecureContext } from 'node:tls'
import type { CertificatePart } from './certificate-options.js'
import { WxPayError, type ErrorCode } from './errors.js'
import { pemFault } from './pem.js'
import { isWrongPassphrase, LEGACY, pkcs12Fault, WRONG_PASSPHRASE } from './pkcs12.js'
import type { TransportSettings } from './transport.js'
import { certificateFacts, DAY, type CertificateFacts } from './x509.js'

/** How often files are asked whether they changed, in milliseconds. */
const LOOK_EVERY = 10_000

type Settings = Omit<TransportSettings, 'certificate'> & {
  certificate: readonly CertificatePart[]
}

interface Loaded {
  context: SecureContext
  /** Absent on runtimes that do not show the certificate in a PKCS#12 file. */
  facts: CertificateFacts | undefined
}

/**
 * A merchant's client certificate, checked when it is made. One that was given as files is read
 * again when they change; what is wrong then is a warning, and the certificate before stays.
 *
 * Nothing of the key is kept here but OpenSSL's own copy, which no property shows.
 */
export class Certificate {
  readonly #settings: Settings
  #loaded: Loaded
  #stamp: string
  #looked: number
  #warned = -Infinity

  /**
   * @throws WxPayError `CERT_INVALID`, `CERT_UNSUPPORTED`; `CONFIG_INVALID` when it is another
   * merchant's
   */
  constructor(settings: Settings) {
    const parts = settings.certificate
    this.#looked = settings.now()
    this.#stamp = stamp(parts)
    this.#loaded = load(settings, this.#looked)
    // What was given as content is not needed twice.
    const certificate = parts.every(part => part.file !== undefined) ? parts : []
    this.#settings = { ...settings, certificate }
    this.#warnOfEnd(this.#looked)
  }

  /**
   * The certificate for the next connection: the same object until the files change.
   *
   * @throws WxPayError `CERT_INVALID` when it ended meanwhile
   */
  context(): SecureContext {
    const now = this.#settings.now()
    // The clock may be set back.
    if (Math.abs(now - this.#looked) >= LOOK_EVERY) this.#look(now)
    checkTime(this.#loaded.facts, now)
    this.#warnOfEnd(now)
    return this.#loaded.context
  }

  #look(now: number): void {
    this.#looked = now
    const { certificate, warn } = this.#settings
    if (certificate.length === 0) return
    try {
      const found = stamp(certificate)
      if (found === this.#stamp) return
      this.#loaded = load(this.#settings, now)
      // Only now: half of a pair may have been replaced, and is looked at again.
      this.#stamp = found
    } catch (error) {
      const { message } = error as Error
      warn(`the certificate changed and the one before is used still: ${message}`)
    }
  }

  #warnOfEnd(now: number): void {
    const { validTo, serial } = this.#loaded.facts ?? { validTo: Infinity, serial: '' }
    const days = Math.floor((validTo - now) / DAY)
    if (days >= 30 || Math.abs(now - this.#warned) < DAY) return
    this.#warned = now
    this.#settings.warn(
      `the client certificate ${serial} ends on ${day(validTo)}, in ${days} days; renew it on the ` +
        'merchant platform (商户平台 > 账户中心 > API安全)',
    )
  }
}

function load({ certificate, mchid, ca, warn }: Settings, now: number): Loaded {
  const [first, second] = certificate.map(part => ({ ...part, bytes: bytesOf(part, warn) }))
  if (first === undefined) throw new TypeError('certificate has no parts')
  const trust = ca === undefined ? {} : { ca: ca as string | Buffer }
  try {
    const loaded =
      second === undefined
        ? fromPkcs12(first, first.bytes, trust, mchid)
        : fromPem(first, first.bytes, second, second.bytes, trust)
    const { facts } = loaded
    checkTime(facts, now)
    if (facts !== undefined) checkMerchantId(first.option, facts, mchid)
    return loaded
  } finally {
    // These are copies.
    first.bytes.fill(0)
    second?.bytes.fill(0)
  }
}

type Trust = { ca?: string | Buffer }

function fromPem(
  certPart: CertificatePart,
  cert: Buffer,
  keyPart: CertificatePart,
  key: Buffer,
  trust: Trust,
): Loaded {
  const certFault = pemFault(cert, 'CERTIFICATE')
  if (certFault !== undefined) throw invalid(certPart.option, certFault)
  const keyFault = pemFault(key, 'PRIVATE KEY')
  if (keyFault !== undefined) throw invalid(keyPart.option, keyFault)
  const { passphrase } = keyPart
  const secret = passphrase === undefined ? {} : { passphrase }
  const x509 = attempt(certPart.option, () => new X509Certificate(cert))
  const privateKey = attempt(keyPart.option, () => createPrivateKey({ key, ...secret }))
  const facts = certificateFacts(x509)
  if (!x509.checkPrivateKey(privateKey)) {
    throw invalid(
      keyPart.option,
      `does not belong to the certificate ${facts.serial}; apiclient_cert.pem and ` +
        'apiclient_key.pem must come from the same download',
    )
  }
  const context = attempt(certPart.option, () =>
    createSecureContext({ cert, key, ...secret, ...trust }),
  )
  return { context, facts }
}

function fromPkcs12(part: CertificatePart, pfx: Buffer, trust: Trust, mchid: string): Loaded {
  const fault = pkcs12Fault(pfx)
  if (fault !== undefined) throw invalid(part.option, fault)
  const passphrase = part.passphrase ?? mchid
  const context = attempt(part.option, () => createSecureContext({ pfx, passphrase, ...trust }))
  // Nothing is sent: a socket that goes nowhere is how Node shows what is in the file.
  const socket = new TLSSocket(new Duplex({ read() {}, write() {} }), { secureContext: context })
  const x509 = (socket as Partial<TLSSocket>).getX509Certificate?.()
  socket.destroy()
  return { context, facts: x509 === undefined ? undefined : certificateFacts(x509) }
}

/** Does what OpenSSL may refuse. Its reasons are words, but which words is its own affair. */
function attempt<T>(option: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (option.startsWith('pfx') && /unsupported/i.test(message)) {
      throw invalid(option, LEGACY, 'CERT_UNSUPPORTED')
    }
    if (code === 'ERR_MISSING_PASSPHRASE' || /interrupted or cancelled/i.test(message)) {
      throw invalid(option, 'is encrypted; give its `passphrase`')
    }
    if (isWrongPassphrase(message)) {
      const pem = 'cannot be opened with this passphrase, or is damaged'
      throw invalid(option, option.startsWith('pfx') ? WRONG_PASSPHRASE : pem)
    }
    throw invalid(option, `cannot be read (${message}); is it damaged?`)
  }
}

function checkTime(facts: CertificateFacts | undefined, now: number): void {
  if (facts === undefined) return
  const { serial, validFrom, validTo } = facts
  if (now >= validTo) {
    throw new WxPayError(
      'CERT_INVALID',
      `the client certificate ${serial} ended on ${day(validTo)}; get a new one on the merchant ` +
        'platform (商户平台 > 账户中心 > API安全)',
    )
  }
  if (now < validFrom) {
    throw new WxPayError(
      'CERT_INVALID',
      `the client certificate ${serial} begins on ${day(validFrom)}, and here it is ${day(now)}: ` +
        'is the clock right?',
    )
  }
}

function checkMerchantId(
  option: string,
  { mch_id, subject }: CertificateFacts,
  mchid: string,
): void {
  if (mch_id === mchid) return
  const whose =
    mch_id === undefined ? `of no merchant (${subject.slice(0, 128)})` : `of merchant ${mch_id}`
  throw new WxPayError(
    'CONFIG_INVALID',
    `\`${option}\`: is the certificate ${whose}, and this client's mchid is ${mchid}`,
    { field: option },
  )
}

/** A copy, so that it can be wiped. */
function bytesOf({ kind, option, content, file }: CertificatePart, warn: Settings['warn']): Buffer {
  if (content !== undefined) return Buffer.from(content)
  try {
    const bytes = readFileSync(file)
    // Windows has other permissions, and says 0o666.
    if (kind !== 'cert' && process.platform !== 'win32' && (statSync(file).mode & 0o004) !== 0) {
      warn(`\`${option}\`: everybody on this machine can read ${file}; chmod 600 ${file}`)
    }
    return bytes
  } catch (error) {
    throw invalid(option, `${file} cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}

/** Changes when a file does, or when another stands in its place. */
function stamp(parts: readonly CertificatePart[]): string {
  const stamps = parts.map(({ file, option }) => {
    if (file === undefined) return ''
    try {
      const { ino, size, mtimeMs } = statSync(file)
      return [ino, size, mtimeMs].join()
    } catch (error) {
      throw invalid(option, `${file} cannot be read: ${(error as NodeJS.ErrnoException).code}`)
    }
  })
  return stamps.join(';')
}

const day = (time: number): string => new Date(time).toISOString().slice(0, 10)

function invalid(field: string, reason: string, code: ErrorCode = 'CERT_INVALID'): WxPayError {
  return new WxPayError(code, `\`${field}\`: ${reason}`, { field })
}
