import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeStores } from './store-kinds.mjs'
import { code, count, paid_at, paidColumns, payment, refundResult, stored, tea } from './store-samples.mjs'

const { out_trade_no } = tea

// One suite for every store: what a reconciler asks and writes.
describeStores((open, using) => {
  for (const state of ['NOTPAY', 'USERPAYING', 'SUCCESS', 'REFUND', 'CLOSED', 'REVOKED', 'PAYERROR']) {
    const columns = ['SUCCESS', 'REFUND'].includes(state) ? paidColumns : {}
    const open = ['NOTPAY', 'USERPAYING'].includes(state)
    test(`closeOrder: ${state} ${open ? 'becomes CLOSED' : 'stays'}`, using({ orders: [stored(state, columns)], now: () => paid_at }, async store => {
      const order = stored(open ? 'CLOSED' : state, columns)
      assert.deepEqual(await store.closeOrder(out_trade_no), { changed: open, order })
      assert.deepEqual(await store.closeOrder(out_trade_no), { changed: false, order })
      assert.deepEqual(await store.findOrder(out_trade_no), order)
      const event = { out_trade_no, kind: 'closed', transaction_id: null, total_fee: 101, out_refund_no: null, refund_fee: null, created_at: paid_at }
      assert.deepEqual((await store.listEvents(out_trade_no)).map(({ id, ...event }) => event), open ? [event] : [])
    }))
  }

  const moves = {
    USERPAYING: ['NOTPAY'],
    PAYERROR: ['NOTPAY', 'USERPAYING'],
    CLOSED: ['NOTPAY', 'USERPAYING', 'PAYERROR'],
    REVOKED: ['NOTPAY', 'USERPAYING', 'PAYERROR', 'SUCCESS'],
    REFUND: ['SUCCESS'],
  }
  for (const [to, allowed] of Object.entries(moves)) {
    test(`recordState ${to}: from ${allowed.join(', ')} and from nowhere else`, async () => {
      for (const from of ['NOTPAY', 'USERPAYING', 'SUCCESS', 'REFUND', 'CLOSED', 'REVOKED', 'PAYERROR']) {
        const columns = ['SUCCESS', 'REFUND'].includes(from) ? paidColumns : {}
        await using({ orders: [stored(from, columns)] }, async store => {
          const changed = allowed.includes(from)
          assert.deepEqual(await store.recordState(out_trade_no, to), { changed, order: stored(changed ? to : from, columns) }, `${from} to ${to}`)
          const events = (await store.listEvents(out_trade_no)).map(({ kind }) => kind)
          const awaited = ['NOTPAY', 'USERPAYING'].includes(from) && to !== 'USERPAYING'
          assert.deepEqual(events, !changed ? [] : awaited ? ['closed'] : from === 'SUCCESS' && to === 'REVOKED' ? ['revoked'] : [])
        })()
      }
    })
  }

  test('recordState never says that an order is paid', using({ orders: [stored('NOTPAY')] }, async store => {
    for (const state of ['SUCCESS', 'NOTPAY', 'toString', undefined]) {
      await assert.rejects(store.recordState(out_trade_no, state), code('FIELD_VALUE', 'state'))
    }
    assert.deepEqual(await store.recordState('nobody', 'CLOSED'), { changed: false, order: null })
    assert.equal((await store.findOrder(out_trade_no)).state, 'NOTPAY')
  }))

  test('an order that is closed and paid at once is paid in the end', using({ orders: Array.from({ length: 20 }, (_, i) => stored('NOTPAY', { out_trade_no: `n${i}` })) }, async store => {
    await Promise.all(Array.from({ length: 20 }, async (_, i) => {
      const paying = () => store.recordPayment({ ...payment, out_trade_no: `n${i}`, transaction_id: `t${i}` })
      const closing = () => store.closeOrder(`n${i}`)
      const [a, b] = await Promise.all(i % 2 ? [paying(), closing()] : [closing(), paying()].reverse())
      assert.equal(a.outcome, b.changed ? 'paid_late' : 'paid')
      assert.equal((await store.findOrder(`n${i}`)).state, 'SUCCESS')
    }))
  }))

  test('pending are orders nobody has paid and refunds nobody has heard of', using({ orders: ['NOTPAY', 'USERPAYING', 'SUCCESS', 'CLOSED'].map((state, index) => stored(state, { out_trade_no: state, created_at: 100 + index, ...(state === 'SUCCESS' && paidColumns) })), now: () => 1000 }, async store => {
    await store.createRefund({ out_refund_no: 'R1', out_trade_no: 'SUCCESS', refund_fee: 60 })
    await store.createRefund({ out_refund_no: 'R2', out_trade_no: 'SUCCESS', refund_fee: 1 })
    await store.recordRefund({ ...refundResult, out_trade_no: 'SUCCESS' })
    const { orders, refunds } = await store.listPending({ olderThan: 2000, limit: 10, leaseMs: 50 })
    assert.deepEqual(orders, [await store.findOrder('NOTPAY'), await store.findOrder('USERPAYING')])
    assert.deepEqual(refunds, [await store.findRefund('R2')])
  }))

  test('only what is older, no more than asked for, and not again before its time', async () => {
    const clock = { at: 1000 }
    const orders = Array.from({ length: 5 }, (_, i) => stored('NOTPAY', { out_trade_no: `n${i}`, created_at: 100 + i }))
    await using({ orders, now: () => clock.at }, async store => {
      const list = async (choice = {}) => (await store.listPending({ olderThan: 104, limit: 2, leaseMs: 50, ...choice })).orders.map(order => order.out_trade_no)
      assert.deepEqual(await list(), ['n0', 'n1'])
      assert.deepEqual(await list(), ['n2', 'n3'])
      assert.deepEqual(await list(), [], 'n4 is too young')
      clock.at = 1049
      assert.deepEqual(await list({ olderThan: 2000 }), ['n4'])
      clock.at = 1050
      await store.recordPayment({ ...payment, out_trade_no: 'n0', transaction_id: 't' })
      assert.deepEqual(await list({ limit: 10 }), ['n1', 'n2', 'n3'])
    })()
  })

  test('of ten reconcilers at once, each order has one', using({ orders: Array.from({ length: 30 }, (_, i) => stored('NOTPAY', { out_trade_no: `n${i}` })) }, async store => {
    const choice = { olderThan: Date.now(), limit: 5, leaseMs: 60_000 }
    const lists = await Promise.all(Array.from({ length: 10 }, () => store.listPending(choice)))
    const rest = await store.listPending({ ...choice, limit: 100 })
    const all = [...lists, rest].flatMap(({ orders }) => orders.map(order => order.out_trade_no))
    assert.equal(all.length, 30)
    assert.equal(Object.keys(count(all)).length, 30)
  }))

  test('refused arguments name themselves', using({}, async store => {
    for (const field of ['olderThan', 'limit', 'leaseMs']) {
      await assert.rejects(store.listPending({ olderThan: 1, limit: 1, leaseMs: 1, [field]: -1 }), code('FIELD_VALUE', field))
    }
  }))
})
