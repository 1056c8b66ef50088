// 200 orders at once under a seeded mix of every fault: the client and the store end with the same money
// truth as the gateway's ledger, and the same seed tells the same story of every order, whichever comes first.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { WxPay } from 'wxpay-wasm/client'
import { nodeNotify } from 'wxpay-wasm/node'
import { paymentNotify, queriedPayment, refundNotify } from 'wxpay-wasm/notify'
import { memoryStore } from 'wxpay-wasm/store'
import { createGateway } from 'wxpay-wasm/testing'
import { Monitor, reconcileOrders } from 'wxpay-wasm/worker'
import { seeded } from './field-sets.mjs'
import { until } from './manual-clock.mjs'
import { NOON, toFields } from './merchant.mjs'
import { listen } from './server.mjs'

const ORDERS = 200
const CALLS = ['unifiedOrder', 'orderQuery', 'refund']
const ANSWERS = ['error', 'silence', 'reset', 'html-502', 'truncated', 'oversized', 'gzip', 'slow', 'late', 'wrong-sign', 'no-sign']
const NOTIFICATIONS = ['never', 'late', 'twice', 'reordered', 'wrong-sign']
const FAULTS = [
  ...CALLS.flatMap(on => ANSWERS.flatMap(fault => [true, false].map(booked => ({ on, fault, rate: 0.012, booked })))),
  ...NOTIFICATIONS.map(fault => ({ on: 'notification', fault, rate: 0.06 })),
]
/** After these no answer comes that a client waits for. */
const NO_ANSWER = ['silence', 'slow', 'late']
/** How often the gateway tries to deliver one notification. */
const ATTEMPTS = 16

const number = i => `A${1000 + i}`
const refundNumber = i => `R${1000 + i}`
/** The order that a number is about. */
const orderOf = no => no.replace('R', 'A')

/** Each order has a client of its own, since the calls of one client share what they may repeat. */
function client(options, random, story) {
  let at = 0
  const clock = {
    now: () => at,
    sleep: async milliseconds => {
      story.push(['pause', milliseconds])
      at += milliseconds
    },
  }
  return new WxPay({ ...options, clock, random })
}

async function run(t, seed, sequence) {
  const gateway = await createGateway({
    ...{ seed, faults: FAULTS, now: () => NOON, timeScale: 1_000_000, settleAfter: 0, memory: 100_000 },
  })
  t.after(() => gateway.close())
  const { appid, mchid, key } = gateway
  const store = memoryStore()
  const monitor = new Monitor({ store, onAlarm: () => {} })
  const merchant = { appid, mchid, partnerKey: key }
  const routes = {
    '/pay': nodeNotify(paymentNotify({ ...merchant, store, monitor })),
    '/refund': nodeNotify(refundNotify({ ...merchant, store, monitor })),
  }
  const url = await listen(t, createServer((request, response) => routes[request.url](request, response)))
  const options = {
    ...{ ...merchant, baseUrl: gateway.url, production: false, timeout: 120_000 },
    ...{ notify_url: `${url}/pay`, refund_url: `${url}/refund` },
  }

  /** What each order went through: requests, faults, pauses and outcomes; and its notifications apart. */
  const stories = new Map(sequence.map(i => [number(i), []]))
  const letters = new Map()
  const waiting = new Map()
  gateway.subscribe(({ type, message, on, numbers, fault }) => {
    if (type === 'message' && message.direction === 'request') {
      stories.get(toFields(message.body).out_trade_no)?.push(['request', message.endpoint])
    } else if (type === 'fault' && on === 'notification') {
      letters.set(numbers[0], fault.fault)
    } else if (type === 'fault') {
      const no = numbers.find(no => stories.has(no))
      stories.get(no).push(['fault', fault.fault, fault.booked])
      // A client's patience would end here, sooner or later; how soon must not tell.
      if (NO_ANSWER.includes(fault.fault)) waiting.get(no).abort()
    }
  })

  /** Calls until there is an answer to rely on; what is unknown is repeated with the same numbers, as the table allows. */
  async function insist(pay, name, fields) {
    const story = stories.get(fields.out_trade_no)
    for (let tries = 1; ; tries++) {
      const patience = new AbortController()
      waiting.set(fields.out_trade_no, patience)
      try {
        const answer = await pay[name](fields, { signal: patience.signal })
        story.push(['done', name])
        return answer
      } catch (error) {
        story.push(['failed', name, error.code, error.err_code])
        if (tries === 12) throw error
      }
    }
  }

  async function trade(i) {
    const out_trade_no = number(i)
    const total_fee = 100 + i
    const draw = seeded(seed * ORDERS + i)
    const pay = client(options, () => draw(2 ** 30) / 2 ** 30, stories.get(out_trade_no))
    const request = { out_trade_no, body: 'tea', total_fee, trade_type: 'NATIVE', product_id: '1' }
    await store.createOrder({ ...request, appid, mch_id: mchid })
    await insist(pay, 'unifiedOrder', request)
    if (i % 4 === 3) return // nobody pays this one
    await gateway.pay(out_trade_no)
    if (i % 3 !== 0) return // what no notification brings, the reconciler finds
    const answer = await insist(pay, 'orderQuery', { out_trade_no })
    await store.recordPayment(queriedPayment(answer))
    const refund = { out_refund_no: refundNumber(i), out_trade_no, refund_fee: 50 }
    await store.createRefund(refund)
    await insist(pay, 'refund', { ...refund, total_fee })
  }

  /** The attempts to deliver what is about each movement of money. */
  function delivered() {
    const attempts = new Map(gateway.ledger().map(({ out_no }) => [out_no, []]))
    for (const { out_trade_no, attempt, status, accepted } of gateway.notifications()) {
      attempts.get(out_trade_no).push([attempt, status, accepted])
    }
    return [...attempts].map(([no, all]) => [no, letters.get(no), all]).sort()
  }
  const atRest = ([, fault, all]) =>
    all.filter(([attempt, , accepted]) => accepted || attempt === ATTEMPTS).length === (fault === 'twice' ? 2 : 1)
  const resting = (...besides) => until(
    () => delivered().every(letter => besides.includes(letter[1]) || atRest(letter)), 'the last notification', 60_000,
  )

  await Promise.all(sequence.map(trade))
  await resting('never', 'reordered')
  // The next notification brings those that were held back for it.
  gateway.setFaults([])
  const last = { out_trade_no: 'Z1', body: 'tea', total_fee: 1, trade_type: 'NATIVE', product_id: '1' }
  await store.createOrder({ ...last, appid, mch_id: mchid })
  const pay = new WxPay(options)
  await pay.unifiedOrder(last)
  await gateway.pay('Z1')
  await resting('never')
  const mail = delivered()
  const past = structuredClone(Object.fromEntries([...stories].sort()))

  // What the notifications did not bring, the questions do, once the network is well again.
  const reconciler = reconcileOrders(store, pay, { pace: [{ age: 1, every: 50 }], perSecond: 1000, poll: 20, monitor })
  await until(async () => {
    for (const { kind, out_no } of gateway.ledger()) {
      const found = kind === 'payment' ? (await store.findOrder(out_no)).transaction_id !== null : (await store.findRefund(out_no)).state === 'SUCCESS'
      if (!found) return false
    }
    return true
  }, 'the store knows all', 60_000)
  await reconciler.stop()
  const ledger = gateway.ledger().map(({ kind, no, out_no, amount }) => [kind, no, out_no, amount]).sort()
  return { store, stories: past, mail, ledger }
}

const forwards = Array.from({ length: ORDERS }, (_, i) => i)

test('the store and the ledger end with the same money', { timeout: 240_000 }, async t => {
  const { store, stories, mail, ledger } = await run(t, 7, forwards)
  const ours = []
  for (const no of [...forwards.map(number), 'Z1']) {
    const order = await store.findOrder(no)
    const events = (await store.listEvents(no)).filter(({ kind }) => kind.startsWith('paid'))
    assert.equal(events.length, order.transaction_id === null ? 0 : 1, no)
    if (order.transaction_id !== null) ours.push(['payment', order.transaction_id, no, order.total_fee])
    const refund = await store.findRefund(no.replace('A', 'R'))
    if (refund !== null) ours.push(['refund', refund.refund_id, refund.out_refund_no, -refund.refund_fee])
  }
  assert.deepEqual(ours.sort(), ledger)
  const count = kind => ours.filter(entry => entry[0] === kind).length
  const faults = Object.values(stories).flat().filter(([kind]) => kind === 'fault')
  t.diagnostic(`${count('payment')} payments, ${count('refund')} refunds, ${faults.length} faulty answers, ${mail.flatMap(([, , all]) => all).length} attempts to notify`)
  assert.deepEqual(new Set(faults.map(([, fault]) => fault)), new Set(ANSWERS))
  assert.deepEqual(new Set(mail.map(([, fault]) => fault)), new Set([undefined, ...NOTIFICATIONS]))

  await t.test('the same seed tells the same story, whoever comes first', async t => {
    const again = await run(t, 7, forwards.toReversed())
    assert.deepEqual(again.stories, stories)
    assert.deepEqual(again.mail, mail)
    assert.deepEqual(again.ledger, ledger)
  })

  await t.test('another seed tells another', async t => {
    const other = await run(t, 8, forwards)
    assert.notDeepEqual(other.stories, stories)
    assert.notDeepEqual(other.mail, mail)
    assert.notDeepEqual(other.ledger, ledger)
  })
})
