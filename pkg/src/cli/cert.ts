import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { WxPayError } from '../errors.js'
import { isDer, isPkcs12 } from '../pkcs12.js'
import { pemFault } from '../pem.js'
import { certificateFacts, DAY } from '../x509.js'
import { UsageError, type Call, type Command } from './command.js'
import { passphrase } from './passphrase.js'

const usage = `usage: wxpay-wasm cert info FILE [--json]
       wxpay-wasm cert convert FILE.p12 [--out-cert FILE] [--out-key FILE] [--force] [--json]

info     says whose certificate it is, its serial number and how long it is valid;
         FILE is PEM or PKCS#12, in the old encryptions too
convert  writes certificate and key as PEM: apiclient_cert.pem and apiclient_key.pem
         beside FILE, unless told otherwise; the key is for its owner's eyes (mode 0600)

--force                  overwrites files
--passphrase-file FILE   where the passphrase of a PKCS#12 file stands; otherwise the
                         environment variable WXPAY_CERT_PASSPHRASE has it, or you are asked`

export const command: Command = {
  usage,
  options: {
    'out-cert': { type: 'string' },
    'out-key': { type: 'string' },
    'passphrase-file': { type: 'string' },
    force: { type: 'boolean' },
  },
  async run(call) {
    const [action, file, ...more] = call.positionals
    const run = action === 'info' ? info : action === 'convert' ? convert : undefined
    if (run === undefined) throw new UsageError(`cert does info or convert\n${usage}`)
    if (file === undefined || more.length > 0) {
      throw new UsageError(`cert ${action} takes one file\n${usage}`)
    }
    await run(file, call)
    return 0
  },
}

async function info(file: string, call: Call): Promise<void> {
  const { json, io } = call
  const certificate = await certificateIn(file, call)
  const { mch_id, serial, subject, validFrom, validTo } = certificateFacts(certificate)
  const now = io.now()
  const daysLeft = Math.floor((validTo - now) / DAY)
  const from = new Date(validFrom).toISOString()
  const to = new Date(validTo).toISOString()
  if (json) {
    const facts = { mch_id: mch_id ?? null, serial, subject, validFrom: from, validTo: to, daysLeft }
    return io.print(JSON.stringify(facts))
  }
  const colour = daysLeft < 0 || now < validFrom ? 'red' : daysLeft < 30 ? 'yellow' : 'green'
  const rows = {
    'merchant id': mch_id ?? '(none: no merchant certificate)',
    serial,
    subject,
    valid: `${from} to ${to}`,
    'days left': io.paint(colour, String(daysLeft)),
  }
  const lines = Object.entries(rows).map(([name, value]) => `${name.padEnd(11)}  ${value}`)
  io.print(lines.join('\n'))
}

async function convert(file: string, call: Call): Promise<void> {
  const { values, json, io } = call
  const out = (option: string, name: string) =>
    typeof values[option] === 'string' ? values[option] : join(dirname(file), name)
  const cert = out('out-cert', 'apiclient_cert.pem')
  const key = out('out-key', 'apiclient_key.pem')
  const force = values['force'] === true
  const there = force ? undefined : [cert, key].find(path => existsSync(path))
  if (there !== undefined) {
    const ways = '--force overwrites it, --out-cert and --out-key name others'
    throw new UsageError(`${there} is there already; ${ways}`)
  }
  const { certificate, key: privateKey } = await opened(file, read(file), call)
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
  write(key, pem, 0o600, force)
  write(cert, certificate.toString(), 0o644, force)
  io.print(json ? JSON.stringify({ cert, key }) : `wrote ${cert} and ${key}`)
}

async function certificateIn(file: string, call: Call): Promise<X509Certificate> {
  const bytes = read(file)
  if (isPkcs12(bytes)) return (await opened(file, bytes, call)).certificate
  const fault = isDer(bytes) ? undefined : pemFault(bytes, 'CERTIFICATE')
  if (fault !== undefined) throw invalid(file, fault)
  try {
    return new X509Certificate(bytes)
  } catch (error) {
    throw invalid(file, `cannot be read: ${(error as Error).message}`)
  }
}

async function opened(file: string, bytes: Buffer, { values, io }: Call) {
  const { openPkcs12 } = await import('./pkcs12.js')
  return openPkcs12(file, bytes, await passphrase(values['passphrase-file'], io))
}

function read(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw invalid(file, `cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}

function write(file: string, text: string | Buffer, mode: number, force: boolean): void {
  try {
    // What is overwritten in place keeps its mode.
    if (force) rmSync(file, { force })
    writeFileSync(file, text, { mode, flag: 'wx' })
  } catch (error) {
    throw invalid(file, `cannot be written: ${(error as NodeJS.ErrnoException).code}`)
  }
}

const invalid = (file: string, reason: string) => new WxPayError('CERT_INVALID', `${file} ${reason}`)
