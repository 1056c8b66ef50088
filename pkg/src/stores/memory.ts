import { WxPayError } from '../errors.js'
import { checkedEvents } from './event.js'
import { memoryEvents } from './memory-events.js'
import { auditLine, checkedReceipt, newNotification } from './notification.js'
import { checkedPayment, name, newOrder, text } from './order.js'
import { checkedChoice } from './pending.js'
import { checkedRefund, checkedResult, COUNTING, foundRefund, newRefund, refundEvent, refundOutcomeOf, resultColumns, WRITING } from './refund.js'
import type { NotificationRecord, Order, OrderStore, Refund, ReportedState } from './store.js'
import { AWAITING, CLOSING, movesTo, outcomeOf, paidColumns } from './transition.js'

export type * from './store.js'

/** Options of {@link memoryStore}. */
export interface MemoryStoreOptions {
  /** The clock, ms UTC. */
  now?: () => number
  /** Orders to begin with, in any state: how a test gets a closed or refunded one. */
  orders?: Iterable<Order>
}

/**
 * An order store that forgets everything with the process: for tests and first
 * steps, never for money.
 *
 * @example
 * const store = memoryStore()
 * await store.createOrder({ out_trade_no: '20150806125346', appid: 'wxd930ea5d5a258f4f',
 *   mch_id: '1900000109', trade_type: 'NATIVE', body: 'tea', total_fee: 101 })
 */
export function memoryStore({ now = Date.now, orders: given = [] }: MemoryStoreOptions = {}): OrderStore {
  const orders = new Map<string, Order>()
  /** transaction_id -> out_trade_no */
  const holders = new Map<string, string>()
  const refunds = new Map<string, Refund>()
  const events = memoryEvents(now)
  const audit: NotificationRecord[] = []
  /** Until when nobody else asks WeChat about the order or refund. */
  const claims = new Map<Order | Refund, number>()
  let closed = false

  for (const order of given) {
    orders.set(order.out_trade_no, { ...order })
    if (order.transaction_id !== null) holders.set(order.transaction_id, order.out_trade_no)
  }

  function assertOpen(): void {
    if (closed) throw new WxPayError('STORE_FAILED', 'the order store is closed')
  }

  function write(line: Omit<NotificationRecord, 'id'> | null): void {
    if (line) audit.push({ id: audit.length + 1, ...line })
  }

  function move(out_trade_no: string, state: ReportedState, moves = movesTo(state)) {
    const order = orders.get(name('out_trade_no', out_trade_no)) ?? null
    const found = order && moves.find(([from]) => from.includes(order.state))
    if (order && found) {
      order.state = state
      if (found[1]) events.add(found[1], order, null, now())
    }
    return { changed: Boolean(found), order: order && { ...order } }
  }

  /** The rows that may be claimed, those first that nobody asked about for longest. */
  function claim<Row extends Order | Refund>(rows: Iterable<Row>, states: readonly string[], { olderThan, limit, leaseMs }: ReturnType<typeof checkedChoice>): Row[] {
    const at = now()
    const claimed = (row: Row) => claims.get(row) ?? 0
    const free = [...rows].filter((row) => states.includes(row.state) && row.created_at < olderThan && claimed(row) <= at)
    free.sort((a, b) => claimed(a) - claimed(b) || a.created_at - b.created_at)
    return free.slice(0, limit).map((row) => {
      claims.set(row, at + leaseMs)
      return { ...row }
    })
  }

  // No method awaits anything, so each runs to its end before the next begins:
  // that is the whole of this store's locking. Orders leave as copies.
  return {
    async createOrder(input) {
      assertOpen()
      const order = newOrder(input, now())
      if (orders.has(order.out_trade_no)) {
        throw new WxPayError('STORE_DUPLICATE', 'an order with this out_trade_no exists', { field: 'out_trade_no' })
      }
      orders.set(order.out_trade_no, order)
      return { ...order }
    },

    async setPrepay(out_trade_no, { prepay_id, code_url }) {
      assertOpen()
      const columns = { prepay_id: name('prepay_id', prepay_id), code_url: text('code_url', code_url) }
      const order = orders.get(name('out_trade_no', out_trade_no))
      if (!order) throw new WxPayError('STORE_FAILED', 'no order has this out_trade_no', { field: 'out_trade_no' })
      Object.assign(order, columns)
    },

    async recordPayment(input, receipt) {
      assertOpen()
      const payment = checkedPayment(input)
      const received = receipt ? checkedReceipt(receipt) : null
      const order = orders.get(payment.out_trade_no) ?? null
      const outcome = outcomeOf(payment, order, holders.get(payment.transaction_id) ?? null)
      if (order && (outcome === 'paid' || outcome === 'paid_late')) {
        const at = now()
        Object.assign(order, paidColumns(payment, at))
        holders.set(payment.transaction_id, payment.out_trade_no)
        events.add(outcome, order, null, at)
      }
      write(auditLine('payment', payment, outcome, received, now()))
      return { outcome, order: order && { ...order } }
    },

    async createRefund(input) {
      assertOpen()
      const asked = checkedRefund(input)
      const order = orders.get(asked.out_trade_no)
      if (!order) throw new WxPayError('STORE_FAILED', 'no order has this out_trade_no', { field: 'out_trade_no' })
      if (refunds.has(asked.out_refund_no)) {
        throw new WxPayError('STORE_DUPLICATE', 'a refund with this out_refund_no exists', { field: 'out_refund_no' })
      }
      let refunded = 0
      for (const { out_trade_no, state, refund_fee } of refunds.values()) {
        if (out_trade_no === order.out_trade_no && COUNTING.includes(state)) refunded += refund_fee
      }
      const refund = newRefund(asked, order, refunded, now())
      if (refund instanceof WxPayError) throw refund
      refunds.set(refund.out_refund_no, refund)
      return { ...refund }
    },

    async closeRefund(out_refund_no) {
      assertOpen()
      const refund = refunds.get(name('out_refund_no', out_refund_no))
      const fits = refund?.state === 'PROCESSING' && refund.refund_id === null
      if (fits) Object.assign(refund, { state: 'REFUNDCLOSE', changed_at: now() })
      return fits
    },

    async recordRefund(input, receipt) {
      assertOpen()
      const result = checkedResult(input)
      const received = receipt ? checkedReceipt(receipt) : null
      const at = now()
      const order = orders.get(result.out_trade_no) ?? null
      let refund = refunds.get(result.out_refund_no) ?? null
      const holder = [...refunds.values()].find(({ refund_id }) => refund_id === result.refund_id)
      const outcome = refundOutcomeOf(result, refund, order, holder?.out_refund_no ?? null)
      if (order && WRITING.includes(outcome)) {
        if (refund) Object.assign(refund, resultColumns(result, at))
        else refunds.set(result.out_refund_no, (refund = foundRefund(result, at)))
        if (order.state === 'SUCCESS' && result.refund_status !== 'REFUNDCLOSE') order.state = 'REFUND'
        const event = refundEvent(result.refund_status)
        if (event) events.add(event, order, refund, at)
      }
      write(auditLine('refund', result, outcome, received, at))
      return { outcome, refund: refund && { ...refund }, order: order && { ...order } }
    },

    async findRefund(out_refund_no) {
      assertOpen()
      const refund = refunds.get(name('out_refund_no', out_refund_no))
      return refund ? { ...refund } : null
    },

    async listRefunds(out_trade_no) {
      assertOpen()
      const number = name('out_trade_no', out_trade_no)
      return [...refunds.values()].filter((refund) => refund.out_trade_no === number).map((refund) => ({ ...refund }))
    },

    async closeOrder(out_trade_no) {
      assertOpen()
      return move(out_trade_no, 'CLOSED', CLOSING)
    },

    async recordState(out_trade_no, state) {
      assertOpen()
      return move(out_trade_no, state)
    },

    async recordNotification(notification) {
      assertOpen()
      write(newNotification(notification))
    },

    async listNotifications({ out_trade_no, outcome, before = Infinity, limit = 100 }) {
      assertOpen()
      const fits = (line: NotificationRecord) =>
        line.id < before &&
        (out_trade_no === undefined || line.out_trade_no === out_trade_no) &&
        (outcome === undefined || line.outcome === outcome)
      return audit.filter(fits).reverse().slice(0, limit).map((line) => ({ ...line }))
    },

    async findOrder(out_trade_no) {
      assertOpen()
      const order = orders.get(name('out_trade_no', out_trade_no))
      return order ? { ...order } : null
    },

    async findOrders(out_trade_nos) {
      assertOpen()
      const numbers = new Set(out_trade_nos.map((number) => name('out_trade_no', number)))
      return [...numbers].flatMap((number) => {
        const order = orders.get(number)
        return order ? [{ ...order }] : []
      })
    },

    async *listPaid(from, to) {
      assertOpen()
      const paid = [...orders.values()].filter(({ time_end }) => time_end !== null && from <= time_end && time_end <= to)
      for (const order of paid.sort((a, b) => (a.out_trade_no < b.out_trade_no ? -1 : 1))) yield { ...order }
    },

    async listEvents(out_trade_no) {
      assertOpen()
      const number = name('out_trade_no', out_trade_no)
      return events.list(number)
    },

    async takeEvents(...given) {
      assertOpen()
      return events.take(...checkedEvents.takeEvents(...given))
    },

    async finishEvent(event) {
      assertOpen()
      events.finish(checkedEvents.finishEvent(event))
    },

    async failEvent(...given) {
      assertOpen()
      events.fail(...checkedEvents.failEvent(...given))
    },

    async listParked(limit) {
      assertOpen()
      return events.parked(checkedEvents.listParked(limit))
    },

    async retryEvent(event) {
      assertOpen()
      events.retry(checkedEvents.retryEvent(event))
    },

    async listPending(choice) {
      assertOpen()
      const checked = checkedChoice(choice)
      return { orders: claim(orders.values(), AWAITING, checked), refunds: claim(refunds.values(), ['PROCESSING'], checked) }
    },

    async health() {
      const waiting = events.waiting()
      const oldest = Math.min(...waiting.map(({ created_at }) => created_at))
      return {
        ok: !closed,
        latency: 0,
        schema: null,
        lag: waiting.length === 0 ? 0 : now() - oldest,
        counts: {
          pending_orders: [...orders.values()].filter(({ state }) => AWAITING.includes(state)).length,
          pending_refunds: [...refunds.values()].filter(({ state }) => state === 'PROCESSING').length,
          waiting_events: waiting.length,
          parked_events: events.parked(Infinity).length,
        },
        error: closed ? new WxPayError('STORE_FAILED', 'the order store is closed') : null,
      }
    },

    async close() {
      closed = true
    },
  }
}
