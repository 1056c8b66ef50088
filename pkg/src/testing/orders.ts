import { WxPayError } from '../errors.js'
import type { Fields, Flat, SignType } from '../facade.js'
import type { BusinessError } from './answer.js'
import { beijingTime, parseBeijingTime } from './clock.js'
import { openidOf, payCode, prepayId, transactionId } from './identifier.js'

/** Milliseconds for which a `prepay_id` and its `code_url` are good (chapters 6.5 and 9.1). */
const PREPAY_LIFE = 2 * 3_600_000

/** Milliseconds an order must have left to live when it is placed (`time_expire`, chapter 9.1, newer text). */
const SHORTEST_LIFE = 60_000

/** These may differ when an order is placed again; everything else must be the same. */
const MAY_DIFFER = new Set([
  'nonce_str',
  'sign',
  'sign_type',
  'spbill_create_ip',
  'time_start',
  'time_expire',
])

/** An order as the gateway shows it to whoever runs the test. Amounts in fen, times `yyyyMMddHHmmss` in GMT+8. */
export interface GatewayOrder {
  out_trade_no: string
  trade_type: string
  state: 'NOTPAY' | 'SUCCESS' | 'CLOSED'
  /** True after the payer declined; the order stays payable. */
  declined: boolean
  body: string
  total_fee: number
  /** The openid the order was placed for. */
  openid: string | null
  notify_url: string
  prepay_id: string
  /** The page where one pays: the content of the QR code (NATIVE) or the cashier link (MWEB). */
  code_url: string | null
  transaction_id: string | null
  payer_openid: string | null
  bank_type: string | null
  cash_fee: number | null
  coupon_fee: number | null
  time_end: string | null
}

/** Who pays, and how much of it with a coupon (fen). */
export interface PayOptions {
  openid?: string | undefined
  coupon_fee?: number | undefined
}

/** An order with what only the gateway needs to know. */
export interface Order extends GatewayOrder {
  request: Flat
  signType: SignType
  prepayEnds: number
  orderEnds: number
}

const fault = (err_code: string, err_code_des: string): BusinessError => ({
  err_code,
  err_code_des,
})

/** The fields that a query of a paid order and its notification have in common (chapters 9.2 and 9.7). */
export function paymentFields(order: Order): Fields {
  const coupon: Fields =
    order.coupon_fee === null
      ? {}
      : {
          coupon_fee: order.coupon_fee,
          coupon_count: 1,
          coupon_id_0: '10000',
          coupon_type_0: 'CASH',
          coupon_fee_0: order.coupon_fee,
        }
  return {
    device_info: order.request['device_info'],
    openid: order.payer_openid,
    is_subscribe: 'N', // nothing else since 2026-04 (chapter 9.2)
    trade_type: order.trade_type,
    bank_type: order.bank_type,
    total_fee: order.total_fee,
    fee_type: 'CNY',
    cash_fee: order.cash_fee,
    cash_fee_type: 'CNY',
    ...coupon,
    transaction_id: order.transaction_id,
    out_trade_no: order.out_trade_no,
    attach: order.request['attach'],
    time_end: order.time_end,
  }
}

const TRADE_STATE = { NOTPAY: '订单未支付', SUCCESS: '支付成功', CLOSED: '订单已关闭' }

/** Whether two requests ask for the same order. */
function isSame(one: Flat, other: Flat): boolean {
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...names].every(name => MAY_DIFFER.has(name) || one[name] === other[name])
}

const refused = (message: string, field = 'out_trade_no'): WxPayError =>
  new WxPayError('GATEWAY_REFUSED', message, { field })

/** Every order of the merchant, and the transitions NOTPAY -> SUCCESS and NOTPAY -> CLOSED. */
export class OrderBook {
  readonly #url: string
  readonly #now: () => number
  readonly #orders = new Map<string, Order>()
  readonly #transactions = new Map<string, Order>()
  readonly #codes = new Map<string, Order>()

  /** `url` is where the gateway listens; `now` gives milliseconds since 1970. */
  constructor(url: string, now: () => number) {
    this.#url = url
    this.#now = now
  }

  /** Places an order, or the same order again (chapter 9.1). */
  place(request: Flat, signType: SignType): Fields | BusinessError {
    const known = this.#find(request['out_trade_no'])
    if (known?.state === 'SUCCESS') return fault('ORDERPAID', '该订单已支付')
    if (known?.state === 'CLOSED') return fault('ORDERCLOSED', '该订单已关闭')
    if (known !== undefined && !isSame(known.request, request))
      return fault('INVALID_REQUEST', '201 商户订单号重复')
    const ends = parseBeijingTime(request['time_expire'] ?? '') ?? Infinity
    if (known === undefined && ends < this.#now() + SHORTEST_LIFE)
      return fault('INVALID_REQUEST', 'time_expire时间过短')
    // The first time_expire stays in force: it cannot be changed later.
    const order = known ?? this.#add(request, signType, ends)
    if (order.prepayEnds <= this.#now()) this.#renew(order)
    const page = order.code_url
    return {
      trade_type: order.trade_type,
      prepay_id: order.prepay_id,
      code_url: order.trade_type === 'NATIVE' ? page : undefined,
      mweb_url: order.trade_type === 'MWEB' ? page : undefined,
    }
  }

  /** Looks an order up; exactly one of the two is given (chapter 9.2). */
  query(request: Flat): Fields | BusinessError {
    const transaction = request['transaction_id']
    const order =
      transaction === undefined
        ? this.#find(request['out_trade_no'])
        : this.#transactions.get(transaction)
    if (order === undefined) return fault('ORDERNOTEXIST', '此交易订单号不存在')
    const state = { trade_state: order.state, trade_state_desc: TRADE_STATE[order.state] }
    if (order.state === 'SUCCESS') return { ...paymentFields(order), ...state }
    return { out_trade_no: order.out_trade_no, attach: order.request['attach'], ...state }
  }

  /** Pays an order as the payer would. Throws GATEWAY_REFUSED when it cannot be paid. */
  pay(out_trade_no: string, { openid, coupon_fee }: PayOptions = {}): Order {
    const order = this.#payable(out_trade_no)
    if (
      coupon_fee !== undefined &&
      (!Number.isSafeInteger(coupon_fee) || coupon_fee < 1 || coupon_fee > order.total_fee)
    ) {
      throw new RangeError(`coupon_fee must be an integer from 1 to ${order.total_fee} (fen)`)
    }
    if (openid !== undefined && !/^[\w-]{1,128}$/.test(openid))
      throw new TypeError('openid must be 1 to 128 of [0-9A-Za-z_-]')
    if (order.trade_type === 'JSAPI' && openid !== undefined && openid !== order.openid) {
      throw refused(`order ${out_trade_no} was placed for another openid`, 'openid')
    }
    const now = this.#now()
    order.state = 'SUCCESS'
    order.declined = false
    order.transaction_id = transactionId(now)
    order.payer_openid = openid ?? order.openid ?? openidOf('payer')
    order.bank_type = 'OTHERS'
    order.coupon_fee = coupon_fee ?? null
    order.cash_fee = order.total_fee - (coupon_fee ?? 0)
    order.time_end = beijingTime(now)
    this.#transactions.set(order.transaction_id, order)
    return order
  }

  /** The payer says no: the order stays NOTPAY, and nobody is notified (chapter 9.7). */
  decline(out_trade_no: string): Order {
    const order = this.#payable(out_trade_no)
    order.declined = true
    return order
  }

  /** The order behind a pay page, `'expired'`, or undefined for a code never given out. */
  atCode(code: string): Order | 'expired' | undefined {
    const order = this.#codes.get(code)
    if (order === undefined || this.#find(order.out_trade_no)?.state !== 'NOTPAY') return order
    return order.code_url?.endsWith(code) === true && order.prepayEnds > this.#now()
      ? order
      : 'expired'
  }

  /** Every order, oldest first. */
  list(): Order[] {
    return [...this.#orders.values()].map(order => this.#settle(order))
  }

  #find(out_trade_no: string | undefined): Order | undefined {
    const order = this.#orders.get(out_trade_no ?? '')
    return order === undefined ? undefined : this.#settle(order)
  }

  /** An order past its `time_expire` is closed when somebody looks at it. */
  #settle(order: Order): Order {
    if (order.state === 'NOTPAY' && order.orderEnds <= this.#now()) order.state = 'CLOSED'
    return order
  }

  #payable(out_trade_no: string): Order {
    const order = this.#find(out_trade_no)
    if (order === undefined) throw refused(`there is no order ${out_trade_no}`)
    if (order.state !== 'NOTPAY')
      throw refused(`order ${out_trade_no} is ${order.state}, not NOTPAY`)
    if (order.prepayEnds <= this.#now())
      throw refused(`the prepay_id of order ${out_trade_no} has expired: place the order again`)
    return order
  }

  #add(request: Flat, signType: SignType, orderEnds: number): Order {
    const order: Order = {
      out_trade_no: request['out_trade_no'] ?? '',
      trade_type: request['trade_type'] ?? '',
      state: 'NOTPAY',
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
      request,
      signType,
      prepayEnds: 0,
      orderEnds,
    }
    this.#orders.set(order.out_trade_no, order)
    return order
  }

  /** A fresh prepay_id, and a fresh page for the trade types that have one. */
  #renew(order: Order): void {
    const now = this.#now()
    order.prepay_id = prepayId(now)
    order.prepayEnds = now + PREPAY_LIFE
    order.declined = false
    if (order.trade_type !== 'NATIVE' && order.trade_type !== 'MWEB') return
    const code = payCode()
    order.code_url = `${this.#url}/p/${code}`
    this.#codes.set(code, order)
  }
}

/** What of an order is for show. */
export function shown({
  request: _,
  signType: _s,
  prepayEnds: _p,
  orderEnds: _o,
  ...order
}: Order): GatewayOrder {
  return order
}
