import { readFileSync } from 'node:fs'
import { WxPayError } from '../errors.js'
import type { Call } from './command.js'

const VARIABLE = 'WXPAY_KEY'

/** Where the merchant key comes from, for a command that takes it. */
export const KEY_OPTIONS = { 'key-file': { type: 'string' } } as const

export const KEY_USAGE = `The merchant key (API v2 key) comes from --key-file FILE or the environment variable
WXPAY_KEY; otherwise you are asked. It is never an argument.`

/** The key where it stands ready; `undefined` where somebody would have to be asked. */
export function givenKey({ values, io }: Call): string | undefined {
  const file = values['key-file']
  if (typeof file !== 'string') return io.env[VARIABLE] || undefined
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new WxPayError('KEY_MISSING', `the key file ${file} cannot be read: ${code}`)
  }
}

/** The merchant key: from a file, the environment or the person. */
export async function merchantKey(call: Call): Promise<string> {
  const key = givenKey(call) ?? (await call.io.askSecret('merchant key (API v2 密钥)'))
  if (key !== undefined && key !== '') return key
  throw new WxPayError('KEY_MISSING', `a merchant key is needed: set ${VARIABLE}, or give --key-file FILE`)
}
