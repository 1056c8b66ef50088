// The databases that scenarios run on, each on this machine's disk and durable.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { Kysely, MysqlDialect, SqliteDialect } from 'kysely'
import { sqliteDatabase, sqlStore } from 'wxpay-wasm/store/sql'
import { startMariadb } from '../js-tests/mariadb.mjs'
import { MERCHANT, TOTAL_FEE } from './sender.mjs'

/** Rows in one INSERT. */
const ROWS = 200
const TABLES = ['wxpay_orders', 'wxpay_refunds', 'wxpay_events', 'wxpay_notifications']

/** Orders that wait for their payment, as the store keeps them. */
async function addOrders(db, numbers) {
  const { appid, mchid: mch_id } = MERCHANT
  const row = out_trade_no => ({
    out_trade_no, appid, mch_id, trade_type: 'NATIVE', body: 'tea', total_fee: TOTAL_FEE, fee_type: 'CNY',
    state: 'NOTPAY', created_at: Date.now(),
  })
  for (let from = 0; from < numbers.length; from += ROWS) {
    await db.insertInto('wxpay_orders').values(numbers.slice(from, from + ROWS).map(row)).execute()
  }
}

/** Tables are made by the store. One that starts while the machine is busy may have to try again. */
async function storeOn(kind, connect, tries = 20) {
  const db = connect()
  try {
    return await sqlStore({ db, dialect: kind.dialect, onWarning() {} })
  } catch (error) {
    await db.destroy()
    if (error.code !== 'STORE_FAILED' || tries === 0) throw error
    return storeOn(kind, connect, tries - 1)
  }
}

/**
 * What both kinds have: the settings of a server on it, a store, and the database itself for whoever
 * counts: past the store, and with more patience.
 */
async function opened(kind, { address, connect, plain, intact, close }) {
  const folder = mkdtempSync(join(tmpdir(), 'wxpay-soak-log-'))
  const log = join(folder, 'log')
  const database = {
    kind,
    settings: { database: address, merchant: MERCHANT, log },
    store: () => storeOn(kind, connect),
    /** Opens it for as long as the work takes: a process that was killed is to find it as it left it. */
    async using(work) {
      const db = plain()
      try {
        return await work({ db, log, intact: () => intact(db) })
      } finally {
        await db.destroy()
      }
    },
    addOrders: numbers => database.using(({ db }) => addOrders(db, numbers)),
    async close() {
      await close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  await (await database.store()).close()
  return database
}

const rows = async (db, sql) =>
  (await db.executeQuery({ sql, parameters: [], query: { kind: 'RawNode', sqlFragments: [sql], parameters: [] }, queryId: { queryId: sql } })).rows

/** SQLite in WAL, synchronous = FULL. */
export function sqlite() {
  const kind = { name: sqlite.title, dialect: 'sqlite', close: async () => {} }
  kind.fresh = () => {
    const folder = mkdtempSync(join(tmpdir(), 'wxpay-soak-'))
    const file = join(folder, 'orders.db')
    const connect = () => new Kysely({ dialect: new SqliteDialect({ database: sqliteDatabase(new Database(file)) }) })
    const plain = () => {
      const driver = new Database(file)
      driver.exec('pragma busy_timeout = 60000')
      return new Kysely({ dialect: new SqliteDialect({ database: driver }) })
    }
    const intact = async db => String(Object.values((await rows(db, 'pragma integrity_check'))[0])[0])
    const close = () => rmSync(folder, { recursive: true, force: true })
    return opened(kind, { address: { file }, connect, plain, intact, close })
  }
  kind.version = async () => {
    const driver = new Database(':memory:')
    const [{ version }] = driver.prepare('select sqlite_version() as version').all([])
    driver.close()
    return `SQLite ${version} (libsql)`
  }
  return kind
}

sqlite.title = 'SQLite'

/** A server that has just been started again has reset a connection once. */
const patiently = (work, tries = 5) =>
  work().catch(error => (error.code === 'ECONNRESET' && tries > 0 ? patiently(work, tries - 1) : Promise.reject(error)))

/** MariaDB, innodb_flush_log_at_trx_commit = 1. */
export async function mariadb() {
  const server = await startMariadb('--innodb-flush-log-at-trx-commit=1')
  const kind = { name: mariadb.title, dialect: 'mysql', server, close: () => server.close() }
  kind.fresh = async () => {
    const name = await patiently(() => server.newDatabase())
    const plain = () => new Kysely({ dialect: new MysqlDialect({ pool: server.connect(name) }) })
    const intact = async db => {
      // EXTENDED warns of records that are deleted and wait for the purge.
      const found = await rows(db, `check table ${TABLES.join(', ')}`)
      return found.every(({ Msg_text }) => Msg_text === 'OK') ? 'ok' : JSON.stringify(found)
    }
    const close = () => server.query(`drop database ${name}`)
    return opened(kind, { address: { pool: server.address(name) }, connect: () => server.kysely(name), plain, intact, close })
  }
  kind.version = async () => `MariaDB ${(await server.query('select version() as version'))[0].version}`
  return kind
}
mariadb.title = 'MariaDB'

/** For what needs none. */
export const noDatabase = () => ({ name: noDatabase.title, version: async () => 'none', close: async () => {} })
noDatabase.title = 'no database'
