import type { Kysely } from 'kysely'
import { PARKED } from './event.js'
import { toHistory, toWork } from './rows.js'
import type { Tables } from './schema.js'
import type { EventTask, OrderEvent } from './store.js'
import type { Work } from './writer.js'

export async function listEvents(db: Kysely<Tables>, out_trade_no: string): Promise<OrderEvent[]> {
  const rows = await db.selectFrom('wxpay_events').selectAll().where('out_trade_no', '=', out_trade_no).orderBy('id').execute()
  return rows.map(toHistory)
}

export async function listParked(db: Kysely<Tables>, limit: number): Promise<EventTask[]> {
  const rows = await db.selectFrom('wxpay_events').selectAll().where('due_at', '=', PARKED).orderBy('id').limit(limit).execute()
  return rows.map(toWork)
}

/**
 * Takes each due event by one update that repeats what was read of it: of two
 * workers that have seen the same row, the later matches none.
 */
export function taking([limit, leaseMs, leased_by]: readonly [number, number, string], now: () => number): Work<EventTask[]> {
  return async (trx) => {
    const at = now()
    const due = await trx.selectFrom('wxpay_events').selectAll().where('due_at', '<=', at).orderBy('due_at').orderBy('id').limit(limit).execute()
    const taken: EventTask[] = []
    for (const task of due.map(toWork)) {
      const attempts = task.attempts + 1
      const { numUpdatedRows } = await trx
        .updateTable('wxpay_events')
        .set({ attempts, due_at: at + leaseMs, leased_by })
        .where('id', '=', task.id)
        .where('attempts', '=', task.attempts)
        .where('due_at', '<=', at)
        .executeTakeFirst()
      if (numUpdatedRows === 1n) taken.push({ ...task, attempts })
    }
    return taken
  }
}

export function finishing({ id }: { id: number }, now: () => number): Work<unknown> {
  return (trx) =>
    trx.updateTable('wxpay_events').set({ finished_at: now(), due_at: null, leased_by: null }).where('id', '=', id).where('finished_at', 'is', null).execute()
}

export function failing([{ id, attempts }, last_error, retryAt]: readonly [{ id: number; attempts: number }, string, number | null]): Work<unknown> {
  return (trx) =>
    trx
      .updateTable('wxpay_events')
      .set({ last_error, due_at: retryAt ?? PARKED, leased_by: null })
      .where('id', '=', id)
      .where('attempts', '=', attempts)
      .where('finished_at', 'is', null)
      .execute()
}

export function retrying({ id }: { id: number }, now: () => number): Work<unknown> {
  return (trx) => trx.updateTable('wxpay_events').set({ due_at: now() }).where('id', '=', id).where('due_at', '=', PARKED).execute()
}
