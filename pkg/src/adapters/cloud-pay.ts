import type { WxPay } from '../client.js'
import type { MiniProgramPay } from '../facade.js'

/** An order of a mini program; the payer's openid is added. */
export interface CloudOrder {
  out_trade_no: string
  body: string
  /** Fen. */
  total_fee: number
  [field: string]: string | number | undefined
}

/** Where the payer and the order come from. */
export interface CloudPayOptions<Event> {
  /** `() => cloud.getWXContext()`. */
  getWXContext(): { OPENID?: string | undefined }
  /**
   * The order for what the mini program sent, stored before it is returned, with your own price: the
   * payer wrote the event, so take a product number from it and never an amount.
   */
  order(event: Event, openid: string): CloudOrder | Promise<CloudOrder>
}

/**
 * A cloud function that orders for whoever calls it, and returns the five parameters of
 * `wx.requestPayment`: `exports.main = cloudPay(pay, { getWXContext, order })`.
 */
export function cloudPay<Event>(
  pay: Pick<WxPay, 'unifiedOrder' | 'miniProgramPay'>,
  { getWXContext, order }: CloudPayOptions<Event>,
) {
  return async (event: Event): Promise<MiniProgramPay> => {
    const { OPENID: openid } = getWXContext()
    if (!openid) throw new TypeError('getWXContext() has no OPENID: call this from a mini program')
    const made = await order(event, openid)
    const { prepay_id } = await pay.unifiedOrder({ ...made, trade_type: 'JSAPI', openid })
    return pay.miniProgramPay(prepay_id)
  }
}
