import { name, text, whole } from './order.js'
import type { NewNotification, NotificationRecord, Payment, PaymentOutcome, Receipt, RefundOutcome, RefundResult } from './store.js'

/** How much is kept of a body or a reason, in characters. */
const MOST = 65_536

/** Outcomes that leave a line in the audit only when a message came with them: they say what the order says. */
const QUIET: readonly string[] = ['paid', 'duplicate', 'refunded', 'refund_processing', 'refund_closed']

/** A receipt that can be stored. */
export function checkedReceipt({ hash, received_at, body }: Receipt): Required<Receipt> {
  return { hash: name('hash', hash), received_at: whole('received_at', received_at, 0), body: prose(body) }
}

/** The line of a message that was refused. */
export function newNotification(notification: NewNotification): Omit<NotificationRecord, 'id'> {
  return {
    kind: name('kind', notification.kind),
    ...checkedReceipt(notification),
    out_trade_no: text('out_trade_no', notification.out_trade_no),
    outcome: name('outcome', notification.outcome),
    reason: prose(notification.reason),
    facts: null,
  }
}

/** The line of a payment or refund, or `null` where there is nothing to add to what the order says. */
export function auditLine(kind: 'payment' | 'refund', facts: Payment | RefundResult, outcome: PaymentOutcome | RefundOutcome, receipt: Required<Receipt> | null, at: number): Omit<NotificationRecord, 'id'> | null {
  if (receipt === null && QUIET.includes(outcome)) return null
  return {
    kind,
    hash: receipt?.hash ?? null,
    received_at: receipt?.received_at ?? at,
    out_trade_no: facts.out_trade_no,
    outcome,
    reason: null,
    facts: JSON.stringify(facts),
    body: receipt?.body ?? null,
  }
}

/** Text for people, of whatever a stranger sent: what databases cannot keep becomes U+FFFD. The hash names the exact bytes. */
export function prose(value: string | null | undefined): string | null {
  if (value === undefined || value === null) return null
  return String(value).slice(0, MOST).replace(/[\0\p{Surrogate}]/gu, '\uFFFD')
}
