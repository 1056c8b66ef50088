import { WxPayError } from '../errors.js'
import { checkedPayment, name, newOrder, text } from './order.js'
import type { Order, OrderEvent, OrderStore } from './store.js'
import { outcomeOf, paidColumns } from './transition.js'

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
  const events: OrderEvent[] = []
  let closed = false

  for (const order of given) {
    orders.set(order.out_trade_no, { ...order })
    if (order.transaction_id !== null) holders.set(order.transaction_id, order.out_trade_no)
  }

  function assertOpen(): void {
    if (closed) throw new WxPayError('STORE_FAILED', 'the order store is closed')
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

    async recordPayment(input) {
      assertOpen()
      const payment = checkedPayment(input)
      const order = orders.get(payment.out_trade_no) ?? null
      const outcome = outcomeOf(payment, order, holders.get(payment.transaction_id) ?? null)
      if (order && (outcome === 'paid' || outcome === 'paid_late')) {
        const { out_trade_no, transaction_id, total_fee } = payment
        const created_at = now()
        Object.assign(order, paidColumns(payment, created_at))
        holders.set(transaction_id, out_trade_no)
        events.push({ id: events.length + 1, out_trade_no, kind: outcome, transaction_id, total_fee, created_at })
      }
      return { outcome, order: order && { ...order } }
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
      return events.filter((event) => event.out_trade_no === number).map((event) => ({ ...event }))
    },

    async close() {
      closed = true
    },
  }
}
