import type { Kysely } from 'kysely'
import { newEvent } from './event.js'
import { auditLine } from './notification.js'
import { toHistory, toOrder } from './rows.js'
import type { SqlDialect, Tables } from './schema.js'
import type { Order, OrderState, Payment, PaymentRecord, Receipt, ReportedState, StateRecord } from './store.js'
import { AWAITING, GIVEN_UP, outcomeOf, paidColumns, type movesTo } from './transition.js'
import type { Work } from './writer.js'

export async function find(db: Kysely<Tables>, out_trade_no: string): Promise<Order | null> {
  const row = await db.selectFrom('wxpay_orders').selectAll().where('out_trade_no', '=', out_trade_no).executeTakeFirst()
  return row ? toOrder(row) : null
}

/** Whether this call made the order. */
export function creating(dialect: SqlDialect, order: Order): Work<boolean> {
  return async (trx, again) => {
    try {
      await trx.insertInto('wxpay_orders').values(order).execute()
      return true
    } catch (error) {
      if (!dialect.isDuplicate(error)) throw error
      // What stands there in every field, and of this millisecond, is ours.
      return again && same(order, await find(trx, order.out_trade_no))
    }
  }
}

/** Whether two rows say the same. */
export function same<Row extends object>(row: Row, other: Row | null): boolean {
  return other !== null && Object.entries(row).every(([name, value]) => other[name as keyof Row] === value)
}

/** Whether there is such an order. */
export function prepaying(out_trade_no: string, columns: { prepay_id: string; code_url: string | null }): Work<boolean> {
  return async (trx) => {
    const { numUpdatedRows } = await trx.updateTable('wxpay_orders').set(columns).where('out_trade_no', '=', out_trade_no).executeTakeFirst()
    // Some connections count a row only if it is another one now.
    return numUpdatedRows > 0n || (await find(trx, out_trade_no)) !== null
  }
}

/**
 * Moves the order to SUCCESS, or finds out why not; and writes the audit.
 *
 * The update comes first. A plain BEGIN takes no lock on a server, a read
 * before the update would fix a snapshot, and the update would decide on old
 * rows when somebody has written since. An UPDATE takes its lock even if no row
 * matches, and sees what is.
 */
export function paying(dialect: SqlDialect, payment: Payment, receipt: Required<Receipt> | null, now: () => number): Work<PaymentRecord> {
  /** Events of attempts whose commit was not answered. Ids are not used twice: the row with such an id is ours. */
  const written: bigint[] = []

  async function transition(trx: Kysely<Tables>, at: number): Promise<PaymentRecord | null> {
    for (const [outcome, states] of [['paid', AWAITING], ['paid_late', GIVEN_UP]] as const) {
      if (!(await pay(dialect, trx, payment, states, at))) continue
      const { insertId } = await trx.insertInto('wxpay_events').values(newEvent(outcome, payment, null, at)).executeTakeFirst()
      if (insertId !== undefined) written.push(insertId)
      return { outcome, order: await find(trx, payment.out_trade_no) }
    }
    return null
  }

  return async (trx, again) => {
    const at = now()
    const moved = await transition(trx, at)
    const record = moved ?? (await standing(trx, payment))
    if (again && record.outcome === 'duplicate') {
      const ours = await ownEvent(trx, written, payment.out_trade_no)
      // Its audit was in that commit too.
      if (ours === 'paid' || ours === 'paid_late') return { ...record, outcome: ours }
    }
    const line = auditLine('payment', payment, record.outcome, receipt, at)
    if (line) await trx.insertInto('wxpay_notifications').values(line).execute()
    return record
  }
}

/** The kind of the event of this order that has one of these ids. */
export async function ownEvent(db: Kysely<Tables>, ids: readonly bigint[], out_trade_no: string) {
  if (ids.length === 0) return null
  const row = await db
    .selectFrom('wxpay_events')
    .selectAll()
    .where('id', 'in', ids.map(Number))
    .where('out_trade_no', '=', out_trade_no)
    .executeTakeFirst()
  return row ? toHistory(row).kind : null
}

/** The conditions of `outcomeOf` for `paid` and `paid_late`, as one statement: nothing is decided on a row that can still change. */
async function pay(dialect: SqlDialect, trx: Kysely<Tables>, payment: Payment, states: readonly OrderState[], paid_at: number): Promise<boolean> {
  try {
    const { numUpdatedRows } = await trx
      .updateTable('wxpay_orders')
      .set(paidColumns(payment, paid_at))
      .where('out_trade_no', '=', payment.out_trade_no)
      .where('state', 'in', states)
      .where('total_fee', '=', payment.total_fee)
      .where('fee_type', '=', payment.fee_type)
      .where('transaction_id', 'is', null)
      .executeTakeFirst()
    return numUpdatedRows === 1n
  } catch (error) {
    // The number of the transaction stands with another order.
    if (dialect.isDuplicate(error)) return false
    throw error
  }
}

/** Why the update has left everything as it was. */
async function standing(db: Kysely<Tables>, payment: Payment): Promise<PaymentRecord> {
  const { out_trade_no, transaction_id } = payment
  const rows = await db
    .selectFrom('wxpay_orders')
    .selectAll()
    .where((where) => where.or([where('out_trade_no', '=', out_trade_no), where('transaction_id', '=', transaction_id)]))
    .execute()
  const orders = rows.map(toOrder)
  const order = orders.find((row) => row.out_trade_no === out_trade_no) ?? null
  const holder = orders.find((row) => row.transaction_id === transaction_id)
  const outcome = outcomeOf(payment, order, holder?.out_trade_no ?? null)
  if (outcome === 'paid' || outcome === 'paid_late') {
    throw new Error('the update matched no row, and the row it should have matched is there')
  }
  return { outcome, order }
}

/** Moves an order to a state that is not about money. */
export function moving(out_trade_no: string, state: ReportedState, moves: ReturnType<typeof movesTo>, now: () => number): Work<StateRecord> {
  let moved = false
  return async (trx, again) => {
    for (const [from, kind] of moves) {
      const { numUpdatedRows } = await trx
        .updateTable('wxpay_orders')
        .set({ state })
        .where('out_trade_no', '=', out_trade_no)
        .where('state', 'in', from)
        .executeTakeFirst()
      if (numUpdatedRows !== 1n) continue
      const order = await find(trx, out_trade_no)
      if (order && kind) await trx.insertInto('wxpay_events').values(newEvent(kind, order, null, now())).execute()
      moved = true
      return { changed: true, order }
    }
    const order = await find(trx, out_trade_no)
    return { changed: again && moved && order?.state === state, order }
  }
}
