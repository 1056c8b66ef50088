import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeStores } from './store-kinds.mjs'
import { code, payment, stored } from './store-samples.mjs'

const numbers = Array.from({ length: 6 }, (_, index) => `n${index}`)
const orders = numbers.map(out_trade_no => stored('NOTPAY', { out_trade_no }))

/** A store whose orders are paid, and its clock. */
async function paidOrders(store, clock) {
  for (const out_trade_no of numbers) {
    await store.recordPayment({ ...payment, out_trade_no, transaction_id: `t${out_trade_no}` })
    clock.at++
  }
}

// One suite for every store: events and those who act on them (faults 91, 123, 124, 126).
describeStores((open, using) => {
  /** A test body with six paid orders, at time 1 006. */
  const paid = body => async () => {
    const clock = { at: 1000 }
    await using({ orders, now: () => clock.at }, async store => {
      await paidOrders(store, clock)
      await body(store, clock)
    })()
  }
  const names = tasks => tasks.map(({ out_trade_no }) => out_trade_no)

  test('are taken oldest first, and by one worker', paid(async store => {
    const first = await store.takeEvents(4, 5000, 'a')
    assert.deepEqual(names(first), ['n0', 'n1', 'n2', 'n3'])
    const [event] = await store.listEvents('n0')
    assert.deepEqual(first[0], { ...event, attempts: 1, last_error: null })
    assert.deepEqual(names(await store.takeEvents(4, 5000, 'b')), ['n4', 'n5'])
    assert.deepEqual(await store.takeEvents(4, 5000, 'a'), [])
  }))

  test('ten workers at once: every event once', paid(async store => {
    const taken = await Promise.all(Array.from({ length: 10 }, (_, i) => store.takeEvents(3, 5000, `w${i}`)))
    const rest = await store.takeEvents(10, 5000, 'rest')
    assert.deepEqual(names([...taken.flat(), ...rest]).sort(), numbers)
  }))

  test('come again when nobody has finished them in time, with the same id', paid(async (store, clock) => {
    const first = await store.takeEvents(6, 5000, 'a')
    clock.at += 4999
    assert.deepEqual(await store.takeEvents(6, 5000, 'b'), [])
    clock.at += 1
    const again = await store.takeEvents(6, 5000, 'b')
    assert.deepEqual(again, first.map(task => ({ ...task, attempts: 2 })))
  }))

  test('that are finished never come again', paid(async (store, clock) => {
    for (const task of await store.takeEvents(6, 10, 'a')) await store.finishEvent(task)
    clock.at += 1e9
    assert.deepEqual(await store.takeEvents(6, 10, 'a'), [])
    assert.equal((await store.listEvents('n0')).length, 1, 'the history stays')
    assert.equal((await store.health()).counts.waiting_events, 0)
  }))

  test('that failed come when they are due, and say why', paid(async (store, clock) => {
    const [task] = await store.takeEvents(1, 5000, 'a')
    await store.failEvent(task, 'Error: the warehouse is closed \0\uD800', clock.at + 60_000)
    clock.at += 59_999
    assert.ok(!names(await store.takeEvents(9, 60_000, 'a')).includes('n0'))
    clock.at += 1
    const [again] = await store.takeEvents(9, 5000, 'a')
    assert.deepEqual([again.id, again.attempts, again.last_error], [task.id, 2, 'Error: the warehouse is closed \uFFFD\uFFFD'])
  }))

  test('that are parked stay, until somebody says otherwise', paid(async (store, clock) => {
    const [task] = await store.takeEvents(1, 5000, 'a')
    await store.failEvent(task, 'no', null)
    clock.at += 1e12
    assert.ok(!names(await store.takeEvents(9, 5000, 'a')).includes('n0'))
    assert.deepEqual(await store.listParked(), [{ ...task, last_error: 'no' }])
    assert.equal((await store.health()).counts.parked_events, 1)
    await store.retryEvent(task)
    assert.deepEqual(await store.listParked(), [])
    const [again] = await store.takeEvents(1, 5000, 'a')
    assert.deepEqual([again.id, again.attempts], [task.id, 2])
  }))

  test('a worker that was overtaken harms nobody', paid(async (store, clock) => {
    const [slow] = await store.takeEvents(1, 10, 'slow')
    clock.at += 10
    const quick = (await store.takeEvents(9, 5000, 'quick')).find(({ id }) => id === slow.id)
    await store.failEvent(slow, 'too late', null)
    await store.retryEvent(slow)
    assert.deepEqual(await store.listParked(), [])
    assert.deepEqual(await store.takeEvents(9, 5000, 'third'), [], 'the quick one still has it')
    await store.finishEvent(slow)
    await store.failEvent(quick, 'it was done', clock.at)
    clock.at += 1e6
    assert.ok(!names(await store.takeEvents(9, 5000, 'third')).includes('n0'), 'what is done is done')
  }))

  test('refused arguments name themselves', paid(async store => {
    await assert.rejects(store.takeEvents(0, 5000, 'a'), code('FIELD_VALUE', 'limit'))
    await assert.rejects(store.takeEvents(1, 0.5, 'a'), code('FIELD_VALUE', 'leaseMs'))
    await assert.rejects(store.takeEvents(1, 5000, ''), code('FIELD_MISSING', 'worker'))
    await assert.rejects(store.failEvent({ id: 1, attempts: 1 }, 'no', NaN), code('FIELD_VALUE', 'retryAt'))
    await assert.rejects(store.finishEvent({ id: '1' }), code('FIELD_VALUE', 'id'))
  }))

  test('health counts what waits', async () => {
    const clock = { at: 1000 }
    await using({ orders, now: () => clock.at }, async store => {
      const empty = await store.health()
      assert.deepEqual([empty.ok, empty.lag, empty.counts, empty.error], [true, 0, { pending_orders: 6, pending_refunds: 0, waiting_events: 0, parked_events: 0 }, null])
      await paidOrders(store, clock)
      await store.createRefund({ out_refund_no: 'R1', out_trade_no: 'n0', refund_fee: 1 })
      const full = await store.health()
      assert.deepEqual([full.ok, full.lag, full.counts], [true, 6, { pending_orders: 0, pending_refunds: 1, waiting_events: 6, parked_events: 0 }])
      assert.ok(full.latency >= 0 && full.latency < 3000)
    })()
  })
})
