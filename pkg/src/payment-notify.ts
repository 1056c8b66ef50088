import { FAIL, SUCCESS } from '../dist/generated/replies.js'
import { within } from './deadline.js'
import { WxPayError } from './errors.js'
import { notified, type Fields } from './facade.js'
import { paymentOf, queriedPayment } from './facts.js'
import { Monitor } from './monitor.js'
import { check, inTime, type NotifyHandler, receive, type ReceiveOptions } from './receive.js'
import { settlePayment, type Recorder } from './settle.js'
import type { Order, Payment, PaymentOutcome } from './stores/store.js'

/** What became of a notification, for logs and alarms. */
export type NotifyEvent =
  | { outcome: PaymentOutcome; payment: Payment; order: Order | null }
  | { outcome: 'refused'; error: WxPayError }

/** Who is paid, and where payments are recorded. */
export interface NotifyOptions extends ReceiveOptions {
  store: Recorder<'recordPayment'>
  /**
   * Asks WeChat before a payment counts: the signature of API v2 does not say where one field ends
   * and the next begins, so above an amount of your choice a second opinion is worth a call. Give
   * the answer of `orderQuery`, or nothing for payments that need none; 1.5 seconds at most.
   *
   * @example
   * confirm: ({ total_fee, out_trade_no }) =>
   *   total_fee >= 100_000 ? pay.orderQuery({ out_trade_no }) : undefined
   */
  confirm?: (payment: Payment) => Promise<Fields> | undefined
  /** Alarm when somebody else paid than who was asked to; by default yes, for sub-merchants no. */
  checkOpenid?: boolean
  /**
   * Sees what became of each notification; nobody waits for it. What it throws, or rejects with, is
   * ignored: the payment is recorded.
   */
  onOutcome?: (event: NotifyEvent) => unknown
}

/** Outcomes after which WeChat need not come back: the payment stands in the store. */
const RECORDED: readonly PaymentOutcome[] = ['paid', 'paid_late', 'duplicate']

/** Milliseconds for a confirmation; with the store's three seconds less than WeChat waits. */
export const CONFIRMATION = 1500

/**
 * The payment notification route (支付结果通知, chapter 9.7): verifies, compares with the stored
 * order, records once, and replies SUCCESS only after the store says the payment is durable.
 * Everything else is answered FAIL, in one text for every reason; WeChat then comes back, for a
 * day. So an order that is not visible yet, or not known at all, gets its chance; the audit has the
 * message, and the alarm a name.
 */
export function paymentNotify(options: NotifyOptions): NotifyHandler {
  const { store, signType = 'MD5', storeTimeout, confirm, onOutcome } = options
  const { monitor = new Monitor(), now = Date.now } = options
  const { checkOpenid = options.sub_mch_id === undefined } = options
  check('store', typeof store?.recordPayment === 'function', 'must be an order store')
  check('onOutcome', ['undefined', 'function'].includes(typeof onOutcome), 'must be a function')
  check('confirm', ['undefined', 'function'].includes(typeof confirm), 'must be a function')

  // What the merchant's function does, at once or later, is no matter of the reply: that depends
  // on the store alone.
  const tell = (event: NotifyEvent) => {
    void (async () => onOutcome?.(event))().catch(() => {})
  }

  return receive({ ...options, monitor }, {
    kind: 'payment',
    store,
    refused: error => tell({ outcome: 'refused', error }),
    async act({ body, keys, receipt }) {
      const payment = paymentOf(notified('payment', body, keys, signType, options))
      const answer = await confirmation(confirm?.(payment))
      if (answer !== undefined) checkSame(payment, queriedPayment(answer), monitor)
      const recording = inTime(storeTimeout, store.recordPayment(payment, receipt))
      const checks = { checkOpenid, now }
      const record = await settlePayment(recording, payment, 'notification', monitor, checks)
      tell({ ...record, payment })
      return RECORDED.includes(record.outcome) ? SUCCESS : FAIL
    },
  })
}

/** The answer of whoever was asked, or an error in time for the reply. */
export async function confirmation<T>(asked: Promise<T> | undefined): Promise<T | undefined> {
  if (asked === undefined) return undefined
  const late = () => new WxPayError('TIMEOUT', `no confirmation in ${CONFIRMATION} ms`)
  try {
    return await within(CONFIRMATION, asked, late)
  } catch (cause) {
    if (cause instanceof WxPayError) throw cause
    throw new WxPayError('TRANSPORT', 'the confirmation failed', { cause })
  }
}

/** Throws unless WeChat, when it is asked, says what the message said. */
export function checkSame<T extends { out_trade_no: string; transaction_id: string }>(
  notified: T,
  queried: T,
  monitor: Monitor,
  but: readonly string[] = ['cash_fee', 'openid', 'bank_type', 'time_end'],
): void {
  const names = Object.keys(notified).filter(name => !but.includes(name)) as (keyof T & string)[]
  const field = names.find(name => notified[name] !== queried[name])
  if (field === undefined) return
  const { out_trade_no, transaction_id } = notified
  const message = `WeChat, when it is asked, gives another ${field} than the notification; refused`
  monitor.alarm({ alarm: 'unconfirmed', message, out_trade_no, transaction_id })
  throw new WxPayError('ANSWER_MISMATCH', message, { field })
}
