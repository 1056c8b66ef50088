// A shop process of its own for the tests of the stores: opens the database it is given and records the
// payments it is told to, when it is told to; and is killed at the point it is told.
import { writeSync } from 'node:fs'
import Database from 'libsql'
import { Kysely, MysqlDialect, SqliteDialect } from 'kysely'
import { createPool } from 'mysql2'
import { mysqlPool, sqliteDatabase, sqlStore } from 'wxpay-wasm/store/sql'
import { arm, mortalDriver, mortalPool } from '../soak/mortal.mjs'

const { file, pool } = JSON.parse(process.argv[2])

const dialect = file
  ? new SqliteDialect({ database: sqliteDatabase(mortalDriver(new Database(file))) })
  : new MysqlDialect({ pool: mysqlPool(mortalPool(createPool(pool))) })
const store = await sqlStore({ db: new Kysely({ dialect }), dialect: file ? 'sqlite' : 'mysql' })

/** As WeChat does: what could not be recorded, because the other process had the file, comes again. */
async function record(payment, receipt, tries = 20) {
  try {
    return (await store.recordPayment(payment, receipt)).outcome
  } catch (error) {
    if (error.code !== 'STORE_FAILED' || tries === 0) throw error
    return record(payment, receipt, tries - 1)
  }
}

process.on('message', async ({ payments, receipt, thenHang, killAt = null }) => {
  if (killAt) arm(killAt)
  const outcomes = await Promise.all(payments.map(payment => record(payment, receipt)))
  if (thenHang) {
    // By a plain write, so that the parent can kill this process before it does anything else.
    writeSync(1, outcomes.join())
    for (;;);
  }
  process.send({ outcomes })
  await store.close()
  process.disconnect()
})

process.send('open')
