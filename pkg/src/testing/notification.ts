import { buildXml, encryptRefund, nonceStr, signedXml } from '../facade.js'
import type { Fields, SignType } from '../facade.js'
import { beijingDateTime, beijingTime, systemNow } from './clock.js'
import { Dice } from './dice.js'
import { openidOf, refundId, transactionId } from './identifier.js'
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
    transaction_id: transactionId(new Dice(), now),
    out_trade_no: `T${beijingTime(now)}`,
    time_end: beijingTime(now),
    ...fields,
  }
  return signedXml(alphabetical(message), options.key ?? DOCUMENTS_MERCHANT.key, options.signType)
}

/** The official sample lists its elements in alphabetical order. */
export const alphabetical = (message: Fields): Fields =>
  Object.fromEntries(Object.entries(message).sort(([a], [b]) => (a < b ? -1 : 1)))

/**
 * A valid refund notification (chapter 9.16), ready to be the body of a POST: unsigned, its fields
 * enciphered with the merchant's key. `fields` adds to what is in `req_info` and replaces it.
 * Amounts are integers in fen.
 *
 * ```js
 * const body = refundNotification({ out_refund_no: 'R1', out_trade_no: 'A1001', refund_fee: 88, total_fee: 88 })
 * ```
 */
export function refundNotification(
  fields: Fields = {},
  options: Omit<NotificationOptions, 'signType'> = {},
): string {
  const now = (options.now ?? systemNow)()
  const dice = new Dice()
  const total = fields['total_fee'] ?? 1
  const refund = fields['refund_fee'] ?? total
  const status = fields['refund_status'] ?? 'SUCCESS'
  const inside: Fields = {
    transaction_id: transactionId(dice, now),
    out_trade_no: `T${beijingTime(now)}`,
    refund_id: refundId(dice, now),
    out_refund_no: `R${beijingTime(now)}`,
    total_fee: total,
    settlement_total_fee: total,
    refund_fee: refund,
    settlement_refund_fee: refund,
    refund_status: status,
    success_time: status === 'SUCCESS' ? beijingDateTime(now) : undefined,
    refund_recv_accout: '支付用户零钱',
    refund_account: 'REFUND_SOURCE_UNSETTLED_FUNDS',
    refund_request_source: 'API',
    ...fields,
  }
  return buildXml({
    return_code: 'SUCCESS',
    appid: options.appid ?? DOCUMENTS_MERCHANT.appid,
    mch_id: options.mchid ?? DOCUMENTS_MERCHANT.mchid,
    nonce_str: nonceStr(),
    req_info: encryptRefund(inside, options.key ?? DOCUMENTS_MERCHANT.key),
  })
}
