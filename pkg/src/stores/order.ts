import { WxPayError } from '../errors.js'
import type { NewOrder, Order, Payment } from './store.js'

/**
 * The row of a new order: checked, defaults filled in, everything that only a
 * payment can know `null`.
 */
export function newOrder(order: NewOrder, created_at: number): Order {
  return {
    out_trade_no: name('out_trade_no', order.out_trade_no),
    appid: name('appid', order.appid),
    mch_id: name('mch_id', order.mch_id),
    trade_type: name('trade_type', order.trade_type),
    body: name('body', order.body),
    total_fee: fen('total_fee', order.total_fee, 1),
    fee_type: name('fee_type', order.fee_type ?? 'CNY'),
    openid: text('openid', order.openid),
    attach: text('attach', order.attach),
    product_id: text('product_id', order.product_id),
    prepay_id: null,
    code_url: null,
    state: 'NOTPAY',
    transaction_id: null,
    cash_fee: null,
    payer_openid: null,
    bank_type: null,
    time_end: null,
    created_at,
    paid_at: null,
  }
}

/** A copy of the payment in which every field can be stored as it is. */
export function checkedPayment(payment: Payment): Payment {
  return {
    out_trade_no: name('out_trade_no', payment.out_trade_no),
    transaction_id: name('transaction_id', payment.transaction_id),
    total_fee: fen('total_fee', payment.total_fee, 0),
    fee_type: name('fee_type', payment.fee_type),
    cash_fee: payment.cash_fee === null ? null : fen('cash_fee', payment.cash_fee, 0),
    openid: text('openid', payment.openid),
    bank_type: text('bank_type', payment.bank_type),
    time_end: name('time_end', payment.time_end),
  }
}

/** Text that must be there. */
export function name(field: string, value: unknown): string {
  const given = text(field, value)
  if (given === null || given === '') throw new WxPayError('FIELD_MISSING', `${field} must not be empty`, { field })
  return given
}

/**
 * Text that may be missing.
 *
 * Databases cut text at U+0000 or turn a lone surrogate into U+FFFD, and then
 * two different order numbers are one. Neither can come out of valid XML.
 */
export function text(field: string, value: unknown): string | null {
  if (value === undefined || value === null) return null
  if (typeof value !== 'string') {
    throw new WxPayError('FIELD_VALUE', `${field} must be a string, got ${typeof value}`, { field })
  }
  if (/[\0\p{Surrogate}]/u.test(value)) {
    throw new WxPayError('FIELD_VALUE', `${field} must be well-formed text without U+0000`, { field })
  }
  return value
}

/** An amount in fen. */
export function fen(field: string, value: unknown, least: number): number {
  if (!Number.isSafeInteger(value) || (value as number) < least) {
    throw new WxPayError('FIELD_VALUE', `${field} must be an integer of at least ${least} (fen)`, { field })
  }
  return value as number
}

/** A count, a duration or a time, in whole units. */
export function whole(field: string, value: unknown, least: number): number {
  if (!Number.isSafeInteger(value) || (value as number) < least) {
    throw new WxPayError('FIELD_VALUE', `${field} must be an integer of at least ${least}`, { field })
  }
  return value as number
}
