// A shop process for store-sqlite.test.mjs whose disk is full: it records payments, tells what came of them,
// and does it again when it is told that there is room.
import { writeSync } from 'node:fs'
import { once } from 'node:events'
import { Kysely, SqliteDialect, sql } from 'kysely'
import Database from 'libsql'
import { sqliteDatabase, sqlStore } from 'wxpay-wasm/store/sql'
import { payment } from './store-samples.mjs'

const db = new Kysely({ dialect: new SqliteDialect({ database: sqliteDatabase(new Database(process.argv[2])) }) })
const store = await sqlStore({ db, dialect: 'sqlite' })
const numbers = Array.from({ length: 40 }, (_, i) => `n${i}`)

async function record() {
  const outcomes = []
  for (const out_trade_no of numbers) {
    const transaction_id = `t${out_trade_no}`.padEnd(3000, 'x')
    const done = await store.recordPayment({ ...payment, out_trade_no, transaction_id }).catch(error => error)
    outcomes.push(done.outcome ?? done.code)
  }
  return outcomes
}
const say = what => writeSync(1, JSON.stringify(what))

say('open')
await once(process.stdin, 'data')
const outcomes = await record()
const states = await Promise.all(numbers.map(async number => (await store.findOrder(number)).state))
say({ outcomes, states, health: (await store.health()).ok })
await once(process.stdin, 'data')
const again = await record()
const integrity = Object.values((await sql.raw('pragma integrity_check').execute(db)).rows[0])[0]
say({ outcomes: again, health: (await store.health()).ok, integrity })
await store.close()
