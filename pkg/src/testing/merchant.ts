import { WxPayError } from '../errors.js'
import { sign } from '../facade.js'

/** The key printed throughout the official documents: public, so it protects nothing. */
export const DOCUMENTS_KEY = '192006250b4c09247ec02edce69f6a2d'

/** The merchant whom the gateway plays WeChat Pay for. */
export interface Merchant {
  appid: string
  mchid: string
  key: string
  appSecret: string
}

/** What `createGateway` takes of it. */
export type MerchantOptions = { [name in keyof Merchant]?: string | undefined } & {
  /** The caller's word that `key` is used nowhere but in tests. */
  testKey?: boolean | undefined
}

export const DOCUMENTS_MERCHANT: Readonly<Merchant> = {
  appid: 'wxd930ea5d5a258f4f',
  mchid: '1900000109',
  key: DOCUMENTS_KEY,
  appSecret: '0123456789abcdef0123456789abcdef',
}

/**
 * The test merchant of a gateway. A key other than the documents' is refused
 * unless the caller says that it is a test key: a simulator that signs with a
 * production key would forge payments.
 */
export function testMerchant(options: MerchantOptions): Merchant {
  const merchant = { ...DOCUMENTS_MERCHANT }
  for (const name of ['appid', 'mchid', 'key', 'appSecret'] as const) {
    const value = options[name]
    if (value === undefined) continue
    if (typeof value !== 'string' || value === '')
      throw new TypeError(`options.${name} must be a non-empty string`)
    merchant[name] = value
  }
  if (merchant.key !== DOCUMENTS_KEY && options.testKey !== true) {
    throw new WxPayError(
      'GATEWAY_REFUSED',
      'the gateway simulator signs only with a test key: leave options.key out, or pass testKey: true if this key is used nowhere else',
      { field: 'key' },
    )
  }
  return merchant
}

/** The key of a sandbox: 32 digits that follow from the merchant's key, but do not show it. */
export const sandboxKey = (key: string, realm: string): string =>
  sign({ realm }, key, 'HMAC-SHA256').slice(0, 32).toLowerCase()
