import { queried, type Fields, type Flat } from './facade.js'
import type { Payment, RefundResult, RefundState } from './stores/store.js'

/** The payment that checked fields name; amounts become numbers, what is absent becomes `null`. */
export function paymentOf(fields: Flat): Payment {
  return {
    out_trade_no: fields['out_trade_no'] as string,
    transaction_id: fields['transaction_id'] as string,
    total_fee: Number(fields['total_fee']),
    fee_type: fields['fee_type'] as string,
    cash_fee: amount(fields['cash_fee']),
    openid: fields['openid'] ?? null,
    bank_type: fields['bank_type'] ?? null,
    time_end: fields['time_end'] as string,
  }
}

/** The same for a refund. */
export function refundOf(fields: Flat): RefundResult {
  return {
    out_refund_no: fields['out_refund_no'] as string,
    out_trade_no: fields['out_trade_no'] as string,
    transaction_id: fields['transaction_id'] as string,
    refund_id: fields['refund_id'] as string,
    total_fee: Number(fields['total_fee']),
    refund_fee: Number(fields['refund_fee']),
    refund_status: fields['refund_status'] as RefundState,
    settlement_refund_fee: amount(fields['settlement_refund_fee']),
    refund_recv_accout: fields['refund_recv_accout'] ?? null,
    refund_request_source: fields['refund_request_source'] ?? null,
    success_time: fields['success_time'] ?? null,
  }
}

/**
 * The payment that the verified answer of an order query reports, for `store.recordPayment`. An
 * order that is REFUND was paid too: record its state afterwards.
 *
 * @throws WxPayError `NOTIFY_KIND` unless `trade_state` is SUCCESS or REFUND, `FIELD_MISSING`,
 *   `FIELD_VALUE`
 */
export const queriedPayment = (answer: Fields): Payment => paymentOf(queried(answer))

/**
 * The refund with this number in the verified answer of a refund query, for `store.recordRefund`.
 *
 * @throws WxPayError `ANSWER_MISMATCH` when the answer has no such refund, `FIELD_MISSING`,
 *   `FIELD_VALUE`
 */
export const queriedRefund = (answer: Fields, out_refund_no: string): RefundResult =>
  refundOf(queried(answer, out_refund_no))

const amount = (text: string | undefined): number | null => (text === undefined ? null : Number(text))
