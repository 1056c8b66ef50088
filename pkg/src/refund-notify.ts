import { FAIL, SUCCESS } from '../dist/generated/replies.js'
import type { WxPayError } from './errors.js'
import { notified, type Fields } from './facade.js'
import { queriedRefund, refundOf } from './facts.js'
import { Monitor } from './monitor.js'
import { checkSame, confirmation } from './payment-notify.js'
import { check, inTime, type NotifyHandler, receive, type ReceiveOptions } from './receive.js'
import { settleRefund, type Recorder } from './settle.js'
import type { RefundOutcome, RefundRecord, RefundResult } from './stores/store.js'

/** What became of a refund notification. */
export type RefundNotifyEvent =
  | (RefundRecord & { result: RefundResult })
  | { outcome: 'refused'; error: WxPayError }

/** What {@link refundNotify} takes: whose refunds, and where they are recorded. */
export interface RefundNotifyOptions extends Omit<ReceiveOptions, 'signType'> {
  store: Recorder<'recordRefund'>
  /**
   * Asks WeChat before a refund counts, since a refund notification carries no signature: give the
   * answer of `refundQuery`, or nothing for refunds that need none; 1.5 seconds at most.
   *
   * @example
   * confirm: ({ out_refund_no }) => pay.refundQuery({ out_refund_no })
   */
  confirm?: (result: RefundResult) => Promise<Fields> | undefined
  /** As in {@link paymentNotify}. */
  onOutcome?: (event: RefundNotifyEvent) => unknown
}

/** Outcomes after which WeChat need not come back. */
const RECORDED: readonly RefundOutcome[] = [
  'refunded',
  'refund_changed',
  'refund_closed',
  'refund_processing',
  'duplicate',
  'unknown_refund',
]

/**
 * The refund notification route (退款结果通知, chapter 9.16). The message is not signed, and its
 * encryption lets blocks be swapped: what it says counts only where it matches the stored refund in
 * every number and amount. A refund that nobody here asked for (merchant console) is recorded with
 * an alarm.
 */
export function refundNotify(options: RefundNotifyOptions): NotifyHandler {
  const { store, storeTimeout, confirm, onOutcome, monitor = new Monitor() } = options
  check('store', typeof store?.recordRefund === 'function', 'must be an order store')
  check('onOutcome', ['undefined', 'function'].includes(typeof onOutcome), 'must be a function')
  check('confirm', ['undefined', 'function'].includes(typeof confirm), 'must be a function')
  const tell = (event: RefundNotifyEvent) => {
    void (async () => onOutcome?.(event))().catch(() => {})
  }
  return receive({ ...options, monitor }, {
    kind: 'refund',
    store,
    refused: error => tell({ outcome: 'refused', error }),
    async act({ body, keys, receipt }) {
      const result = refundOf(notified('refund', body, keys, 'MD5', options))
      const answer = await confirmation(confirm?.(result))
      if (answer !== undefined) {
        checkSame(result, queriedRefund(answer, result.out_refund_no), monitor, WORDS)
      }
      const recording = inTime(storeTimeout, store.recordRefund(result, receipt))
      const record = await settleRefund(recording, result, 'notification', monitor)
      tell({ ...record, result })
      return RECORDED.includes(record.outcome) ? SUCCESS : FAIL
    },
  })
}

/** What the two messages may word differently. */
const WORDS = ['settlement_refund_fee', 'refund_recv_accout', 'refund_request_source', 'success_time']
