// A server that takes payments, as a process of its own: node:http, the notification routes, the store,
// the handlers. Its settings are the first argument, in JSON:
//
// - database: { file } or { pool }, as databases.mjs has it
// - merchant: appid, mchid and partnerKey
// - handlers: whether events are handled; each run is two lines in the file `log`
// - bare: the drivers as they are, for those who measure
// - ahead: so many milliseconds its clock is ahead
import { openSync, writeSync } from 'node:fs'
import http from 'node:http'
import { Kysely, MysqlDialect, SqliteDialect } from 'kysely'
import { nodeNotify } from 'wxpay-wasm/node'
import { paymentNotify, refundNotify } from 'wxpay-wasm/notify'
import { mysqlPool, sqliteDatabase, sqlStore } from 'wxpay-wasm/store/sql'
import { handleEvents, Monitor, shutdown } from 'wxpay-wasm/worker'
import { arm, at, mortalDriver, mortalPool, mortalRequest, mortalResponse, ready } from './mortal.mjs'

const { database, merchant, handlers = false, bare = false, ahead = 0, log } = JSON.parse(process.argv[2])
const file = openSync(log, 'a')

/** Loads one driver: a process that is killed hundreds of times must start quickly. */
async function dialectOf({ file: path, pool }) {
  if (path === undefined) {
    const { createPool } = await import('mysql2')
    const given = createPool(pool)
    return new MysqlDialect({ pool: mysqlPool(bare ? given : mortalPool(given)) })
  }
  const { default: Database } = await import('libsql')
  const driver = new Database(path)
  return new SqliteDialect({ database: sqliteDatabase(bare ? driver : mortalDriver(driver, file)) })
}

const now = () => Date.now() + ahead
const db = new Kysely({ dialect: await dialectOf(database) })
const store = await sqlStore({ db, dialect: database.file === undefined ? 'mysql' : 'sqlite', now })
const monitor = new Monitor({ store, onAlarm() {} })
const options = { ...merchant, store, monitor, now }
const paid = nodeNotify(paymentNotify({ ...options, confirm: bare ? undefined : () => at('verified') }))
const refunded = nodeNotify(refundNotify(options))

const server = http.createServer((request, response) => {
  const route = request.url === '/pay/refunded' ? refunded : paid
  // A client that has gone is no reason to end.
  const done = bare ? route(request, response) : route(mortalRequest(request), mortalResponse(response))
  done.catch(() => {})
})

async function onPaid({ id, out_trade_no }) {
  writeSync(file, `start ${id} ${out_trade_no}\n`)
  at('handler start')
  await new Promise(resolve => setImmediate(resolve))
  writeSync(file, `end ${id} ${out_trade_no}\n`)
  at('handler end')
}
const workers = handlers ? [handleEvents(store, { onPaid }, { poll: 50, monitor, now })] : []

async function end() {
  await shutdown({ server, workers, store })
  process.exit()
}
process.once('SIGTERM', end)
process.once('disconnect', () => process.exit())

process.on('message', async ({ point, hit, checkpoint, memory }) => {
  if (memory) {
    const { user, system } = process.cpuUsage()
    return process.send({ memory: process.memoryUsage().rss, cpu: (user + system) / 1000, ...(await monitor.health()).counters })
  }
  arm(point, hit, checkpoint)
  await ready()
  process.send({ armed: true })
})

// Hundreds may come at once; the system's queue for them is 511 long if nothing is said.
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => process.send({ port: server.address().port }))
