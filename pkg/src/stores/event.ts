import { prose } from './notification.js'
import { name, whole } from './order.js'
import type { EventKind, EventTask, Order, OrderEvent, OrderStore, Refund } from './store.js'

/** `due_at` of a parked event: a time that never comes. `null` is for finished ones, so that one index tells the few from the many. */
export const PARKED = Number.MAX_SAFE_INTEGER

/** An event as it is stored. */
export interface EventRow extends EventTask {
  /** What, beside order and kind, there is one event of: the transaction, the refund, or nothing. */
  subject: string
  /** When it may be taken, ms UTC. */
  due_at: number | null
  leased_by: string | null
  finished_at: number | null
}

/** The row of something that has just happened. */
export function newEvent(kind: EventKind, order: Pick<Order, 'out_trade_no' | 'transaction_id' | 'total_fee'>, refund: Pick<Refund, 'out_refund_no' | 'refund_fee'> | null, at: number): Omit<EventRow, 'id'> {
  const { out_trade_no, transaction_id, total_fee } = order
  return {
    out_trade_no,
    kind,
    subject: refund?.out_refund_no ?? transaction_id ?? '',
    transaction_id,
    total_fee,
    out_refund_no: refund?.out_refund_no ?? null,
    refund_fee: refund?.refund_fee ?? null,
    created_at: at,
    attempts: 0,
    due_at: at,
    leased_by: null,
    last_error: null,
    finished_at: null,
  }
}

/** What a reader of the history sees. */
export function toEvent(row: EventRow): OrderEvent {
  const { out_trade_no, kind, transaction_id, out_refund_no, refund_fee } = row
  return {
    id: Number(row.id),
    out_trade_no,
    kind,
    transaction_id,
    total_fee: Number(row.total_fee),
    out_refund_no,
    refund_fee: refund_fee === null ? null : Number(refund_fee),
    created_at: Number(row.created_at),
  }
}

/** What a worker sees. */
export function toTask(row: EventRow): EventTask {
  return { ...toEvent(row), attempts: Number(row.attempts), last_error: row.last_error }
}

type Events = Pick<OrderStore, 'takeEvents' | 'finishEvent' | 'failEvent' | 'listParked' | 'retryEvent'>

/** The arguments of each operation on events, checked. */
export const checkedEvents = {
  takeEvents: (limit, leaseMs, worker) => [whole('limit', limit, 1), whole('leaseMs', leaseMs, 1), name('worker', worker)] as const,
  finishEvent: ({ id }) => ({ id: whole('id', id, 1) }),
  failEvent: ({ id, attempts }, error, retryAt) =>
    [
      { id: whole('id', id, 1), attempts: whole('attempts', attempts, 1) },
      prose(String(error)) as string,
      retryAt === null ? null : whole('retryAt', retryAt, 0),
    ] as const,
  listParked: (limit = 100) => whole('limit', limit, 1),
  retryEvent: ({ id }) => ({ id: whole('id', id, 1) }),
} satisfies { [Name in keyof Events]: (...given: Parameters<Events[Name]>) => unknown }
