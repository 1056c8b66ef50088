import type { Fields } from '../facade.js'
import type { BusinessError, Refusal } from './answer.js'
import { fault } from './answer.js'
import type { Desk } from './desk.js'
import { tableOf } from './desk.js'
import type { Call } from './handlers.js'
import type { Table } from './state.js'

/** What one receiver gets of an order, in fen. */
export interface Share {
  type: string
  account: string
  amount: number
  description: string
}

export const unreadable = (what: string): Refusal => ({ return_msg: `${what}格式错误` })

/** Who may receive shares of this merchant's orders (chapter 3.26.5). */
export class ReceiverBook {
  readonly #receivers: Table<{ type: string; account: string }>

  constructor(desk: Desk) {
    this.#receivers = tableOf(desk, 'receivers')
  }

  add({ fields }: Call): Fields | BusinessError | Refusal {
    const receiver = object(fields['receiver'])
    if (receiver === undefined) return unreadable('分账接收方')
    const { type, account, name, relation_type } = receiver
    if (!isType(type) || !isText(account, 64)) return unreadable('分账接收方')
    if (type === 'MERCHANT_ID' && !isText(name, 1024))
      return fault('PARAM_ERROR', '分账接收方为商户时必须传全称')
    if (!isText(relation_type, 32)) return fault('PARAM_ERROR', '缺少与分账方的关系类型')
    this.#receivers.put(`${type} ${account}`, { type, account })
    return { receiver: JSON.stringify({ type, account, relation_type }) }
  }

  remove({ fields }: Call): Fields | Refusal {
    const { type, account } = object(fields['receiver']) ?? {}
    if (!isType(type) || !isText(account, 64)) return unreadable('分账接收方')
    this.#receivers.delete(`${type} ${account}`)
    return { receiver: JSON.stringify({ type, account }) }
  }

  knows({ type, account }: Share): boolean {
    return this.#receivers.get(`${type} ${account}`) !== undefined
  }
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}

function object(text: string | undefined): Record<string, unknown> | undefined {
  const value = parsed(text)
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}

const isText = (value: unknown, most: number): value is string =>
  typeof value === 'string' && value !== '' && value.length <= most

const isType = (value: unknown): value is string =>
  value === 'MERCHANT_ID' || value === 'PERSONAL_OPENID' || value === 'PERSONAL_SUB_OPENID'

/** The shares that a request names, undefined for a text that is no such list. */
export function sharesOf(text: string | undefined): Share[] | undefined {
  const list = parsed(text)
  if (!Array.isArray(list) || list.length === 0) return undefined
  const shares: Share[] = []
  for (const entry of list as unknown[]) {
    if (typeof entry !== 'object' || entry === null) return undefined
    const { type, account, amount, description } = entry as Record<string, unknown>
    const whole = typeof amount === 'number' && Number.isSafeInteger(amount) && amount > 0
    if (!isType(type) || !isText(account, 64) || !whole || !isText(description, 80))
      return undefined
    shares.push({ type, account, amount, description })
  }
  return shares
}
