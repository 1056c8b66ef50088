import { sql } from 'kysely'

/**
 * What the shop itself remembers, beside the order store: who looks at which order, and what was
 * sent. Everything about money is in the store.
 *
 * - shop_sessions: `id` is the hash of the cookie, so that a copy of the table opens no session
 * - shop_orders: whose session made an order, and the address of its H5 cashier
 * - shop_deliveries: one row for each event that was acted on
 */
export async function createTables(db, dialect) {
  // Numbers compare byte for byte; the collations of MySQL take `a1` for `A1`.
  const word = dialect === 'mysql' ? sql`varchar(64) character set ascii collate ascii_bin` : 'text'
  const required = (column) => column.notNull()

  await db.schema
    .createTable('shop_sessions')
    .ifNotExists()
    .addColumn('id', word, (column) => column.primaryKey())
    .addColumn('openid', word)
    .addColumn('created_at', 'bigint', required)
    .execute()
  await db.schema
    .createTable('shop_orders')
    .ifNotExists()
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('out_trade_no', word, (column) => column.notNull().unique())
    .addColumn('session', word, required)
    .addColumn('mweb_url', 'varchar(512)')
    .execute()
  await db.schema
    .createTable('shop_deliveries')
    .ifNotExists()
    .addColumn('event', 'bigint', (column) => column.primaryKey())
    .addColumn('out_trade_no', word, (column) => column.notNull().unique())
    .addColumn('delivered_at', 'bigint', required)
    .execute()
}
