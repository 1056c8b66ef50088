import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs, { copyFileSync, existsSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import Database from 'libsql'
import { CamelCasePlugin, Kysely, SqliteDialect, sql } from 'kysely'
import { sqliteDatabase, sqlStore } from 'wxpay-wasm/store/sql'
import { libsql, newFile } from './store-kinds.mjs'
import { heard, start, STATEMENTS } from './store-processes.mjs'
import { code, count, paid_at, paidColumns, payment, refundResult, stored, tea } from './store-samples.mjs'

/** The file as the first version made it. */
const FIRST_VERSION = `
  create table wxpay_orders (
  out_trade_no text collate binary not null primary key check (out_trade_no <> ''),
  appid text not null,
  mch_id text not null,
  trade_type text not null,
  body text not null,
  total_fee integer not null check (total_fee > 0),
  fee_type text not null check (fee_type <> ''),
  openid text,
  attach text,
  product_id text,
  prepay_id text,
  code_url text,
  state text not null check (state in ('NOTPAY', 'SUCCESS', 'REFUND', 'CLOSED', 'REVOKED', 'USERPAYING', 'PAYERROR')),
  transaction_id text collate binary unique check (transaction_id <> ''),
  cash_fee integer check (cash_fee >= 0),
  payer_openid text,
  bank_type text,
  time_end text,
  created_at integer not null,
  paid_at integer,
  check ((transaction_id is null) = (paid_at is null)),
  check (transaction_id is not null or state not in ('SUCCESS', 'REFUND'))
) strict;
  create table wxpay_events (
  id integer primary key autoincrement,
  out_trade_no text collate binary not null references wxpay_orders (out_trade_no),
  kind text not null check (kind in ('paid', 'paid_late')),
  transaction_id text collate binary not null,
  total_fee integer not null check (total_fee > 0),
  created_at integer not null,
  unique (out_trade_no, kind, transaction_id)
) strict;
  pragma application_id = 0x57585059; pragma user_version = 1`

describe('a SQLite file', () => {
  const pragma = async (db, name) => Object.values((await sql.raw(`pragma ${name}`).execute(db)).rows[0])[0]
  const openStore = async (file, options) => {
    const db = libsql(file)
    return { db, store: await sqlStore({ db, dialect: 'sqlite', ...options }) }
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
    const children = await Promise.all([start({ file }), start({ file })])
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
      const child = await start({ file })
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
    // Only a process that stays alive gives the file free.
    let ticks = 0
    const ticking = setInterval(() => ++ticks === 5 && other.exec('commit'), 5)
    assert.equal((await store.recordPayment(payment)).outcome, 'paid')
    clearInterval(ticking)
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

  for (const [killAt, { stands }] of STATEMENTS) {
    test(`a process killed at "${killAt}": ${stands ? 'all' : 'none'} of the payments that were under way`, async () => {
      const file = newFile()
      const { store } = await openStore(file)
      const payments = ['n0', 'n1', 'n2'].map((out_trade_no) => ({ ...payment, out_trade_no, transaction_id: `t${out_trade_no}` }))
      for (const { out_trade_no } of payments) await store.createOrder({ ...tea, out_trade_no })
      await store.close()
      const child = await start({ file })
      child.send({ payments, receipt: { hash: 'h', received_at: 1 }, killAt })
      const [, signal] = await once(child, 'exit')
      assert.equal(signal, 'SIGKILL')

      const { db, store: again } = await openStore(file)
      assert.equal(await pragma(db, 'integrity_check'), 'ok')
      const lines = stands ? 1 : 0
      for (const { out_trade_no } of payments) {
        assert.equal((await again.findOrder(out_trade_no)).state, stands ? 'SUCCESS' : 'NOTPAY')
        assert.equal((await again.listEvents(out_trade_no)).length, lines)
        assert.equal((await again.listNotifications({ out_trade_no })).length, lines)
      }
      assert.deepEqual((await again.takeEvents(9, 1000, 'after')).length, 3 * lines, 'fault 123: what was recorded is acted on')
      for (const payment of payments) assert.equal((await again.recordPayment(payment)).outcome, stands ? 'duplicate' : 'paid')
      await again.close()
    })
  }

  test('every operation settles while the file is locked, whenever its time ends, and close() waits for no other', async t => {
    const file = newFile()
    const { store } = await openStore(file)
    const other = new Database(file)
    other.exec('begin exclusive')
    // A clock that moves whenever it is read: between any two looks at it somebody's time ends.
    const now = performance.now.bind(performance)
    let looks = 0
    t.mock.method(performance, 'now', () => now() + 5 * ++looks)
    const orders = Array.from({ length: 60 }, (_, i) => store.createOrder({ ...tea, out_trade_no: `n${i}` }))
    for (const { reason } of await Promise.allSettled(orders)) assert.equal(reason.code, 'STORE_FAILED')
    other.close()
    await store.close()
  })

  test('statements are prepared once, and anew after they failed', async t => {
    const driver = new Database(newFile())
    t.after(() => driver.close())
    const prepared = []
    const database = sqliteDatabase({
      prepare: sql => (prepared.push(sql), driver.prepare(sql)),
      exec: sql => driver.exec(sql),
      close() {},
    })
    database.prepare('create table t (n integer primary key)').run([])
    const insert = 'insert into t values (?)'
    for (const n of [1, 2, 3]) database.prepare(insert).run([n])
    assert.equal(prepared.filter(sql => sql === insert).length, 1)
    assert.throws(() => database.prepare(insert).run([3]))
    database.prepare(insert).run([4])
    assert.equal(prepared.filter(sql => sql === insert).length, 2)
    const select = 'select n from t order by n'
    const row = database.prepare(select).iterate([])
    assert.deepEqual(row.next().value.n, 1)
    assert.deepEqual(database.prepare(select).all([]).map(({ n }) => n), [1, 2, 3, 4])
    assert.deepEqual(row.next().value.n, 2)
  })

  test('group commit: what waits at the same time is committed together, whatever it is', async () => {
    const { db, store } = await openStore(newFile())
    const frames = async () => (await sql.raw('pragma wal_checkpoint').execute(db)).rows[0].log
    await sql.raw('pragma wal_checkpoint(truncate)').execute(db)
    await Promise.all(Array.from({ length: 100 }, (_, i) => store.createOrder({ ...tea, out_trade_no: `n${i}` })))
    const together = await frames()
    await sql.raw('pragma wal_checkpoint(truncate)').execute(db)
    for (let i = 100; i < 200; i++) await store.createOrder({ ...tea, out_trade_no: `n${i}` })
    const alone = await frames()
    assert.ok(together * 4 < alone, `${together} pages for a hundred together, ${alone} one by one`)
    await store.close()
  })

  test('group commit: what cannot be kept fails alone', async () => {
    const file = newFile()
    const { db, store } = await openStore(file)
    // Refused by the database, in a way the store knows nothing of.
    await sql.raw("create trigger refuse before update on wxpay_orders when new.transaction_id = 'bad' begin select raise(abort, 'refused'); end").execute(db)
    await sql.raw("create trigger undo before insert on wxpay_events when new.transaction_id = 'worse' begin select raise(rollback, 'undone'); end").execute(db)
    const numbers = Array.from({ length: 30 }, (_, i) => `n${i}`)
    for (const out_trade_no of numbers) await store.createOrder({ ...tea, out_trade_no })
    const transaction = { n7: 'bad', n8: 'same', n9: 'same', n20: 'worse' }
    const results = await Promise.allSettled(numbers.map((out_trade_no) => store.recordPayment({ ...payment, out_trade_no, transaction_id: transaction[out_trade_no] ?? out_trade_no })))
    const { store: other } = await openStore(file)
    for (const [index, out_trade_no] of numbers.entries()) {
      const { value, reason } = results[index]
      const failed = ['n7', 'n20'].includes(out_trade_no)
      if (failed) code('STORE_FAILED')(reason)
      else assert.equal(value.outcome, out_trade_no === 'n9' ? 'transaction_reused' : 'paid')
      const paid = !failed && out_trade_no !== 'n9'
      assert.equal((await other.findOrder(out_trade_no)).state, paid ? 'SUCCESS' : 'NOTPAY')
      assert.equal((await other.listEvents(out_trade_no)).length, paid ? 1 : 0)
    }
    await Promise.all([store.close(), other.close()])
  })

  test('fault 130: that is replaced or deleted while it is open acknowledges nothing more', async () => {
    for (const [what, harm] of [
      ['replaced', (file) => (copyFileSync(file, `${file}.copy`), renameSync(`${file}.copy`, file))],
      ['deleted', (file) => unlinkSync(file)],
      ['without its log', (file) => unlinkSync(`${file}-wal`)],
    ]) {
      const file = newFile()
      const { store } = await openStore(file)
      await store.createOrder(tea)
      harm(file)
      await assert.rejects(store.recordPayment(payment), (error) => code('STORE_CONFIG')(error) && /replaced/.test(error.message), what)
      const { ok, error } = await store.health()
      assert.deepEqual([ok, error.code], [false, 'STORE_CONFIG'])
      await store.close()
      assert.equal(existsSync(file), what !== 'deleted', 'no new file')
    }
  })

  test('fault 132: whose log grows is told of, once, and the log shrinks when the reader is gone', async () => {
    const file = newFile()
    const warnings = []
    const { store } = await openStore(file, { onWarning: (warning) => warnings.push(warning) })
    await store.createOrder(tea)
    const reader = new Database(file)
    reader.exec('begin')
    reader.prepare('select count(*) from wxpay_orders').all()
    const body = 'x'.repeat(65_536)
    const notify = (count) => Promise.all(Array.from({ length: count }, (_, i) => store.recordNotification({ hash: `${i}`, received_at: 0, kind: 'payment', outcome: 'refused', body })))
    await notify(1200)
    assert.ok(statSync(`${file}-wal`).size > 64 * 1024 * 1024)
    await notify(2)
    await notify(2)
    assert.deepEqual(warnings.map(({ code }) => code), ['LOG_SIZE'])
    reader.exec('commit')
    reader.close()
    for (let i = 0; i < 3; i++) await store.createOrder({ ...tea, out_trade_no: `n${i}` })
    assert.ok(statSync(`${file}-wal`).size < 8 * 1024 * 1024)
    await store.close()
  })

  test('fault 133: with a damaged page is refused, and left as it is', async () => {
    const file = newFile()
    const { db, store } = await openStore(file)
    for (let i = 0; i < 200; i++) await store.createOrder({ ...tea, out_trade_no: `n${i}`, attach: 'x'.repeat(500) })
    await sql.raw('pragma wal_checkpoint(truncate)').execute(db)
    await store.close()
    const bytes = readFileSync(file)
    const at = bytes.length - 10 * 4096
    bytes.fill(0x5a, at, at + 3000)
    writeFileSync(file, bytes)
    const damaged = libsql(file)
    await assert.rejects(sqlStore({ db: damaged, dialect: 'sqlite' }), (error) => code('STORE_CONFIG')(error) && /damaged.*backup/.test(error.message))
    await damaged.destroy()
    assert.deepEqual(readFileSync(file), bytes)
    // Who has looked already need not look again.
    const { store: unchecked } = await openStore(file, { check: false })
    await unchecked.close()
  })

  test('fault 129: that is read-only is refused', async () => {
    const file = newFile()
    await (await openStore(file)).store.close()
    const db = new Kysely({ dialect: new SqliteDialect({ database: sqliteDatabase(new Database(`file:${file}?mode=ro`)) }) })
    await assert.rejects(sqlStore({ db, dialect: 'sqlite' }), (error) => code('STORE_FAILED')(error) && /readonly/.test(error.cause.message))
    await db.destroy()
  })

  test('fault 129: on a disk that takes no more says so, also to health, and recovers', async (t) => {
    const file = newFile()
    const { store } = await openStore(file)
    const numbers = Array.from({ length: 40 }, (_, i) => `n${i}`)
    for (const out_trade_no of numbers) await store.createOrder({ ...tea, out_trade_no })
    await store.close()
    const script = fileURLToPath(new URL('store-full-disk.mjs', import.meta.url))
    const child = spawn(process.execPath, [script, file], { stdio: ['pipe', 'pipe', 'inherit'] })
    t.after(() => child.kill('SIGKILL'))
    await heard(child, child.stdout, 'data')
    // The limit on the size of a file is the disk.
    execFileSync('prlimit', [`--pid=${child.pid}`, `--fsize=${statSync(`${file}-wal`).size}:unlimited`])
    child.stdin.write('go on')
    const said = await heard(child, child.stdout, 'data')
    const { outcomes, states, health } = JSON.parse(said)
    assert.deepEqual([count(outcomes), count(states)], [{ STORE_FAILED: 40 }, { NOTPAY: 40 }])
    assert.equal(health, false)
    execFileSync('prlimit', [`--pid=${child.pid}`, '--fsize=unlimited'])
    child.stdin.end('go on')
    const after = await heard(child, child.stdout, 'data')
    assert.deepEqual(JSON.parse(after), { outcomes: outcomes.map(() => 'paid'), health: true, integrity: 'ok' })
    const [status] = await once(child, 'exit')
    assert.equal(status, 0)
  })

  test('fault 131: on a network file system is refused', async (t) => {
    const db = libsql(newFile())
    const { statfsSync } = fs
    t.after(() => (fs.statfsSync = statfsSync))
    fs.statfsSync = (path) => ({ ...statfsSync(path), type: 0x6969 })
    await assert.rejects(sqlStore({ db, dialect: 'sqlite' }), (error) => code('STORE_CONFIG')(error) && /NFS/.test(error.message))
    assert.equal(await pragma(db, 'journal_mode'), 'delete')
    await db.destroy()
  })

  test('fault 139: no operation reads a whole table', async () => {
    const queries = new Set()
    const database = new Database(newFile())
    const log = ({ query }) => queries.add(query.sql)
    const store = await sqlStore({ db: new Kysely({ dialect: new SqliteDialect({ database: sqliteDatabase(database) }), log }), dialect: 'sqlite' })
    await store.createOrder(tea)
    for (const outcome of ['paid', 'duplicate']) assert.equal((await store.recordPayment(payment)).outcome, outcome)
    await store.createRefund({ out_refund_no: 'R1', out_trade_no: tea.out_trade_no, refund_fee: 60 })
    await store.recordRefund(refundResult)
    await store.listRefunds(tea.out_trade_no)
    await store.closeRefund('R1')
    await store.closeOrder(tea.out_trade_no)
    await store.listPending({ olderThan: Date.now() + 1, limit: 1, leaseMs: 1 })
    for (const task of await store.takeEvents(9, 1000, 'a')) {
      await store.failEvent(task, 'no', null)
      await store.retryEvent(task)
      await store.finishEvent(task)
    }
    await store.listParked()
    await store.listEvents(tea.out_trade_no)
    await store.listNotifications({ out_trade_no: tea.out_trade_no })
    await store.listNotifications({ outcome: 'unknown_order', before: 9 })
    assert.equal((await store.health()).ok, true)
    const plans = [...queries].filter((sql) => /^(select|update)/.test(sql))
    assert.ok(plans.length > 15, `${plans.length} statements`)
    for (const sql of plans) {
      const plan = database.prepare(`explain query plan ${sql}`).all(Array(sql.split('?').length - 1).fill(1))
      for (const { detail } of plan) assert.doesNotMatch(detail, /^SCAN/, sql)
    }
    await store.close()
  })

  test('of the first version is brought to this one, with its orders, and its events are history', async () => {
    const file = newFile()
    const old = new Database(file)
    old.exec(FIRST_VERSION)
    old.exec(`insert into wxpay_orders values ('A1', 'wx', 'm', 'NATIVE', 'tea', 101, 'CNY', null, null, null, null, null, 'SUCCESS', 't1', 101, null, null, '20140903131540', 1, 2)`)
    old.exec(`insert into wxpay_orders values ('A2', 'wx', 'm', 'NATIVE', 'tea', 101, 'CNY', null, null, null, null, null, 'NOTPAY', null, null, null, null, null, 1, null)`)
    // Ids 2 to 9 were given once, and must not come back.
    old.exec(`insert into wxpay_events values (1, 'A1', 'paid', 't1', 101, 2), (9, 'A1', 'paid_late', 't9', 101, 2); delete from wxpay_events where id = 9`)
    old.close()
    const { db, store } = await openStore(file)
    assert.equal(await pragma(db, 'user_version'), 2)
    assert.equal((await store.findOrder('A1')).transaction_id, 't1')
    assert.deepEqual(await store.listEvents('A1'), [{ id: 1, out_trade_no: 'A1', kind: 'paid', transaction_id: 't1', total_fee: 101, out_refund_no: null, refund_fee: null, created_at: 2 }])
    assert.deepEqual(await store.takeEvents(9, 1000, 'new'), [], 'nobody acts on them a second time')
    assert.equal((await store.recordPayment({ ...payment, out_trade_no: 'A2' })).outcome, 'paid')
    assert.deepEqual((await store.takeEvents(9, 1000, 'new')).map(({ id }) => id), [10])
    await store.close()
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
