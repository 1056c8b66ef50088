import type { checkedChoice } from './pending.js'
import { toOrder, toRefund } from './rows.js'
import type { Order, Pending, Refund } from './store.js'
import { AWAITING } from './transition.js'
import type { Work } from './writer.js'

/** Claims each row by one update that repeats the condition: of two reconcilers that have seen it, the later matches none. */
export function claiming({ olderThan, limit, leaseMs }: ReturnType<typeof checkedChoice>, now: () => number): Work<Pending> {
  return async (trx) => {
    const at = now()
    const claim = { claimed_until: at + leaseMs }
    const orders: Order[] = []
    const waiting = trx.selectFrom('wxpay_orders').selectAll().where('state', 'in', AWAITING).where('claimed_until', '<=', at).where('created_at', '<', olderThan)
    for (const order of (await waiting.orderBy('claimed_until').orderBy('created_at').limit(limit).execute()).map(toOrder)) {
      const mine = trx.updateTable('wxpay_orders').set(claim).where('out_trade_no', '=', order.out_trade_no).where('state', 'in', AWAITING)
      const { numUpdatedRows } = await mine.where('claimed_until', '<=', at).executeTakeFirst()
      if (numUpdatedRows === 1n) orders.push(order)
    }
    const refunds: Refund[] = []
    const asked = trx.selectFrom('wxpay_refunds').selectAll().where('state', '=', 'PROCESSING').where('claimed_until', '<=', at).where('created_at', '<', olderThan)
    for (const refund of (await asked.orderBy('claimed_until').orderBy('created_at').limit(limit).execute()).map(toRefund)) {
      const mine = trx.updateTable('wxpay_refunds').set(claim).where('out_refund_no', '=', refund.out_refund_no).where('state', '=', 'PROCESSING')
      const { numUpdatedRows } = await mine.where('claimed_until', '<=', at).executeTakeFirst()
      if (numUpdatedRows === 1n) refunds.push(refund)
    }
    return { orders, refunds }
  }
}
