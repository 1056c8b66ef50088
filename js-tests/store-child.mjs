// A shop process of its own for store.test.mjs: opens the file it is given and
// records the payments it is told to, when it is told to.
import { writeSync } from 'node:fs'
import Database from 'libsql'
import { Kysely, SqliteDialect } from 'kysely'
import { sqliteDatabase, sqlStore } from 'wxpay-wasm/store/sql'

const db = new Kysely({ dialect: new SqliteDialect({ database: sqliteDatabase(new Database(process.argv[2])) }) })
const store = await sqlStore({ db, dialect: 'sqlite' })

/** As WeChat does: what could not be recorded, because the other process had the file, comes again. */
async function record(payment, tries = 20) {
  try {
    return (await store.recordPayment(payment)).outcome
  } catch (error) {
    if (error.code !== 'STORE_FAILED' || tries === 0) throw error
    return record(payment, tries - 1)
  }
}

process.on('message', async ({ payments, thenHang }) => {
  const outcomes = await Promise.all(payments.map((payment) => record(payment)))
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
