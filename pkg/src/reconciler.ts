import { chance } from './chance.js'
import { systemClock, type Clock } from './clock.js'
import { WxPayError } from './errors.js'
import { backoff, type Worker } from './events.js'
import type { Fields } from './facade.js'
import { queriedPayment, queriedRefund } from './facts.js'
import { Monitor } from './monitor.js'
import { settlePayment, settleRefund } from './settle.js'
import type { Order, OrderStore, Refund, ReportedState } from './stores/store.js'

/** The calls of the client; each resolves with a verified answer of success. */
export interface ReconcilerCalls {
  orderQuery(order: { out_trade_no: string }, options: { signal: AbortSignal }): Promise<Fields>
  closeOrder(order: { out_trade_no: string }, options: { signal: AbortSignal }): Promise<Fields>
  refundQuery(refund: { out_refund_no: string }, options: { signal: AbortSignal }): Promise<Fields>
}

/** How often to ask about what has been pending for so long; both in milliseconds. */
export interface Pace {
  age: number
  every: number
}

/** How often {@link reconcileOrders} asks, and when it gives an order up. */
export interface ReconcilerOptions {
  /**
   * The first is how old an order must be to be asked about; 10 seconds by default, then every 15
   * seconds, and more and more seldom: after 10 minutes every minute, after an hour every 10
   * minutes, after a day every hour.
   */
  pace?: readonly Pace[]
  /** Milliseconds after which an order that nobody pays is closed, at least 300 000; by default when its `prepay_id` is no longer valid, after two hours and ten minutes. `null`: never. */
  closeAfter?: number | null
  /** Questions per second, at most; 10 by default. */
  perSecond?: number
  /** Questions at the same time, at most; 4 by default. */
  concurrency?: number
  /** Milliseconds from one look at the store to the next; 5 000 by default. */
  poll?: number
  monitor?: Monitor
  clock?: Clock
  /** ms UTC, as the store has it. */
  now?: () => number
  /** At least 0 and below 1; spreads the pauses. */
  random?: () => number
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

const PACE: readonly Pace[] = [
  { age: 10 * SECOND, every: 15 * SECOND },
  { age: 10 * MINUTE, every: MINUTE },
  { age: HOUR, every: 10 * MINUTE },
  { age: 24 * HOUR, every: HOUR },
]
/** A `prepay_id` is valid for two hours (chapter 9.1), and clocks differ. */
const CLOSE_AFTER = 130 * MINUTE
/** Chapter 9.3. */
const EARLIEST_CLOSE = 5 * MINUTE
/** When WeChat must know a refund that was asked for. */
const REFUND_KNOWN = 10 * MINUTE
const BATCH = 50

type Store = Pick<
  OrderStore,
  'listPending' | 'recordPayment' | 'recordState' | 'closeOrder' | 'recordRefund'
>

/**
 * Asks WeChat about orders and refunds that stay pending, since the delivery of notifications is
 * never guaranteed (chapter 9.7), and records what it says through the store's own operations.
 * Orders that nobody pays are closed. Start it in every process: what one of them asks about, the
 * others leave alone until it is due again.
 *
 * @example
 * const reconciler = reconcileOrders(store, pay)
 * process.once('SIGTERM', () => reconciler.stop())
 */
export function reconcileOrders(
  store: Store,
  pay: ReconcilerCalls,
  options: ReconcilerOptions = {},
): Worker {
  const { closeAfter = CLOSE_AFTER, perSecond = 10, concurrency = 4, poll = 5000 } = options
  const { monitor = new Monitor(), clock = systemClock, now = Date.now } = options
  const { random = chance } = options
  if (closeAfter !== null && !(closeAfter >= EARLIEST_CLOSE)) {
    throw new RangeError(`closeAfter must be at least ${EARLIEST_CLOSE} ms (chapter 9.3), got ${closeAfter}`)
  }
  for (const [name, value] of Object.entries({ perSecond, concurrency, poll })) {
    if (!(value > 0 && value < 2 ** 30)) throw new RangeError(`${name} must be above 0, got ${value}`)
  }
  // The oldest first: what they claim, the quicker ones do not get.
  const pace = [...(options.pace ?? PACE)].sort((a, b) => b.age - a.age)
  const ending = new AbortController()
  const { signal } = ending
  let sleeping = new AbortController()
  let awake = false
  let stopping = false
  let failures = 0
  let next = clock.now()
  let asking = 0

  const loop = run()
  return {
    wake,
    async stop(deadline = 10_000) {
      stopping = true
      wake()
      const over = new AbortController()
      const all = loop.finally(() => over.abort())
      await Promise.race([all, clock.sleep(deadline, over.signal)])
      const unfinished = asking
      ending.abort()
      return { unfinished }
    },
  }

  function wake(): void {
    awake = true
    sleeping.abort()
  }

  async function run(): Promise<void> {
    while (!stopping) {
      awake = false
      let full = false
      try {
        for (const step of pace) full = (await round(step)) || full
      } catch {
        failures++
        monitor.count('query_failures', { step: 'list' })
      }
      if (stopping || awake || (full && failures === 0)) continue
      await pause(failures > 0 ? Math.max(poll, Math.min(MINUTE, backoff(failures, random))) : poll)
    }
  }

  /** Ends early when somebody wakes it. */
  async function pause(milliseconds: number): Promise<void> {
    sleeping = new AbortController()
    if (awake || stopping) return
    await clock.sleep(milliseconds, sleeping.signal)
  }

  /** One look at what is so old; whether there is more. */
  async function round({ age, every }: Pace): Promise<boolean> {
    if (stopping) return false
    const choice = { olderThan: now() - age, limit: BATCH, leaseMs: every }
    const { orders, refunds } = await store.listPending(choice)
    const jobs = [
      ...orders.map(order => () => ask('order', () => settleOrder(order))),
      ...refunds.map(refund => () => ask('refund', () => settleOne(refund))),
    ]
    const full = orders.length === BATCH || refunds.length === BATCH
    const line = async () => {
      for (let job = jobs.shift(); job !== undefined && !stopping; job = jobs.shift()) await job()
    }
    await Promise.all(Array.from({ length: Math.min(concurrency, jobs.length) }, line))
    return full
  }

  /** Never rejects: what fails is asked again when its time has come. */
  async function ask(kind: string, settle: () => Promise<string>): Promise<void> {
    await turn()
    if (stopping) return
    asking++
    try {
      const result = await settle()
      failures = 0
      monitor.count('queries', { kind, result })
    } catch (error) {
      const code = error instanceof WxPayError ? error.code : 'other'
      // Nobody answers: to go on at this rate would help nobody.
      if (/^(TRANSPORT|TIMEOUT|STORE_FAILED)$/.test(code)) failures++
      monitor.count('queries', { kind, result: code })
    } finally {
      asking--
    }
  }

  /** Waits until the rate allows one more question. */
  async function turn(): Promise<void> {
    const at = Math.max(next, clock.now())
    next = at + SECOND / perSecond
    const wait = at - clock.now()
    if (wait > 0 && !stopping) await clock.sleep(wait, signal)
  }

  async function settleOrder(order: Order): Promise<string> {
    const { out_trade_no } = order
    const expired = closeAfter !== null && now() - order.created_at >= closeAfter
    const answer = await answered(() => pay.orderQuery({ out_trade_no }, { signal }))
    if (answer instanceof WxPayError) {
      if (answer.err_code !== 'ORDERNOTEXIST') throw answer
      // It has never reached WeChat, or is gone there; nobody can pay it.
      if (expired) await store.closeOrder(out_trade_no)
      return 'ORDERNOTEXIST'
    }
    const state = String(answer['trade_state'] ?? '')
    if (state === 'SUCCESS' || state === 'REFUND') return pays(answer, state)
    if (['CLOSED', 'REVOKED', 'PAYERROR', 'USERPAYING'].includes(state)) {
      await store.recordState(out_trade_no, state as ReportedState)
    }
    // An order by the payer's code is reversed, not closed, and by whoever scans (chapter 9.11).
    if (state !== 'NOTPAY' || !expired || order.trade_type === 'MICROPAY') return state
    return close(out_trade_no)
  }

  async function pays(answer: Fields, state: string): Promise<string> {
    const payment = queriedPayment(answer)
    const checks = { checkOpenid: false, now }
    const record = await settlePayment(store.recordPayment(payment), payment, 'query', monitor, checks)
    if (state === 'REFUND') await store.recordState(payment.out_trade_no, 'REFUND')
    return record.outcome
  }

  async function close(out_trade_no: string): Promise<string> {
    const answer = await answered(() => pay.closeOrder({ out_trade_no }, { signal }))
    if (answer instanceof WxPayError) {
      if (answer.err_code === 'ORDERPAID') {
        // Paid between the two questions.
        const paid = await pay.orderQuery({ out_trade_no }, { signal })
        return pays(paid, String(paid['trade_state'] ?? ''))
      }
      if (answer.err_code !== 'ORDERCLOSED') throw answer
    }
    await store.closeOrder(out_trade_no)
    return 'closed'
  }

  async function settleOne({ out_refund_no, out_trade_no, created_at }: Refund): Promise<string> {
    const answer = await answered(() => pay.refundQuery({ out_refund_no }, { signal }))
    if (answer instanceof WxPayError) {
      if (answer.err_code !== 'REFUNDNOTEXIST') throw answer
      // Whether to repeat it, with the same number, or to give it up is for a person to say.
      if (now() - created_at >= REFUND_KNOWN) {
        const message = 'WeChat does not know the refund: repeat it with the same number, or closeRefund'
        monitor.alarm({ alarm: 'refund_missing', message, out_trade_no, out_refund_no })
      }
      return 'REFUNDNOTEXIST'
    }
    const result = queriedRefund(answer, out_refund_no)
    return (await settleRefund(store.recordRefund(result), result, 'query', monitor)).outcome
  }

  /** The answer, or WeChat's own no. */
  async function answered(call: () => Promise<Fields>): Promise<Fields | WxPayError> {
    try {
      const answer = await call()
      monitor.gateway(true)
      return answer
    } catch (error) {
      const said = error instanceof WxPayError && error.code === 'RESULT_FAIL'
      monitor.gateway(said)
      if (said) return error
      throw error
    }
  }
}
