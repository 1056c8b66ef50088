import type { Fields, Flat } from '../facade.js'
import type { BusinessError, Refusal } from './answer.js'
import { fault } from './answer.js'
import { beijingTime, DAY } from './clock.js'
import type { Desk } from './desk.js'
import { tableOf } from './desk.js'
import type { Call } from './handlers.js'
import { payoutId } from './identifier.js'
import type { Order } from './order.js'
import type { OrderBook } from './orders.js'
import { isPaid } from './order.js'
import type { Share } from './receivers.js'
import { ReceiverBook, sharesOf, unreadable } from './receivers.js'
import type { Table } from './state.js'

const MOST_RECEIVERS = 50
const MOST_REQUESTS = 50
/** What was shared can be given back for so long. */
const RETURNABLE = 180 * DAY

/** One request to share an order, or to end its sharing. Fen; milliseconds since 1970. */
export interface GatewaySharing {
  out_order_no: string
  order_id: string
  transaction_id: string
  kind: 'single' | 'multi' | 'finish'
  shares: Share[]
  description: string | null
  time: number
  ends: number
  request: Flat
}

/** A share that was given back. */
interface Return {
  out_return_no: string
  return_no: string
  order_id: string
  out_order_no: string
  account: string
  amount: number
  description: string
  time: number
  request: Flat
}

/** How far the sharing of one order is. */
interface Split {
  shared: number
  returned: number
  requests: number
  finished: boolean
}

const MAY_DIFFER = new Set(['nonce_str', 'sign', 'sign_type'])
const isSame = (one: Flat, other: Flat): boolean =>
  [...new Set([...Object.keys(one), ...Object.keys(other)])].every(
    name => MAY_DIFFER.has(name) || one[name] === other[name],
  )

/** Profit sharing: receivers, shares, their end and their return (chapter 3.26). */
export class SharingBook {
  readonly #desk: Desk
  readonly #orders: OrderBook
  readonly receivers: ReceiverBook
  readonly #sharings: Table<GatewaySharing>
  readonly #splits: Table<Split>
  readonly #returns: Table<Return>

  constructor(desk: Desk, orders: OrderBook) {
    this.#desk = desk
    this.#orders = orders
    this.receivers = new ReceiverBook(desk)
    this.#sharings = tableOf(desk, 'sharings')
    this.#splits = tableOf(desk, 'splits')
    this.#returns = tableOf(desk, 'returns')
  }

  /** Shares an order, once or in parts; the same number is the same request. */
  share({ fields, now }: Call, kind: 'single' | 'multi'): Fields | BusinessError | Refusal {
    const known = this.#sharings.get(fields['out_order_no'] ?? '')
    if (known !== undefined) return this.#again(known, fields, kind, now)
    const order = this.#shareable(fields)
    if ('err_code' in order) return order
    const shares = sharesOf(fields['receivers'])
    if (shares === undefined) return unreadable('分账接收方列表')
    if (shares.length > MOST_RECEIVERS) return fault('PARAM_ERROR', '分账接收方数量超过限制')
    if (shares.some(share => !this.receivers.knows(share)))
      return fault('PARAM_ERROR', '分账接收方关系不存在，请检查参数中每个接收方的关系')
    const split = this.#split(order)
    if (split.finished) return fault('INVALID_REQUEST', '订单已完结分账')
    if (split.requests >= MOST_REQUESTS) return fault('INVALID_REQUEST', '分账次数超过限制')
    const sum = shares.reduce((total, { amount }) => total + amount, 0)
    if (split.shared + sum > order.total_fee - order.refund_fee)
      return fault('INVALID_REQUEST', '分账金额不足')
    if ((split.shared + sum) * 10_000 > order.total_fee * this.#desk.rules.maxRatio)
      return fault('INVALID_REQUEST', '分账金额超出最大分账比例')
    const sharing = this.#enter(fields, order, kind, shares, now)
    for (const [n, { amount }] of shares.entries())
      this.#desk.ledger.book(
        'sharing',
        `${sharing.order_id}-${n}`,
        sharing.out_order_no,
        -amount,
        now,
      )
    split.shared += sum
    split.requests += 1
    split.finished = kind === 'single'
    this.#splits.put(order.out_trade_no, split)
    return this.#told(sharing, now)
  }

  /** Ends the sharing of an order: the rest is the merchant's. */
  finish({ fields, now }: Call): Fields | BusinessError {
    const known = this.#sharings.get(fields['out_order_no'] ?? '')
    if (known !== undefined) return this.#again(known, fields, 'finish', now)
    const order = this.#shareable(fields)
    if ('err_code' in order) return order
    const split = this.#split(order)
    if (split.finished) return fault('INVALID_REQUEST', '订单已完结分账')
    split.finished = true
    this.#splits.put(order.out_trade_no, split)
    return this.#told(this.#enter(fields, order, 'finish', [], now), now)
  }

  /** How a request of either kind ended, for each receiver. */
  query({ fields, now }: Call): Fields | BusinessError {
    const sharing = this.#sharings.get(fields['out_order_no'] ?? '')
    if (sharing === undefined || sharing.transaction_id !== fields['transaction_id'])
      return fault('ORDERNOTEXIST', '分账单不存在')
    return this.#told(sharing, now, true)
  }

  /** What of an order can still be shared, in fen. */
  unsplit({ fields, now }: Call): Fields | BusinessError {
    const order = this.#orders.named(fields, now)
    if (order === undefined) return fault('ORDERNOTEXIST', '订单不存在')
    const split = this.#split(order)
    const rest = order.total_fee - order.refund_fee - split.shared
    return { unsplit_amount: split.finished || order.request['profit_sharing'] !== 'Y' ? 0 : rest }
  }

  /** Gives a share back, before the order is refunded. */
  giveBack({ fields, now }: Call): Fields | BusinessError {
    const known = this.#returns.get(fields['out_return_no'] ?? '')
    if (known !== undefined)
      return isSame(known.request, fields)
        ? returned(known)
        : fault('INVALID_REQUEST', '回退单号已使用，且参数与之前不一致')
    const sharing = this.#named(fields)
    if (sharing === undefined) return fault('ORDERNOTEXIST', '分账单不存在')
    const amount = Number(fields['return_amount'])
    const account = fields['return_account'] ?? ''
    const share = sharing.shares.find(
      ({ type, account: own }) => type === 'MERCHANT_ID' && own === account,
    )
    if (share === undefined) return fault('INVALID_REQUEST', '回退方不是该分账单的接收方')
    if (now > sharing.time + RETURNABLE) return fault('INVALID_REQUEST', '分账单已超过回退期限')
    let before = 0
    for (const other of this.#returns.values())
      if (other.order_id === sharing.order_id && other.account === account) before += other.amount
    if (before + amount > share.amount) return fault('INVALID_REQUEST', '回退金额超过可回退金额')
    const out_return_no = fields['out_return_no'] ?? ''
    const entry: Return = {
      out_return_no,
      return_no: payoutId(this.#desk.dice.about('return', out_return_no), now, '30'),
      order_id: sharing.order_id,
      out_order_no: sharing.out_order_no,
      account,
      amount,
      description: fields['description'] ?? '',
      time: now,
      request: fields,
    }
    this.#desk.ledger.book('sharing-return', entry.return_no, entry.out_return_no, amount, now)
    this.#returns.put(entry.out_return_no, entry)
    const order = this.#orders.named({ transaction_id: sharing.transaction_id }, now)
    if (order !== undefined) {
      const split = this.#split(order)
      split.returned += amount
      this.#splits.put(order.out_trade_no, split)
    }
    return returned(entry)
  }

  returnQuery({ fields }: Call): Fields | BusinessError {
    const entry = this.#returns.get(fields['out_return_no'] ?? '')
    return entry === undefined ? fault('ORDERNOTEXIST', '回退单不存在') : returned(entry)
  }

  /** What of an order is with others, in fen: it cannot be refunded before it is given back. */
  held(order: Order): number {
    const split = this.#splits.get(order.out_trade_no)
    return split === undefined ? 0 : split.shared - split.returned
  }

  #split(order: Order): Split {
    return (
      this.#splits.get(order.out_trade_no) ?? {
        shared: 0,
        returned: 0,
        requests: 0,
        finished: false,
      }
    )
  }

  #named(fields: Flat): GatewaySharing | undefined {
    if (fields['out_order_no'] !== undefined) return this.#sharings.get(fields['out_order_no'])
    for (const sharing of this.#sharings.values())
      if (sharing.order_id === fields['order_id']) return sharing
    return undefined
  }

  #shareable(fields: Flat): Order | BusinessError {
    const order = this.#orders.named(
      { transaction_id: fields['transaction_id'] ?? '' },
      this.#desk.clock.now(),
    )
    if (order === undefined || !isPaid(order)) return fault('ORDERNOTEXIST', '订单不存在')
    if (order.request['profit_sharing'] !== 'Y')
      return fault('NOT_SHARE_ORDER', '非分账订单不支持分账')
    return order
  }

  #enter(
    fields: Flat,
    order: Order,
    kind: GatewaySharing['kind'],
    shares: Share[],
    now: number,
  ): GatewaySharing {
    const out_order_no = fields['out_order_no'] ?? ''
    return this.#sharings.put(out_order_no, {
      out_order_no,
      order_id: payoutId(this.#desk.dice.about('sharing', out_order_no), now, '30'),
      transaction_id: order.transaction_id ?? '',
      kind,
      shares,
      description: fields['description'] ?? null,
      time: now,
      ends: now + this.#desk.rules.settleAfter,
      request: fields,
    })
  }

  #again(
    known: GatewaySharing,
    fields: Flat,
    kind: GatewaySharing['kind'],
    now: number,
  ): Fields | BusinessError {
    return known.kind === kind && isSame(known.request, fields)
      ? this.#told(known, now)
      : fault('INVALID_REQUEST', '商户分账单号已使用，且参数与之前不一致')
  }

  #told(sharing: GatewaySharing, now: number, asked = false): Fields {
    const { order_id, transaction_id, out_order_no, kind, shares } = sharing
    const identity = { order_id, transaction_id, out_order_no }
    if (kind === 'finish' && !asked) return identity
    const done = now >= sharing.ends
    const rows = shares.map(({ type, account, amount, description }, n) => ({
      type,
      account,
      amount,
      description,
      result: done ? 'SUCCESS' : 'PENDING',
      detail_id: `${order_id}${n}`,
      ...(done ? { finish_time: beijingTime(sharing.ends) } : {}),
    }))
    return {
      ...identity,
      status: done ? 'FINISHED' : 'PROCESSING',
      receivers: JSON.stringify(rows),
    }
  }
}

function returned(entry: Return): Fields {
  return {
    out_return_no: entry.out_return_no,
    return_no: entry.return_no,
    order_id: entry.order_id,
    out_order_no: entry.out_order_no,
    return_account_type: 'MERCHANT_ID',
    return_account: entry.account,
    return_amount: entry.amount,
    description: entry.description,
    result: 'SUCCESS',
    finish_time: beijingTime(entry.time),
  }
}
