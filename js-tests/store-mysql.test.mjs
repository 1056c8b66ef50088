// What only a database server can do to a store (faults 140-150).
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import { Kysely, MysqlDialect } from 'kysely'
import { createPool } from 'mysql2'
import { mysqlPool, sqlStore } from 'wxpay-wasm/store/sql'
import { commitProxy, noMariadb, startMariadb } from './mariadb.mjs'
import { heard, start, STATEMENTS } from './store-processes.mjs'
import { code, count, payment, refundResult, tea } from './store-samples.mjs'

/** A database whose statements go through `say(sql, ask(sql, done), done)` on their way to the server. */
function hooked(pool, say) {
  const known = new WeakSet()
  const getConnection = given => pool.getConnection((error, connection) => {
    if (connection && !known.has(connection)) {
      known.add(connection)
      const query = connection.query.bind(connection)
      connection.query = (sql, parameters, done) => say(sql, (sql, answered = done) => query(sql, parameters, answered), done)
    }
    given(error, connection)
  })
  return new Kysely({ dialect: new MysqlDialect({ pool: mysqlPool({ getConnection, end: done => pool.end(done) }) }) })
}

describe('a MariaDB server', { skip: noMariadb }, () => {
  let server
  before(async () => (server = await startMariadb('--sql-mode=', '--transaction-isolation=REPEATABLE-READ', '--character-set-server=latin1')))
  after(() => server.close())

  /** A store on a database of its own. */
  async function openStore(t, { pool, name, ...options } = {}) {
    name ??= await server.newDatabase()
    const db = server.kysely(name, pool)
    const store = await sqlStore({ db, dialect: 'mysql', ...options })
    t.after(() => store.close())
    return { db, store, name }
  }
  const open = (name, options) => sqlStore({ db: server.kysely(name), dialect: 'mysql', ...options })
  const orders = (store, count) => Promise.all(Array.from({ length: count }, (_, i) => store.createOrder({ ...tea, out_trade_no: `n${i}` })))
  const paymentOf = (i, more = {}) => ({ ...payment, out_trade_no: `n${i}`, transaction_id: `t${i}`, ...more })

  test('faults 144, 146, 148, 149: the session is ours, whatever the server says', async t => {
    const { db, store } = await openStore(t)
    const { rows } = await db.executeQuery({
      sql: 'select @@sql_mode as mode, @@tx_isolation as isolation, @@character_set_client as client, @@collation_connection as collation, @@autocommit as autocommit',
      parameters: [], query: { kind: 'RawNode', sqlFragments: [''], parameters: [] }, queryId: { queryId: 'x' },
    })
    const { mode, ...session } = rows[0]
    assert.match(mode, /STRICT_ALL_TABLES/)
    assert.doesNotMatch(mode, /NO_BACKSLASH_ESCAPES|ANSI/)
    assert.deepEqual({ ...session }, { isolation: 'READ-COMMITTED', client: 'utf8mb4', collation: 'utf8mb4_bin', autocommit: 1 })
    // What does not fit is refused, not cut.
    await assert.rejects(store.createOrder({ ...tea, out_trade_no: 'n'.repeat(129) }), error => code('STORE_FAILED')(error) && error.cause.errno === 1406)
    assert.equal(await store.findOrder('n'.repeat(128)), null)
  })

  test('an error of the database does not show the statement, which has the payer in it', async t => {
    const { store } = await openStore(t)
    const error = await store.createOrder({ ...tea, out_trade_no: 'n'.repeat(129) }).catch(error => error)
    assert.equal(error.cause.sql, undefined)
    assert.doesNotMatch(`${error.stack} ${error.cause.stack}`, new RegExp(tea.openid))
  })

  test('fault 152: nor the password', async () => {
    const db = new Kysely({ dialect: new MysqlDialect({ pool: mysqlPool(createPool({ host: '127.0.0.1', port: server.port, user: 'shop', password: 'wrong-password' })) }) })
    const error = await sqlStore({ db, dialect: 'mysql' }).catch(error => error)
    code('STORE_FAILED')(error)
    assert.doesNotMatch(`${error.stack} ${error.cause.stack} ${JSON.stringify(error.cause)}`, /wrong-password/)
    await db.destroy()
  })

  test('fault 145: a server that may lose commits is told of, or refused', async t => {
    await server.query('set global innodb_flush_log_at_trx_commit = 2')
    t.after(() => server.query('set global innodb_flush_log_at_trx_commit = 1'))
    const warnings = []
    const { name } = await openStore(t, { onWarning: warning => warnings.push(warning) })
    assert.deepEqual(warnings.map(({ code, message }) => [code, /innodb_flush_log_at_trx_commit = 2/.test(message)]), [['DURABILITY', true]])
    await assert.rejects(open(name, { strict: true }), code('STORE_CONFIG'))
  })

  test('fault 142: a replica is refused', async t => {
    const name = await server.newDatabase()
    await server.query('set global read_only = 1')
    t.after(() => server.query('set global read_only = 0'))
    await assert.rejects(open(name), error => code('STORE_CONFIG')(error) && /read-only/.test(error.message))
  })

  test('fault 144: a column that was changed to text is refused', async t => {
    const { name, store } = await openStore(t)
    await store.createOrder(tea)
    await server.query('alter table wxpay_orders modify transaction_id varchar(128) character set utf8mb4 collate utf8mb4_general_ci', name)
    await assert.rejects(open(name), error => code('STORE_CONFIG')(error) && /transaction_id is varchar/.test(error.message))
  })

  test('fault 135: a newer schema is refused and left alone', async t => {
    const { name } = await openStore(t)
    await server.query('update wxpay_schema set version = 2', name)
    await assert.rejects(open(name), error => code('STORE_CONFIG')(error) && /version 2/.test(error.message))
    assert.deepEqual((await server.query('select version from wxpay_schema', name)).map(({ version }) => version), [2])
  })

  test('fault 136: a migration that was interrupted is finished; of several processes one migrates', async () => {
    const name = await server.newDatabase()
    const first = await open(name)
    await first.createOrder(tea)
    await first.close()
    await server.query('drop table wxpay_notifications', name)
    await server.query('update wxpay_schema set version = 0', name)
    const stores = await Promise.all(Array.from({ length: 5 }, () => open(name)))
    assert.equal((await stores[4].findOrder(tea.out_trade_no)).state, 'NOTPAY')
    await stores[3].recordNotification({ hash: 'h', received_at: 0, kind: 'payment', outcome: 'refused' })
    await Promise.all(stores.map(store => store.close()))
  })

  test('a pool that is not wrapped, or speaks another encoding, is refused', async () => {
    const name = await server.newDatabase()
    const bare = new Kysely({ dialect: new MysqlDialect({ pool: server.connect(name) }) })
    await assert.rejects(sqlStore({ db: bare, dialect: 'mysql' }), error => code('STORE_CONFIG')(error) && /mysqlPool/.test(error.message))
    await bare.destroy()
    const latin = server.connect(name, { charset: 'LATIN1_SWEDISH_CI' })
    const deaf = hooked(latin, (sql, ask, done) => (/^set names/.test(sql) ? done(null, {}) : ask(sql)))
    await assert.rejects(sqlStore({ db: deaf, dialect: 'mysql' }), error => code('STORE_CONFIG')(error) && /charset/.test(error.message))
    await deaf.destroy()
    // Told in time, mysql2 and the server agree.
    const store = await sqlStore({ db: server.kysely(name, { charset: 'LATIN1_SWEDISH_CI' }), dialect: 'mysql' })
    assert.deepEqual(await store.createOrder(tea), await store.findOrder(tea.out_trade_no))
    await store.close()
  })

  test('numbers are numbers, whatever the pool makes of them', async t => {
    const { store } = await openStore(t, { pool: { supportBigNumbers: true, bigNumberStrings: true, flags: '-FOUND_ROWS' } })
    const order = await store.createOrder(tea)
    assert.deepEqual(await store.findOrder(tea.out_trade_no), order)
    await store.setPrepay(tea.out_trade_no, { prepay_id: 'p' })
    await store.setPrepay(tea.out_trade_no, { prepay_id: 'p' })
    assert.equal((await store.recordPayment(payment)).outcome, 'paid')
    assert.equal((await store.recordPayment(payment)).outcome, 'duplicate')
  })

  test('fault 147: a pool that is exhausted is waited for, for a second', async t => {
    const { db, store } = await openStore(t, { pool: { connectionLimit: 1 } })
    await store.createOrder(tea)
    let release
    const holding = db.connection().execute(() => new Promise(resolve => (release = resolve)))
    await new Promise(resolve => setTimeout(resolve, 50))
    const began = performance.now()
    await assert.rejects(store.recordPayment(payment), code('STORE_FAILED'))
    const took = performance.now() - began
    assert.ok(took > 900 && took < 3000, `${took} ms`)
    release()
    await holding
    assert.equal((await store.recordPayment(payment)).outcome, 'paid')
  })

  test('fault 141: a row somebody holds fails the payment in time; a deadlock is tried again', async t => {
    const { store, name } = await openStore(t)
    await orders(store, 2)
    const pool = server.connect(name, { connectionLimit: 1 }).promise()
    t.after(() => pool.end())
    const other = await pool.getConnection()
    await other.query('begin')
    await other.query("select * from wxpay_orders where out_trade_no = 'n0' for update")
    const began = performance.now()
    await assert.rejects(store.recordPayment(paymentOf(0)), code('STORE_FAILED'))
    assert.ok(performance.now() - began < 3000)
    assert.equal((await store.recordPayment(paymentOf(1))).outcome, 'paid', 'fault 106: other orders go on')
    await other.query('rollback')
    other.release()
    assert.equal((await store.recordPayment(paymentOf(0))).outcome, 'paid')
    // The pool under the store answers the first three commits with what a server says of a deadlock.
    let deadlocks = 0
    const deadlocking = hooked(server.connect(name), (sql, ask, done) => {
      if (sql !== 'commit' || deadlocks === 3) return ask(sql)
      deadlocks++
      ask('rollback', () => done(Object.assign(new Error('Deadlock found'), { errno: 1213 })))
    })
    const second = await sqlStore({ db: deadlocking, dialect: 'mysql' })
    t.after(() => second.close())
    await store.createOrder({ ...tea, out_trade_no: 'n2' })
    assert.equal((await second.recordPayment(paymentOf(2))).outcome, 'paid')
    assert.equal(deadlocks, 3)
    assert.equal((await store.listEvents('n2')).length, 1)
  })

  test('two processes that race: one transition for each order', async t => {
    const { store, name } = await openStore(t)
    await orders(store, 20)
    const { host, port, user, password } = server.connect(name).config.connectionConfig
    const pool = { host, port, user, password, database: name }
    const children = await Promise.all([start({ pool }), start({ pool })])
    const payments = Array.from({ length: 5 }, () => Array.from({ length: 20 }, (_, i) => paymentOf(i))).flat()
    const answers = await Promise.all(children.map(async (child, index) => {
      child.send({ payments: index ? [...payments].reverse() : payments })
      const { outcomes } = await heard(child, child, 'message')
      await once(child, 'exit')
      return outcomes
    }))
    assert.deepEqual(count(answers.flat()), { paid: 20, duplicate: 180 })
    for (let i = 0; i < 20; i++) assert.equal((await store.listEvents(`n${i}`)).length, 1)
  })

  for (const [killAt, { stands }] of STATEMENTS) {
    test(`a process killed at "${killAt}": the payment is ${stands ? 'kept' : 'gone'}`, async t => {
      const { store, name } = await openStore(t)
      await orders(store, 1)
      const { host, port, user, password } = server.connect(name).config.connectionConfig
      const child = await start({ pool: { host, port, user, password, database: name } })
      child.send({ payments: [paymentOf(0)], receipt: { hash: 'h', received_at: 1 }, killAt })
      const [, signal] = await once(child, 'exit')
      assert.equal(signal, 'SIGKILL')
      // Waits for the server to notice, if it has not.
      assert.equal((await store.recordPayment(paymentOf(0), { hash: 'h', received_at: 2 })).outcome, stands ? 'duplicate' : 'paid')
      assert.equal((await store.listEvents('n0')).length, 1)
      assert.equal((await store.listNotifications({ out_trade_no: 'n0' })).length, stands ? 2 : 1)
    })
  }

  test('fault 140: COMMIT whose answer never comes, when somebody else has paid meanwhile, is a duplicate', async t => {
    const proxy = await commitProxy(server.port)
    t.after(() => proxy.close())
    const { store, name } = await openStore(t, { pool: { port: proxy.port } })
    const { store: other } = await openStore(t, { name })
    for (let i = 0; i < 20; i++) {
      await store.createOrder({ ...tea, out_trade_no: `n${i}` })
      proxy.cut(['before', 'after', 'answered'][i % 3])
      const records = await Promise.all([store.recordPayment(paymentOf(i)), other.recordPayment(paymentOf(i)), store.recordPayment(paymentOf(i))])
      assert.deepEqual(count(records.map(({ outcome }) => outcome)), { paid: 1, duplicate: 2 })
      assert.equal((await store.listEvents(`n${i}`)).length, 1)
    }
  })

  test('faults 94, 142: a server that hangs, stops or dies is an error within three seconds, and all goes on when it is back', async t => {
    const { store } = await openStore(t)
    await orders(store, 40)
    let paid = 0
    const pay = async () => {
      const began = performance.now()
      const results = await Promise.all(Array.from({ length: 4 }, (_, i) => store.recordPayment(paymentOf(paid + i)).then(({ outcome }) => outcome, error => error)))
      const took = performance.now() - began
      assert.ok(took < 3000, `${took} ms`)
      return results
    }
    for (const [name, away, back] of [['hangs', server.pause, server.resume], ['stops', server.stop, server.start], ['dies', server.kill, server.start]]) {
      assert.deepEqual(await pay(), ['paid', 'paid', 'paid', 'paid'], name)
      paid += 4
      await away()
      for (const error of await pay()) code('STORE_FAILED')(error)
      assert.equal((await store.health()).ok, false)
      await back()
      const until = performance.now() + 5000
      while (!(await store.health()).ok) assert.ok(performance.now() < until, `${name}: not back after five seconds`)
      // What was said to have failed may have come to pass in a server that only hung: the order says so.
      const outcomes = await pay()
      assert.deepEqual(outcomes.filter(outcome => outcome !== (name === 'hangs' ? 'duplicate' : 'paid')).filter(outcome => outcome !== 'paid'), [])
      for (let i = 0; i < 4; i++) assert.equal((await store.listEvents(`n${paid + i}`)).length, 1)
      paid += 4
    }
  })
})

test('fault 94: a server that is away is tried now and then, however many wait for it', async () => {
  let tries = 0
  let error = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
  const pool = mysqlPool({ getConnection: given => (tries++, setImmediate(given, error)), end: done => done() })
  const ask = () => new Promise(resolve => pool.getConnection(resolve))
  assert.equal(await ask(), error)
  assert.deepEqual(await Promise.all([ask(), ask(), ask()]), [error, error, error])
  assert.equal(tries, 1)
  await new Promise(resolve => setTimeout(resolve, 100))
  error = Object.assign(new Error('denied'), { code: 'ER_ACCESS_DENIED_ERROR' })
  for (const _ of [1, 2]) assert.equal(await ask(), error)
  assert.equal(tries, 3, 'what says nothing of the next connection is no reason to wait')
})
