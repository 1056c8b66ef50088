import { setTimeout as pause } from 'node:timers/promises'
import { buyer } from './buyer.mjs'
import { control } from './control.mjs'

/** The shopkeeper pays back an order of the flow before; WeChat ends the refund and notifies. */
export async function refundFlow({ gateway, shop, adminToken }, { out_trade_no, total_fee }, step) {
  const counter = buyer(shop.url, '柜台 counter', adminToken)

  step('柜台退款：单号由订单而来，重复点击也只退一次', 'the counter refunds: the number is made from the order, so a second click pays back once')
  const deadline = performance.now() + 5000
  let order
  do {
    await pause(100)
    if (performance.now() > deadline) throw new Error('not delivered within 5 s')
    ;[order] = await counter.get(`/admin/orders?out_trade_no=${out_trade_no}`)
  } while (order.delivered_at === null)
  const out_refund_no = order.next_refund_no
  const request = { out_trade_no, out_refund_no, refund_fee: total_fee }
  await Promise.all([counter.post('/admin/refund', request), counter.post('/admin/refund', request)])

  step('微信退款到账，加密通知店铺', 'WeChat pays back, and notifies the shop with an encrypted message')
  await control(gateway, `/_gateway/refund?out_refund_no=${out_refund_no}&status=SUCCESS`)
  await counter.get(`/admin/orders?out_trade_no=${out_trade_no}`)
  return { out_trade_no, total_fee, refund_fee: total_fee }
}
