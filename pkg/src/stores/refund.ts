import { WxPayError } from '../errors.js'
import { fen, name, text } from './order.js'
import type { EventKind, NewRefund, Order, Refund, RefundOutcome, RefundResult, RefundState } from './store.js'

/** How far a refund is. What WeChat says later counts only if it is further: messages overtake each other. */
const RANK: Record<RefundState, number> = { PROCESSING: 0, CHANGE: 1, REFUNDCLOSE: 2, SUCCESS: 3 }

const OUTCOMES = {
  PROCESSING: 'refund_processing',
  CHANGE: 'refund_changed',
  REFUNDCLOSE: 'refund_closed',
  SUCCESS: 'refunded',
} as const

/** A copy of the refund in which every field can be stored as it is. */
export function checkedRefund(refund: NewRefund): Required<NewRefund> | (NewRefund & { refund_desc: null }) {
  return {
    out_refund_no: name('out_refund_no', refund.out_refund_no),
    out_trade_no: name('out_trade_no', refund.out_trade_no),
    refund_fee: fen('refund_fee', refund.refund_fee, 1),
    refund_desc: text('refund_desc', refund.refund_desc),
  } as Required<NewRefund>
}

/** The row of a new refund of an order, or why there can be none. */
export function newRefund(refund: ReturnType<typeof checkedRefund>, order: Order, refunded: number, at: number): Refund | WxPayError {
  const { out_refund_no, out_trade_no, refund_fee, refund_desc } = refund
  const { transaction_id, total_fee, state } = order
  if (transaction_id === null || (state !== 'SUCCESS' && state !== 'REFUND')) {
    return new WxPayError('FIELD_VALUE', `the order is ${state}: there is nothing to refund`, { field: 'out_trade_no' })
  }
  if (refunded + refund_fee > total_fee) {
    return new WxPayError(
      'FIELD_VALUE',
      `refund_fee is ${refund_fee} fen, but of the order's ${total_fee} fen ${refunded} are refunded or being refunded`,
      { field: 'refund_fee' },
    )
  }
  return {
    out_refund_no,
    out_trade_no,
    transaction_id,
    total_fee,
    refund_fee,
    refund_desc,
    state: 'PROCESSING',
    refund_id: null,
    settlement_refund_fee: null,
    refund_recv_accout: null,
    refund_request_source: null,
    success_time: null,
    created_at: at,
    changed_at: at,
  }
}

/** Whether the refund's amount is spoken for. */
export const COUNTING: readonly RefundState[] = ['PROCESSING', 'CHANGE', 'SUCCESS']

/** A copy of the result in which every field can be stored as it is. */
export function checkedResult(result: RefundResult): RefundResult {
  const { refund_status, settlement_refund_fee } = result
  if (!Object.hasOwn(RANK, refund_status)) {
    throw new WxPayError(
      'FIELD_VALUE',
      `refund_status must be one of ${Object.keys(RANK).join(', ')}, got ${String(refund_status)}`,
      { field: 'refund_status' },
    )
  }
  return {
    out_refund_no: name('out_refund_no', result.out_refund_no),
    out_trade_no: name('out_trade_no', result.out_trade_no),
    transaction_id: name('transaction_id', result.transaction_id),
    refund_id: name('refund_id', result.refund_id),
    total_fee: fen('total_fee', result.total_fee, 1),
    refund_fee: fen('refund_fee', result.refund_fee, 1),
    refund_status,
    settlement_refund_fee: settlement_refund_fee === null ? null : fen('settlement_refund_fee', settlement_refund_fee, 0),
    refund_recv_accout: text('refund_recv_accout', result.refund_recv_accout),
    refund_request_source: text('refund_request_source', result.refund_request_source),
    success_time: text('success_time', result.success_time),
  }
}

/**
 * What a result means for a refund as it stands; the one place where that is
 * decided. A refund notification carries no signature, and its encryption lets
 * blocks be swapped: it counts only when everything in it matches what is stored.
 *
 * @param refund the one with exactly `result.out_refund_no`
 * @param order the one with exactly `result.out_trade_no`
 * @param holder number of the refund that has `result.refund_id` already
 */
export function refundOutcomeOf(result: RefundResult, refund: Refund | null, order: Order | null, holder: string | null): RefundOutcome {
  if (order === null) return refund === null ? 'unknown_order' : 'refund_mismatch'
  if (holder !== null && holder !== result.out_refund_no) return 'refund_mismatch'
  if (refund === null) {
    if (order.transaction_id === null) return 'unpaid_order'
    const fits =
      order.transaction_id === result.transaction_id &&
      order.total_fee === result.total_fee &&
      result.refund_fee <= order.total_fee
    return fits ? 'unknown_refund' : 'refund_mismatch'
  }
  const same =
    refund.out_trade_no === result.out_trade_no &&
    refund.transaction_id === result.transaction_id &&
    refund.total_fee === result.total_fee &&
    refund.refund_fee === result.refund_fee &&
    (refund.refund_id === null || refund.refund_id === result.refund_id)
  if (!same) return 'refund_mismatch'
  // Before WeChat has said anything, PROCESSING and REFUNDCLOSE are only what we thought.
  if (refund.refund_id === null) return OUTCOMES[result.refund_status]
  return RANK[result.refund_status] > RANK[refund.state] ? OUTCOMES[result.refund_status] : 'duplicate'
}

/** States from which WeChat's word moves a refund it has spoken of before. */
export function statesBefore(state: RefundState): RefundState[] {
  return (Object.keys(RANK) as RefundState[]).filter((other) => RANK[other] < RANK[state])
}

/** The columns a result writes. */
export function resultColumns(result: RefundResult, changed_at: number) {
  const { refund_status: state, refund_id, settlement_refund_fee, refund_recv_accout, refund_request_source, success_time } = result
  return { state, refund_id, settlement_refund_fee, refund_recv_accout, refund_request_source, success_time, changed_at }
}

/** The row of a refund nobody here asked for. */
export function foundRefund(result: RefundResult, at: number): Refund {
  const { out_refund_no, out_trade_no, transaction_id, total_fee, refund_fee } = result
  return { out_refund_no, out_trade_no, transaction_id, total_fee, refund_fee, refund_desc: null, created_at: at, ...resultColumns(result, at) }
}

/** The event of a refund that came to this state. */
export function refundEvent(state: RefundState): EventKind | null {
  const outcome = OUTCOMES[state]
  return outcome === 'refund_processing' ? null : outcome
}

/** Outcomes after which refund and order are written. */
export const WRITING: readonly RefundOutcome[] = ['refunded', 'refund_changed', 'refund_closed', 'refund_processing', 'unknown_refund']
