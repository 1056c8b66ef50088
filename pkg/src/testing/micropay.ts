import type { Fields } from '../facade.js'
import type { BusinessError } from './answer.js'
import { fault } from './answer.js'
import { DAY, SECOND } from './clock.js'
import type { Desk } from './desk.js'
import type { Call } from './handlers.js'
import { openidOf } from './identifier.js'
import type { Order } from './order.js'
import type { OrderBook } from './orders.js'
import { isPaid, paymentFields } from './order.js'

/** Milliseconds a payer takes to enter the password. */
const PASSWORD = 10 * SECOND

/** A payment can be taken back for so long (chapter 9.11). */
const REVERSIBLE = 7 * DAY

/**
 * Payment codes that do something: the last four digits of the 18. Any other code pays at once.
 */
const CODES: Record<string, 'USERPAYING' | 'WAITING' | 'PAYERROR' | 'SYSTEMERROR' | BusinessError> =
  {
    /** The payer enters the password, and after ten seconds has paid. */
    '9901': 'USERPAYING',
    /** The payer enters the password until `pay` or `decline` is called. */
    '9902': 'WAITING',
    /** The payer enters the password and after ten seconds gives up. */
    '9903': 'PAYERROR',
    /** Paid, but the answer is SYSTEMERROR. */
    '9904': 'SYSTEMERROR',
    '9905': fault('NOTENOUGH', '用户帐号余额不足'),
    '9906': fault('AUTHCODEEXPIRE', '101 付款码已过期，请刷新再试'),
    '9907': fault('AUTH_CODE_INVALID', '付款码无效'),
    '9908': fault('NOTSUPORTCARD', '不支持卡类型'),
    '9909': fault('BANKERROR', '银行系统异常'),
    '9910': fault('BUYER_MISMATCH', '支付帐号错误'),
    '9911': fault('TRADE_ERROR', '交易错误'),
  }

/** Payments by the code on the payer's phone, and their reversal. Nothing is notified here. */
export class MicropayBook {
  readonly #desk: Desk
  readonly #orders: OrderBook
  /** The order each code was used for: a code is good for one. */
  readonly #used = new Map<string, string>()

  constructor(desk: Desk, orders: OrderBook) {
    this.#desk = desk
    this.#orders = orders
    for (const order of orders.list(0)) {
      const code = order.request['auth_code']
      if (code === undefined) continue
      this.#used.set(code, order.out_trade_no)
      if (order.state === 'USERPAYING') this.#await(order, code)
    }
  }

  /** Charges a payment code (chapter 9.10); `trade_type` is what queries show. */
  charge({ fields, signType, now }: Call, trade_type = 'MICROPAY'): Fields | BusinessError {
    const code = fields['auth_code'] ?? ''
    const out_trade_no = fields['out_trade_no'] ?? ''
    const turn = CODES[code.slice(-4)]
    if (typeof turn === 'object') return turn
    const owner = this.#used.get(code)
    if (code !== '' && owner !== undefined && owner !== out_trade_no)
      return fault('AUTH_CODE_ERROR', '付款码已使用，请刷新后再试')
    const order = this.#orders.place(fields, signType, now, { state: 'USERPAYING', trade_type })
    if ('err_code' in order) return order
    if (order.state === 'PAYERROR') return fault('TRADE_ERROR', '支付失败，请重新下单支付')
    if (owner !== undefined) return fault('USERPAYING', '需要用户输入支付密码')
    this.#used.set(code, out_trade_no)
    order.payer_openid = fields['openid'] ?? openidOf(code)
    if (turn === undefined || turn === 'SYSTEMERROR') {
      this.#orders.settle(order, now)
      return turn === undefined ? paymentFields(order) : fault('SYSTEMERROR', '系统超时')
    }
    this.#orders.move(order, 'USERPAYING')
    this.#await(order, code)
    return fault('USERPAYING', '需要用户输入支付密码')
  }

  /** Takes a payment back: closes what is unpaid, refunds what is paid (chapter 9.11). */
  reverse({ fields, now }: Call): Fields | BusinessError {
    const order = this.#orders.named(fields, now)
    if (order === undefined)
      return fields['transaction_id'] === undefined
        ? fault('TRADE_ERROR', '订单不存在')
        : fault('INVALID_TRANSACTIONID', '无效transaction_id')
    if (!['MICROPAY', 'FACE'].includes(order.trade_type))
      return fault('TRADE_ERROR', '该订单不支持撤销，请使用关单或退款')
    if (order.state === 'REVOKED') return { recall: 'N' }
    if (isPaid(order)) return this.#takeBack(order, now)
    this.#orders.move(order, 'REVOKED')
    return { recall: 'N' }
  }

  /** The payer whose code it is; afterwards only this merchant can charge it, which here is the only one. */
  openid(code: string): Fields | BusinessError {
    const turn = CODES[code.slice(-4)]
    if (typeof turn === 'object' && turn.err_code.startsWith('AUTH')) return turn
    return this.#used.has(code)
      ? fault('AUTH_CODE_ERROR', '付款码已使用，请刷新后再试')
      : { openid: openidOf(code) }
  }

  /** After the state was forgotten. */
  reset(): void {
    this.#used.clear()
  }

  /** What the payer does with the password, when it is time. */
  #await(order: Order, code: string): void {
    const turn = CODES[code.slice(-4)]
    if (turn === 'WAITING') return
    const { clock } = this.#desk
    clock.after(Math.max(0, order.placed + PASSWORD - clock.now()), () => {
      if (order.state !== 'USERPAYING') return
      if (turn === 'PAYERROR') this.#orders.move(order, 'PAYERROR')
      else this.#orders.settle(order, clock.now())
    })
  }

  #takeBack(order: Order, now: number): Fields | BusinessError {
    if (order.paid === null || now > order.paid + REVERSIBLE)
      return fault('REVERSE_EXPIRE', '订单无法撤销：超过七天，请申请退款')
    if (order.refund_fee > 0) return fault('TRADE_ERROR', '订单已发生退款，不能撤销')
    const { ledger } = this.#desk
    ledger.book('refund', order.transaction_id ?? '', order.out_trade_no, -order.total_fee, now)
    order.refund_fee = order.total_fee
    this.#orders.move(order, 'REVOKED')
    return { recall: 'N' }
  }
}
