import type { Kysely } from 'kysely'
import { toLine } from './rows.js'
import type { Tables } from './schema.js'
import type { NotificationRecord, OrderStore } from './store.js'
import type { Work } from './writer.js'

export function auditing(line: Omit<NotificationRecord, 'id'>): Work<void> {
  return async (trx, again) => {
    if (again && line.hash !== null) {
      const found = await trx
        .selectFrom('wxpay_notifications')
        .select('id')
        .where('outcome', '=', line.outcome)
        .where('hash', '=', line.hash)
        .where('received_at', '=', line.received_at)
        .executeTakeFirst()
      if (found) return
    }
    await trx.insertInto('wxpay_notifications').values(line).execute()
  }
}

export async function listNotifications(db: Kysely<Tables>, filter: Parameters<OrderStore['listNotifications']>[0]): Promise<NotificationRecord[]> {
  const { out_trade_no, outcome, before, limit = 100 } = filter
  let query = db.selectFrom('wxpay_notifications').selectAll().orderBy('id', 'desc').limit(limit)
  if (out_trade_no !== undefined) query = query.where('out_trade_no', '=', out_trade_no)
  if (outcome !== undefined) query = query.where('outcome', '=', outcome)
  if (before !== undefined) query = query.where('id', '<', before)
  return (await query.execute()).map(toLine)
}
