// A shop process of its own for the tests of the stores: opens the database it is given and records the
// payments it is told to, when it is told to; and is killed at the statement it is told.
import { writeSync } from 'node:fs'
import Database from 'libsql'
import { Kysely, MysqlDialect, SqliteDialect } from 'kysely'
import { createPool } from 'mysql2'
import { mysqlPool, sqliteDatabase, sqlStore } from 'wxpay-wasm/store/sql'

const { file, pool } = JSON.parse(process.argv[2])

/** Where this process ends: { when: 'before' | 'after', statement: text in it }. */
let point = null
const here = (when, sql) => point?.when === when && sql.replace(/["`]/g, '').includes(point.statement)
/** Nothing runs after this line, not even in this process's own thread. */
const die = () => process.kill(process.pid, 'SIGKILL')

function at(sql, run) {
  if (here('before', sql)) die()
  const result = run()
  if (here('after', sql)) die()
  return result
}

function mortalDriver(driver) {
  return {
    close: () => driver.close(),
    exec: sql => at(sql, () => driver.exec(sql)),
    prepare(sql) {
      const statement = driver.prepare(sql)
      return {
        reader: statement.reader,
        all: parameters => at(sql, () => statement.all(parameters)),
        run: parameters => at(sql, () => statement.run(parameters)),
        iterate: parameters => statement.iterate(parameters),
      }
    },
  }
}

function mortalPool(pool) {
  const hooked = new WeakSet()
  return {
    end: done => pool.end(done),
    getConnection: done =>
      pool.getConnection((error, connection) => {
        if (connection && !hooked.has(connection)) {
          hooked.add(connection)
          const query = connection.query
          connection.query = (sql, parameters, answered) => {
            if (here('before', sql)) die()
            return query.call(connection, sql, parameters, (error, result) => {
              if (here('after', sql)) die()
              answered(error, result)
            })
          }
        }
        done(error, connection)
      }),
  }
}

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
  point = killAt
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
