import type { CompiledQuery, Generated, InsertQueryBuilder, InsertResult, Kysely } from 'kysely'
import { WxPayError } from '../errors.js'
import { SQLITE_WRAPPED } from './sqlite.js'
import type { Order, OrderEvent } from './store.js'

/** The tables as kysely sees them: one column per field of {@link Order} and {@link OrderEvent}. */
export interface Tables {
  wxpay_orders: Order
  wxpay_events: Omit<OrderEvent, 'id'> & { id: Generated<number> }
}

/** Everything the SQL store must know about one kind of database. */
export interface SqlDialect {
  /** Makes the connection fit for money and brings the tables to the present version. */
  open(db: Kysely<Tables>): Promise<void>
  /** Called in every transaction that writes, before its commit: throws `STORE_CONFIG` unless that commit will be durable. */
  assertDurable(db: Kysely<Tables>): Promise<void>
  /** Turns an insert of an order whose number exists into an insert of no rows. */
  skipExisting(insert: InsertQueryBuilder<Tables, 'wxpay_orders', InsertResult>): InsertQueryBuilder<Tables, 'wxpay_orders', InsertResult>
  /** Whether the same work may succeed a moment later, because it failed on somebody else's lock. */
  isBusy(error: unknown): boolean
}

/** Runs SQL that has no form in the query builder: DDL and pragmas, constants of this file only, never values. */
async function raw(db: Kysely<Tables>, sql: string): Promise<Record<string, unknown>[]> {
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
async function value(db: Kysely<Tables>, sql: string): Promise<unknown> {
  const [row] = await raw(db, sql)
  const [only] = Object.values(row ?? {})
  return typeof only === 'bigint' ? Number(only) : only
}

/** Step n brings a file from version n to n + 1. Steps that were released are never edited. */
const SQLITE_STEPS: readonly (readonly string[])[] = [
  [
    // BINARY is SQLite's default; written down because the store's promise hangs on it.
    `create table wxpay_orders (
      out_trade_no text collate binary not null primary key check (out_trade_no <> ''),
      appid text not null,
      mch_id text not null,
      trade_type text not null,
      body text not null,
      total_fee integer not null check (total_fee > 0),
      fee_type text not null check (fee_type <> ''),
      openid text,
      attach text,
      product_id text,
      prepay_id text,
      code_url text,
      state text not null check (state in ('NOTPAY', 'SUCCESS', 'REFUND', 'CLOSED', 'REVOKED', 'USERPAYING', 'PAYERROR')),
      transaction_id text collate binary unique check (transaction_id <> ''),
      cash_fee integer check (cash_fee >= 0),
      payer_openid text,
      bank_type text,
      time_end text,
      created_at integer not null,
      paid_at integer,
      check ((transaction_id is null) = (paid_at is null)),
      check (transaction_id is not null or state not in ('SUCCESS', 'REFUND'))
    ) strict`,
    // AUTOINCREMENT: the id of a deleted event must not come back, handlers take it for a key.
    `create table wxpay_events (
      id integer primary key autoincrement,
      out_trade_no text collate binary not null references wxpay_orders (out_trade_no),
      kind text not null check (kind in ('paid', 'paid_late')),
      transaction_id text collate binary not null,
      total_fee integer not null check (total_fee > 0),
      created_at integer not null,
      unique (out_trade_no, kind, transaction_id)
    ) strict`,
  ],
]

/** 'WXPY': tells our user_version from another application's. */
const SQLITE_APPLICATION_ID = 0x57585059

/** What `pragma synchronous` answers for FULL. NORMAL does not sync the WAL at commit: power loss takes acknowledged payments. */
const SQLITE_FULL = 2

/** A file of version 0 is new to us; ours carry the mark. */
async function sqliteVersion(db: Kysely<Tables>): Promise<number> {
  const version = (await value(db, 'pragma user_version')) as number
  const application = await value(db, 'pragma application_id')
  if (application !== SQLITE_APPLICATION_ID && (application !== 0 || version !== 0)) {
    throw new WxPayError(
      'STORE_CONFIG',
      'the SQLite file belongs to another application (its application_id or user_version is set): give the order store a file of its own',
    )
  }
  if (version > SQLITE_STEPS.length) {
    throw new WxPayError(
      'STORE_CONFIG',
      `the order store's file has schema version ${version}, this release knows versions up to ${SQLITE_STEPS.length}: update wxpay-wasm`,
    )
  }
  return version
}

/** One step in one transaction, the version number last in it: a kill leaves the old schema or the new one. */
async function sqliteStep(db: Kysely<Tables>): Promise<boolean> {
  // Takes the write lock (see sqliteDatabase): of several processes that start together one migrates, the others find it done.
  await raw(db, 'begin')
  try {
    const version = await sqliteVersion(db)
    const step = SQLITE_STEPS[version]
    for (const sql of step ?? []) await raw(db, sql)
    // Written even when nothing is new: a file system that refuses writes shows now, not at the first payment.
    await raw(db, `pragma application_id = ${SQLITE_APPLICATION_ID}`)
    await raw(db, `pragma user_version = ${step ? version + 1 : version}`)
    await raw(db, 'commit')
    return step !== undefined
  } catch (error) {
    // SQLite has rolled back by itself after some errors; the first error is the one to tell.
    await raw(db, 'rollback').catch(() => undefined)
    throw error
  }
}

const sqlite: SqlDialect = {
  open(db) {
    // One connection for all of it: pragmas and `begin` belong to a connection.
    return db.connection().execute(async (connection) => {
      if ((await value(connection, SQLITE_WRAPPED)) !== 1) {
        throw new WxPayError(
          'STORE_CONFIG',
          "wrap the SQLite driver: new SqliteDialect({ database: sqliteDatabase(new Database('orders.db')) }), with sqliteDatabase from wxpay-wasm/store/sql",
        )
      }
      // Drivers for SQLite wait synchronously, and the whole process with them (better-sqlite3 for five seconds).
      // The owner of the lock may be a transaction of this very process, which then cannot end. So the driver
      // does not wait at all: the store does, for at most two seconds, with the process alive (see isBusy).
      await raw(connection, 'pragma busy_timeout = 0')
      await sqliteVersion(connection)
      const mode = await value(connection, 'pragma journal_mode = wal')
      if (mode !== 'wal') {
        throw new WxPayError(
          'STORE_CONFIG',
          `the order store needs a SQLite file in WAL mode, this one is in mode ${mode}: use a file on a local disk (memoryStore() is for tests)`,
        )
      }
      // better-sqlite3 is compiled so that WAL lowers `synchronous` to NORMAL.
      await raw(connection, 'pragma synchronous = full')
      while (await sqliteStep(connection)) continue
      // Read back after the first write: that is when such a default is applied.
      await sqlite.assertDurable(connection)
    })
  },

  async assertDurable(db) {
    const level = (await value(db, 'pragma synchronous')) as number
    if (level < SQLITE_FULL) {
      throw new WxPayError(
        'STORE_CONFIG',
        `the SQLite connection has synchronous = ${level}, expected ${SQLITE_FULL} (FULL): a payment it acknowledges can be lost in a power failure`,
      )
    }
  },

  skipExisting(insert) {
    return insert.onConflict((conflict) => conflict.column('out_trade_no').doNothing())
  },

  isBusy(error) {
    // libsql: code and rawCode; better-sqlite3: code; node:sqlite: errcode. The low byte of an extended code is SQLITE_BUSY.
    const { code, rawCode, errcode } = error as { code?: unknown; rawCode?: unknown; errcode?: unknown }
    const number = rawCode ?? errcode
    return (typeof code === 'string' && code.startsWith('SQLITE_BUSY')) || (typeof number === 'number' && (number & 0xff) === 5)
  },
}

/** By the names `sqlStore` takes. */
export const dialects = { sqlite }
