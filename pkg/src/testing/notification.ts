import { nonceStr, signedXml } from '../facade.js'
import type { Fields, SignType } from '../facade.js'
import { beijingTime, systemNow } from './clock.js'
import { openidOf, transactionId } from './identifier.js'
import { DOCUMENTS_MERCHANT } from './merchant.js'

/** Who signs a notification, how, and when. The default is the documents' merchant, MD5, and now. */
export interface NotificationOptions {
  key?: string | undefined
  /** Written into the message as `sign_type` when given; MD5 without `sign_type` otherwise. */
  signType?: SignType | undefined
  appid?: string | undefined
  mchid?: string | undefined
  now?: (() => number) | undefined
}

/**
 * A valid payment notification (chapter 9.7), ready to be the body of a POST.
 * `fields` adds to the defaults and replaces them; a field set to `undefined` or
 * `null` is left out. Amounts are integers in fen.
 *
 * MD5 is a weak hash; it is the default because the protocol's default is MD5.
 *
 * ```js
 * const body = signedNotification({ out_trade_no: 'A1001', total_fee: 88 })
 * await fetch(notifyUrl, { method: 'POST', body })
 * ```
 */
export function signedNotification(fields: Fields = {}, options: NotificationOptions = {}): string {
  const now = (options.now ?? systemNow)()
  const total = fields['total_fee'] ?? 1
  const message: Fields = {
    appid: options.appid ?? DOCUMENTS_MERCHANT.appid,
    mch_id: options.mchid ?? DOCUMENTS_MERCHANT.mchid,
    nonce_str: nonceStr(),
    sign_type: options.signType,
    return_code: 'SUCCESS',
    result_code: 'SUCCESS',
    openid: openidOf('payer'),
    is_subscribe: 'N',
    trade_type: 'JSAPI',
    bank_type: 'OTHERS',
    total_fee: total,
    fee_type: 'CNY',
    cash_fee: Number(total) - Number(fields['coupon_fee'] ?? 0),
    transaction_id: transactionId(now),
    out_trade_no: `T${beijingTime(now)}`,
    time_end: beijingTime(now),
    ...fields,
  }
  // The official sample lists its elements in alphabetical order.
  const sorted = Object.fromEntries(Object.entries(message).sort(([a], [b]) => (a < b ? -1 : 1)))
  return signedXml(sorted, options.key ?? DOCUMENTS_MERCHANT.key, options.signType)
}
