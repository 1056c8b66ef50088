import type { Kysely } from 'kysely'
import { PARKED } from './event.js'
import type { Tables } from './schema.js'
import type { StoreHealth } from './store.js'
import { AWAITING } from './transition.js'

/** How much waits, and for how long. */
export async function backlog(db: Kysely<Tables>, now: () => number): Promise<Pick<StoreHealth, 'lag'> & { counts: NonNullable<StoreHealth['counts']> }> {
  const orders = await db.selectFrom('wxpay_orders').select(({ fn }) => fn.countAll().as('rows')).where('state', 'in', AWAITING).executeTakeFirstOrThrow()
  const refunds = await db.selectFrom('wxpay_refunds').select(({ fn }) => fn.countAll().as('rows')).where('state', '=', 'PROCESSING').executeTakeFirstOrThrow()
  const parked = await db.selectFrom('wxpay_events').select(({ fn }) => fn.countAll().as('rows')).where('due_at', '=', PARKED).executeTakeFirstOrThrow()
  const waiting = await db
    .selectFrom('wxpay_events')
    .select(({ fn }) => [fn.countAll().as('rows'), fn.min('created_at').as('oldest')])
    .where('due_at', '<', PARKED)
    .executeTakeFirstOrThrow()
  return {
    lag: waiting.oldest === null ? 0 : now() - Number(waiting.oldest),
    counts: {
      pending_orders: Number(orders.rows),
      pending_refunds: Number(refunds.rows),
      waiting_events: Number(waiting.rows),
      parked_events: Number(parked.rows),
    },
  }
}
