import type { Fields, Flat } from '../facade.js'
import type { BusinessError } from './answer.js'
import { fault } from './answer.js'
import { beijingDateTime, DAY } from './clock.js'
import { sumOf } from './coupon.js'
import type { Desk } from './desk.js'
import { tableOf } from './desk.js'
import type { Delivery } from './courier.js'
import { refundId } from './identifier.js'
import type { Order } from './order.js'
import type { OrderBook } from './orders.js'
import { isPaid } from './order.js'
import { refused } from './orders.js'
import type { Table } from './state.js'

/** Refunds of one order (chapter 9.4). */
const MOST_REFUNDS = 50
const LONGEST = 365 * DAY
/** Refunds in one answer of a query. */
const PAGE = 10

/** `refund_status` of the refund query and of notifications. */
export type RefundStatus = 'PROCESSING' | 'SUCCESS' | 'CHANGE' | 'REFUNDCLOSE'

/** A refund, as the gateway shows it. Amounts in fen, times in milliseconds since 1970. */
export interface GatewayRefund {
  out_refund_no: string
  refund_id: string
  out_trade_no: string
  transaction_id: string
  total_fee: number
  refund_fee: number
  /** What of it goes back in coupons. */
  coupon_refund_fee: number
  status: RefundStatus
  refund_account: string
  notify_url: string | null
  /** What the payer may read. */
  refund_desc: string | null
  applied: number
  /** When it ends, or ended. */
  ends: number
}

/** The refunds of a realm: PROCESSING until the clock has gone on, then SUCCESS. */
export class RefundBook {
  readonly #desk: Desk
  readonly #orders: OrderBook
  readonly #refunds: Table<GatewayRefund>
  readonly #ids = new Map<string, GatewayRefund>()
  readonly #ofOrder = new Map<string, GatewayRefund[]>()
  /** What of an order is with others, in fen, so that it cannot be paid back. */
  readonly #shared: (order: Order) => number

  constructor(desk: Desk, orders: OrderBook, shared: (order: Order) => number) {
    this.#desk = desk
    this.#orders = orders
    this.#shared = shared
    this.#refunds = tableOf(desk, 'refunds')
    for (const refund of this.#refunds.values()) {
      this.#index(refund)
      if (refund.status === 'PROCESSING') this.#await(refund)
    }
  }

  /** Accepts a refund, or the same one again (chapter 9.4). */
  apply(request: Flat, now: number): Fields | BusinessError {
    const order = this.#orders.named(request, now)
    if (order === undefined || !isPaid(order) || order.paid === null) {
      return request['transaction_id'] !== undefined && order === undefined
        ? fault('INVALID_TRANSACTIONID', '无效的transaction_id')
        : fault('ORDERNOTEXIST', '订单不存在')
    }
    const total_fee = Number(request['total_fee'])
    const refund_fee = Number(request['refund_fee'])
    const out_refund_no = request['out_refund_no'] ?? ''
    const known = this.#refunds.get(out_refund_no)
    if (known !== undefined) {
      const same = known.out_trade_no === order.out_trade_no && known.refund_fee === refund_fee
      return same && known.total_fee === total_fee
        ? this.#accepted(known, order)
        : fault('ERROR', '订单金额或退款金额与之前请求不一致，请核实后再试')
    }
    if (total_fee !== order.total_fee)
      return fault('ERROR', '订单金额或退款金额与之前请求不一致，请核实后再试')
    const left = order.total_fee - order.refund_fee
    if (left === 0) return fault('ERROR', '订单已全额退款')
    if (refund_fee > left) return fault('ERROR', '退款金额大于订单可退金额')
    if (now > order.paid + LONGEST) return fault('TRADE_OVERDUE', '订单已经超过退款期限')
    if ((this.#ofOrder.get(order.out_trade_no)?.length ?? 0) >= MOST_REFUNDS)
      return fault('ERROR', '订单部分退款次数超过限制')
    const { ledger, rules, dice } = this.#desk
    if (refund_fee > left - this.#shared(order) || refund_fee > ledger.balance)
      return fault('NOTENOUGH', '基本账户余额不足，请充值后重新发起')
    const refund: GatewayRefund = {
      out_refund_no,
      refund_id: refundId(dice.about('refund', out_refund_no), now),
      out_trade_no: order.out_trade_no,
      transaction_id: order.transaction_id ?? '',
      total_fee,
      refund_fee,
      coupon_refund_fee: couponPart(order, refund_fee),
      status: 'PROCESSING',
      refund_account: request['refund_account'] ?? 'REFUND_SOURCE_UNSETTLED_FUNDS',
      notify_url: request['notify_url'] ?? null,
      refund_desc: request['refund_desc'] ?? null,
      applied: now,
      ends: now + rules.settleAfter,
    }
    this.#index(refund)
    this.#refunds.put(out_refund_no, refund)
    order.refund_fee += refund_fee
    this.#orders.move(order, 'REFUND')
    this.#await(refund)
    return this.#accepted(refund, order)
  }

  /** Tells of refunds, ten at a time from `offset` on; the most exact number counts (chapter 9.5). */
  query(request: Flat, now: number): Fields | BusinessError {
    const { refund_id, out_refund_no } = request
    const single =
      refund_id === undefined ? this.#refunds.get(out_refund_no ?? '') : this.#ids.get(refund_id)
    const byOrder = refund_id === undefined && out_refund_no === undefined
    const order = byOrder
      ? this.#orders.named(request, now)
      : this.#orders.find(single?.out_trade_no, now)
    const all = byOrder
      ? (this.#ofOrder.get(order?.out_trade_no ?? '') ?? [])
      : single
        ? [single]
        : []
    if (order === undefined || all.length === 0) return fault('REFUNDNOTEXIST', '不存在该退款单')
    const offset = Number(request['offset'] ?? 0)
    const page = all.slice(offset, offset + PAGE)
    if (page.length === 0) return fault('PARAM_ERROR', 'offset参数超出范围')
    const rows: Record<string, string | number | undefined> = {}
    for (const [n, refund] of page.entries()) {
      this.#expire(refund, now)
      const done = refund.status === 'SUCCESS'
      rows[`out_refund_no_${n}`] = refund.out_refund_no
      rows[`refund_id_${n}`] = refund.refund_id
      rows[`refund_channel_${n}`] = 'ORIGINAL'
      rows[`refund_fee_${n}`] = refund.refund_fee
      rows[`settlement_refund_fee_${n}`] = refund.refund_fee - refund.coupon_refund_fee
      if (refund.coupon_refund_fee > 0) {
        const [coupon] = order.coupons
        rows[`coupon_refund_fee_${n}`] = refund.coupon_refund_fee
        rows[`coupon_refund_count_${n}`] = 1
        rows[`coupon_type_${n}_0`] = coupon?.coupon_type
        rows[`coupon_refund_id_${n}_0`] = coupon?.coupon_id
        rows[`coupon_refund_fee_${n}_0`] = refund.coupon_refund_fee
      }
      rows[`refund_status_${n}`] = refund.status
      rows[`refund_account_${n}`] = refund.refund_account
      rows[`refund_recv_accout_${n}`] = RECEIVER
      rows[`refund_success_time_${n}`] = done ? beijingDateTime(refund.ends) : undefined
    }
    return {
      ...common(order),
      total_refund_count: all.length > page.length ? all.length : undefined,
      refund_count: page.length,
      ...rows,
    }
  }

  /** Ends a refund before its time, or otherwise than with success; resolves after the first attempt to notify. */
  async settle(
    out_refund_no: string,
    status: Exclude<RefundStatus, 'PROCESSING'>,
    now: number,
  ): Promise<{ refund: GatewayRefund; notification: Delivery | null }> {
    const refund = this.#refunds.get(out_refund_no)
    if (refund === undefined) throw refused(`there is no refund ${out_refund_no}`, 'out_refund_no')
    if (!['SUCCESS', 'CHANGE', 'REFUNDCLOSE'].includes(status))
      throw new TypeError('status must be SUCCESS, CHANGE or REFUNDCLOSE')
    if (refund.status !== 'PROCESSING')
      throw refused(`refund ${out_refund_no} is ${refund.status}, not PROCESSING`, 'out_refund_no')
    const notification = await this.#end(refund, status, now)
    return { refund: { ...refund }, notification }
  }

  /** Every refund, oldest first. */
  list(now: number): GatewayRefund[] {
    return Array.from(this.#refunds.values(), refund => ({ ...this.#expire(refund, now) }))
  }

  find(out_refund_no: string): GatewayRefund | undefined {
    return this.#refunds.get(out_refund_no)
  }

  /** After the state was forgotten. */
  reset(): void {
    this.#ids.clear()
    this.#ofOrder.clear()
  }

  /** A refund whose time is over has come through when somebody looks at it. */
  #expire(refund: GatewayRefund, now: number): GatewayRefund {
    if (refund.status === 'PROCESSING' && refund.ends <= now)
      void this.#end(refund, 'SUCCESS', refund.ends)
    return refund
  }

  #await(refund: GatewayRefund): void {
    const { clock } = this.#desk
    clock.after(Math.max(0, refund.ends - clock.now()), () =>
      refund.status === 'PROCESSING' && this.#refunds.get(refund.out_refund_no) === refund
        ? this.#end(refund, 'SUCCESS', clock.now())
        : undefined,
    )
  }

  async #end(refund: GatewayRefund, status: RefundStatus, now: number): Promise<Delivery | null> {
    const { ledger, mail } = this.#desk
    refund.status = status
    refund.ends = now
    this.#refunds.put(refund.out_refund_no, refund)
    const order = this.#orders.find(refund.out_trade_no, now)
    if (order === undefined) return null
    if (status === 'SUCCESS') {
      ledger.book(
        'refund',
        refund.refund_id,
        refund.out_refund_no,
        -(refund.refund_fee - giftPart(order, refund)),
        now,
      )
    } else if (status === 'REFUNDCLOSE') {
      order.refund_fee -= refund.refund_fee
      this.#orders.move(order, order.refund_fee === 0 ? 'SUCCESS' : 'REFUND')
    }
    if (refund.notify_url === null) return null
    const { sub_appid, sub_mch_id } = order.request
    return mail.sealed(
      { url: refund.notify_url, no: refund.out_refund_no, signType: order.signType },
      {
        transaction_id: refund.transaction_id,
        out_trade_no: refund.out_trade_no,
        refund_id: refund.refund_id,
        out_refund_no: refund.out_refund_no,
        total_fee: refund.total_fee,
        settlement_total_fee: order.total_fee,
        refund_fee: refund.refund_fee,
        settlement_refund_fee: refund.refund_fee - refund.coupon_refund_fee,
        refund_status: status,
        success_time: status === 'SUCCESS' ? beijingDateTime(now) : undefined,
        refund_recv_accout: RECEIVER,
        refund_account: refund.refund_account,
        refund_request_source: 'API',
      },
      { sub_appid, sub_mch_id },
    )
  }

  #accepted(refund: GatewayRefund, order: Order): Fields {
    return {
      ...common(order),
      out_refund_no: refund.out_refund_no,
      refund_id: refund.refund_id,
      refund_fee: refund.refund_fee,
      coupon_refund_fee: refund.coupon_refund_fee,
      coupon_refund_count: refund.coupon_refund_fee > 0 ? 1 : 0,
      cash_refund_fee: refund.refund_fee - refund.coupon_refund_fee,
    }
  }

  #index(refund: GatewayRefund): void {
    this.#ids.set(refund.refund_id, refund)
    const others = this.#ofOrder.get(refund.out_trade_no)
    if (others === undefined) this.#ofOrder.set(refund.out_trade_no, [refund])
    else others.push(refund)
  }
}

const RECEIVER = '支付用户零钱'

/** What answers and queries tell of the order. */
const common = (order: Order): Fields => ({
  transaction_id: order.transaction_id,
  out_trade_no: order.out_trade_no,
  total_fee: order.total_fee,
  fee_type: 'CNY',
  cash_fee: order.cash_fee,
})

/** What goes back in coupons: their part of the order, the last refund taking what rounding left. */
function couponPart(order: Order, refund_fee: number): number {
  const coupon = sumOf(order.coupons)
  const part = (fee: number): number => Math.floor((coupon * fee) / order.total_fee)
  return part(order.refund_fee + refund_fee) - part(order.refund_fee)
}

/** What of a refund never was the merchant's money. */
function giftPart(order: Order, refund: GatewayRefund): number {
  const coupon = sumOf(order.coupons)
  if (coupon === 0) return 0
  const gift = order.coupons.filter(({ coupon_type }) => coupon_type === 'NO_CASH')
  return Math.round((refund.coupon_refund_fee * sumOf(gift)) / coupon)
}
