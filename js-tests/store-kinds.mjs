// The stores that give the same promises, each opened anew for every test.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import Database from 'libsql'
import { Kysely, SqliteDialect } from 'kysely'
import { memoryStore } from 'wxpay-wasm/store'
import { sqliteDatabase, sqlStore } from 'wxpay-wasm/store/sql'
import { noMariadb, startMariadb } from './mariadb.mjs'

const folder = mkdtempSync(join(tmpdir(), 'wxpay-store-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let files = 0
export const newFile = () => join(folder, `orders-${++files}.db`)

export const libsql = file => new Kysely({ dialect: new SqliteDialect({ database: sqliteDatabase(new Database(file)) }) })

async function open(db, dialect, { orders = [], ...options } = {}) {
  const store = await sqlStore({ db, dialect, ...options })
  for (const order of orders) await db.insertInto('wxpay_orders').values(order).execute()
  return store
}

let mariadb
const kinds = {
  'memoryStore': async options => memoryStore(options),
  'sqlStore, SQLite by libsql': options => open(libsql(newFile()), 'sqlite', options),
  'sqlStore, MariaDB by mysql2': async options =>
    open(mariadb.kysely(await mariadb.newDatabase()), 'mysql', options),
}
// Where Node has it: the same suite on the driver that needs no package.
const { DatabaseSync, StatementSync } = await import('node:sqlite').catch(() => ({}))
if (StatementSync?.prototype.columns) {
  const nodeSqlite = file => new Kysely({ dialect: new SqliteDialect({ database: sqliteDatabase(new DatabaseSync(file)) }) })
  kinds['sqlStore, SQLite by node:sqlite'] = options => open(nodeSqlite(newFile()), 'sqlite', options)
}

// Whoever runs the tests hundreds of times, and not for the stores, has only some of them.
for (const name of Object.keys(kinds)) if (process.env.WXPAY_STORES?.split(',').includes(name) === false) delete kinds[name]

/**
 * The same tests for every kind of store.
 *
 * @param body (open, using) => void; `open(options)` gives a store, `using(options, test)` a test body
 */
export function describeStores(body) {
  for (const [kind, open] of Object.entries(kinds)) {
    const server = kind.includes('MariaDB')
    describe(kind, { skip: server ? noMariadb : false }, () => {
      if (server) {
        before(async () => (mariadb = await startMariadb()))
        after(() => mariadb.close())
      }
      const using = (options, body) => async () => {
        const store = await open(options)
        try {
          await body(store)
        } finally {
          await store.close()
        }
      }
      body(open, using)
    })
  }
}
