import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import Database from 'libsql'
import { CamelCasePlugin, Kysely, SqliteDialect, sql } from 'kysely'
import { WxPayError } from 'wxpay-wasm'
import { memoryStore } from 'wxpay-wasm/store'
import { sqliteDatabase, sqlStore } from 'wxpay-wasm/store/sql'

const folder = mkdtempSync(join(tmpdir(), 'wxpay-store-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let files = 0
const newFile = () => join(folder, `orders-${++files}.db`)

// From the notification example of the API v2 documents.
const tea = {
  out_trade_no: '1409811653',
  appid: 'wx2421b1c4370ec43b',
  mch_id: '10000100',
  trade_type: 'JSAPI',
  body: '贡茶 "半糖" 🧋',
  total_fee: 101,
  openid: 'oUpF8uMEb4qRXf22hE3X68TekukE',
  attach: '支付测试',
}
const payment = {
  out_trade_no: '1409811653',
  transaction_id: '1004400740201409030005092168',
  total_fee: 101,
  fee_type: 'CNY',
  cash_fee: 1,
  openid: 'oUpF8uMEb4qRXf22hE3X68TekukE',
  bank_type: 'CFT',
  time_end: '20140903131540',
}
const otherTransaction = '1004400740201409030005099999'
const created_at = 1409721300000
const paid_at = 1409721340000

/** A row as the store keeps it, for states that no operation of the store leads to. */
const stored = (state, columns = {}) => ({
  product_id: null, prepay_id: null, code_url: null, transaction_id: null, cash_fee: null, payer_openid: null,
  bank_type: null, time_end: null, created_at, paid_at: null, fee_type: 'CNY', ...tea, state, ...columns,
})
const paidColumns = {
  transaction_id: payment.transaction_id, cash_fee: 1, payer_openid: payment.openid, bank_type: 'CFT',
  time_end: payment.time_end, paid_at,
}

const code = (expected, field) => (error) => {
  assert.ok(error instanceof WxPayError, `expected a WxPayError, got ${error}`)
  assert.equal(error.code, expected)
  if (field) assert.equal(error.field, field)
  return true
}
const count = (list) => list.reduce((counts, item) => ({ ...counts, [item]: (counts[item] ?? 0) + 1 }), {})

const libsql = (file) => new Kysely({ dialect: new SqliteDialect({ database: sqliteDatabase(new Database(file)) }) })

async function openSqlite(connect, { orders = [], ...options } = {}) {
  const db = connect(newFile())
  const store = await sqlStore({ db, dialect: 'sqlite', ...options })
  for (const order of orders) await db.insertInto('wxpay_orders').values(order).execute()
  return store
}

const kinds = {
  'memoryStore': async (options) => memoryStore(options),
  'sqlStore, SQLite by libsql': (options) => openSqlite(libsql, options),
}
// Where Node has it: the same suite on the driver that needs no package.
const { DatabaseSync, StatementSync } = await import('node:sqlite').catch(() => ({}))
if (StatementSync?.prototype.columns) {
  const nodeSqlite = (file) => new Kysely({ dialect: new SqliteDialect({ database: sqliteDatabase(new DatabaseSync(file)) }) })
  kinds['sqlStore, SQLite by node:sqlite'] = (options) => openSqlite(nodeSqlite, options)
}

for (const [kind, open] of Object.entries(kinds)) {
  describe(kind, () => {
    /** Runs `body` on a fresh store with these orders in it. */
    const using = (options, body) => async () => {
      const store = await open(options)
      try {
        await body(store)
      } finally {
        await store.close()
      }
    }

    test('a new order is NOTPAY, in CNY, and knows nothing of a payment', using({ now: () => created_at }, async (store) => {
      const order = await store.createOrder(tea)
      assert.deepEqual(order, stored('NOTPAY'))
      assert.deepEqual(await store.findOrder(tea.out_trade_no), order)
      assert.deepEqual(await store.listEvents(tea.out_trade_no), [])
    }))

    test('every field of an order is kept', using({ now: () => created_at }, async (store) => {
      const given = { ...tea, trade_type: 'NATIVE', fee_type: 'USD', product_id: '12235413214070356458058' }
      await store.createOrder(given)
      assert.deepEqual(await store.findOrder(tea.out_trade_no), stored('NOTPAY', given))
    }))

    test('a number can be used once; the first order stays', using({}, async (store) => {
      const first = await store.createOrder(tea)
      await assert.rejects(store.createOrder({ ...tea, total_fee: 1 }), code('STORE_DUPLICATE', 'out_trade_no'))
      assert.deepEqual(await store.findOrder(tea.out_trade_no), first)
    }))

    test('of twenty simultaneous orders with one number, one is created', using({}, async (store) => {
      const results = await Promise.allSettled(Array.from({ length: 20 }, () => store.createOrder(tea)))
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
      for (const { reason } of results.filter(({ status }) => status === 'rejected')) code('STORE_DUPLICATE')(reason)
    }))

    test('many orders at once: those that exist, each once', using({}, async (store) => {
      const made = Array.from({ length: 700 }, (_, index) => `N${index}`)
      for (const out_trade_no of made) await store.createOrder({ ...tea, out_trade_no })
      const found = await store.findOrders([...made, 'n0', 'N0 ', 'none', 'N0'])
      assert.deepEqual(found.map(({ out_trade_no }) => out_trade_no).sort(), made.sort())
      assert.deepEqual(found.find(({ out_trade_no }) => out_trade_no === 'N1'), await store.findOrder('N1'))
      assert.deepEqual(await store.findOrders([]), [])
      await assert.rejects(store.findOrders(['']), code('FIELD_MISSING', 'out_trade_no'))
    }))

    test('what was paid in a time, its ends included, by number, however many there are', using({}, async (store) => {
      const times = { early: '20140902235959', first: '20140903000000', last: '20140903235959', late: '20140904000000' }
      for (const [name, time_end] of Object.entries(times)) {
        await store.createOrder({ ...tea, out_trade_no: name })
        await store.recordPayment({ ...payment, out_trade_no: name, transaction_id: name, time_end })
      }
      await store.createOrder({ ...tea, out_trade_no: 'unpaid' })
      const list = async (...range) => {
        const orders = []
        for await (const order of store.listPaid(...range)) orders.push(order)
        return orders
      }
      const day = ['20140903000000', '20140903235959']
      assert.deepEqual(await list(...day), [await store.findOrder('first'), await store.findOrder('last')])
      const many = Array.from({ length: 1200 }, (_, index) => `M${1000 + index}`)
      for (const out_trade_no of many) {
        await store.createOrder({ ...tea, out_trade_no })
        await store.recordPayment({ ...payment, out_trade_no, transaction_id: out_trade_no })
      }
      assert.deepEqual((await list(...day)).map(({ out_trade_no }) => out_trade_no), [...many, 'first', 'last'])
      assert.deepEqual(await list('20150101000000', '20150101235959'), [])
    }))

    // Each of them is equal to another one under some collation, normalisation, LIKE pattern or trimming.
    const numbers = [
      'Ab-1', 'ab-1', 'AB-1', 'Ab-1 ', ' Ab-1', 'Ab-1\t', 'Ａb-1', 'A\u200Bb-1', 'A\u0301b', '\u00C1b', 'ß', 'ss',
      'Ab%', 'Ab_1', '%', '_', "'", "' or ''='", '"', '`', '\\', "\\'", "';drop table wxpay_orders;--", '?', ':a', '$1', '1', '01', '1.0', '1e0',
      '__proto__', 'constructor', 'null', '订单', '🧋',
    ]
    test('numbers compare byte for byte', using({}, async (store) => {
      for (const [index, out_trade_no] of numbers.entries()) {
        assert.equal(await store.findOrder(out_trade_no), null, `${JSON.stringify(out_trade_no)} was found before it was made`)
        await store.createOrder({ ...tea, out_trade_no, total_fee: index + 1 })
      }
      for (const [index, out_trade_no] of numbers.entries()) {
        const paid = await store.recordPayment({ ...payment, out_trade_no, transaction_id: `t${out_trade_no}`, total_fee: index + 1 })
        assert.equal(paid.outcome, 'paid', JSON.stringify(out_trade_no))
        assert.equal(paid.order.out_trade_no, out_trade_no)
      }
      for (const [index, out_trade_no] of numbers.entries()) {
        const { total_fee, transaction_id } = await store.findOrder(out_trade_no)
        assert.deepEqual({ total_fee, transaction_id }, { total_fee: index + 1, transaction_id: `t${out_trade_no}` })
        assert.equal((await store.listEvents(out_trade_no)).length, 1)
      }
    }))

    test('a payment for a number that differs by case or a space changes nothing', using({ orders: [stored('NOTPAY', { out_trade_no: 'Ab-1' })] }, async (store) => {
      for (const out_trade_no of ['ab-1', 'AB-1', 'Ab-1 ', ' Ab-1', 'Ab_1', 'Ab%']) {
        assert.deepEqual(await store.recordPayment({ ...payment, out_trade_no }), { outcome: 'unknown_order', order: null })
      }
      assert.deepEqual(await store.findOrder('Ab-1'), stored('NOTPAY', { out_trade_no: 'Ab-1' }))
    }))

    test('setPrepay keeps the answer of unifiedorder, a later one replaces it', using({}, async (store) => {
      await store.createOrder(tea)
      await store.setPrepay(tea.out_trade_no, { prepay_id: 'wx1', code_url: 'weixin://wxpay/bizpayurl?pr=NwY5Mz9' })
      let order = await store.findOrder(tea.out_trade_no)
      assert.deepEqual([order.prepay_id, order.code_url], ['wx1', 'weixin://wxpay/bizpayurl?pr=NwY5Mz9'])
      await store.setPrepay(tea.out_trade_no, { prepay_id: 'wx2' })
      order = await store.findOrder(tea.out_trade_no)
      assert.deepEqual([order.prepay_id, order.code_url], ['wx2', null])
      await assert.rejects(store.setPrepay('nobody', { prepay_id: 'wx3' }), code('STORE_FAILED', 'out_trade_no'))
    }))

    for (const state of ['NOTPAY', 'USERPAYING']) {
      test(`a payment moves ${state} to SUCCESS, with one event; the same again is a duplicate`, using({ orders: [stored(state)], now: () => paid_at }, async (store) => {
        const expected = stored('SUCCESS', paidColumns)
        assert.deepEqual(await store.recordPayment(payment), { outcome: 'paid', order: expected })
        const events = await store.listEvents(payment.out_trade_no)
        assert.deepEqual(events.map(({ id, ...event }) => event), [
          { out_trade_no: payment.out_trade_no, kind: 'paid', transaction_id: payment.transaction_id, total_fee: 101, created_at: paid_at },
        ])
        assert.ok(Number.isSafeInteger(events[0].id))

        assert.deepEqual(await store.recordPayment({ ...payment, time_end: '20990101000000', cash_fee: 101 }), { outcome: 'duplicate', order: expected })
        assert.deepEqual(await store.findOrder(payment.out_trade_no), expected)
        assert.deepEqual(await store.listEvents(payment.out_trade_no), events)
      }))
    }

    for (const state of ['CLOSED', 'PAYERROR', 'REVOKED']) {
      test(`a payment of an order that is ${state} is recorded and said to be late`, using({ orders: [stored(state)], now: () => paid_at }, async (store) => {
        assert.deepEqual(await store.recordPayment(payment), { outcome: 'paid_late', order: stored('SUCCESS', paidColumns) })
        assert.equal((await store.recordPayment(payment)).outcome, 'duplicate')
        assert.deepEqual((await store.listEvents(payment.out_trade_no)).map(({ kind }) => kind), ['paid_late'])
      }))
    }

    test('a refunded order takes no step back', using({ orders: [stored('REFUND', paidColumns)] }, async (store) => {
      assert.deepEqual(await store.recordPayment(payment), { outcome: 'duplicate', order: stored('REFUND', paidColumns) })
      const second = await store.recordPayment({ ...payment, transaction_id: otherTransaction })
      assert.deepEqual(second, { outcome: 'other_transaction', order: stored('REFUND', paidColumns) })
      assert.deepEqual(await store.findOrder(payment.out_trade_no), stored('REFUND', paidColumns))
      assert.deepEqual(await store.listEvents(payment.out_trade_no), [])
    }))

    test('an order that was paid and reversed is not paid again', using({ orders: [stored('REVOKED', paidColumns)] }, async (store) => {
      assert.equal((await store.recordPayment(payment)).outcome, 'duplicate')
      assert.equal((await store.recordPayment({ ...payment, transaction_id: otherTransaction })).outcome, 'other_transaction')
      assert.deepEqual(await store.findOrder(payment.out_trade_no), stored('REVOKED', paidColumns))
    }))

    test('a second transaction for a paid order: the first is kept', using({ orders: [stored('SUCCESS', paidColumns)] }, async (store) => {
      const answer = await store.recordPayment({ ...payment, transaction_id: otherTransaction, time_end: '20200101000000' })
      assert.deepEqual(answer, { outcome: 'other_transaction', order: stored('SUCCESS', paidColumns) })
      assert.deepEqual(await store.findOrder(payment.out_trade_no), stored('SUCCESS', paidColumns))
    }))

    for (const state of ['NOTPAY', 'CLOSED', 'SUCCESS']) {
      const columns = { out_trade_no: 'second', ...(state === 'SUCCESS' && { ...paidColumns, transaction_id: otherTransaction }) }
      test(`a transaction that has paid one order pays no other (${state})`, using({ orders: [stored('SUCCESS', paidColumns), stored(state, columns)] }, async (store) => {
        const answer = await store.recordPayment({ ...payment, out_trade_no: 'second' })
        assert.deepEqual(answer, { outcome: 'transaction_reused', order: stored(state, columns) })
        assert.deepEqual(await store.findOrder('second'), stored(state, columns))
        assert.deepEqual(await store.listEvents('second'), [])
        assert.equal((await store.recordPayment(payment)).outcome, 'duplicate')
      }))
    }

    test('transaction numbers compare byte for byte too', using({ orders: [stored('NOTPAY'), stored('NOTPAY', { out_trade_no: 'second' })] }, async (store) => {
      assert.equal((await store.recordPayment({ ...payment, transaction_id: 'T1' })).outcome, 'paid')
      assert.equal((await store.recordPayment({ ...payment, transaction_id: 't1' })).outcome, 'other_transaction')
      assert.equal((await store.recordPayment({ ...payment, transaction_id: 'T1 ' })).outcome, 'other_transaction')
      assert.equal((await store.recordPayment({ ...payment, out_trade_no: 'second', transaction_id: 't1' })).outcome, 'paid')
    }))

    for (const [what, difference] of [
      ['less money', { total_fee: 100 }], ['more money', { total_fee: 102 }], ['no money', { total_fee: 0 }],
      ['another currency', { fee_type: 'USD' }], ['a currency in lower case', { fee_type: 'cny' }],
    ]) {
      test(`${what} is refused in every state`, using({ orders: [stored('NOTPAY'), stored('CLOSED', { out_trade_no: 'closed' }), stored('SUCCESS', { ...paidColumns, out_trade_no: 'paid' })] }, async (store) => {
        for (const [out_trade_no, state, columns] of [[tea.out_trade_no, 'NOTPAY'], ['closed', 'CLOSED'], ['paid', 'SUCCESS', paidColumns]]) {
          const order = stored(state, { ...columns, out_trade_no })
          assert.deepEqual(await store.recordPayment({ ...payment, ...difference, out_trade_no }), { outcome: 'amount_mismatch', order })
          assert.deepEqual(await store.findOrder(out_trade_no), order)
          assert.deepEqual(await store.listEvents(out_trade_no), [])
        }
        // The refused message has not used up the number of the transaction.
        assert.equal((await store.recordPayment({ ...payment, transaction_id: otherTransaction })).outcome, 'paid')
      }))
    }

    test('a payment of an unknown order creates nothing', using({}, async (store) => {
      assert.deepEqual(await store.recordPayment(payment), { outcome: 'unknown_order', order: null })
      assert.equal(await store.findOrder(payment.out_trade_no), null)
      assert.deepEqual(await store.listEvents(payment.out_trade_no), [])
      await store.createOrder(tea)
      assert.equal((await store.recordPayment(payment)).outcome, 'paid', 'the repeat of a notification that came too early')
    }))

    test('fifty copies at once: one transition, one event', using({ orders: [stored('NOTPAY')] }, async (store) => {
      const records = await Promise.all(Array.from({ length: 50 }, () => store.recordPayment(payment)))
      assert.deepEqual(count(records.map(({ outcome }) => outcome)), { paid: 1, duplicate: 49 })
      for (const { order } of records) assert.equal(order.state, 'SUCCESS')
      assert.equal((await store.listEvents(payment.out_trade_no)).length, 1)
    }))

    test('fifty transactions at once for one order: one is kept', using({ orders: [stored('NOTPAY')] }, async (store) => {
      const records = await Promise.all(Array.from({ length: 50 }, (_, i) => store.recordPayment({ ...payment, transaction_id: `t${i}` })))
      assert.deepEqual(count(records.map(({ outcome }) => outcome)), { paid: 1, other_transaction: 49 })
      const winner = records.find(({ outcome }) => outcome === 'paid').order.transaction_id
      for (const { order } of records) assert.equal(order.transaction_id, winner)
    }))

    test('one transaction at once for thirty orders pays one', using({ orders: Array.from({ length: 30 }, (_, i) => stored('NOTPAY', { out_trade_no: `n${i}` })) }, async (store) => {
      const records = await Promise.all(Array.from({ length: 30 }, (_, i) => store.recordPayment({ ...payment, out_trade_no: `n${i}` })))
      assert.deepEqual(count(records.map(({ outcome }) => outcome)), { paid: 1, transaction_reused: 29 })
      assert.deepEqual(count(records.map(({ order }) => order.state)), { SUCCESS: 1, NOTPAY: 29 })
    }))

    test('ids of events grow', using({ orders: ['a', 'b', 'c'].map((out_trade_no) => stored('NOTPAY', { out_trade_no })) }, async (store) => {
      const ids = []
      for (const out_trade_no of ['b', 'a', 'c']) {
        await store.recordPayment({ ...payment, out_trade_no, transaction_id: `t${out_trade_no}` })
        ids.push((await store.listEvents(out_trade_no))[0].id)
      }
      assert.ok(ids[0] < ids[1] && ids[1] < ids[2], `${ids}`)
    }))

    for (const [what, change, expected, field] of [
      ['no number', { out_trade_no: '' }, 'FIELD_MISSING', 'out_trade_no'],
      ['a number that is no text', { out_trade_no: 1409811653 }, 'FIELD_VALUE', 'out_trade_no'],
      ['a list as number', { out_trade_no: ['1409811653'] }, 'FIELD_VALUE', 'out_trade_no'],
      ['U+0000, where databases cut', { out_trade_no: '1409811653\0' }, 'FIELD_VALUE', 'out_trade_no'],
      ['a lone surrogate, which becomes U+FFFD', { out_trade_no: '1409811653\uD800' }, 'FIELD_VALUE', 'out_trade_no'],
      ['an amount of 0.5 fen', { total_fee: 100.5 }, 'FIELD_VALUE', 'total_fee'],
      ['an amount in text', { total_fee: '101' }, 'FIELD_VALUE', 'total_fee'],
      ['a negative amount', { total_fee: -1 }, 'FIELD_VALUE', 'total_fee'],
      ['NaN', { total_fee: NaN }, 'FIELD_VALUE', 'total_fee'],
      ['an unsafe integer', { total_fee: 2 ** 53 }, 'FIELD_VALUE', 'total_fee'],
    ]) {
      test(`${what} is refused with the field's name`, using({ orders: [stored('NOTPAY')] }, async (store) => {
        await assert.rejects(store.createOrder({ ...tea, ...change }), code(expected, field))
        await assert.rejects(store.recordPayment({ ...payment, ...change }), code(expected, field))
        if (field === 'out_trade_no') await assert.rejects(store.findOrder(change.out_trade_no), code(expected, field))
        assert.deepEqual(await store.findOrder(tea.out_trade_no), stored('NOTPAY'))
      }))
    }

    test('an order costs at least one fen, a payment has a transaction', using({ orders: [stored('NOTPAY')] }, async (store) => {
      await assert.rejects(store.createOrder({ ...tea, out_trade_no: 'free', total_fee: 0 }), code('FIELD_VALUE', 'total_fee'))
      await assert.rejects(store.recordPayment({ ...payment, transaction_id: '' }), code('FIELD_MISSING', 'transaction_id'))
      await assert.rejects(store.recordPayment({ ...payment, transaction_id: undefined }), code('FIELD_MISSING', 'transaction_id'))
      assert.deepEqual(await store.findOrder(tea.out_trade_no), stored('NOTPAY'))
    }))

    test('time_end is text, whatever it says', using({ orders: [stored('NOTPAY')] }, async (store) => {
      const { outcome, order } = await store.recordPayment({ ...payment, time_end: '20239931256199', bank_type: null, openid: null })
      assert.deepEqual([outcome, order.time_end, order.bank_type, order.payer_openid], ['paid', '20239931256199', null, null])
    }))

    test('what is handed out is a copy', using({}, async (store) => {
      const order = await store.createOrder(tea)
      order.total_fee = 1
      ;(await store.findOrder(tea.out_trade_no)).state = 'SUCCESS'
      const record = await store.recordPayment(payment)
      assert.equal(record.outcome, 'paid')
      record.order.transaction_id = otherTransaction
      ;(await store.listEvents(tea.out_trade_no))[0].kind = 'paid_late'
      assert.equal((await store.findOrder(tea.out_trade_no)).transaction_id, payment.transaction_id)
      assert.equal((await store.listEvents(tea.out_trade_no))[0].kind, 'paid')
    }))

    test('close waits for what is under way; after it every call is refused', async () => {
      const store = await open({ orders: [stored('NOTPAY')] })
      const underWay = store.recordPayment(payment)
      await Promise.all([store.close(), store.close()])
      assert.equal((await underWay).outcome, 'paid')
      for (const call of [
        () => store.createOrder(tea), () => store.setPrepay('a', { prepay_id: 'b' }), () => store.recordPayment(payment),
        () => store.findOrder('a'), () => store.listEvents('a'),
      ]) await assert.rejects(call(), code('STORE_FAILED'))
    })
  })
}

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
      assert.equal(await pragma(db, 'user_version'), 1)
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
    await sql.raw('pragma user_version = 2').execute(db)
    await store.close()
    const newer = libsql(file)
    await assert.rejects(sqlStore({ db: newer, dialect: 'sqlite' }), (error) => code('STORE_CONFIG')(error) && /version 2/.test(error.message))
    assert.equal(await pragma(newer, 'user_version'), 2)
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
