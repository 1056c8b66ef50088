import type { Fields, Flat } from '../facade.js'
import type { BusinessError, Refusal } from './answer.js'
import { fault } from './answer.js'
import type { Call } from './handlers.js'
import type { Order, OrderPart } from './order.js'
import type { OrderBook } from './orders.js'
import { isPaid } from './order.js'

const MOST_PARTS = 10

/** Several orders that are paid at once (chapter 3.29). They are one order of the book, with parts. */
export class CombinedBook {
  readonly #orders: OrderBook

  constructor(orders: OrderBook) {
    this.#orders = orders
  }

  place({ fields, signType, now }: Call): Fields | BusinessError | Refusal {
    const parts = partsOf(fields['sub_order_list'])
    if (parts === undefined) return { return_msg: 'sub_order_list格式错误' }
    if (parts.length > MOST_PARTS) return fault('PARAM_ERROR', '子单数量超过限制')
    const request: Flat = {
      ...fields,
      out_trade_no: fields['combine_out_trade_no'] ?? '',
      total_fee: String(parts.reduce((sum, { total_fee }) => sum + total_fee, 0)),
      body: '合单支付',
    }
    if (fields['combine_openid'] !== undefined) request['openid'] = fields['combine_openid']
    const order = this.#orders.place(request, signType, now, { parts })
    if ('err_code' in order) return order
    const { prepay_id, code_url, mweb_url } = this.#orders.prepaid(order)
    return { prepay_id, code_url, mweb_url }
  }

  query({ fields, now }: Call): Fields | BusinessError {
    const order = this.#orders.find(fields['combine_out_trade_no'], now)
    if (order?.parts == null) return fault('ORDERNOTEXIST', '此交易订单号不存在')
    return { trade_state: order.state, sub_order_list: list(order) }
  }

  close({ fields, now }: Call): Fields | BusinessError {
    const order = this.#orders.find(fields['combine_out_trade_no'], now)
    if (order?.parts == null) return fault('ORDERNOTEXIST', '订单不存在')
    const answer = this.#orders.close(order.out_trade_no, now)
    return 'err_code' in answer ? answer : {}
  }

  /** The fields of the notification of a paid combined order. */
  paid(order: Order): Fields {
    return {
      appid: undefined,
      mch_id: undefined,
      combine_appid: order.request['combine_appid'],
      combine_mch_id: order.request['combine_mch_id'],
      combine_out_trade_no: order.out_trade_no,
      combine_openid: order.payer_openid,
      trade_type: order.trade_type,
      bank_type: order.bank_type,
      trade_state: order.state,
      time_end: order.time_end,
      sub_order_list: list(order),
    }
  }
}

function list(order: Order): string {
  const state = isPaid(order) ? 'SUCCESS' : order.state
  const rows = (order.parts ?? []).map(({ transaction_id, ...part }) => ({
    ...part,
    fee_type: 'CNY',
    trade_state: state,
    ...(transaction_id === null ? {} : { transaction_id, cash_fee: part.total_fee }),
  }))
  return JSON.stringify({ order_num: rows.length, order_list: rows })
}

function partsOf(text: string | undefined): OrderPart[] | undefined {
  let value: unknown
  try {
    value = JSON.parse(text ?? '')
  } catch {
    return undefined
  }
  const entries = (value as { order_list?: unknown } | null)?.order_list
  if (!Array.isArray(entries) || entries.length === 0) return undefined
  const parts: OrderPart[] = []
  for (const entry of entries as unknown[]) {
    const { mch_id, out_trade_no, total_fee, attach, body } = (entry ?? {}) as Record<
      string,
      unknown
    >
    const whole = Number(total_fee)
    if (!Number.isSafeInteger(whole) || whole < 1) return undefined
    if (![mch_id, out_trade_no, body].every(field => typeof field === 'string' && field !== ''))
      return undefined
    parts.push({
      mch_id: String(mch_id),
      out_trade_no: String(out_trade_no),
      total_fee: whole,
      attach: String(attach ?? ''),
      transaction_id: null,
    })
  }
  return parts
}
