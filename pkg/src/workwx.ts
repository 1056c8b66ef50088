import { clientPay } from './facade.js'
import type { Fields } from './fields.js'

/** The requests of WeCom payments that carry a `workwx_sign`, by the last part of their path. */
export type WorkwxRequest = 'sendworkwxredpack' | 'paywwsptrans2pocket'

/**
 * The `workwx_sign` of a payment out of WeCom (企业微信): MD5 over some of the request's fields with
 * the secret of the payment app, which is not the merchant key. Put it among the fields, then sign
 * them as always.
 *
 * @example
 * const workwx_sign = workwxSign('sendworkwxredpack', fields, secret)
 * const xml = signedXml({ ...fields, workwx_sign }, key)
 * @throws WxPayError `FIELD_MISSING` for a field that is signed and empty
 */
export function workwxSign(request: WorkwxRequest, fields: Fields, secret: string): string {
  if (request !== 'sendworkwxredpack' && request !== 'paywwsptrans2pocket') {
    throw new TypeError("request must be 'sendworkwxredpack' or 'paywwsptrans2pocket'")
  }
  return clientPay(request, fields, secret)
}
