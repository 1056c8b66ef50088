import type { GatewayOrder, TradeState } from '../../order.js'
import type { GatewayRefund } from '../../refunds.js'
import { yuan } from '../yuan.js'
import { control } from './control.js'
import { both, button, element, foreign } from './element.js'

const STATES: Record<TradeState, [chinese: string, english: string]> = {
  NOTPAY: ['待支付', 'Not paid'],
  USERPAYING: ['支付中', 'Paying'],
  ACCEPT: ['已接收', 'Accepted'],
  SUCCESS: ['已支付', 'Paid'],
  REFUND: ['有退款', 'Refunded'],
  CLOSED: ['已关闭', 'Closed'],
  REVOKED: ['已撤销', 'Revoked'],
  PAYERROR: ['支付失败', 'Failed'],
}

const REFUNDS: Record<GatewayRefund['status'], [chinese: string, english: string]> = {
  PROCESSING: ['退款中', 'Refunding'],
  SUCCESS: ['已退款', 'Refunded'],
  CHANGE: ['退款异常', 'Refund stuck'],
  REFUNDCLOSE: ['退款关闭', 'Refund closed'],
}

/** An order with what may be done to it. */
export function drawOrder(order: GatewayOrder, refunds: readonly GatewayRefund[], look: (no: string) => void): HTMLElement {
  const { out_trade_no, state, trade_type, total_fee, code_url, declined } = order
  const payable = ['NOTPAY', 'USERPAYING', 'ACCEPT'].includes(state)
  const number = element('button', { type: 'button', class: 'plain number' }, foreign(out_trade_no))
  number.addEventListener('click', () => look(out_trade_no))
  return element(
    'li',
    { class: 'order', 'data-no': out_trade_no, 'data-state': state },
    element(
      'p',
      { class: 'line' },
      element('span', { class: 'goods' }, foreign(order.body)),
      element('span', { class: 'money' }, `¥${yuan(total_fee)}`),
    ),
    element(
      'p',
      { class: 'line under' },
      number,
      element('span', {}, trade_type),
      element('span', { class: 'state' }, declined ? both('已取消', 'Declined') : both(...STATES[state])),
    ),
    payable
      ? element(
          'p',
          { class: 'acts' },
          button('付款', 'Pay', () => void control('pay', { out_trade_no })),
          button('取消', 'Decline', () => void control('decline', { out_trade_no })),
          code_url === null
            ? null
            : element('a', { href: code_url, target: '_blank', rel: 'noreferrer' }, both('支付页', 'Pay page')),
        )
      : null,
    ...refunds.map(drawRefund),
  )
}

function drawRefund({ out_refund_no, refund_fee, status }: GatewayRefund): HTMLElement {
  const end = (as: string): void => void control('refund', { out_refund_no, status: as })
  return element(
    'div',
    { class: 'refund', 'data-state': status },
    element(
      'p',
      { class: 'line under' },
      element('span', { class: 'number' }, foreign(out_refund_no)),
      element('span', { class: 'state' }, both(...REFUNDS[status])),
      element('span', { class: 'money' }, `-¥${yuan(refund_fee)}`),
    ),
    status === 'PROCESSING'
      ? element(
          'p',
          { class: 'acts' },
          button('到账', 'Settle', () => end('SUCCESS')),
          button('异常', 'Get stuck', () => end('CHANGE')),
          button('关闭', 'Close', () => end('REFUNDCLOSE')),
        )
      : null,
  )
}
