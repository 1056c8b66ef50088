import { WxPayError } from '../errors.js'

/** A prepared statement, as far as kysely's `SqliteDialect` uses it. */
export interface SqliteStatement {
  readonly reader: boolean
  all(parameters: readonly unknown[]): unknown[]
  run(parameters: readonly unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint }
  iterate(parameters: readonly unknown[]): IterableIterator<unknown>
}

/** A connection, as far as kysely's `SqliteDialect` uses it. */
export interface SqliteDatabase {
  prepare(sql: string): SqliteStatement
  close(): void
}

/** What `libsql`, `better-sqlite3` and the `DatabaseSync` of `node:sqlite` have in common. */
export interface SqliteDriver {
  prepare(sql: string): any
  exec(sql: string): unknown
  close(): unknown
}

/** The statement of `node:sqlite`: parameters one by one, no `reader`. */
interface NodeStatement {
  columns?(): readonly unknown[]
  all(...parameters: unknown[]): unknown[]
  run(...parameters: unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint }
  iterate(...parameters: unknown[]): IterableIterator<unknown>
}

/** The store's question whether it talks to a connection made here. SQLite ignores pragmas it does not know. */
export const SQLITE_WRAPPED = 'pragma wxpay_sqlite_database'

/** What runs through `exec`, as `begin` does: it can meet the lock of a process that opens the file at the same time. */
export const SQLITE_READ = 'begin; select count(*) from sqlite_master'
export const SQLITE_WAL = 'pragma journal_mode = wal'

/**
 * A connection for kysely's `SqliteDialect` on which a locked database does no
 * harm. Takes an open one of `libsql`, `better-sqlite3` or `node:sqlite`.
 *
 * - `begin` becomes BEGIN IMMEDIATE: a transaction waits for the write lock
 *   where it starts and can be tried again as a whole.
 * - It runs through `exec`. libsql 0.5 leaves a prepared statement that met
 *   SQLITE_BUSY in progress until the garbage collector finds it; until then no
 *   commit of the connection succeeds, and a write outside a transaction says it
 *   did and is lost with the process (tursodatabase/libsql-client-ts#352). With
 *   the lock taken by `exec` no prepared statement of a transaction meets it, so
 *   put writes of your own on this connection into `transaction()` too.
 * - Statements are prepared once and kept, unless they fail.
 * - Statements of `node:sqlite` get the shape kysely expects.
 *
 * @throws WxPayError `STORE_CONFIG` on the first statement when `node:sqlite`
 * cannot name a statement's columns (before Node 22.16 and 23.11).
 *
 * @example
 * import { DatabaseSync } from 'node:sqlite'
 * import { Kysely, SqliteDialect } from 'kysely'
 *
 * const database = sqliteDatabase(new DatabaseSync('orders.db'))
 * const store = await sqlStore({ db: new Kysely({ dialect: new SqliteDialect({ database }) }), dialect: 'sqlite' })
 */
export function sqliteDatabase(driver: SqliteDriver): SqliteDatabase {
  const kept = new Map<string, SqliteStatement>()
  const fresh = (sql: string): SqliteStatement => {
    const statement: SqliteStatement | NodeStatement = driver.prepare(sql)
    return 'reader' in statement ? statement : withReader(statement)
  }

  /** Prepared once and run again; who runs row by row has one of their own. */
  function keeping(sql: string): SqliteStatement {
    const found = kept.get(sql)
    if (found) return found
    const statement = fresh(sql)
    const run = <T>(work: () => T): T => {
      try {
        return work()
      } catch (error) {
        // One that failed may be in progress still (see above).
        kept.delete(sql)
        throw error
      }
    }
    const keeper: SqliteStatement = {
      reader: statement.reader,
      all: (parameters) => run(() => statement.all(parameters)),
      run: (parameters) => run(() => statement.run(parameters)),
      iterate: (parameters) => fresh(sql).iterate(parameters),
    }
    if (kept.size >= KEPT) kept.clear()
    kept.set(sql, keeper)
    return keeper
  }

  return {
    prepare(sql) {
      if (sql === SQLITE_WRAPPED) return answer([{ wrapped: 1 }])
      if (sql === 'begin') return command(() => driver.exec('begin immediate'))
      if (sql === SQLITE_READ || sql === SQLITE_WAL) return command(() => driver.exec(sql))
      return REPEATED.test(sql) ? keeping(sql) : fresh(sql)
    },
    close() {
      kept.clear()
      driver.close()
    },
  }
}

/** Statements that are worth keeping, and how many: lists of numbers have a statement for each length. */
const REPEATED = /^(select|insert|update|commit)\b/
const KEPT = 128

function answer(rows: unknown[]): SqliteStatement {
  return { reader: true, all: () => rows, iterate: () => rows.values(), run: nothing }
}

function command(run: () => unknown): SqliteStatement {
  return { reader: false, all: () => [], iterate: () => [].values(), run: () => (run(), nothing()) }
}

function nothing() {
  return { changes: 0, lastInsertRowid: 0 }
}

function withReader(statement: NodeStatement): SqliteStatement {
  if (!statement.columns) {
    throw new WxPayError('STORE_CONFIG', 'node:sqlite can be used from Node 22.16 on; before that, use libsql or better-sqlite3')
  }
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...parameters),
    run: (parameters) => statement.run(...parameters),
    iterate: (parameters) => statement.iterate(...parameters),
  }
}
