import { systemClock, type Clock } from './clock.js'
import { WxPayError, type Query } from './errors.js'
import type { Flat } from './fields.js'
import { unknown } from './outcome.js'

/** The three calls; `WxPay` has them. Each resolves with a verified answer of success. */
export interface MicropayCalls<Order> {
  micropay(order: Order, options: Waiting): Promise<Flat>
  orderQuery(order: { out_trade_no: string }, options: Waiting): Promise<Flat>
  reverse(order: { out_trade_no: string }, options: Waiting): Promise<Flat>
}

interface Waiting {
  signal?: AbortSignal
}

/** What `payByCode` needs to know of an order. */
export interface CodeOrder {
  /** Used for this payment alone. */
  out_trade_no: string
  /** Fen. */
  total_fee: number
  /** The payer's code: 18 digits. */
  auth_code: string
}

/** How long {@link payByCode} asks, and who may stop it. */
export interface PayByCodeOptions extends Waiting {
  /** Milliseconds until the order is reversed if nobody has paid it; 45 000 by default. */
  patience?: number
  clock?: Clock
}

/**
 * Whether the payer paid. If not, the order cannot be paid any more: it is reversed, or was closed
 * by somebody else. `cause` is why the code was not enough.
 */
export type CodePayment =
  | { paid: true; answer: Flat }
  | { paid: false; reversed: boolean; cause: WxPayError }

/** Milliseconds: from one query to the next, growing; between two reversals (chapter 9.11). */
const FIRST_GAP = 5000
const GROWTH = 1.25
const LONGEST_GAP = 10_000
const REVERSALS = 5

/** Errors that say what became of one exchange and nothing about the order. */
const NO_ANSWER = /^(TRANSPORT|TIMEOUT|OUTCOME_UNKNOWN|RETURN_FAIL|(ANSWER|SIGN|XML)_)/

/**
 * Takes a payment by the payer's code (付款码支付, chapters 9.10, 9.2 and 9.11). The code is sent
 * once; while the payer types a password or nobody knows, the order is queried, and in the end
 * reversed, which closes it or gives the money back.
 *
 * @throws WxPayError `RESULT_FAIL` where no money can have moved; `OUTCOME_UNKNOWN` or `ABORTED`
 *   with the query to run where that is not known; `ANSWER_MISMATCH` if the number belongs to
 *   another payment
 */
export async function payByCode<Order extends CodeOrder>(
  calls: MicropayCalls<Order>,
  order: Order,
  { signal, patience = 45_000, clock = systemClock }: PayByCodeOptions = {},
): Promise<CodePayment> {
  if (!(patience >= 0 && patience < 2 ** 31)) {
    throw new RangeError(`patience must be milliseconds, 0 or more and below 2^31; got ${patience}`)
  }
  const { out_trade_no, total_fee } = order
  const query: Query = { endpoint: 'orderQuery', fields: { out_trade_no } }
  const waiting = signal === undefined ? {} : { signal }
  const end = clock.now() + patience
  const left = (cause: unknown) =>
    new WxPayError(signal?.aborted === true ? 'ABORTED' : 'OUTCOME_UNKNOWN', unknown(query), {
      cause,
      sent: true,
      query,
    })

  let cause: WxPayError
  try {
    return { paid: true, answer: await calls.micropay(order, waiting) }
  } catch (error) {
    if (!(error instanceof WxPayError) || error.sent === false) throw error
    const { code, action } = error
    // A code that nobody has documented leaves the payment open too.
    if (code === 'RESULT_FAIL' ? action === 'final' : !(NO_ANSWER.test(code) || code === 'ABORTED')) {
      throw error
    }
    cause = error
  }
  // A number that was paid before this call: to reverse it would give back somebody's payment.
  const before = cause.err_code === 'ORDERPAID'

  let gap = FIRST_GAP
  let now = before
  for (;;) {
    if (!now) await clock.sleep(Math.min(gap, Math.max(0, end - clock.now())), signal)
    now = false
    if (signal?.aborted === true) throw left(cause)
    const found = await state()
    if (found === 'REVOKED') return { paid: false, reversed: true, cause }
    if (found === 'CLOSED') return { paid: false, reversed: false, cause }
    if (typeof found === 'object') return { paid: true, answer: found }
    // The payment failed for good; the reversal closes the order.
    if (found === 'PAYERROR' || clock.now() >= end) break
    gap = Math.min(LONGEST_GAP, gap * GROWTH)
  }
  if (before) throw left(cause)
  await reverse()
  return { paid: false, reversed: true, cause }

  /** The payment, or the state of an order that is not paid. */
  async function state(): Promise<Flat | string | undefined> {
    let answer: Flat
    try {
      answer = await calls.orderQuery({ out_trade_no }, waiting)
    } catch (error) {
      if (signal?.aborted === true) throw left(error)
      return undefined
    }
    if (answer['trade_state'] !== 'SUCCESS') return answer['trade_state']
    if (answer['total_fee'] === String(total_fee)) return answer
    throw new WxPayError(
      'ANSWER_MISMATCH',
      `order ${out_trade_no} is paid with another amount: its number belongs to another payment`,
      { field: 'total_fee', query },
    )
  }

  async function reverse(): Promise<void> {
    let why: unknown = cause
    for (let times = 1; times <= REVERSALS; times++) {
      if (times > 1) await clock.sleep(FIRST_GAP, signal)
      if (signal?.aborted === true) break
      try {
        const { recall } = await calls.reverse({ out_trade_no }, waiting)
        if (recall !== 'Y') return
      } catch (error) {
        why = error
        if (!(error instanceof WxPayError)) break
        const { code, action } = error
        const passing = action === 'retry' || action === 'query'
        if (code === 'RESULT_FAIL' ? !passing : !NO_ANSWER.test(code)) break
      }
    }
    throw left(why)
  }
}
