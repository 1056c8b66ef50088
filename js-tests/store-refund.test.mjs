import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { describeStores } from './store-kinds.mjs'
import { code, count, otherTransaction, paid_at, paidColumns, payment, refundResult, stored, tea } from './store-samples.mjs'

const paid = { orders: [stored('SUCCESS', paidColumns)], now: () => paid_at }
const asked = { out_refund_no: 'R1', out_trade_no: tea.out_trade_no, refund_fee: 60 }
const row = (state, columns = {}) => ({
  ...asked, transaction_id: payment.transaction_id, total_fee: 101, refund_desc: null, state, refund_id: null, settlement_refund_fee: null,
  refund_recv_accout: null, refund_request_source: null, success_time: null, created_at: paid_at, changed_at: paid_at, ...columns,
})
const { out_trade_no, refund_status, ...told } = refundResult
const known = { refund_id: told.refund_id, settlement_refund_fee: 60, refund_recv_accout: told.refund_recv_accout, refund_request_source: 'API', success_time: told.success_time }

// One suite for every store: refunds (faults 187, 192-196).
describeStores((open, using) => {
  test('a new refund is PROCESSING, and the order is as before', using(paid, async store => {
    const refund = await store.createRefund({ ...asked, refund_desc: '茶凉了 🧋' })
    assert.deepEqual(refund, row('PROCESSING', { refund_desc: '茶凉了 🧋' }))
    assert.deepEqual(await store.findRefund('R1'), refund)
    assert.deepEqual(await store.listRefunds(out_trade_no), [refund])
    assert.deepEqual(await store.findOrder(out_trade_no), stored('SUCCESS', paidColumns))
    assert.equal(await store.findRefund('r1'), null)
    assert.equal(await store.findRefund('R1 '), null)
    refund.refund_fee = 1
    ;(await store.findRefund('R1')).state = 'SUCCESS'
    assert.equal((await store.findRefund('R1')).refund_fee, 60)
    assert.equal((await store.findRefund('R1')).state, 'PROCESSING')
  }))

  test('a number can be used once, for any order', using({ orders: [stored('SUCCESS', paidColumns), stored('SUCCESS', { ...paidColumns, out_trade_no: 'second', transaction_id: otherTransaction })] }, async store => {
    await store.createRefund(asked)
    await assert.rejects(store.createRefund({ ...asked, refund_fee: 1 }), code('STORE_DUPLICATE', 'out_refund_no'))
    await assert.rejects(store.createRefund({ ...asked, out_trade_no: 'second' }), code('STORE_DUPLICATE', 'out_refund_no'))
    assert.deepEqual((await store.listRefunds(out_trade_no)).map(({ refund_fee }) => refund_fee), [60])
    assert.deepEqual(await store.listRefunds('second'), [])
  }))

  test('fault 196: never more than the order has left', using(paid, async store => {
    await store.createRefund(asked)
    await assert.rejects(store.createRefund({ ...asked, out_refund_no: 'R2', refund_fee: 42 }), code('FIELD_VALUE', 'refund_fee'))
    await store.createRefund({ ...asked, out_refund_no: 'R2', refund_fee: 41 })
    await assert.rejects(store.createRefund({ ...asked, out_refund_no: 'R3', refund_fee: 1 }), code('FIELD_VALUE', 'refund_fee'))
    // WeChat has refused the first for good: its amount is free.
    assert.equal(await store.closeRefund('R1'), true)
    assert.equal(await store.closeRefund('R1'), false)
    assert.equal((await store.findRefund('R1')).state, 'REFUNDCLOSE')
    await store.createRefund({ ...asked, out_refund_no: 'R3' })
    assert.deepEqual(count((await store.listRefunds(out_trade_no)).map(({ state }) => state)), { REFUNDCLOSE: 1, PROCESSING: 2 })
  }))

  test('of twenty simultaneous refunds, no more than the order has', using(paid, async store => {
    const results = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => store.createRefund({ ...asked, out_refund_no: `R${i}`, refund_fee: 25 })))
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 4)
    for (const { reason } of results.filter(({ status }) => status === 'rejected')) code('FIELD_VALUE', 'refund_fee')(reason)
    assert.equal((await store.listRefunds(out_trade_no)).length, 4)
  }))

  test('of twenty simultaneous refunds with one number, one is created', using(paid, async store => {
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => store.createRefund({ ...asked, refund_fee: 1 })))
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const { reason } of results.filter(({ status }) => status === 'rejected')) code('STORE_DUPLICATE')(reason)
  }))

  test('what is not paid is not refunded', using({ orders: [stored('NOTPAY'), stored('CLOSED', { out_trade_no: 'closed' }), stored('REVOKED', { ...paidColumns, out_trade_no: 'reversed' })] }, async store => {
    for (const number of [out_trade_no, 'closed', 'reversed']) {
      await assert.rejects(store.createRefund({ ...asked, out_trade_no: number }), code('FIELD_VALUE', 'out_trade_no'))
    }
    await assert.rejects(store.createRefund({ ...asked, out_trade_no: 'nobody' }), code('STORE_FAILED', 'out_trade_no'))
    assert.equal(await store.findRefund('R1'), null)
  }))

  for (const [status, outcome, kind, order] of [
    ['SUCCESS', 'refunded', 'refunded', 'REFUND'], ['CHANGE', 'refund_changed', 'refund_changed', 'REFUND'],
    ['REFUNDCLOSE', 'refund_closed', 'refund_closed', 'SUCCESS'], ['PROCESSING', 'refund_processing', null, 'REFUND'],
  ]) {
    test(`${status} moves the refund, the order to ${order}, and says so once`, using(paid, async store => {
      await store.createRefund(asked)
      const result = { ...refundResult, refund_status: status }
      const expected = { refund: row(status, known), order: stored(order, paidColumns) }
      assert.deepEqual(await store.recordRefund(result), { outcome, ...expected })
      assert.deepEqual(await store.recordRefund(result), { outcome: 'duplicate', ...expected })
      const events = await store.listEvents(out_trade_no)
      assert.deepEqual(events.map(({ id, ...event }) => event), kind === null ? [] : [
        { out_trade_no, kind, transaction_id: payment.transaction_id, total_fee: 101, out_refund_no: 'R1', refund_fee: 60, created_at: paid_at },
      ])
    }))
  }

  test('fault 195: in any order, with repeats, no refund takes a step back', async () => {
    const rank = ['PROCESSING', 'CHANGE', 'REFUNDCLOSE', 'SUCCESS']
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...rank), { minLength: 1, maxLength: 8 }), async statuses => {
        await using(paid, async store => {
          await store.createRefund(asked)
          let best = -1
          const moved = []
          for (const status of statuses) {
            const { outcome, refund } = await store.recordRefund({ ...refundResult, refund_status: status })
            const moves = rank.indexOf(status) > best
            assert.equal(outcome === 'duplicate', !moves)
            if (moves) moved.push(status)
            best = Math.max(best, rank.indexOf(status))
            assert.equal(refund.state, rank[best])
          }
          const events = await store.listEvents(out_trade_no)
          assert.equal(events.length, moved.filter(status => status !== 'PROCESSING').length)
          assert.equal((await store.findOrder(out_trade_no)).state, moved.every(status => status === 'REFUNDCLOSE') ? 'SUCCESS' : 'REFUND')
        })()
      }),
      { numRuns: 12 },
    )
  })

  test('fifty copies at once: one transition, one event', using(paid, async store => {
    await store.createRefund(asked)
    const records = await Promise.all(Array.from({ length: 50 }, () => store.recordRefund(refundResult)))
    assert.deepEqual(count(records.map(({ outcome }) => outcome)), { refunded: 1, duplicate: 49 })
    assert.equal((await store.listEvents(out_trade_no)).length, 1)
  }))

  test('two refunds of one order at once', using(paid, async store => {
    await store.createRefund({ ...asked, refund_fee: 50 })
    await store.createRefund({ ...asked, out_refund_no: 'R2', refund_fee: 51 })
    const results = [{ ...refundResult, refund_fee: 50 }, { ...refundResult, out_refund_no: 'R2', refund_id: 'second', refund_fee: 51 }]
    const records = await Promise.all([...results, ...results, ...results].map(result => store.recordRefund(result)))
    assert.deepEqual(count(records.map(({ outcome }) => outcome)), { refunded: 2, duplicate: 4 })
    assert.equal((await store.listEvents(out_trade_no)).length, 2)
    assert.equal((await store.findOrder(out_trade_no)).state, 'REFUND')
  }))

  for (const [what, change] of [
    ['another order', { out_trade_no: 'second' }], ['an order nobody knows', { out_trade_no: 'nobody' }], ['another transaction', { transaction_id: otherTransaction }],
    ['another total', { total_fee: 102 }], ['another amount', { refund_fee: 61 }], ['a transaction in other letters', { transaction_id: `${payment.transaction_id} ` }],
  ]) {
    test(`fault 192: ${what} is refused, and kept for the audit`, using({ orders: [stored('SUCCESS', paidColumns), stored('SUCCESS', { ...paidColumns, out_trade_no: 'second', transaction_id: otherTransaction })], now: () => paid_at }, async store => {
      const before = await store.createRefund(asked)
      const { outcome, refund } = await store.recordRefund({ ...refundResult, ...change })
      assert.deepEqual([outcome, refund], ['refund_mismatch', before])
      assert.deepEqual(await store.findOrder(out_trade_no), stored('SUCCESS', paidColumns))
      for (const number of [out_trade_no, 'second']) assert.deepEqual(await store.listEvents(number), [])
      const [line] = await store.listNotifications({ outcome: 'refund_mismatch' })
      assert.deepEqual(JSON.parse(line.facts), { ...refundResult, ...change })
      assert.equal((await store.recordRefund(refundResult)).outcome, 'refunded')
    }))
  }

  test("WeChat's number belongs to one refund, and does not change", using(paid, async store => {
    await store.createRefund({ ...asked, refund_fee: 50 })
    await store.createRefund({ ...asked, out_refund_no: 'R2', refund_fee: 51 })
    assert.equal((await store.recordRefund({ ...refundResult, refund_fee: 50, refund_status: 'PROCESSING' })).outcome, 'refund_processing')
    assert.equal((await store.recordRefund({ ...refundResult, refund_fee: 50, refund_id: 'other' })).outcome, 'refund_mismatch')
    assert.equal((await store.recordRefund({ ...refundResult, out_refund_no: 'R2', refund_fee: 51 })).outcome, 'refund_mismatch')
    assert.deepEqual((await store.listRefunds(out_trade_no)).map(({ state }) => state), ['PROCESSING', 'PROCESSING'])
  }))

  test('fault 193: a refund nobody here asked for is recorded, and counts', using(paid, async store => {
    const result = { ...refundResult, refund_request_source: 'VENDOR_PLATFORM' }
    const expected = { refund: row('SUCCESS', { ...known, refund_request_source: 'VENDOR_PLATFORM' }), order: stored('REFUND', paidColumns) }
    assert.deepEqual(await store.recordRefund(result), { outcome: 'unknown_refund', ...expected })
    assert.deepEqual(await store.recordRefund(result), { outcome: 'duplicate', ...expected })
    assert.deepEqual((await store.listEvents(out_trade_no)).map(({ kind }) => kind), ['refunded'])
    assert.equal((await store.listNotifications({ outcome: 'unknown_refund' })).length, 1)
    await assert.rejects(store.createRefund({ ...asked, out_refund_no: 'R2' }), code('FIELD_VALUE', 'refund_fee'))
    assert.equal((await store.createRefund({ ...asked, out_refund_no: 'R2', refund_fee: 41 })).state, 'PROCESSING')
  }))

  test('an unknown refund must fit the order', using({ orders: [stored('SUCCESS', paidColumns), stored('NOTPAY', { out_trade_no: 'unpaid' })] }, async store => {
    for (const [change, outcome] of [
      [{ out_trade_no: 'nobody' }, 'unknown_order'], [{ out_trade_no: 'unpaid' }, 'unpaid_order'], [{ transaction_id: otherTransaction }, 'refund_mismatch'],
      [{ total_fee: 102 }, 'refund_mismatch'], [{ refund_fee: 102 }, 'refund_mismatch'],
    ]) {
      const record = await store.recordRefund({ ...refundResult, ...change })
      assert.deepEqual([record.outcome, record.refund], [outcome, null])
      assert.equal((await store.listNotifications({ outcome }))[0].out_trade_no, { ...refundResult, ...change }.out_trade_no)
    }
    assert.deepEqual(await store.listRefunds(out_trade_no), [])
    // Once its payment is recorded, the same message finds its place.
    await store.recordPayment({ ...payment, out_trade_no: 'unpaid', transaction_id: otherTransaction })
    assert.equal((await store.recordRefund({ ...refundResult, out_trade_no: 'unpaid', transaction_id: otherTransaction })).outcome, 'unknown_refund')
  }))

  test('a refund we gave up and WeChat made is recorded', using(paid, async store => {
    await store.createRefund(asked)
    await store.closeRefund('R1')
    assert.equal((await store.recordRefund({ ...refundResult, refund_status: 'PROCESSING' })).outcome, 'refund_processing')
    assert.equal(await store.closeRefund('R1'), false, 'WeChat has it now')
    assert.equal((await store.recordRefund(refundResult)).outcome, 'refunded')
  }))

  test('what cannot be a refund is refused with its name', using(paid, async store => {
    for (const [change, field, kind = 'FIELD_VALUE'] of [
      [{ refund_fee: 0 }, 'refund_fee'], [{ refund_fee: 0.5 }, 'refund_fee'], [{ refund_fee: '60' }, 'refund_fee'], [{ out_refund_no: '' }, 'out_refund_no', 'FIELD_MISSING'],
      [{ out_refund_no: 'a\0' }, 'out_refund_no'], [{ out_trade_no: undefined }, 'out_trade_no', 'FIELD_MISSING'],
    ]) {
      await assert.rejects(store.createRefund({ ...asked, ...change }), code(kind, field))
      await assert.rejects(store.recordRefund({ ...refundResult, ...change }), code(kind, field))
    }
    for (const refund_status of ['FAIL', 'success', 'toString', undefined]) {
      await assert.rejects(store.recordRefund({ ...refundResult, refund_status }), code('FIELD_VALUE', 'refund_status'))
    }
    await assert.rejects(store.recordRefund({ ...refundResult, refund_id: '' }), code('FIELD_MISSING', 'refund_id'))
    assert.deepEqual(await store.listRefunds(out_trade_no), [])
  }))
})
