import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import Database from 'libsql'
import { CamelCasePlugin, Kysely, SqliteDialect, sql } from 'kysely'
import { sqliteDatabase, sqlStore } from 'wxpay-wasm/store/sql'
import { libsql, newFile } from './store-kinds.mjs'
import { code, count, paid_at, paidColumns, payment, stored, tea } from './store-samples.mjs'

describe('a SQLite file', () => {
  const pragma = async (db, name) => Object.values((await sql.raw(`pragma ${name}`).execute(db)).rows[0])[0]
  const openStore = async (file, options) => {
    const db = libsql(file)
    return { db, store: await sqlStore({ db, dialect: 'sqlite', ...options }) }
  }
  const start = async (file) => {
    const child = fork(fileURLToPath(new URL('store-child.mjs', import.meta.url)), [file], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
    assert.equal(await heard(child, child, 'message'), 'open')
    return child
  }
  /** The next thing the child says; fails when it ends instead. */
  const heard = async (child, emitter, event) => {
    const stop = new AbortController()
    const { signal } = stop
    const ended = once(child, 'exit', { signal }).then(([status]) => assert.fail(`the child ended with ${status}`))
    try {
      const [said] = await Promise.race([once(emitter, event, { signal }), ended])
      return said
    } finally {
      ended.catch(() => undefined)
      stop.abort()
    }
  }

  test('is in WAL mode and FULL, also when it is opened again', async () => {
    const file = newFile()
    for (let round = 0; round < 2; round++) {
      const { db, store } = await openStore(file)
      assert.equal(await pragma(db, 'journal_mode'), 'wal')
      assert.equal(await pragma(db, 'synchronous'), 2)
      assert.equal(await pragma(db, 'busy_timeout'), 0, 'the store waits by itself')
      assert.equal(await pragma(db, 'user_version'), 2)
      await store.close()
    }
  })

  test('keeps everything when it is closed and opened again', async () => {
    const file = newFile()
    const first = await openStore(file)
    await first.store.createOrder(tea)
    await first.store.setPrepay(tea.out_trade_no, { prepay_id: 'wx1', code_url: 'weixin://wxpay/bizpayurl?pr=NwY5Mz9' })
    const { order } = await first.store.recordPayment(payment)
    const events = await first.store.listEvents(tea.out_trade_no)
    await first.store.close()

    const { store } = await openStore(file)
    assert.deepEqual(await store.findOrder(tea.out_trade_no), order)
    assert.deepEqual(await store.listEvents(tea.out_trade_no), events)
    assert.equal((await store.recordPayment(payment)).outcome, 'duplicate')
    await store.close()
  })

  test('with two connections in one process: one transition', async () => {
    const file = newFile()
    const [one, two] = [await openStore(file), await openStore(file)]
    for (let round = 0; round < 10; round++) {
      const out_trade_no = `n${round}`
      await one.store.createOrder({ ...tea, out_trade_no })
      const records = await Promise.all(Array.from({ length: 50 }, (_, i) => {
        const { store } = i % 2 ? one : two
        return store.recordPayment({ ...payment, out_trade_no, transaction_id: `t${round}` })
      }))
      assert.deepEqual(count(records.map(({ outcome }) => outcome)), { paid: 1, duplicate: 49 })
      assert.equal((await two.store.listEvents(out_trade_no)).length, 1)
    }
    await Promise.all([one.store.close(), two.store.close()])
  })

  test('with two processes that create it together and race: one transition for each order', async () => {
    const file = newFile()
    const children = await Promise.all([start(file), start(file)])
    const { store } = await openStore(file)
    const numbers = Array.from({ length: 20 }, (_, i) => `n${i}`)
    for (const out_trade_no of numbers) await store.createOrder({ ...tea, out_trade_no })
    // Five copies of each, the children in opposite order, so that they meet.
    const payments = Array.from({ length: 5 }, () => numbers.map((out_trade_no) => ({ ...payment, out_trade_no, transaction_id: `t${out_trade_no}` }))).flat()
    const answers = await Promise.all(children.map(async (child, index) => {
      child.send({ payments: index ? [...payments].reverse() : payments })
      const { outcomes } = await heard(child, child, 'message')
      const [status] = await once(child, 'exit')
      assert.equal(status, 0)
      return outcomes
    }))
    assert.deepEqual(count(answers.flat()), { paid: 20, duplicate: 180 })
    for (const out_trade_no of numbers) {
      assert.equal((await store.findOrder(out_trade_no)).state, 'SUCCESS')
      assert.equal((await store.listEvents(out_trade_no)).length, 1)
    }
    await store.close()
  })

  test('has the payment when the process is killed right after recordPayment resolved', async () => {
    const file = newFile()
    const { store } = await openStore(file)
    for (let round = 0; round < 3; round++) {
      const out_trade_no = `n${round}`
      await store.createOrder({ ...tea, out_trade_no })
      const child = await start(file)
      child.send({ payments: [{ ...payment, out_trade_no, transaction_id: `t${round}` }], thenHang: true })
      const said = await heard(child, child.stdout, 'data')
      child.kill('SIGKILL')
      const [, signal] = await once(child, 'exit')
      assert.deepEqual([String(said), signal], ['paid', 'SIGKILL'])
    }
    await store.close()

    const { db, store: again } = await openStore(file)
    assert.equal(await pragma(db, 'integrity_check'), 'ok')
    for (let round = 0; round < 3; round++) {
      assert.equal((await again.findOrder(`n${round}`)).transaction_id, `t${round}`)
      assert.equal((await again.listEvents(`n${round}`)).length, 1)
    }
    await again.close()
  })

  test('that somebody else has locked is waited for, and the process stays alive', async () => {
    const file = newFile()
    const { store } = await openStore(file)
    await store.createOrder(tea)
    const other = new Database(file)
    other.exec('begin immediate')
    let ticks = 0
    const ticking = setInterval(() => ticks++, 5)
    setTimeout(() => other.exec('commit'), 300)
    assert.equal((await store.recordPayment(payment)).outcome, 'paid')
    clearInterval(ticking)
    assert.ok(ticks >= 5, `${ticks} ticks in 300 ms`)
    other.close()
    await store.close()
  })

  test('that stays locked fails the payment within three seconds, and the next one succeeds', async () => {
    const file = newFile()
    const { store } = await openStore(file)
    await store.createOrder(tea)
    const other = new Database(file)
    other.exec('begin immediate')
    const began = performance.now()
    await assert.rejects(store.recordPayment(payment), (error) => code('STORE_FAILED')(error) && /locked/.test(error.cause.message))
    assert.ok(performance.now() - began < 3000, `${performance.now() - began} ms`)
    other.exec('rollback')
    assert.equal((await store.findOrder(tea.out_trade_no)).state, 'NOTPAY')
    assert.equal((await store.recordPayment(payment)).outcome, 'paid')
    other.close()
    await store.close()
  })

  test('that is full fails with nothing half done, and recovers when there is room', async () => {
    const { db, store } = await openStore(newFile())
    await sql.raw(`pragma max_page_count = ${await pragma(db, 'page_count')}`).execute(db)
    const attach = 'x'.repeat(2000)
    const numbers = []
    let failure
    for (let i = 0; i < 100 && !failure; i++) {
      await store.createOrder({ ...tea, out_trade_no: `n${i}`, attach }).then(({ out_trade_no }) => numbers.push(out_trade_no), (error) => (failure = error))
    }
    code('STORE_FAILED')(failure)
    assert.match(failure.cause.message, /full/)

    // Orders fit no more, the payments of those that exist may: until one does not.
    const outcomes = []
    for (const out_trade_no of numbers) {
      const transaction_id = `t${out_trade_no}`.padEnd(3000, 'x')
      const result = await store.recordPayment({ ...payment, out_trade_no, transaction_id }).catch((error) => error)
      if (result instanceof Error) {
        code('STORE_FAILED')(result)
        assert.match(result.cause.message, /full/)
        assert.deepEqual([(await store.findOrder(out_trade_no)).state, await store.listEvents(out_trade_no)], ['NOTPAY', []])
      }
      outcomes.push(result.outcome ?? 'failed')
    }
    assert.ok(outcomes.includes('failed'), `${outcomes}`)

    await sql.raw('pragma max_page_count = 100000').execute(db)
    for (const [index, out_trade_no] of numbers.entries()) {
      const { outcome } = await store.recordPayment({ ...payment, out_trade_no, transaction_id: `t${out_trade_no}`.padEnd(3000, 'x') })
      assert.equal(outcome, outcomes[index] === 'failed' ? 'paid' : 'duplicate')
    }
    assert.equal(await pragma(db, 'integrity_check'), 'ok')
    await store.close()
  })

  test('of a newer release is refused and left alone', async () => {
    const file = newFile()
    const { db, store } = await openStore(file)
    await sql.raw('pragma user_version = 3').execute(db)
    await store.close()
    const newer = libsql(file)
    await assert.rejects(sqlStore({ db: newer, dialect: 'sqlite' }), (error) => code('STORE_CONFIG')(error) && /version 3/.test(error.message))
    assert.equal(await pragma(newer, 'user_version'), 3)
    await newer.destroy()
  })

  for (const mark of ['user_version', 'application_id']) {
    test(`with a ${mark} of another application is refused and left alone`, async () => {
      const db = libsql(newFile())
      await sql.raw(`pragma ${mark} = 1`).execute(db)
      await assert.rejects(sqlStore({ db, dialect: 'sqlite' }), code('STORE_CONFIG'))
      assert.equal(await pragma(db, mark), 1)
      assert.equal(await pragma(db, 'journal_mode'), 'delete')
      assert.deepEqual((await sql`select name from sqlite_master`.execute(db)).rows, [])
      await db.destroy()
    })
  }

  test('is refused when its connection cannot be made FULL', async () => {
    const database = new Database(newFile())
    const lowering = { close: () => database.close(), exec: (text) => database.exec(text), prepare: (text) => database.prepare(text.replace(/synchronous = .*/, 'synchronous = normal')) }
    const db = new Kysely({ dialect: new SqliteDialect({ database: sqliteDatabase(lowering) }) })
    await assert.rejects(sqlStore({ db, dialect: 'sqlite' }), (error) => code('STORE_CONFIG')(error) && /synchronous = 1/.test(error.message))
    await db.destroy()
  })

  test('acknowledges nothing when the connection is lowered later', async () => {
    const { db, store } = await openStore(newFile())
    await store.createOrder(tea)
    await sql.raw('pragma synchronous = normal').execute(db)
    await assert.rejects(store.recordPayment(payment), code('STORE_CONFIG'))
    await assert.rejects(store.createOrder({ ...tea, out_trade_no: 'second' }), code('STORE_CONFIG'))
    await sql.raw('pragma synchronous = full').execute(db)
    assert.deepEqual([(await store.findOrder(tea.out_trade_no)).state, await store.listEvents(tea.out_trade_no)], ['NOTPAY', []])
    assert.equal(await store.findOrder('second'), null)
    assert.equal((await store.recordPayment(payment)).outcome, 'paid')
    await store.close()
  })

  // A driver that leaves statements in progress after SQLITE_BUSY, as libsql 0.5 does, loses writes without the wrapper.
  test('is refused when the driver is not wrapped', async () => {
    const db = new Kysely({ dialect: new SqliteDialect({ database: new Database(newFile()) }) })
    await assert.rejects(sqlStore({ db, dialect: 'sqlite' }), (error) => code('STORE_CONFIG')(error) && /sqliteDatabase/.test(error.message))
    await db.destroy()
  })

  test('is not harmed by a lock that was met: what is acknowledged afterwards is seen by others', async () => {
    const file = newFile()
    const [one, two] = [await openStore(file), await openStore(file)]
    const other = new Database(file)
    for (let round = 0; round < 5; round++) {
      const out_trade_no = `n${round}`
      other.exec('begin immediate')
      setTimeout(() => other.exec('commit'), 40)
      await one.store.createOrder({ ...tea, out_trade_no })
      assert.equal((await two.store.findOrder(out_trade_no))?.state, 'NOTPAY')
      other.exec('begin immediate')
      setTimeout(() => other.exec('commit'), 40)
      await one.store.setPrepay(out_trade_no, { prepay_id: `p${round}` })
      assert.equal((await two.store.findOrder(out_trade_no)).prepay_id, `p${round}`)
      other.exec('begin immediate')
      setTimeout(() => other.exec('commit'), 40)
      await one.store.recordPayment({ ...payment, out_trade_no, transaction_id: `t${round}` })
      assert.equal((await two.store.findOrder(out_trade_no)).state, 'SUCCESS')
    }
    other.close()
    await Promise.all([one.store.close(), two.store.close()])
  })

  test('must be a file: a database in memory is refused', async () => {
    const db = libsql(':memory:')
    await assert.rejects(sqlStore({ db, dialect: 'sqlite' }), (error) => code('STORE_CONFIG')(error) && /memory/.test(error.message))
    await db.destroy()
  })

  test('that cannot be opened as a database fails with its cause', async () => {
    const db = libsql(fileURLToPath(import.meta.url))
    await assert.rejects(sqlStore({ db, dialect: 'sqlite' }), (error) => code('STORE_FAILED')(error) && /not a database/.test(error.cause.message))
    await db.destroy()
  })

  test('refuses by itself what the store never writes', async () => {
    const { db, store } = await openStore(newFile())
    const insert = (columns) => db.insertInto('wxpay_orders').values({ ...stored('NOTPAY'), ...columns }).execute()
    for (const [columns, reason] of [
      [{ total_fee: 0 }, /CHECK/], [{ total_fee: 1.5 }, /cannot store REAL/], [{ total_fee: 'a' }, /cannot store TEXT/], [{ state: 'PAID' }, /CHECK/],
      [{ state: 'SUCCESS' }, /CHECK/], [{ transaction_id: 't' }, /CHECK/], [{ out_trade_no: '' }, /CHECK/], [{ appid: null }, /NOT NULL/],
    ]) await assert.rejects(insert(columns), reason)
    await insert({ ...paidColumns, state: 'SUCCESS' })
    await assert.rejects(insert({ ...paidColumns, state: 'SUCCESS', out_trade_no: 'second' }), /UNIQUE/)
    await assert.rejects(insert({}), /UNIQUE/)
    await store.close()
  })

  test("works when the driver answers bigint, and with the instance's plugins left aside", async () => {
    const database = new Database(newFile())
    database.defaultSafeIntegers(true)
    const db = new Kysely({ dialect: new SqliteDialect({ database: sqliteDatabase(database) }), plugins: [new CamelCasePlugin()] })
    const store = await sqlStore({ db, dialect: 'sqlite', now: () => paid_at })
    await store.createOrder(tea)
    const { order } = await store.recordPayment(payment)
    assert.deepEqual(order, stored('SUCCESS', { ...paidColumns, created_at: paid_at }))
    const [event] = await store.listEvents(tea.out_trade_no)
    assert.deepEqual([event.id, event.total_fee, event.created_at], [1, 101, paid_at])
    await store.close()
  })
})

test('sqlStore names the dialects it knows', async () => {
  for (const dialect of ['oracle', 'toString', undefined]) {
    await assert.rejects(sqlStore({ db: libsql(newFile()), dialect }), (error) => code('STORE_CONFIG', 'dialect')(error) && /sqlite/.test(error.message))
  }
})
