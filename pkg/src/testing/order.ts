import type { Fields, Flat, SignType } from '../facade.js'
import type { Coupon } from './coupon.js'
import { couponFields, giftOf } from './coupon.js'

/** `trade_state` of the order query. */
export type TradeState =
  'NOTPAY' | 'USERPAYING' | 'ACCEPT' | 'SUCCESS' | 'REFUND' | 'CLOSED' | 'REVOKED' | 'PAYERROR'

/** A part of a combined order. */
export interface OrderPart {
  mch_id: string
  out_trade_no: string
  total_fee: number
  attach: string
  transaction_id: string | null
}

/** An order as the gateway shows it to whoever runs the test. Amounts in fen, times `yyyyMMddHHmmss` in GMT+8. */
export interface GatewayOrder {
  out_trade_no: string
  trade_type: string
  state: TradeState
  /** True after the payer declined; the order stays payable. */
  declined: boolean
  body: string
  total_fee: number
  /** The openid the order was placed for. */
  openid: string | null
  notify_url: string
  prepay_id: string
  /** The page where one pays: the content of the QR code (NATIVE) or the cashier link (MWEB). */
  code_url: string | null
  transaction_id: string | null
  payer_openid: string | null
  bank_type: string | null
  cash_fee: number | null
  coupon_fee: number | null
  time_end: string | null
  /** What was refunded or is about to be, in fen. */
  refund_fee: number
}

/** Who pays, from which bank, and how much of it with coupons (fen). */
export interface PayOptions {
  openid?: string | undefined
  bank_type?: string | undefined
  /** One bought coupon of this amount. */
  coupon_fee?: number | undefined
  /** The coupons, where one is not enough. */
  coupons?: readonly Coupon[] | undefined
}

/** An order with what only the gateway needs to know; plain JSON. */
export interface Order extends GatewayOrder {
  request: Flat
  signType: SignType
  coupons: Coupon[]
  /** Times in milliseconds since 1970; null means never. */
  placed: number
  paid: number | null
  prepayEnds: number
  codeEnds: number
  orderEnds: number | null
  code: string | null
  contract_id: string | null
  consume_fee: number | null
  parts: OrderPart[] | null
}

/** `trade_state_desc`. */
export const DESCRIPTION: Record<TradeState, string> = {
  NOTPAY: '订单未支付',
  USERPAYING: '需要用户输入支付密码',
  ACCEPT: '已接收，等待扣款',
  SUCCESS: '支付成功',
  REFUND: '订单发生过退款，退款详情请查询退款单',
  CLOSED: '订单已关闭',
  REVOKED: '订单已撤销',
  PAYERROR: '支付失败，请重新下单支付',
}

export const isPaid = ({ state }: Order): boolean => state === 'SUCCESS' || state === 'REFUND'

/** The fields that a query of a paid order and its notification have in common (chapters 9.2 and 9.7). */
export function paymentFields(order: Order): Fields {
  const { request } = order
  const gift = giftOf(order.coupons)
  return {
    sub_appid: request['sub_appid'],
    sub_mch_id: request['sub_mch_id'],
    device_info: request['device_info'],
    openid: order.payer_openid,
    is_subscribe: 'N', // nothing else since 2026-04 (chapter 9.2)
    sub_openid: request['sub_openid'],
    trade_type: order.trade_type,
    bank_type: order.bank_type,
    total_fee: order.total_fee,
    settlement_total_fee: gift === 0 ? undefined : order.total_fee - gift,
    fee_type: 'CNY',
    cash_fee: order.cash_fee,
    cash_fee_type: 'CNY',
    ...couponFields(order.coupons),
    transaction_id: order.transaction_id,
    out_trade_no: order.out_trade_no,
    attach: request['attach'],
    time_end: order.time_end,
  }
}

/** What of an order is for show. */
export function shown(order: Order): GatewayOrder {
  const { out_trade_no, trade_type, state, declined, body, total_fee, openid, notify_url } = order
  const { prepay_id, code_url, transaction_id, payer_openid, bank_type } = order
  const { cash_fee, coupon_fee, time_end, refund_fee } = order
  return {
    out_trade_no,
    trade_type,
    state,
    declined,
    body,
    total_fee,
    openid,
    notify_url,
    prepay_id,
    code_url,
    transaction_id,
    payer_openid,
    bank_type,
    cash_fee,
    coupon_fee,
    time_end,
    refund_fee,
  }
}
