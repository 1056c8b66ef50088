/**
 * The order store on an SQL database, through [kysely](https://kysely.dev).
 *
 * kysely is an optional peer dependency and the driver is yours: this module
 * loads neither, it works with the instance it is given.
 *
 * @module
 */
import type { Kysely } from 'kysely'
import { WxPayError } from '../errors.js'
import { checkedEvents } from './event.js'
import { checkedReceipt, newNotification } from './notification.js'
import { checkedPayment, name, newOrder, text } from './order.js'
import { checkedChoice } from './pending.js'
import { checkedRefund, checkedResult } from './refund.js'
import { mysql } from './schema-mysql.js'
import { sqlite } from './schema-sqlite.js'
import type { StoreWarning, Tables } from './schema.js'
import { toOrder } from './rows.js'
import { auditing, listNotifications } from './sql-audit.js'
import { failing, finishing, listEvents, listParked, retrying, taking } from './sql-events.js'
import { backlog } from './sql-health.js'
import { creating, find, moving, paying, prepaying } from './sql-orders.js'
import { claiming } from './sql-pending.js'
import { closingRefund, findRefund, listRefunds, recordingRefund, refunding } from './sql-refunds.js'
import type { OrderStore } from './store.js'
import { CLOSING, movesTo } from './transition.js'
import { Writer, type Work } from './writer.js'

export { mysqlPool } from './mysql.js'
export type { MysqlConnection, MysqlDriverPool, MysqlPool } from './mysql.js'
export { sqliteDatabase } from './sqlite.js'
export type { SqliteDatabase, SqliteDriver, SqliteStatement } from './sqlite.js'
export type { StoreWarning }

/** By the names {@link sqlStore} takes. */
const dialects = { sqlite, mysql }

/** Options of {@link sqlStore}. */
export interface SqlStoreOptions {
  /**
   * The database, handed over: the store configures its connections, and
   * `close()` destroys it. Plugins of the instance are not applied.
   */
  // Any schema: what else the database holds is not the store's business.
  db: Kysely<any>
  /** The kind of database behind `db`; MariaDB is `mysql`. */
  dialect: keyof typeof dialects
  /** The clock, ms UTC. */
  now?: () => number
  /** Look for damaged pages when the store opens (SQLite); by default yes. Takes some seconds for each gigabyte. */
  check?: boolean
  /** Refuse what `onWarning` would be told of when the store opens. */
  strict?: boolean
  /** What is not as it should be and stops nothing; `console.warn` by default. */
  onWarning?: (warning: StoreWarning) => unknown
}

/** Orders in a page of a listing. */
const PAGE = 500

/**
 * An order store on an SQL database; creates or migrates its tables
 * (`wxpay_...`) first.
 *
 * With SQLite: a file of its own, on a local disk, SQLite 3.37 or later, the
 * driver wrapped in {@link sqliteDatabase}. The store switches the file to WAL
 * with `synchronous = FULL` and reads that back. Several processes may share
 * the file. What waits at the same time is committed together.
 *
 * With MySQL 8 or MariaDB 10.3 and later: InnoDB, a pool of `mysql2` wrapped in
 * {@link mysqlPool}. Several machines may share the server. Across a network
 * give the pool `ssl`: `mysql2` encrypts only when told to. The user needs
 * CREATE, ALTER, INDEX and REFERENCES when a release brings new tables, else
 * SELECT, INSERT and UPDATE.
 *
 * @throws WxPayError `STORE_CONFIG` when the database is not fit for money: no
 * WAL, not durable, damaged, read-only, a schema from a newer release, another
 * application's file.
 *
 * @example
 * import Database from 'libsql'
 * import { Kysely, SqliteDialect } from 'kysely'
 *
 * const database = sqliteDatabase(new Database('orders.db'))
 * const db = new Kysely({ dialect: new SqliteDialect({ database }) })
 * const store = await sqlStore({ db, dialect: 'sqlite' })
 */
export async function sqlStore(options: SqlStoreOptions): Promise<OrderStore> {
  const { db: given, dialect: kind, now = Date.now, check = true, strict = false } = options
  const { onWarning = ({ message }: StoreWarning) => console.warn(`wxpay-wasm: ${message}`) } = options
  if (!Object.hasOwn(dialects, kind)) {
    throw new WxPayError('STORE_CONFIG', `dialect must be one of ${Object.keys(dialects).join(', ')}`, { field: 'dialect' })
  }
  const dialect = dialects[kind]
  // Plugins such as CamelCasePlugin rename columns; ours are named by WeChat.
  const db = (given as Kysely<Tables>).withoutPlugins()
  const writer = new Writer(db, dialect)
  const running = new Set<Promise<unknown>>()
  let closing: Promise<void> | undefined

  /** The frame of every operation: refused after `close`, waited for by it. */
  async function operate<T>(work: () => Promise<T>): Promise<T> {
    if (closing) throw new WxPayError('STORE_FAILED', 'the order store is closed')
    const run = writer.read(work)
    running.add(run)
    try {
      return await run
    } finally {
      running.delete(run)
    }
  }

  /** The same for work that writes. */
  async function write<T>(work: Work<T>): Promise<T> {
    if (closing) throw new WxPayError('STORE_FAILED', 'the order store is closed')
    const run = writer.write(opened, work)
    running.add(run)
    try {
      return await run
    } finally {
      running.delete(run)
    }
  }

  const warn = (warning: StoreWarning) => {
    void (async () => onWarning(warning))().catch(() => {})
  }
  const opened = await writer.patiently(() => dialect.open(db, { check, strict, warn }))

  return {
    async createOrder(input) {
      const order = newOrder(input, now())
      if (await write(creating(dialect, order))) return order
      throw new WxPayError('STORE_DUPLICATE', 'an order with this out_trade_no exists', { field: 'out_trade_no' })
    },

    async setPrepay(out_trade_no, { prepay_id, code_url }) {
      const columns = { prepay_id: name('prepay_id', prepay_id), code_url: text('code_url', code_url) }
      if (await write(prepaying(name('out_trade_no', out_trade_no), columns))) return
      throw new WxPayError('STORE_FAILED', 'no order has this out_trade_no', { field: 'out_trade_no' })
    },

    async recordPayment(input, receipt) {
      const payment = checkedPayment(input)
      return write(paying(dialect, payment, receipt ? checkedReceipt(receipt) : null, now))
    },

    async createRefund(input) {
      const refund = await write(refunding(dialect, checkedRefund(input), now()))
      if (refund instanceof WxPayError) throw refund
      return refund
    },

    async closeRefund(out_refund_no) {
      return write(closingRefund(name('out_refund_no', out_refund_no), now()))
    },

    async recordRefund(input, receipt) {
      const result = checkedResult(input)
      return write(recordingRefund(dialect, result, receipt ? checkedReceipt(receipt) : null, now))
    },

    async findRefund(out_refund_no) {
      const number = name('out_refund_no', out_refund_no)
      return operate(() => findRefund(db, number))
    },

    async listRefunds(out_trade_no) {
      const number = name('out_trade_no', out_trade_no)
      return operate(() => listRefunds(db, number))
    },

    async closeOrder(out_trade_no) {
      return write(moving(name('out_trade_no', out_trade_no), 'CLOSED', CLOSING, now))
    },

    async recordState(out_trade_no, state) {
      return write(moving(name('out_trade_no', out_trade_no), state, movesTo(state), now))
    },

    async recordNotification(notification) {
      await write(auditing(newNotification(notification)))
    },

    async listNotifications(filter) {
      return operate(() => listNotifications(db, filter))
    },

    async findOrder(out_trade_no) {
      const number = name('out_trade_no', out_trade_no)
      return operate(() => find(db, number))
    },

    async findOrders(out_trade_nos) {
      const numbers = out_trade_nos.map((number) => name('out_trade_no', number))
      if (numbers.length === 0) return []
      return operate(async () => {
        const rows = await db.selectFrom('wxpay_orders').selectAll().where('out_trade_no', 'in', numbers).execute()
        return rows.map(toOrder)
      })
    },

    async *listPaid(from, to) {
      // Page by page, so that neither memory nor a lock is held for as long as the reader takes.
      for (let last = ''; ; ) {
        const page = await operate(async () => {
          const rows = await db
            .selectFrom('wxpay_orders')
            .selectAll()
            .where('time_end', '>=', from)
            .where('time_end', '<=', to)
            .where('out_trade_no', '>', last)
            .orderBy('out_trade_no')
            .limit(PAGE)
            .execute()
          return rows.map(toOrder)
        })
        yield* page
        const end = page.at(-1)
        if (end === undefined || page.length < PAGE) return
        last = end.out_trade_no
      }
    },

    async listEvents(out_trade_no) {
      const number = name('out_trade_no', out_trade_no)
      return operate(() => listEvents(db, number))
    },

    async takeEvents(...given) {
      return write(taking(checkedEvents.takeEvents(...given), now))
    },

    async finishEvent(event) {
      await write(finishing(checkedEvents.finishEvent(event), now))
    },

    async failEvent(...given) {
      await write(failing(checkedEvents.failEvent(...given)))
    },

    async listParked(limit) {
      const most = checkedEvents.listParked(limit)
      return operate(() => listParked(db, most))
    },

    async retryEvent(event) {
      await write(retrying(checkedEvents.retryEvent(event), now))
    },

    async listPending(choice) {
      return write(claiming(checkedChoice(choice), now))
    },

    async health() {
      const began = performance.now()
      const unknown = { schema: opened.schema, lag: null, counts: null }
      try {
        await write((trx) => opened.probe(trx))
        const latency = performance.now() - began
        return { ok: true, latency, ...unknown, ...(await operate(() => backlog(db, now))), error: null }
      } catch (error) {
        return { ok: false, latency: performance.now() - began, ...unknown, error: error as WxPayError }
      }
    },

    close() {
      closing ??= Promise.allSettled(running).then(() => given.destroy())
      return closing
    },
  }
}
