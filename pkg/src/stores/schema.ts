import type { CompiledQuery, Generated, Kysely, SelectQueryBuilder } from 'kysely'
import type { EventRow } from './event.js'
import type { NotificationRecord, Order, Refund } from './store.js'

/** Until when nobody else asks WeChat about the row, ms UTC. */
interface Claimable {
  claimed_until: Generated<number>
}

/** The tables as kysely sees them. */
export interface Tables {
  wxpay_orders: Order & Claimable
  wxpay_refunds: Refund & Claimable
  wxpay_events: Omit<EventRow, 'id'> & { id: Generated<number> }
  wxpay_notifications: Omit<NotificationRecord, 'id'> & { id: Generated<number> }
}

/** Why work failed, as far as it decides what to do next. */
export type Failure =
  /** On somebody else's lock: the same work may succeed a moment later. */
  | 'lock'
  /** The connection is gone, and with it the answer, or the server cannot write any more: another connection may do better. */
  | 'lost'
  | null

/** Something the owner should know that stops nothing. */
export interface StoreWarning {
  code:
    /** The server may lose commits it has acknowledged, in a power failure. */
    | 'DURABILITY'
    /** SQLite's log grows, because somebody reads for long. */
    | 'LOG_SIZE'
  message: string
}

/** What the owner wants of the database. */
export interface OpenOptions {
  /** Refuse what a warning would be about. */
  strict: boolean
  /** Look for damage first. */
  check: boolean
  warn: (warning: StoreWarning) => void
}

/** Everything the SQL store must know about one kind of database. */
export interface SqlDialect {
  /** Makes the connection fit for money and brings the tables to the present version. */
  open(db: Kysely<Tables>, options: OpenOptions): Promise<OpenDatabase>
  failure(error: unknown): Failure
  /** Whether a row with this key exists, and the statement alone has failed for it, not its transaction. */
  isDuplicate(error: unknown): boolean
  /** Makes a select wait for writers of the row, and writers wait for this transaction. */
  lock<Row>(select: SelectQueryBuilder<Tables, 'wxpay_orders', Row>): SelectQueryBuilder<Tables, 'wxpay_orders', Row>
  /**
   * Whether work of several callers goes into one transaction. Right for a
   * database that has one writer at a time and makes each wait for the disk;
   * servers bring the commits of their connections together by themselves.
   */
  grouped: boolean
  /** How often a transaction that met a lock is tried again, before its time is over. */
  lockRetries: number
}

/** A database that was opened. */
export interface OpenDatabase {
  /** Version of its tables. */
  schema: number
  /** Called in every transaction that writes, before its commit: throws `STORE_CONFIG` unless that commit will be durable. */
  assertDurable(db: Kysely<Tables>): Promise<void>
  /** Writes something of no meaning. */
  probe(db: Kysely<Tables>): Promise<unknown>
}

/** Runs SQL that has no form in the query builder: commands, DDL and pragmas, constants of these files only, never values. */
export async function raw(db: Kysely<Tables>, sql: string): Promise<Record<string, unknown>[]> {
  // What CompiledQuery.raw makes, spelled out, so that nothing of kysely is loaded at run time.
  const query: CompiledQuery<Record<string, unknown>> = {
    sql,
    parameters: [],
    query: { kind: 'RawNode', sqlFragments: [sql], parameters: [] },
    queryId: { queryId: sql },
  }
  return (await db.executeQuery(query)).rows
}

/** The value of a one-row, one-column answer, whatever the driver calls the column. */
export async function value(db: Kysely<Tables>, sql: string): Promise<unknown> {
  const [row] = await raw(db, sql)
  const [only] = Object.values(row ?? {})
  return typeof only === 'bigint' ? Number(only) : only
}
