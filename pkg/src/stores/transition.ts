import { WxPayError } from '../errors.js'
import type { EventKind, Order, OrderState, Payment, PaymentOutcome, ReportedState } from './store.js'

/** States in which a payment is what everybody waits for. */
export const AWAITING: readonly OrderState[] = ['NOTPAY', 'USERPAYING']

/**
 * States in which the merchant had stopped waiting. The money has moved all the
 * same, and a payment that is dropped here is found by nobody.
 */
export const GIVEN_UP: readonly OrderState[] = ['CLOSED', 'PAYERROR', 'REVOKED']

/**
 * What a payment means for an order as it stands; the one place where that is
 * decided. Stores that cannot hold the row still while they decide must repeat
 * the conditions of `paid` and `paid_late` in their update, and ask here only
 * about what the update left untouched.
 *
 * The amount comes first: a message that names another amount is no copy of the
 * payment we know, whatever its number is.
 *
 * @param order the order with exactly `payment.out_trade_no`
 * @param holder number of the order that has `payment.transaction_id` already
 */
export function outcomeOf(payment: Payment, order: Order | null, holder: string | null): PaymentOutcome {
  if (order === null) return 'unknown_order'
  if (order.total_fee !== payment.total_fee || order.fee_type !== payment.fee_type) return 'amount_mismatch'
  if (order.transaction_id === payment.transaction_id) return 'duplicate'
  if (holder !== null) return 'transaction_reused'
  if (order.transaction_id !== null) return 'other_transaction'
  if (AWAITING.includes(order.state)) return 'paid'
  if (GIVEN_UP.includes(order.state)) return 'paid_late'
  return 'other_transaction'
}

/** The columns a payment writes. */
export function paidColumns(payment: Payment, paid_at: number) {
  return {
    state: 'SUCCESS' as const,
    transaction_id: payment.transaction_id,
    cash_fee: payment.cash_fee,
    payer_openid: payment.openid,
    bank_type: payment.bank_type,
    time_end: payment.time_end,
    paid_at,
  }
}

/** From which states an order moves to the reported one, and the event of it. Every other move would be a step back. */
const MOVES: Record<ReportedState, readonly (readonly [from: readonly OrderState[], event: EventKind | null])[]> = {
  USERPAYING: [[['NOTPAY'], null]],
  PAYERROR: [[AWAITING, 'closed']],
  CLOSED: [
    [AWAITING, 'closed'],
    [['PAYERROR'], null],
  ],
  REVOKED: [
    [AWAITING, 'closed'],
    [['PAYERROR'], null],
    [['SUCCESS'], 'revoked'],
  ],
  REFUND: [[['SUCCESS'], null]],
}

/** The moves to a state, in the order in which to try them. */
export function movesTo(state: ReportedState): (typeof MOVES)[ReportedState] {
  if (!Object.hasOwn(MOVES, state)) {
    throw new WxPayError(
      'FIELD_VALUE',
      `state must be one of ${Object.keys(MOVES).join(', ')}, got ${String(state)}; a payment is recorded with recordPayment`,
      { field: 'state' },
    )
  }
  return MOVES[state]
}

/** What `closeOrder` does: only who has not begun to pay, or not ended, can be sent away. */
export const CLOSING = MOVES.CLOSED.slice(0, 1)
