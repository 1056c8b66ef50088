/**
 * The order store on an SQL database, through [kysely](https://kysely.dev).
 *
 * kysely is an optional peer dependency and the driver is yours: this module
 * loads neither, it works with the instance it is given.
 *
 * @module
 */
import type { Kysely, Transaction } from 'kysely'
import { WxPayError } from '../errors.js'
import { checkedPayment, name, newOrder, text } from './order.js'
import { dialects, type Tables } from './schema.js'
import type { Order, OrderEvent, OrderState, OrderStore, Payment, PaymentRecord } from './store.js'
import { AWAITING, GIVEN_UP, outcomeOf, paidColumns } from './transition.js'

export { sqliteDatabase } from './sqlite.js'
export type { SqliteDatabase, SqliteDriver, SqliteStatement } from './sqlite.js'

/** Options of {@link sqlStore}. */
export interface SqlStoreOptions {
  /**
   * The database, handed over: the store configures its connection, and
   * `close()` destroys it. Plugins of the instance are not applied.
   */
  // Any schema: what else the database holds is not the store's business.
  db: Kysely<any>
  /** The kind of database behind `db`. */
  dialect: keyof typeof dialects
  /** The clock, ms UTC. */
  now?: () => number
}

/** How long an operation waits for other writers before it gives up, ms: below the five seconds WeChat waits for a reply. */
const LOCK_WAIT = 2000

/** Orders in a page of a listing. */
const PAGE = 500

/** Pauses between two tries on a locked database, ms; the last one repeats. Short, since SQLite's lock has no queue: who asks seldom starves. */
const PAUSES = [1, 1, 2, 3, 5]

/**
 * An order store on an SQL database; creates or migrates its tables
 * `wxpay_orders` and `wxpay_events` first.
 *
 * With SQLite: a file of its own, on a local disk, SQLite 3.37 or later, the
 * driver wrapped in {@link sqliteDatabase}. The store switches the file to WAL
 * with `synchronous = FULL` and reads that back. Several processes may share
 * the file.
 *
 * @throws WxPayError `STORE_CONFIG` when the database is not fit for money: no
 * WAL, not durable, a schema from a newer release, another application's file.
 *
 * @example
 * import Database from 'libsql'
 * import { Kysely, SqliteDialect } from 'kysely'
 *
 * const database = sqliteDatabase(new Database('orders.db'))
 * const db = new Kysely({ dialect: new SqliteDialect({ database }) })
 * const store = await sqlStore({ db, dialect: 'sqlite' })
 */
export async function sqlStore({ db: given, dialect: kind, now = Date.now }: SqlStoreOptions): Promise<OrderStore> {
  if (!Object.hasOwn(dialects, kind)) {
    throw new WxPayError('STORE_CONFIG', `dialect must be one of ${Object.keys(dialects).join(', ')}`, { field: 'dialect' })
  }
  const dialect = dialects[kind]
  // Plugins such as CamelCasePlugin rename columns; ours are named by WeChat.
  const db = (given as Kysely<Tables>).withoutPlugins()
  const running = new Set<Promise<unknown>>()
  let closing: Promise<void> | undefined

  /** Repeats work that met a lock; makes one kind of error of all the others. */
  async function patiently<T>(work: () => Promise<T>): Promise<T> {
    const deadline = performance.now() + LOCK_WAIT
    for (let attempt = 0; ; attempt++) {
      try {
        return await work()
      } catch (error) {
        if (error instanceof WxPayError) throw error
        if (!dialect.isBusy(error) || performance.now() > deadline) {
          throw new WxPayError('STORE_FAILED', 'the order store could not do its work; the cause is attached', { cause: error })
        }
        const pause = PAUSES[Math.min(attempt, PAUSES.length - 1)]
        await new Promise((resolve) => setTimeout(resolve, pause))
      }
    }
  }

  /** The frame of every operation: refused after `close`, waited for by it. */
  async function operate<T>(work: () => Promise<T>): Promise<T> {
    if (closing) throw new WxPayError('STORE_FAILED', 'the order store is closed')
    const run = patiently(work)
    running.add(run)
    try {
      return await run
    } finally {
      running.delete(run)
    }
  }

  await patiently(() => dialect.open(db))

  return {
    async createOrder(input) {
      const order = newOrder(input, now())
      const created = await operate(() =>
        transact(async (trx) => {
          const { numInsertedOrUpdatedRows } = await dialect.skipExisting(trx.insertInto('wxpay_orders').values(order)).executeTakeFirstOrThrow()
          return numInsertedOrUpdatedRows === 1n
        }),
      )
      if (!created) throw new WxPayError('STORE_DUPLICATE', 'an order with this out_trade_no exists', { field: 'out_trade_no' })
      return order
    },

    async setPrepay(out_trade_no, { prepay_id, code_url }) {
      const columns = { prepay_id: name('prepay_id', prepay_id), code_url: text('code_url', code_url) }
      const number = name('out_trade_no', out_trade_no)
      await operate(() =>
        transact(async (trx) => {
          const found = await trx.updateTable('wxpay_orders').set(columns).where('out_trade_no', '=', number).executeTakeFirst()
          if (found.numUpdatedRows !== 1n) {
            throw new WxPayError('STORE_FAILED', 'no order has this out_trade_no', { field: 'out_trade_no' })
          }
        }),
      )
    },

    async recordPayment(input) {
      const payment = checkedPayment(input)
      return operate(() => record(payment))
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
      return operate(async () => {
        const rows = await db.selectFrom('wxpay_events').selectAll().where('out_trade_no', '=', number).orderBy('id').execute()
        return rows.map(toEvent)
      })
    },

    close() {
      closing ??= Promise.allSettled(running).then(() => given.destroy())
      return closing
    },
  }

  /** One durable transaction; rejects with the error that ended it. */
  async function transact<T>(work: (trx: Transaction<Tables>) => Promise<T>): Promise<T> {
    // SQLite rolls back by itself after some errors. kysely's rollback then
    // fails too, and with a text that says nothing: the first error is kept.
    let first: { error: unknown } | undefined
    try {
      return await db.transaction().execute(async (trx) => {
        try {
          const result = await work(trx)
          await dialect.assertDurable(trx)
          return result
        } catch (error) {
          first = { error }
          throw error
        }
      })
    } catch (error) {
      throw first ? first.error : error
    }
  }

  async function record(payment: Payment): Promise<PaymentRecord> {
    try {
      return await transact(async (trx) => (await transition(trx, payment)) ?? (await standing(trx, payment)))
    } catch (error) {
      if (error instanceof WxPayError) throw error
      // UNIQUE(transaction_id) has no common error among drivers and databases. The row that holds the number is
      // plainer: it is there, committed, or the number was not the trouble. Asked after the rollback, since
      // PostgreSQL answers nothing in a failed transaction.
      const found = await standing(db, payment).catch(() => null)
      if (found?.outcome === 'transaction_reused') return found
      throw error
    }
  }

  /**
   * Moves the order to SUCCESS, or returns `null` without having changed anything.
   *
   * The update comes first. kysely begins with a plain BEGIN; where that takes
   * no lock, a read before the update would fix a snapshot, and the update
   * would fail (SQLite) or decide on old rows (MySQL) when somebody has written
   * since. An UPDATE takes its lock even if no row matches, and sees what is.
   */
  async function transition(trx: Transaction<Tables>, payment: Payment): Promise<PaymentRecord | null> {
    const at = now()
    for (const [outcome, states] of [['paid', AWAITING], ['paid_late', GIVEN_UP]] as const) {
      if (!(await pay(trx, payment, states, at))) continue
      const { out_trade_no, transaction_id, total_fee } = payment
      await trx.insertInto('wxpay_events').values({ out_trade_no, kind: outcome, transaction_id, total_fee, created_at: at }).execute()
      return { outcome, order: await find(trx, out_trade_no) }
    }
    return null
  }
}

/** The conditions of `outcomeOf` for `paid` and `paid_late`, as one statement: nothing is decided on a row that can still change. */
async function pay(trx: Transaction<Tables>, payment: Payment, states: readonly OrderState[], paid_at: number): Promise<boolean> {
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
}

/** Why the update has left everything as it was. */
async function standing(db: Kysely<Tables>, payment: Payment): Promise<PaymentRecord> {
  const { out_trade_no, transaction_id } = payment
  const rows = await db
    .selectFrom('wxpay_orders')
    .selectAll()
    .where((where) => where.or([where('out_trade_no', '=', out_trade_no), where('transaction_id', '=', transaction_id)]))
    .execute()
  const order = rows.find((row) => row.out_trade_no === out_trade_no)
  const holder = rows.find((row) => row.transaction_id === transaction_id)
  const found = order ? toOrder(order) : null
  const outcome = outcomeOf(payment, found, holder?.out_trade_no ?? null)
  if (outcome === 'paid' || outcome === 'paid_late') {
    throw new Error('the update matched no row, and the row it should have matched is there')
  }
  return { outcome, order: found }
}

async function find(db: Kysely<Tables>, out_trade_no: string): Promise<Order | null> {
  const row = await db.selectFrom('wxpay_orders').selectAll().where('out_trade_no', '=', out_trade_no).executeTakeFirst()
  return row ? toOrder(row) : null
}

/** Plain objects with plain numbers: drivers may answer bigint, and rows without a prototype. */
function toOrder(row: Order): Order {
  return {
    ...row,
    total_fee: Number(row.total_fee),
    cash_fee: row.cash_fee === null ? null : Number(row.cash_fee),
    created_at: Number(row.created_at),
    paid_at: row.paid_at === null ? null : Number(row.paid_at),
  }
}

function toEvent(row: OrderEvent): OrderEvent {
  return { ...row, id: Number(row.id), total_fee: Number(row.total_fee), created_at: Number(row.created_at) }
}
