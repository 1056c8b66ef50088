import { queriedPayment } from 'wxpay-wasm/notify'

const FIRST = 5_000
const LONGEST = 60_000
const FORGET = 2 * 60 * 60 * 1000 // a code_url is valid for two hours (native, chapter 6.5)

/**
 * Asks WeChat about an order whose notification has not come (delivery is
 * never guaranteed, payment notification, chapter 9.7). The page may ask the
 * shop every second; the shop asks WeChat first after five seconds and then
 * with growing gaps.
 */
export function orderQuery({ pay, store, now, report }) {
  const plans = new Map()

  function due(order) {
    const at = now()
    if (at - order.created_at > FORGET) {
      plans.delete(order.out_trade_no)
      return false
    }
    const plan = plans.get(order.out_trade_no) ?? { next: order.created_at + FIRST, gap: FIRST }
    if (at < plan.next) return false
    plans.set(order.out_trade_no, { next: at + plan.gap, gap: Math.min(plan.gap * 2, LONGEST) })
    return true
  }

  /** The order as it stands after the query, if a query was due. */
  return async (order) => {
    if (order.state !== 'NOTPAY' || order.prepay_id === null || !due(order)) return order
    try {
      const answer = await pay.orderQuery({ out_trade_no: order.out_trade_no })
      if (answer.trade_state !== 'SUCCESS') return order
      // The same door as the notification: amount, currency and transaction are checked there.
      const { order: after } = await store.recordPayment(queriedPayment(answer))
      plans.delete(order.out_trade_no)
      return after ?? order
    } catch (error) {
      report(error)
      return order
    }
  }
}
