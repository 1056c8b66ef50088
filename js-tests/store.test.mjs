import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeStores } from './store-kinds.mjs'
import { code, count, created_at, otherTransaction, paid_at, paidColumns, payment, refundResult, stored, tea } from './store-samples.mjs'

// One suite for every store: orders and their payments (faults 97-108, 117, 118, 126, 127, 144, 148, 150).
describeStores((open, using) => {
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
        { out_trade_no: payment.out_trade_no, kind: 'paid', transaction_id: payment.transaction_id, total_fee: 101, out_refund_no: null, refund_fee: null, created_at: paid_at },
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
      () => store.findOrder('a'), () => store.listEvents('a'), () => store.closeOrder('a'), () => store.recordState('a', 'CLOSED'),
      () => store.createRefund({ out_refund_no: 'a', out_trade_no: 'b', refund_fee: 1 }), () => store.recordRefund(refundResult), () => store.closeRefund('a'),
      () => store.findRefund('a'), () => store.listRefunds('a'), () => store.recordNotification({ hash: 'a', received_at: 0, kind: 'payment', outcome: 'refused' }),
      () => store.listNotifications({}), () => store.takeEvents(1, 1000, 'a'), () => store.finishEvent({ id: 1 }), () => store.failEvent({ id: 1, attempts: 1 }, '', null),
      () => store.listParked(), () => store.retryEvent({ id: 1 }), () => store.listPending({ olderThan: 0, limit: 1, leaseMs: 1 }),
    ]) await assert.rejects(call(), code('STORE_FAILED'))
    const { ok, error } = await store.health()
    assert.deepEqual([ok, error.code], [false, 'STORE_FAILED'])
  })
})
