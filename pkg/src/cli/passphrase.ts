import { readFileSync } from 'node:fs'
import { WxPayError } from '../errors.js'
import type { Terminal } from './terminal.js'

const VARIABLE = 'WXPAY_CERT_PASSPHRASE'

/** From a file, the environment or the person; never from the arguments, which everybody can list. */
export async function passphrase(file: unknown, io: Terminal): Promise<string> {
  if (typeof file === 'string') {
    try {
      return readFileSync(file, 'utf8').replace(/\r?\n$/, '')
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      throw new WxPayError('CERT_INVALID', `the passphrase file ${file} cannot be read: ${code}`)
    }
  }
  const found =
    io.env[VARIABLE] ?? (await io.askSecret('passphrase (the merchant id, unless changed; 默认为商户号)'))
  if (found !== undefined) return found
  throw new WxPayError(
    'CERT_INVALID',
    `a passphrase is needed: set ${VARIABLE}, or give --passphrase-file FILE`,
  )
}
