import type { Answer } from '../answer.js'
import { beijingDateTime } from '../clock.js'
import type { Order } from '../order.js'
import { isPaid } from '../order.js'
import type { Visit } from './document.js'
import { document } from './document.js'
import type { Html } from './html.js'
import { both, html } from './html.js'
import { amount, button, facts, form, heading, note } from './receipt.js'
import { yuan } from './yuan.js'

/** What the payer's phone shows of an order: every value is text. */
function receipt(order: Order, merchant: string): Html {
  const open = order.state === 'NOTPAY'
  const ends = Math.min(order.codeEnds, order.orderEnds ?? Infinity)
  return facts(
    ['商户', 'Merchant', merchant],
    ['商品', 'Goods', order.body],
    ['附加数据', 'attach', order.request['attach'] ?? null],
    ['商户单号', 'Order', order.out_trade_no],
    ['优惠', 'Coupon', order.coupon_fee === null ? null : `-¥${yuan(order.coupon_fee)}`],
    ['交易单号', 'Transaction', order.transaction_id],
    ['支付时间', 'Paid at', order.paid === null ? null : beijingDateTime(order.paid)],
    ['有效期至', 'Valid until', open ? beijingDateTime(ends) : null],
  )
}

/** The way back to the shop that an H5 order names in its address (chapter 6.5). */
function back({ query }: Visit): Html | null {
  const target = query.get('redirect_url')
  if (target === null || !/^https?:\/\//i.test(target) || !URL.canParse(target)) return null
  return html`<p class="back"><a href="${target}" rel="noreferrer">${both('返回商户', 'Back to the shop')}</a></p>`
}

const ACTIONS = form(
  button('pay', '立即支付', 'Pay now'),
  button('decline', '取消支付', 'Decline'),
  button('expire', '让它过期', 'Let it expire'),
)

/** The page of one code: pay, decline, let it expire, or what became of it. */
export function payPage(order: Order | 'expired' | undefined, merchant: string, visit: Visit): Answer {
  if (order === undefined) {
    const view = [
      heading('二维码无效', 'Unknown code'),
      note('没有这个支付码。', 'The gateway never gave out this code.'),
    ]
    return document(visit, 'unknown', view, 404)
  }
  if (order === 'expired') {
    const view = [
      heading('二维码已过期', 'Code expired'),
      note(
        '支付码过了有效期，请回到商户重新下单。',
        'The time of this code is over. Go back to the shop for a new one.',
      ),
      html`${back(visit)}`,
    ]
    return document(visit, 'expired', view, 410)
  }
  const rows = receipt(order, merchant)
  const paid = isPaid(order)
  if (paid || order.state !== 'NOTPAY') {
    const title = paid ? heading('支付成功', 'Paid') : heading('订单已关闭', 'Order closed')
    const words = paid ? null : note('这笔订单不能再支付。', 'This order can no longer be paid.')
    const total = amount(paid ? (order.cash_fee ?? order.total_fee) : order.total_fee)
    return document(visit, paid ? 'paid' : 'closed', html`${title}${total}${words}${rows}${back(visit)}`)
  }
  const declined = order.declined
    ? note('已取消，未支付。还可以再付。', 'Declined: nothing was paid. You can still pay.')
    : null
  const view = html`${heading('确认支付', 'Confirm payment')}${amount(order.total_fee)}${declined}${rows}${ACTIONS}${order.declined ? back(visit) : null}`
  return document(visit, order.declined ? 'declined' : 'open', view)
}
