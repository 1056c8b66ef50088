import { beijingMilliseconds } from './beijing.js'
import type { AlarmKind, Monitor } from './monitor.js'
import type {
  OrderStore,
  Payment,
  PaymentOutcome,
  PaymentRecord,
  RefundOutcome,
  RefundRecord,
  RefundResult,
} from './stores/store.js'

/** Where a message came from: it names a counter. */
export type Source = 'notification' | 'query'

const PAYMENT_ALARMS: { [outcome in PaymentOutcome]?: [AlarmKind, string] } = {
  paid_late: ['paid_late', 'paid after the order was given up: a refund may be due'],
  other_transaction: ['other_transaction', 'paid before by another transaction, which is kept; this one may have to be refunded'],
  transaction_reused: ['transaction_reused', 'the transaction has paid another order; refused'],
  amount_mismatch: ['amount_mismatch', 'amount or currency differ from the order; refused'],
  unknown_order: ['unknown_order', 'no order has this number; the audit has the payment'],
}

const REFUND_ALARMS: { [outcome in RefundOutcome]?: [AlarmKind, string] } = {
  refund_changed: ['refund_changed', 'the refund failed (CHANGE): the money came back, refund it another way'],
  unknown_refund: ['unknown_refund', 'nobody here asked for this refund; recorded'],
  refund_mismatch: ['refund_mismatch', 'numbers or amounts differ from the stored refund or order; refused, ask refundQuery'],
  unpaid_order: ['unpaid_order', 'a refund of an order whose payment is not recorded here; ask orderQuery'],
  unknown_order: ['unknown_order', 'no order has this number; the audit has the refund'],
}

/** What {@link settlePayment} looks at beside the store. */
export interface PaymentChecks {
  /** Alarm when somebody else paid than who was asked to. */
  checkOpenid: boolean
  /** ms UTC. */
  now: () => number
}

const DAY = 86_400_000

/** Records a payment that WeChat vouches for, counts what became of it, and tells who should know. */
export async function settlePayment(
  record: Promise<PaymentRecord>,
  payment: Payment,
  source: Source,
  monitor: Monitor,
  { checkOpenid, now }: PaymentChecks,
): Promise<PaymentRecord> {
  const { outcome, order } = await record
  const { out_trade_no, transaction_id, openid, time_end } = payment
  monitor.count('payments', { source, outcome })
  const alarm = (kind: AlarmKind, message: string) =>
    monitor.alarm({ alarm: kind, message, out_trade_no, transaction_id })
  const found = Object.hasOwn(PAYMENT_ALARMS, outcome) && PAYMENT_ALARMS[outcome]
  if (found) alarm(...found)
  if (outcome === 'paid' || outcome === 'paid_late') {
    if (checkOpenid && order?.openid && openid !== null && order.openid !== openid) {
      alarm('openid_differs', 'somebody else paid than who was asked to')
    }
    const at = beijingMilliseconds(time_end)
    if (at === undefined || Math.abs(at - now()) > DAY) {
      alarm('time_end_odd', 'time_end is no time, or more than a day from now; kept as it came')
    }
  }
  return { outcome, order }
}

/** The same for a refund. */
export async function settleRefund(
  record: Promise<RefundRecord>,
  { out_trade_no, transaction_id, out_refund_no }: RefundResult,
  source: Source,
  monitor: Monitor,
): Promise<RefundRecord> {
  const { outcome, refund, order } = await record
  monitor.count('refunds', { source, outcome })
  const found = Object.hasOwn(REFUND_ALARMS, outcome) && REFUND_ALARMS[outcome]
  if (found) {
    const [kind, message] = found
    monitor.alarm({ alarm: kind, message, out_trade_no, transaction_id, out_refund_no })
  }
  return { outcome, refund, order }
}

/** What a route needs of the store. */
export type Recorder<Name extends keyof OrderStore> = Pick<OrderStore, Name | 'recordNotification'>

