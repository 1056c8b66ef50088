// 200 orders under a seeded mix of every fault: the client and the store end with the same money truth as
// the gateway's ledger, run after run. (That the same calls meet the same faults is in gateway-faults: here
// the client's pauses are random, and with them how often it asks.)
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { WxPay } from 'wxpay-wasm/client'
import { nodeNotify } from 'wxpay-wasm/node'
import { paymentNotify, refundNotify } from 'wxpay-wasm/notify'
import { memoryStore } from 'wxpay-wasm/store'
import { createGateway } from 'wxpay-wasm/testing'
import { Monitor, reconcileOrders } from 'wxpay-wasm/worker'
import { until } from './manual-clock.mjs'
import { listen } from './server.mjs'

const ORDERS = 200
const MONEY = ['unifiedOrder', 'refund']
const ANSWERS = ['error', 'silence', 'reset', 'html-502', 'truncated', 'oversized', 'gzip', 'slow', 'late', 'wrong-sign', 'no-sign']
const NOTIFICATIONS = ['never', 'late', 'twice', 'reordered', 'wrong-sign']
const FAULTS = [
  ...MONEY.flatMap(on => ANSWERS.flatMap(fault => [true, false].map(booked => ({ on, fault, rate: 0.012, booked })))),
  ...NOTIFICATIONS.map(fault => ({ on: 'notification', fault, rate: 0.06 })),
]

/** Calls until there is an answer to rely on; what is unknown is repeated with the same numbers, as the table allows. */
async function insist(call, outcomes) {
  for (let tries = 1; ; tries++) {
    try {
      const answer = await call()
      outcomes.push('done')
      return answer
    } catch (error) {
      outcomes.push(error.err_code ?? error.code)
      if (tries === 12) throw error
    }
  }
}

async function run(t, seed) {
  const gateway = await createGateway({ seed, faults: FAULTS, timeScale: 10_000, settleAfter: 0, maxOrders: 1000 })
  t.after(() => gateway.close())
  const { appid, mchid, key } = gateway
  const store = memoryStore()
  const alarms = []
  const monitor = new Monitor({ store, onAlarm: alarm => alarms.push(alarm.kind) })
  const merchant = { appid, mchid, partnerKey: key }
  const routes = {
    '/pay': nodeNotify(paymentNotify({ ...merchant, store, monitor })),
    '/refund': nodeNotify(refundNotify({ ...merchant, store, monitor })),
  }
  const url = await listen(t, createServer((request, response) => routes[request.url](request, response)))
  const options = { baseUrl: gateway.url, production: false, timeout: 400, notify_url: `${url}/pay`, refund_url: `${url}/refund` }
  const pay = new WxPay({ ...merchant, ...options })
  const outcomes = []
  for (let i = 0; i < ORDERS; i++) {
    const out_trade_no = `A${1000 + i}`
    const total_fee = 100 + i
    const request = { out_trade_no, body: 'tea', total_fee, trade_type: 'NATIVE', product_id: '1' }
    await store.createOrder({ ...request, appid, mch_id: mchid })
    await insist(() => pay.unifiedOrder(request), outcomes)
    if (i % 4 === 3) continue // nobody pays this one
    await gateway.pay(out_trade_no)
    if (i % 3 !== 0) continue
    await until(async () => (await settled(store, pay, out_trade_no)) !== 'NOTPAY', 'the payment is known')
    const refund = { out_refund_no: `R${i}`, out_trade_no, refund_fee: 50 }
    await store.createRefund(refund)
    await insist(() => pay.refund({ ...refund, total_fee }), outcomes)
  }
  // What the notifications did not bring, the questions do, once the network is well again.
  gateway.setFaults([])
  const reconciler = reconcileOrders(store, pay, { pace: [{ age: 1, every: 50 }], perSecond: 1000, poll: 20, monitor })
  await until(async () => {
    const paid = gateway.orders().filter(({ transaction_id }) => transaction_id !== null && transaction_id !== undefined)
    for (const { out_trade_no } of paid) if ((await store.findOrder(out_trade_no)).transaction_id === null) return false
    for (let i = 0; i < ORDERS; i++) {
      const refund = await store.findRefund(`R${i}`)
      if (refund !== null && refund.state !== 'SUCCESS') return false
    }
    return true
  }, 'the store knows all', 60_000)
  await reconciler.stop()
  return { gateway, store, outcomes, alarms }
}

/** The order's state; asks the gateway where no notification came. */
async function settled(store, pay, out_trade_no) {
  const { state } = await store.findOrder(out_trade_no)
  if (state !== 'NOTPAY') return state
  const { queriedPayment } = await import('wxpay-wasm/notify')
  const answer = await pay.orderQuery({ out_trade_no })
  if (answer.trade_state === 'SUCCESS') await store.recordPayment(queriedPayment(answer))
  return (await store.findOrder(out_trade_no)).state
}

const brief = entries => entries.map(({ kind, out_no, amount }) => [kind, out_no, amount]).sort()

test('the store and the ledger end with the same money', { timeout: 240_000 }, async t => {
  const one = await run(t, 7)
  const truth = brief(one.gateway.ledger())
  const ours = []
  for (let i = 0; i < ORDERS; i++) {
    const order = await one.store.findOrder(`A${1000 + i}`)
    const events = (await one.store.listEvents(order.out_trade_no)).filter(({ kind }) => kind.startsWith('paid'))
    assert.equal(events.length, order.transaction_id === null ? 0 : 1, order.out_trade_no)
    if (order.transaction_id !== null) ours.push(['payment', order.out_trade_no, order.total_fee])
    const refund = await one.store.findRefund(`R${i}`)
    if (refund !== null) ours.push(['refund', refund.out_refund_no, -refund.refund_fee])
  }
  const count = kind => ours.filter(entry => entry[0] === kind).length
  t.diagnostic(`${count('payment')} payments, ${count('refund')} refunds, ${one.outcomes.filter(o => o !== 'done').length} faulty answers, ${one.gateway.notifications().length} attempts to notify`)
  assert.deepEqual(ours.sort(), truth)
  assert.ok(one.outcomes.filter(outcome => outcome !== 'done').length > 20, 'faults happened')
  const two = await run(t, 7)
  assert.deepEqual(brief(two.gateway.ledger()), truth)
})
