// How many payments a second the SQL stores keep, each durable before its promise resolves:
// SQLite with synchronous = FULL, MariaDB with innodb_flush_log_at_trx_commit = 1.
//
//   node benches/store.mjs [--seconds 5] [--waiting 64]
//
// `waiting` is how many payments are under way at a time.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
// The root's, without which there is no package to measure.
import Database from 'libsql'
import { Kysely, SqliteDialect } from 'kysely'
import { sqliteDatabase, sqlStore } from 'wxpay-wasm/store/sql'
import { noMariadb, startMariadb } from '../js-tests/mariadb.mjs'
import { syncs } from '../soak/machine.mjs'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '5' }, waiting: { type: 'string', default: '64' } },
})
const seconds = Number(values.seconds)
const waiting = Number(values.waiting)
const folder = mkdtempSync(join(tmpdir(), 'wxpay-bench-'))

const order = number => ({
  out_trade_no: number,
  appid: 'wx2421b1c4370ec43b',
  mch_id: '10000100',
  trade_type: 'JSAPI',
  body: 'tea',
  total_fee: 101,
})
const payment = number => ({
  out_trade_no: number,
  transaction_id: `4200${number}`,
  total_fee: 101,
  fee_type: 'CNY',
  cash_fee: 101,
  openid: 'oUpF8uMEb4qRXf22hE3X68TekukE',
  bank_type: 'CFT',
  time_end: '20140903131540',
})

/** Runs `work` with so many under way for so long; calls a second, and the slowest percent. */
async function rate(ms, work) {
  const took = []
  const began = performance.now()
  const end = began + ms
  let next = 0
  await Promise.all(
    Array.from({ length: waiting }, async () => {
      while (performance.now() < end) {
        const start = performance.now()
        await work(next++)
        took.push(performance.now() - start)
      }
    }),
  )
  const perSecond = took.length / ((performance.now() - began) / 1000)
  took.sort((a, b) => a - b)
  return { perSecond, p50: took[took.length >> 1], p99: took[Math.floor(took.length * 0.99)], count: next }
}

async function measure(name, store) {
  const created = await rate(seconds * 1000, index => store.createOrder(order(`n${index}`)))
  // Never more than there are orders: a payment of an unknown one is another matter.
  const numbers = Array.from({ length: created.count }, (_, index) => `n${index}`)
  let left = numbers.length
  const began = performance.now()
  const before = process.cpuUsage()
  const took = []
  await Promise.all(
    Array.from({ length: waiting }, async () => {
      while (left > 0 && performance.now() - began < seconds * 1000) {
        const start = performance.now()
        const { outcome } = await store.recordPayment(payment(numbers[--left]))
        if (outcome !== 'paid') throw new Error(`expected paid, got ${outcome}`)
        took.push(performance.now() - start)
      }
    }),
  )
  const perSecond = took.length / ((performance.now() - began) / 1000)
  // What other programs take from the machine is not in it.
  const { user, system } = process.cpuUsage(before)
  const cpu = (user + system) / 1000 / took.length
  took.sort((a, b) => a - b)
  const ms = share => took[Math.floor(took.length * share)].toFixed(1)
  console.log(
    `${name}: ${perSecond.toFixed(0)} payments/s (p50 ${ms(0.5)} ms, p99 ${ms(0.99)} ms, ${cpu.toFixed(2)} ms of processor each), ` +
      `${created.perSecond.toFixed(0)} orders/s`,
  )
  await store.close()
}

try {
  console.log(`the disk: ${syncs()} times a second 4 KiB written and synced; ${waiting} payments under way`)
  const db = new Kysely({ dialect: new SqliteDialect({ database: sqliteDatabase(new Database(join(folder, 'orders.db'))) }) })
  await measure('SQLite, FULL', await sqlStore({ db, dialect: 'sqlite' }))
  if (noMariadb) {
    console.log(noMariadb)
  } else {
    const server = await startMariadb('--innodb-flush-log-at-trx-commit=1')
    try {
      await measure('MariaDB, durable', await sqlStore({ db: server.kysely(await server.newDatabase()), dialect: 'mysql' }))
    } finally {
      await server.close()
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
