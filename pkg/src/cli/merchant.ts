import { readFileSync } from 'node:fs'
import { WxPay, type WxPayOptions } from '../client.js'
import { fromEnv } from '../environment.js'
import { WxPayError } from '../errors.js'
import { UsageError, type Call } from './command.js'
import { KEY_OPTIONS, KEY_USAGE, merchantKey } from './key.js'
import { passphrase } from './passphrase.js'

/** Flags that say whose the merchant is; the rest of a client's settings is in the environment. */
export const MERCHANT_OPTIONS = {
  ...KEY_OPTIONS,
  appid: { type: 'string' },
  mchid: { type: 'string' },
  'sub-appid': { type: 'string' },
  'sub-mch-id': { type: 'string' },
  'sign-type': { type: 'string' },
  'base-url': { type: 'string' },
  'cert-file': { type: 'string' },
  'cert-key-file': { type: 'string' },
  'pfx-file': { type: 'string' },
  'passphrase-file': { type: 'string' },
  'ca-file': { type: 'string' },
  timeout: { type: 'string' },
} as const

export const MERCHANT_USAGE = `${KEY_USAGE}

--appid ID --mchid ID          or WXPAY_APPID and WXPAY_MCHID
--sub-appid ID --sub-mch-id ID a service provider's, or WXPAY_SUB_APPID and WXPAY_SUB_MCH_ID
--sign-type TYPE               MD5 or HMAC-SHA256, or WXPAY_SIGN_TYPE
--cert-file FILE --cert-key-file FILE   the client certificate as PEM, or WXPAY_CERT_FILE and
                               WXPAY_CERT_KEY_FILE
--pfx-file FILE                the client certificate as PKCS#12, or WXPAY_PFX_FILE
--passphrase-file FILE         where its passphrase stands, or WXPAY_CERT_PASSPHRASE; otherwise it
                               is the merchant id
--base-url URL                 a gateway of your own in WeChat's place, or WXPAY_BASE_URL
--ca-file FILE                 the authorities to trust there, as PEM
--timeout MS                   for one call with all its attempts, 10000 by default`

const NAMES = {
  appid: 'appid',
  mchid: 'mchid',
  'sub-appid': 'sub_appid',
  'sub-mch-id': 'sub_mch_id',
  'sign-type': 'signType',
  'base-url': 'baseUrl',
  'cert-file': 'certFile',
  'cert-key-file': 'keyFile',
  'pfx-file': 'pfxFile',
} as const satisfies Record<string, keyof WxPayOptions>

const CERTIFICATES = ['certFile', 'keyFile', 'pfxFile'] as const

/** The settings of a client, without the merchant key: the environment's, and flags before them. */
export async function settings({ values, io }: Call): Promise<Partial<WxPayOptions>> {
  const { partnerKey: _, ...given } = fromEnv(io.env)
  const flags: Record<string, string | number | Buffer> = {}
  for (const [flag, option] of Object.entries(NAMES)) {
    if (typeof values[flag] === 'string') flags[option] = values[flag]
  }
  // A certificate in the flags takes the place of the environment's, in whatever form that is.
  if (CERTIFICATES.some(option => flags[option] !== undefined)) {
    for (const option of CERTIFICATES) delete given[option]
  }
  if (values['passphrase-file'] !== undefined) {
    flags['passphrase'] = await passphrase(values['passphrase-file'], io)
  }
  if (typeof values['ca-file'] === 'string') flags['ca'] = authorities(values['ca-file'])
  if (typeof values['timeout'] === 'string') flags['timeout'] = whole('timeout', values['timeout'])
  return { ...given, ...flags }
}

/** The merchant's client. */
export async function client(call: Call): Promise<WxPay> {
  const given = await settings(call)
  const partnerKey = await merchantKey(call)
  const log: WxPayOptions['log'] = entry => {
    if (entry.direction === 'warning') call.io.note(`warning: ${entry.message}`)
  }
  return new WxPay({ ...given, partnerKey, log } as WxPayOptions)
}

/** A flag that is a whole number. */
export function whole(flag: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new UsageError(`--${flag} takes a whole number`)
}

function authorities(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new WxPayError('CONFIG_INVALID', `${file} cannot be read: ${code}`, { field: 'ca' })
  }
}
