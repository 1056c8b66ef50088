import { queriedPayment } from 'wxpay-wasm/notify'
import { jsonBody } from './json-body.mjs'

/** Milliseconds between two questions about one order. */
const GAP = 5000

/**
 * POST /queryOrder { out_trade_no }: for a buyer who says that he has paid. Asks WeChat, unless that
 * was done just now. A page that only waits does not need it: `reconcileOrders` asks by itself.
 */
export function orderQuery({ pay, store, ownOrders, view, now, report }) {
  const asked = new Map()

  function due(out_trade_no) {
    for (const [number, at] of asked) {
      if (now() - at < GAP) break
      asked.delete(number)
    }
    if (asked.has(out_trade_no)) return false
    asked.set(out_trade_no, now())
    return true
  }

  async function ask(order) {
    const { out_trade_no } = order
    try {
      const answer = await pay.orderQuery({ out_trade_no })
      if (answer.trade_state !== 'SUCCESS') return order
      // The same door as the notification: amount, currency and transaction are checked there.
      return (await store.recordPayment(queriedPayment(answer))).order ?? order
    } catch (error) {
      report(error)
      return order
    }
  }

  return async (ctx) => {
    const { out_trade_no } = await jsonBody(ctx)
    const order = await ownOrders.find(ctx, String(out_trade_no))
    const open = order.state === 'NOTPAY' || order.state === 'USERPAYING'
    ctx.body = await view(open && due(order.out_trade_no) ? await ask(order) : order)
  }
}
