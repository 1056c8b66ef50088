import { toEvent, toTask, type EventRow } from './event.js'
import type { EventTask, NotificationRecord, Order, OrderEvent, Refund } from './store.js'

/** Columns of whole numbers, in every table. */
const NUMBERS = new Set([
  'id', 'total_fee', 'cash_fee', 'refund_fee', 'settlement_refund_fee', 'attempts',
  'created_at', 'paid_at', 'changed_at', 'received_at', 'due_at', 'finished_at',
])

const utf8 = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Plain objects with plain numbers and text: drivers may answer bigint, decimals as text, bytes, and rows without a prototype. */
function plain(row: object): unknown {
  const columns: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(row)) {
    // The store's own note on the row.
    if (name === 'claimed_until') continue
    if (value !== null && NUMBERS.has(name)) columns[name] = Number(value)
    else columns[name] = value instanceof Uint8Array ? utf8.decode(value) : value
  }
  return columns
}

export const toOrder = (row: Order): Order => plain(row) as Order
export const toRefund = (row: Refund): Refund => plain(row) as Refund
export const toLine = (row: NotificationRecord): NotificationRecord => plain(row) as NotificationRecord
export const toHistory = (row: EventRow): OrderEvent => toEvent(plain(row) as EventRow)
export const toWork = (row: EventRow): EventTask => toTask(plain(row) as EventRow)
