import type { Kysely } from 'kysely'
import { WxPayError } from '../errors.js'
import { assertLocal, watchFile } from './sqlite-file.js'
import { raw, value, type SqlDialect, type Tables } from './schema.js'
import { SQLITE_READ, SQLITE_WAL, SQLITE_WRAPPED } from './sqlite.js'

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
  [
    'alter table wxpay_orders add column claimed_until integer not null default 0',
    'create index wxpay_orders_pending on wxpay_orders (state, claimed_until, created_at)',
    'create index wxpay_orders_time on wxpay_orders (time_end) where time_end is not null',
    `create table wxpay_refunds (
      out_refund_no text collate binary not null primary key check (out_refund_no <> ''),
      out_trade_no text collate binary not null references wxpay_orders (out_trade_no),
      transaction_id text collate binary not null,
      total_fee integer not null check (total_fee > 0),
      refund_fee integer not null check (refund_fee > 0 and refund_fee <= total_fee),
      refund_desc text,
      state text not null check (state in ('PROCESSING', 'CHANGE', 'REFUNDCLOSE', 'SUCCESS')),
      refund_id text collate binary unique check (refund_id <> ''),
      settlement_refund_fee integer check (settlement_refund_fee >= 0),
      refund_recv_accout text,
      refund_request_source text,
      success_time text,
      created_at integer not null,
      changed_at integer not null,
      claimed_until integer not null default 0,
      check (refund_id is not null or state in ('PROCESSING', 'REFUNDCLOSE'))
    ) strict`,
    'create index wxpay_refunds_order on wxpay_refunds (out_trade_no)',
    'create index wxpay_refunds_pending on wxpay_refunds (state, claimed_until, created_at)',
    // More kinds, and what workers need. SQLite changes no CHECK, so the table is made anew.
    `create table wxpay_events_2 (
      id integer primary key autoincrement,
      out_trade_no text collate binary not null references wxpay_orders (out_trade_no),
      kind text not null check (kind in ('paid', 'paid_late', 'closed', 'revoked', 'refunded', 'refund_changed', 'refund_closed')),
      subject text collate binary not null,
      transaction_id text collate binary,
      total_fee integer not null check (total_fee > 0),
      out_refund_no text collate binary,
      refund_fee integer,
      created_at integer not null,
      attempts integer not null default 0,
      due_at integer,
      leased_by text,
      last_error text,
      finished_at integer,
      unique (out_trade_no, kind, subject),
      check ((due_at is null) = (finished_at is not null))
    ) strict`,
    // The highest id ever given, also of rows that are gone.
    `insert into sqlite_sequence (name, seq) select 'wxpay_events_2', seq from sqlite_sequence where name = 'wxpay_events'`,
    // Whoever had these events has acted on them: there was nobody to hand them out.
    `insert into wxpay_events_2 (id, out_trade_no, kind, subject, transaction_id, total_fee, created_at, finished_at)
      select id, out_trade_no, kind, transaction_id, transaction_id, total_fee, created_at, created_at from wxpay_events`,
    'drop table wxpay_events',
    'alter table wxpay_events_2 rename to wxpay_events',
    'create index wxpay_events_due on wxpay_events (due_at) where due_at is not null',
    `create table wxpay_notifications (
      id integer primary key autoincrement,
      kind text not null,
      hash text,
      received_at integer not null,
      out_trade_no text collate binary,
      outcome text not null,
      reason text,
      facts text,
      body text
    ) strict`,
    'create index wxpay_notifications_order on wxpay_notifications (out_trade_no)',
    'create index wxpay_notifications_outcome on wxpay_notifications (outcome)',
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

async function transaction<T>(db: Kysely<Tables>, begin: string, work: () => Promise<T>): Promise<T> {
  try {
    await raw(db, begin)
    const result = await work()
    await raw(db, 'commit')
    return result
  } catch (error) {
    // SQLite has rolled back by itself after some errors; the first error is the one to tell.
    await raw(db, 'rollback').catch(() => undefined)
    throw error
  }
}

/** One step in one transaction, the version number last in it: a kill leaves the old schema or the new one. */
const sqliteStep = (db: Kysely<Tables>): Promise<boolean> =>
  // Takes the write lock (see sqliteDatabase): of several processes that start together one migrates, the others find it done.
  transaction(db, 'begin', async () => {
    const version = await sqliteVersion(db)
    const step = SQLITE_STEPS[version]
    for (const sql of step ?? []) await raw(db, sql)
    // Written even when nothing is new: a file system that refuses writes shows now, not at the first payment.
    await raw(db, `pragma application_id = ${SQLITE_APPLICATION_ID}`)
    await raw(db, `pragma user_version = ${step ? version + 1 : version}`)
    return step !== undefined
  })

/** Where SQLite's log is emptied to when it has grown, bytes. */
const SQLITE_LOG_SIZE = 4 * 1024 * 1024

async function assertFull(db: Kysely<Tables>): Promise<void> {
  const level = (await value(db, 'pragma synchronous')) as number
  if (level < SQLITE_FULL) {
    throw new WxPayError(
      'STORE_CONFIG',
      `the SQLite connection has synchronous = ${level}, expected ${SQLITE_FULL} (FULL): a payment it acknowledges can be lost in a power failure`,
    )
  }
}

/** A damaged page can hold a payment, and whatever is written around it makes a repair harder. */
async function assertSound(db: Kysely<Tables>): Promise<void> {
  const found = String(await value(db, 'pragma quick_check(1)')).replace(/\s+/g, ' ')
  if (found !== 'ok') {
    throw new WxPayError('STORE_CONFIG', `the SQLite file is damaged (${found}): stop every process, keep the file, and restore the backup`)
  }
}

/** The low byte of an extended result code. */
const BUSY = 5
/** SQLITE_CONSTRAINT_PRIMARYKEY and SQLITE_CONSTRAINT_UNIQUE. */
const DUPLICATE: readonly unknown[] = [1555, 2067, 'SQLITE_CONSTRAINT_PRIMARYKEY', 'SQLITE_CONSTRAINT_UNIQUE']

/** libsql: code and rawCode; better-sqlite3: code; node:sqlite: errcode. */
function codes(error: unknown): { code: unknown; number: unknown } {
  const { code, rawCode, errcode } = (error ?? {}) as { code?: unknown; rawCode?: unknown; errcode?: unknown }
  return { code, number: rawCode ?? errcode }
}

/** SQLite: one file, one writer at a time, in this process or another. */
export const sqlite: SqlDialect = {
  grouped: true,
  lockRetries: Infinity,

  open(db, { check, warn }) {
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
      // does not wait at all: the store does, for at most two seconds, with the process alive (see Failure).
      await raw(connection, 'pragma busy_timeout = 0')
      // In a file that is not in WAL mode yet every read can meet a lock: here only the first one.
      await transaction(connection, SQLITE_READ, async () => {
        await sqliteVersion(connection)
        if (check) await assertSound(connection)
      })
      const [main] = await raw(connection, 'pragma database_list')
      const file = String(main?.file)
      if (file !== '') assertLocal(file)
      await raw(connection, SQLITE_WAL)
      const mode = await value(connection, 'pragma journal_mode')
      if (mode !== 'wal') {
        throw new WxPayError(
          'STORE_CONFIG',
          `the order store needs a SQLite file in WAL mode, this one is in mode ${mode}: use a file on a local disk (memoryStore() is for tests)`,
        )
      }
      // better-sqlite3 is compiled so that WAL lowers `synchronous` to NORMAL.
      await raw(connection, 'pragma synchronous = full')
      await raw(connection, `pragma journal_size_limit = ${SQLITE_LOG_SIZE}`)
      while (await sqliteStep(connection)) continue
      // Read back after the first write: that is when such a default is applied.
      await assertFull(connection)
      const assertFile = watchFile(file, warn)
      return {
        schema: SQLITE_STEPS.length,
        async assertDurable(trx) {
          await assertFull(trx)
          assertFile()
        },
        // Written even though nothing is new, and so it proves that the file takes writes.
        probe: (trx) => raw(trx, `pragma user_version = ${SQLITE_STEPS.length}`),
      }
    })
  },

  failure(error) {
    const { code, number } = codes(error)
    const busy = (typeof code === 'string' && code.startsWith('SQLITE_BUSY')) || (typeof number === 'number' && (number & 0xff) === BUSY)
    return busy ? 'lock' : null
  },

  isDuplicate(error) {
    const { code, number } = codes(error)
    return DUPLICATE.includes(code) || DUPLICATE.includes(number)
  },

  // BEGIN IMMEDIATE holds the only lock there is.
  lock: (select) => select,
}
