import { WxPayError } from '../errors.js'
import type { Fields, Flat, SignType } from '../facade.js'
import type { BusinessError } from './answer.js'
import { fault } from './answer.js'
import { beijingTime, HOUR, MINUTE, parseBeijingTime } from './clock.js'
import { checkedCoupons, giftOf, sumOf } from './coupon.js'
import type { Desk } from './desk.js'
import { tableOf } from './desk.js'
import { openidOf, payCode, prepayId, transactionId } from './identifier.js'
import type { Order, OrderPart, PayOptions, TradeState } from './order.js'
import { DESCRIPTION, isPaid, paymentFields } from './order.js'
import type { Table } from './state.js'

/** Milliseconds for which a `prepay_id` and its `code_url` are good (chapters 6.5 and 9.1). */
const PREPAY_LIFE = 2 * HOUR

/** The same for the address of the H5 cashier. */
const MWEB_LIFE = 5 * MINUTE

/** Milliseconds an order must have left to live when it is placed (`time_expire`, chapter 9.1, newer text). */
const SHORTEST_LIFE = MINUTE

/** These may differ when an order is placed again; everything else must be the same. */
const MAY_DIFFER = new Set([
  'nonce_str',
  'sign',
  'sign_type',
  'spbill_create_ip',
  'time_start',
  'time_expire',
])

/** How an order came to be. */
export interface Placing {
  state?: TradeState
  trade_type?: string
  contract_id?: string
  parts?: OrderPart[]
}

/** Whether two requests ask for the same order. */
function isSame(one: Flat, other: Flat): boolean {
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...names].every(name => MAY_DIFFER.has(name) || one[name] === other[name])
}

export const refused = (message: string, field = 'out_trade_no'): WxPayError =>
  new WxPayError('GATEWAY_REFUSED', message, { field })

/** Every order of the merchant, and what becomes of it. */
export class OrderBook {
  readonly #desk: Desk
  readonly #orders: Table<Order>
  readonly #transactions = new Map<string, Order>()
  readonly #codes = new Map<string, Order>()
  readonly #prepays = new Map<string, Order>()
  /** Orders that can be forgotten, the oldest first. */
  readonly #unpaid = new Set<string>()

  constructor(desk: Desk) {
    this.#desk = desk
    this.#orders = tableOf(desk, 'orders')
    for (const order of this.#orders.values()) {
      if (order.transaction_id !== null) this.#transactions.set(order.transaction_id, order)
      else this.#unpaid.add(order.out_trade_no)
      if (order.code !== null) this.#codes.set(order.code, order)
      if (order.prepay_id !== '') this.#prepays.set(order.prepay_id, order)
    }
  }

  /** Places an order, or the same order again (chapter 9.1). */
  place(
    request: Flat,
    signType: SignType,
    now: number,
    placing: Placing = {},
  ): Order | BusinessError {
    const known = this.find(request['out_trade_no'], now)
    if (known !== undefined) {
      const { state } = known
      if (isPaid(known)) return fault('ORDERPAID', '该订单已支付')
      if (state === 'CLOSED') return fault('ORDERCLOSED', '该订单已关闭')
      if (state === 'REVOKED') {
        // The order pages know no reversal; to them the number is used up.
        return placing.trade_type === undefined
          ? fault('OUT_TRADE_NO_USED', '商户订单号重复')
          : fault('ORDERREVERSED', '该订单已撤销')
      }
      if (!isSame(known.request, request)) return fault('INVALID_REQUEST', '201 商户订单号重复')
    }
    const ends = parseBeijingTime(request['time_expire'] ?? '') ?? null
    if (known === undefined && ends !== null && ends < now + SHORTEST_LIFE)
      return fault('INVALID_REQUEST', 'time_expire时间过短')
    // The first time_expire stays in force: it cannot be changed later.
    const order = known ?? this.#add(request, signType, ends, now, placing)
    if (order.state === 'NOTPAY') this.#renew(order, now)
    return order
  }

  /** What `place` says of an order that the payer pays later. */
  prepaid(order: Order): Fields {
    return {
      trade_type: order.trade_type,
      prepay_id: order.prepay_id,
      code_url: order.trade_type === 'NATIVE' ? order.code_url : undefined,
      mweb_url: order.trade_type === 'MWEB' ? order.code_url : undefined,
    }
  }

  /** Looks an order up; exactly one of the two is given (chapter 9.2). */
  query(request: Flat, now: number): Fields | BusinessError {
    const order = this.named(request, now)
    if (order === undefined) return fault('ORDERNOTEXIST', '此交易订单号不存在')
    const state = { trade_state: order.state, trade_state_desc: DESCRIPTION[order.state] }
    if (isPaid(order)) return { ...paymentFields(order), consume_fee: order.consume_fee, ...state }
    return { out_trade_no: order.out_trade_no, attach: order.request['attach'], ...state }
  }

  /** Closes an unpaid order, some minutes after it was placed at the earliest (chapter 9.3). */
  close(out_trade_no: string | undefined, now: number): Fields | BusinessError {
    const order = this.find(out_trade_no, now)
    if (order === undefined) return fault('ORDERNOTEXIST', '订单不存在')
    if (isPaid(order)) return fault('ORDERPAID', '该订单已支付')
    if (order.state === 'CLOSED') return fault('ORDERCLOSED', '该订单已关闭')
    if (order.state !== 'NOTPAY')
      return fault('TRADE_STATE_ERROR', '该订单不支持关单，请调用撤销订单接口')
    if (now < order.placed + this.#desk.rules.closeAfter)
      return fault('TRADE_STATE_ERROR', '订单生成后不能马上关单，最短间隔为5分钟')
    this.move(order, 'CLOSED')
    return { result_msg: 'OK' }
  }

  /** Pays an order as the payer would. Throws GATEWAY_REFUSED when it cannot be paid. */
  pay(out_trade_no: string, options: PayOptions, now: number): Order {
    const { openid, bank_type, coupon_fee, coupons } = options
    const order = this.#payable(out_trade_no, now)
    const taken = checkedCoupons(
      coupons ??
        (coupon_fee === undefined ? [] : [{ coupon_id: '10000', coupon_type: 'CASH', coupon_fee }]),
      order.total_fee,
    )
    if (openid !== undefined && !/^[\w-]{1,128}$/.test(openid))
      throw new TypeError('openid must be 1 to 128 of [0-9A-Za-z_-]')
    if (bank_type !== undefined && !/^\w{1,32}$/.test(bank_type))
      throw new TypeError('bank_type must be 1 to 32 of [0-9A-Za-z_]')
    if (order.trade_type === 'JSAPI' && openid !== undefined && openid !== order.openid) {
      throw refused(`order ${out_trade_no} was placed for another openid`, 'openid')
    }
    order.coupons = taken
    order.payer_openid = openid ?? order.openid ?? openidOf('payer')
    order.bank_type = bank_type ?? 'OTHERS'
    return this.settle(order, now)
  }

  /** Books the payment of an order whose payer is known. */
  settle(order: Order, now: number): Order {
    const coupon = sumOf(order.coupons)
    order.transaction_id = transactionId(this.#desk.dice.about('payment', order.out_trade_no), now)
    order.payer_openid ??= order.openid ?? openidOf('payer')
    order.bank_type ??= 'OTHERS'
    order.declined = false
    order.coupon_fee = order.coupons.length === 0 ? null : coupon
    order.cash_fee = order.total_fee - coupon
    order.time_end = beijingTime(now)
    order.paid = now
    this.#transactions.set(order.transaction_id, order)
    this.#unpaid.delete(order.out_trade_no)
    const { ledger, dice } = this.#desk
    if (order.parts === null) {
      const income = order.total_fee - giftOf(order.coupons)
      ledger.book('payment', order.transaction_id, order.out_trade_no, income, now)
    } else {
      for (const part of order.parts) {
        part.transaction_id = transactionId(dice.about('payment', part.out_trade_no), now)
        ledger.book('payment', part.transaction_id, part.out_trade_no, part.total_fee, now)
      }
    }
    return this.move(order, 'SUCCESS')
  }

  /** The payer says no: the order stays NOTPAY, and nobody is notified (chapter 9.7). */
  decline(out_trade_no: string, now: number): Order {
    const order = this.#payable(out_trade_no, now)
    order.declined = true
    return this.move(order, order.state === 'NOTPAY' ? 'NOTPAY' : 'PAYERROR')
  }

  /** The time of an order's code is over, and that of the order where it named one (`time_expire`). */
  lapse(out_trade_no: string, now: number): Order {
    const order = this.#payable(out_trade_no, now)
    order.codeEnds = Math.min(order.codeEnds, now)
    order.prepayEnds = Math.min(order.prepayEnds, now)
    if (order.orderEnds !== null) order.orderEnds = Math.min(order.orderEnds, now)
    this.#orders.put(out_trade_no, order)
    return this.#expire(order, now)
  }

  /** Puts an order into a state and keeps it. */
  move(order: Order, state: TradeState): Order {
    order.state = state
    return this.#orders.put(order.out_trade_no, order)
  }

  /** The order behind a pay page, `'expired'`, or undefined for a code never given out. */
  atCode(code: string, now: number): Order | 'expired' | undefined {
    const order = this.#codes.get(code)
    if (order === undefined || this.find(order.out_trade_no, now)?.state !== 'NOTPAY') return order
    return order.code === code && order.codeEnds > now ? order : 'expired'
  }

  /** The order that a `prepay_id` was given out for, while it is good. */
  atPrepay(prepay_id: string, now: number): Order | undefined {
    const order = this.#prepays.get(prepay_id)
    return order?.prepay_id === prepay_id && order.prepayEnds > now ? order : undefined
  }

  /** Every order, oldest first. */
  list(now: number): Order[] {
    return Array.from(this.#orders.values(), order => this.#expire(order, now))
  }

  /** The order of this number, closed when its time is over. */
  find(out_trade_no: string | undefined, now: number): Order | undefined {
    const order = this.#orders.get(out_trade_no ?? '')
    return order === undefined ? undefined : this.#expire(order, now)
  }

  /** The order that a request names by either number; WeChat's wins. */
  named(request: Flat, now: number): Order | undefined {
    const transaction = request['transaction_id']
    if (transaction === undefined) return this.find(request['out_trade_no'], now)
    return this.#transactions.get(transaction)
  }

  /** After the state was forgotten. */
  reset(): void {
    for (const index of [this.#transactions, this.#codes, this.#prepays, this.#unpaid])
      index.clear()
  }

  /** An order past its `time_expire` is closed when somebody looks at it. */
  #expire(order: Order, now: number): Order {
    if (order.state === 'NOTPAY' && order.orderEnds !== null && order.orderEnds <= now)
      this.move(order, 'CLOSED')
    return order
  }

  #payable(out_trade_no: string, now: number): Order {
    const order = this.find(out_trade_no, now)
    if (order === undefined) throw refused(`there is no order ${out_trade_no}`)
    if (!['NOTPAY', 'USERPAYING', 'ACCEPT'].includes(order.state))
      throw refused(`order ${out_trade_no} is ${order.state}, not NOTPAY`)
    if (order.state === 'NOTPAY' && order.prepayEnds <= now)
      throw refused(`the prepay_id of order ${out_trade_no} has expired: place the order again`)
    return order
  }

  #add(
    request: Flat,
    signType: SignType,
    orderEnds: number | null,
    now: number,
    placing: Placing,
  ): Order {
    const order: Order = {
      out_trade_no: request['out_trade_no'] ?? '',
      trade_type: placing.trade_type ?? request['trade_type'] ?? '',
      state: placing.state ?? 'NOTPAY',
      declined: false,
      body: request['body'] ?? '',
      total_fee: Number(request['total_fee']),
      openid: request['openid'] ?? null,
      notify_url: request['notify_url'] ?? '',
      prepay_id: '',
      code_url: null,
      transaction_id: null,
      payer_openid: null,
      bank_type: null,
      cash_fee: null,
      coupon_fee: null,
      time_end: null,
      refund_fee: 0,
      request,
      signType,
      coupons: [],
      placed: now,
      paid: null,
      prepayEnds: 0,
      codeEnds: 0,
      orderEnds,
      code: null,
      contract_id: placing.contract_id ?? null,
      consume_fee: null,
      parts: placing.parts ?? null,
    }
    this.#unpaid.add(order.out_trade_no)
    if (this.#unpaid.size > this.#desk.rules.maxOrders) this.#forget()
    return this.#orders.put(order.out_trade_no, order)
  }

  /** Lets go of the oldest unpaid order: a gateway under load must not grow for ever. */
  #forget(): void {
    for (const out_trade_no of this.#unpaid) {
      const order = this.#orders.get(out_trade_no)
      this.#unpaid.delete(out_trade_no)
      this.#orders.delete(out_trade_no)
      if (order === undefined) return
      this.#prepays.delete(order.prepay_id)
      if (order.code !== null) this.#codes.delete(order.code)
      return
    }
  }

  /** A fresh prepay_id, and a fresh page for the trade types that have one, where the old ones are over. */
  #renew(order: Order, now: number): void {
    const { url } = this.#desk
    const dice = this.#desk.dice.about('page', order.out_trade_no)
    if (order.prepayEnds <= now) {
      this.#prepays.delete(order.prepay_id)
      order.prepay_id = prepayId(dice, now)
      order.prepayEnds = now + PREPAY_LIFE
      order.codeEnds = 0
      order.declined = false
      this.#prepays.set(order.prepay_id, order)
    } else if (order.codeEnds > now) {
      return
    }
    const web = order.trade_type === 'MWEB'
    order.codeEnds = web ? now + MWEB_LIFE : order.prepayEnds
    if (web || order.trade_type === 'NATIVE') {
      // The old code stays in the index: its page says that it has expired.
      order.code = payCode(dice)
      order.code_url = web
        ? `${url}/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=${order.prepay_id}&package=${order.code}`
        : `${url}/p/${order.code}`
      this.#codes.set(order.code, order)
    }
    this.#orders.put(order.out_trade_no, order)
  }
}
