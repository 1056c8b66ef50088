import { gzipSync } from 'node:zlib'
import type { Flat } from '../facade.js'
import type { Answer } from './answer.js'
import { refuseCoded, xml } from './answer.js'
import { beijingDateTime, beijingDay, DAY, HOUR } from './clock.js'
import { giftOf, sumOf } from './coupon.js'
import type { Desk } from './desk.js'
import { buildXml } from '../facade.js'
import type { Entry, EntryKind } from './ledger.js'
import type { Order } from './order.js'
import type { OrderBook } from './orders.js'
import type { GatewayRefund, RefundBook } from './refunds.js'

/** The columns of chapter 6.1, as bills have them since the gift coupons. */
const PAID =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额'
const REFUNDED = '微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态'
const GOODS = '商品名称,商户数据包,手续费,费率,订单金额'
const HEADS = {
  ALL: `${PAID},${REFUNDED},${GOODS},申请退款金额,费率备注`,
  SUCCESS: `${PAID},${GOODS},费率备注`,
  REFUND: `${PAID},退款申请时间,退款成功时间,${REFUNDED},${GOODS},申请退款金额,费率备注`,
} as const
const SUMMARY =
  '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额'
const FLOW =
  '记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额（元）,账户结余（元）,资金变更提交申请人,备注,业务凭证号'
const FLOW_SUMMARY = '资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额'

const NAMES: Record<EntryKind, string> = {
  payment: '交易',
  refund: '退款',
  transfer: '企业付款',
  redpack: '现金红包',
  'redpack-return': '现金红包退款',
  'bank-payout': '企业付款到银行卡',
  'bank-commission': '扣除手续费',
  sharing: '分账',
  'sharing-return': '分账回退',
}

/** WeChat's part, in parts of 10000. */
const RATE = 60
/** When yesterday's bill is ready, after midnight in Beijing. */
const READY = 10 * HOUR

interface Row {
  time: number
  order: Order
  refund: GatewayRefund | null
}

/** The bills of a past day. */
export class BillBook {
  readonly #desk: Desk
  readonly #orders: OrderBook
  readonly #refunds: RefundBook

  constructor(desk: Desk, orders: OrderBook, refunds: RefundBook) {
    this.#desk = desk
    this.#orders = orders
    this.#refunds = refunds
  }

  /** The trades of a day (chapters 3.8 and 6.1). */
  trades(request: Flat, now: number): Answer {
    const date = request['bill_date'] ?? ''
    const kind = request['bill_type'] ?? 'ALL'
    const early = this.#early(date, now)
    if (early !== null) return refusedBill(early)
    if (kind === 'RECHARGE_REFUND') return refusedBill('No Bill Exist')
    const all = this.#rows(date, now)
    const rows = all.filter(
      ({ refund }) => kind === 'ALL' || (kind === 'REFUND') === (refund !== null),
    )
    if (rows.length === 0) return refusedBill('No Bill Exist')
    const head = HEADS[kind as keyof typeof HEADS]
    const lines = rows.map(row => quoted(this.#cells(row, head)))
    const sums = rows.map(sumsOf)
    const sum = (n: number): number => sums.reduce((total, row) => total + (row[n] ?? 0), 0)
    const totals = [
      yuan(sum(0)),
      yuan(sum(1)),
      yuan(sum(2)),
      yuan(sum(3), 5),
      yuan(sum(4)),
      yuan(sum(5)),
    ]
    const summary = [`${rows.length}.0`, ...totals]
    return text([head, ...lines, SUMMARY, quoted(summary)], request)
  }

  /** What moved on an account (chapters 3.9 and 6.2). Only the basic account moves here. */
  flow(request: Flat, now: number): Answer {
    const date = request['bill_date'] ?? ''
    const early = this.#early(date, now)
    if (early !== null)
      return refuseCoded({
        err_code: early === 'Bill Creating' ? 'BILL_CREATING' : 'NO_BILL_EXIST',
        err_code_des: early,
      })
    const entries = request['account_type'] === 'Basic' ? this.#desk.ledger.day(date) : []
    if (entries.length === 0)
      return refuseCoded({ err_code: 'NO_BILL_EXIST', err_code_des: 'No Bill Exist' })
    const lines = entries.map(entry => quoted(flowCells(entry)))
    const come = entries.filter(({ amount }) => amount > 0)
    const gone = entries.filter(({ amount }) => amount <= 0)
    const total = (some: readonly Entry[]): string =>
      yuan(some.reduce((sum, { amount }) => sum + Math.abs(amount), 0))
    const summary = [
      `${entries.length}.0`,
      `${come.length}.0`,
      total(come),
      `${gone.length}.0`,
      total(gone),
    ]
    return text([FLOW, ...lines, FLOW_SUMMARY, quoted(summary)], request)
  }

  /** What payers wrote: nobody writes here. The one line is the next offset (chapter 6.3). */
  comments(request: Flat): Answer {
    return text([request['offset'] ?? '0'], {})
  }

  /** Why there is no bill yet, or null. Yesterday's is made in the morning. */
  #early(date: string, now: number): string | null {
    if (date >= beijingDay(now)) return 'No Bill Exist'
    return date === beijingDay(now - DAY) && beijingDay(now) !== beijingDay(now - READY)
      ? 'Bill Creating'
      : null
  }

  #rows(date: string, now: number): Row[] {
    const rows: Row[] = []
    for (const { kind, no, out_no, time } of this.#desk.ledger.day(date)) {
      const refund = kind === 'refund' ? (this.#refunds.find(out_no) ?? null) : null
      const order =
        this.#orders.find(refund?.out_trade_no ?? out_no, now) ??
        this.#orders.named({ transaction_id: no }, now)
      if (order === undefined || (kind !== 'payment' && kind !== 'refund')) continue
      rows.push({
        time,
        order,
        refund: refund ?? (kind === 'refund' ? reversal(order, time) : null),
      })
    }
    return rows
  }

  #cells({ time, order, refund }: Row, head: string): string[] {
    const { merchant } = this.#desk
    const gift = giftOf(order.coupons)
    const cells: Record<string, string> = {
      交易时间: beijingDateTime(time),
      公众账号ID: merchant.appid,
      商户号: merchant.mchid,
      特约商户号: order.request['sub_mch_id'] ?? '0',
      设备号: order.request['device_info'] ?? '',
      微信订单号: order.transaction_id ?? '',
      商户订单号: order.out_trade_no,
      用户标识: order.payer_openid ?? '',
      交易类型: order.trade_type,
      交易状态: refund === null ? 'SUCCESS' : order.state === 'REVOKED' ? 'REVOKED' : 'REFUND',
      付款银行: order.bank_type ?? '',
      货币种类: 'CNY',
      应结订单金额: yuan(refund === null ? order.total_fee - gift : 0),
      代金券金额: yuan(refund === null ? sumOf(order.coupons) : 0),
      退款申请时间: refund === null ? '' : beijingDateTime(refund.applied),
      退款成功时间: refund === null ? '' : beijingDateTime(refund.ends),
      微信退款单号: refund?.refund_id ?? '0',
      商户退款单号: refund?.out_refund_no ?? '0',
      退款金额: yuan(refund?.refund_fee ?? 0),
      充值券退款金额: yuan(refund?.coupon_refund_fee ?? 0),
      退款类型: refund === null ? '' : 'ORIGINAL',
      退款状态: refund?.status ?? '',
      商品名称: order.body,
      商户数据包: order.request['attach'] ?? '',
      手续费: yuan(fee(order, refund), 5),
      费率: '0.60%',
      订单金额: yuan(refund === null ? order.total_fee : 0),
      申请退款金额: yuan(refund?.refund_fee ?? 0),
      费率备注: '',
    }
    return head.split(',').map(title => cells[title] ?? '')
  }
}

/** A micropay order that was taken back is a refund without a number of its own. */
const reversal = (order: Order, time: number): GatewayRefund => ({
  out_refund_no: order.out_trade_no,
  refund_id: order.transaction_id ?? '',
  out_trade_no: order.out_trade_no,
  transaction_id: order.transaction_id ?? '',
  total_fee: order.total_fee,
  refund_fee: order.total_fee,
  coupon_refund_fee: sumOf(order.coupons),
  status: 'SUCCESS',
  refund_account: 'REFUND_SOURCE_UNSETTLED_FUNDS',
  notify_url: null,
  refund_desc: null,
  applied: time,
  ends: time,
})

/** In fen, with fractions: the fee of a payment, and what a refund gives back of it. */
const fee = (order: Order, refund: GatewayRefund | null): number =>
  ((refund === null ? order.total_fee - giftOf(order.coupons) : -refund.refund_fee) * RATE) / 10_000

const sumsOf = ({ order, refund }: Row): number[] => [
  refund === null ? order.total_fee - giftOf(order.coupons) : 0,
  refund?.refund_fee ?? 0,
  refund?.coupon_refund_fee ?? 0,
  fee(order, refund),
  refund === null ? order.total_fee : 0,
  refund?.refund_fee ?? 0,
]

const flowCells = ({ kind, no, out_no, amount, time, balance }: Entry): string[] => [
  beijingDateTime(time),
  no,
  `${no}${kind.length}`,
  NAMES[kind],
  NAMES[kind],
  amount > 0 ? '收入' : '支出',
  yuan(Math.abs(amount)),
  yuan(balance),
  'system',
  '',
  out_no,
]

const yuan = (fen: number, decimals = 2): string => (fen / 100).toFixed(decimals)

const quoted = (cells: readonly string[]): string => cells.map(cell => `\`${cell}`).join(',')

/** UTF-8 with a byte order mark and CRLF; packed as a whole where asked for. */
function text(lines: readonly string[], request: Flat): Answer {
  const body = Buffer.from(`\ufeff${lines.join('\r\n')}\r\n`)
  const packed = request['tar_type'] === 'GZIP'
  return {
    status: 200,
    headers: { 'content-type': packed ? 'application/octet-stream' : 'text/plain; charset=utf-8' },
    body: packed ? gzipSync(body) : body,
  }
}

/** An error where a bill was expected: XML, unsigned, never packed (chapter 6.4). */
const refusedBill = (return_msg: string): Answer =>
  xml(buildXml({ return_code: 'FAIL', return_msg, error_code: CODES[return_msg] }))

const CODES: Record<string, string> = { 'No Bill Exist': '20002', 'Bill Creating': '20003' }
