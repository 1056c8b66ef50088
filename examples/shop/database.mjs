import { Kysely, MysqlDialect, SqliteDialect } from 'kysely'
import Database from 'libsql'
import { createPool } from 'mysql2'
import { mysqlPool, sqliteDatabase, sqlStore } from 'wxpay-wasm/store/sql'
import { createTables } from './tables.mjs'

/** Milliseconds that a write waits for one of another process (SQLite). */
const PATIENCE = 2000

/** The order store wants a file of its own; what else the shop remembers goes into one beside it. */
function sqlite(file) {
  const own = new Database(`${file}.shop`, { timeout: PATIENCE })
  own.exec('pragma journal_mode = wal')
  own.exec('pragma synchronous = full')
  return [sqliteDatabase(new Database(file)), own].map((database) => new Kysely({ dialect: new SqliteDialect({ database }) }))
}

/** One database for both, each with a pool: a busy shop front must not keep a payment waiting. */
function mysql(uri) {
  return [10, 5].map((connectionLimit) => {
    const pool = mysqlPool(createPool({ uri, connectionLimit }))
    return new Kysely({ dialect: new MysqlDialect({ pool }) })
  })
}

/**
 * The database behind a DATABASE_URL: `sqlite:./shop.db` or `mysql://user:password@host/database`
 * (MariaDB too). With SQLite several processes of one machine may share it, with MySQL several machines.
 *
 * @param options { now, onWarning }: as `sqlStore` takes them
 * @returns { store, own, close() }: the order store, and kysely with the tables of `tables.mjs`
 */
export async function openDatabase(url, options = {}) {
  const file = /^sqlite:(.+)$/.exec(url)?.[1]
  if (file === undefined && !/^(mysql|mariadb):\/\//.test(url)) {
    throw new TypeError('DATABASE_URL: expected sqlite:<file>, for example sqlite:./shop.db, or mysql://user:password@host/database')
  }
  const dialect = file === undefined ? 'mysql' : 'sqlite'
  const [db, own] = file === undefined ? mysql(url.replace(/^mariadb:/, 'mysql:')) : sqlite(file)
  try {
    const store = await sqlStore({ db, dialect, ...options })
    await createTables(own, dialect)
    // The store last: whoever still works ends there.
    return { store, own, close: () => own.destroy().then(() => store.close()) }
  } catch (error) {
    await Promise.allSettled([own.destroy(), db.destroy()])
    throw error
  }
}
