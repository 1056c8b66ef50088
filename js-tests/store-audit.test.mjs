import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeStores } from './store-kinds.mjs'
import { code, created_at, otherTransaction, paid_at, paidColumns, payment, refundResult, stored, tea } from './store-samples.mjs'

const receipt = { hash: 'a'.repeat(64), received_at: created_at, body: '<xml><attach>支付🧋</attach></xml>' }
const { out_trade_no } = tea

// One suite for every store: what came, and what became of it (faults 100, 114).
describeStores((open, using) => {
  const lines = async (store, filter = { out_trade_no }) => (await store.listNotifications(filter)).map(({ id, ...line }) => line)

  test('a receipt is kept beside the payment, and every copy counts', using({ orders: [stored('NOTPAY')], now: () => paid_at }, async store => {
    await store.recordPayment(payment, receipt)
    await store.recordPayment(payment, { ...receipt, received_at: created_at + 1, body: null })
    const line = { kind: 'payment', hash: receipt.hash, out_trade_no, reason: null, facts: JSON.stringify(payment) }
    assert.deepEqual(await lines(store), [
      { ...line, received_at: created_at + 1, outcome: 'duplicate', body: null },
      { ...line, received_at: created_at, outcome: 'paid', body: receipt.body },
    ])
  }))

  test('without a receipt what the order says is not said twice', using({ orders: [stored('NOTPAY')] }, async store => {
    await store.recordPayment(payment)
    await store.recordPayment(payment)
    assert.deepEqual(await lines(store), [])
  }))

  test('fault 100: a payment for an order nobody knows is kept', using({ now: () => paid_at }, async store => {
    await store.recordPayment(payment)
    assert.deepEqual(await lines(store, { outcome: 'unknown_order' }), [
      { kind: 'payment', hash: null, received_at: paid_at, out_trade_no, outcome: 'unknown_order', reason: null, facts: JSON.stringify(payment), body: null },
    ])
    assert.equal(await store.findOrder(out_trade_no), null)
  }))

  test('every payment that is refused or late is kept', using({ orders: [stored('CLOSED'), stored('SUCCESS', { ...paidColumns, out_trade_no: 'second', transaction_id: otherTransaction })] }, async store => {
    await store.recordPayment({ ...payment, total_fee: 1 })
    await store.recordPayment({ ...payment, transaction_id: otherTransaction })
    await store.recordPayment(payment)
    await store.recordPayment({ ...payment, transaction_id: 'third' })
    assert.deepEqual((await lines(store)).map(({ outcome }) => outcome), ['other_transaction', 'paid_late', 'transaction_reused', 'amount_mismatch'])
  }))

  test('a refund too', using({ orders: [stored('SUCCESS', paidColumns)] }, async store => {
    await store.createRefund({ out_refund_no: 'R1', out_trade_no, refund_fee: 60 })
    await store.recordRefund({ ...refundResult, refund_status: 'CHANGE' })
    await store.recordRefund(refundResult, receipt)
    assert.deepEqual((await lines(store)).map(({ kind, outcome, hash }) => [kind, outcome, hash]), [['refund', 'refunded', receipt.hash], ['refund', 'refund_changed', null]])
  }))

  test('what was refused before the store saw it', using({}, async store => {
    const refused = { ...receipt, kind: 'payment', outcome: 'refused', reason: 'SIGN_MISMATCH' }
    await store.recordNotification(refused)
    await store.recordNotification({ ...refused, out_trade_no: 'nobody', body: 'a\0\uD800b' })
    assert.deepEqual(await lines(store, { outcome: 'refused' }), [
      { ...refused, out_trade_no: 'nobody', facts: null, body: 'a\uFFFD\uFFFDb' },
      { ...refused, out_trade_no: null, facts: null },
    ])
    await store.recordNotification({ ...refused, body: 'x'.repeat(1e6) })
    assert.equal((await lines(store, {}))[0].body.length, 65_536)
    await assert.rejects(store.recordNotification({ ...refused, hash: '' }), code('FIELD_MISSING', 'hash'))
    await assert.rejects(store.recordPayment(payment, { hash: 'a', received_at: 'now' }), code('FIELD_VALUE', 'received_at'))
  }))

  test('is read page by page, newest first', using({}, async store => {
    for (let i = 0; i < 5; i++) await store.recordNotification({ hash: `h${i}`, received_at: i, kind: 'payment', outcome: i % 2 ? 'odd' : 'even' })
    const first = await store.listNotifications({ limit: 2 })
    const second = await store.listNotifications({ limit: 2, before: first.at(-1).id })
    assert.deepEqual([...first, ...second].map(({ hash }) => hash), ['h4', 'h3', 'h2', 'h1'])
    assert.deepEqual((await store.listNotifications({ outcome: 'odd' })).map(({ hash }) => hash), ['h3', 'h1'])
  }))
})
