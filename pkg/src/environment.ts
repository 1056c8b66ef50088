import type { WxPayOptions } from './config.js'

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Which variable holds which option. */
const VARIABLES = {
  WXPAY_APPID: 'appid',
  WXPAY_MCHID: 'mchid',
  WXPAY_KEY: 'partnerKey',
  WXPAY_APP_SECRET: 'appSecret',
  WXPAY_NOTIFY_URL: 'notify_url',
  WXPAY_REFUND_URL: 'refund_url',
  WXPAY_SPBILL_CREATE_IP: 'spbill_create_ip',
  WXPAY_SUB_APPID: 'sub_appid',
  WXPAY_SUB_MCH_ID: 'sub_mch_id',
  WXPAY_SIGN_TYPE: 'signType',
  WXPAY_BASE_URL: 'baseUrl',
  WXPAY_CERT_FILE: 'certFile',
  WXPAY_CERT_KEY_FILE: 'keyFile',
  WXPAY_PFX_FILE: 'pfxFile',
  WXPAY_CERT_PASSPHRASE: 'passphrase',
} as const satisfies Record<string, keyof WxPayOptions>

/** The options that the environment has; empty variables count as absent. */
export function fromEnv(env: Environment = globalThis.process?.env ?? {}): Partial<WxPayOptions> {
  const options: Record<string, string> = {}
  for (const [variable, option] of Object.entries(VARIABLES)) {
    const value = env[variable]
    if (value !== undefined && value !== '') options[option] = value
  }
  return options
}
