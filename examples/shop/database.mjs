import { Kysely, SqliteDialect } from 'kysely'
import Database from 'libsql'
import { sqliteDatabase, sqlStore } from 'wxpay-wasm/store/sql'

/** The order store behind a DATABASE_URL such as `sqlite:./shop.db`. */
export async function openStore(url, { now } = {}) {
  const file = /^sqlite:(.+)$/.exec(url)?.[1]
  if (file === undefined) {
    throw new TypeError('DATABASE_URL: expected sqlite:<file>, for example sqlite:./shop.db')
  }
  const database = sqliteDatabase(new Database(file))
  const db = new Kysely({ dialect: new SqliteDialect({ database }) })
  return sqlStore({ db, dialect: 'sqlite', now })
}
