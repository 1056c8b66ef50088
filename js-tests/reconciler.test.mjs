// Notifications are a hint, the reconciler is the truth (law 9): what stays pending is asked about, by one
// process at a time, more and more seldom, and comes to its end.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { WxPayError } from 'wxpay-wasm'
import { memoryStore } from 'wxpay-wasm/store'
import { Monitor, reconcileOrders } from 'wxpay-wasm/worker'
import { manualClock, until } from './manual-clock.mjs'
import { describeStores } from './store-kinds.mjs'
import { APPID, MCHID } from './wire.mjs'

const order = (out_trade_no, more = {}) => ({ out_trade_no, appid: APPID, mch_id: MCHID, trade_type: 'NATIVE', body: 'tea', total_fee: 101, ...more })
const paid = (out_trade_no, more = {}) => ({
  trade_state: 'SUCCESS', out_trade_no, transaction_id: `42${out_trade_no}`, total_fee: '101', cash_fee: '101', time_end: '20231115061320', ...more,
})
const said = err_code => new WxPayError('RESULT_FAIL', err_code, { err_code })
const MINUTE = 60_000

/** A store and a reconciler on one clock; WeChat's answers by method. */
function shop(answers = {}, options = {}) {
  const time = manualClock()
  const store = memoryStore({ now: time.now })
  const asked = []
  const alarms = []
  const monitor = new Monitor({ onAlarm: alarm => alarms.push(alarm), clock: time.clock, now: time.now })
  const pay = Object.fromEntries(
    ['orderQuery', 'closeOrder', 'refundQuery'].map(name => [
      name,
      async (fields, { signal }) => {
        assert.ok(signal instanceof AbortSignal)
        asked.push([name, Object.values(fields)[0], time.now()])
        const answer = answers[name]?.(Object.values(fields)[0], signal)
        if (answer instanceof Error) throw answer
        if (answer === undefined) throw new WxPayError('TRANSPORT', 'down')
        return answer
      },
    ]),
  )
  const start = () => reconcileOrders(store, pay, { monitor, clock: time.clock, now: time.now, random: () => 1, ...options })
  const state = async number => (await store.findOrder(number)).state
  return { time, store, asked, alarms, monitor, pay, start, state }
}

test('a payment whose notification never came', async () => {
  const given = shop({ orderQuery: number => paid(number) })
  await given.store.createOrder(order('A1'))
  const reconciler = given.start()
  await given.time.advance(9000)
  assert.deepEqual(given.asked, [])
  await given.time.advance(10_000)
  const found = await given.store.findOrder('A1')
  assert.deepEqual([found.state, found.transaction_id, found.cash_fee, found.time_end], ['SUCCESS', '42A1', 101, '20231115061320'])
  assert.deepEqual((await given.store.listEvents('A1')).map(({ kind }) => kind), ['paid'])
  await given.time.advance(10 * MINUTE)
  assert.equal(given.asked.length, 1)
  await reconciler.stop()
})

describe('what WeChat says', () => {
  for (const [trade_state, state] of [
    ['CLOSED', 'CLOSED'], ['REVOKED', 'REVOKED'], ['PAYERROR', 'PAYERROR'], ['USERPAYING', 'USERPAYING'], ['NOTPAY', 'NOTPAY'], ['ACCEPT', 'NOTPAY'],
  ]) {
    test(`${trade_state}: the order is ${state}`, async () => {
      const given = shop({ orderQuery: () => ({ trade_state }) })
      await given.store.createOrder(order('A1'))
      const reconciler = given.start()
      await given.time.advance(20_000)
      assert.equal(await given.state('A1'), state)
      await reconciler.stop()
    })
  }

  test('REFUND: it was paid, and refunded since', async () => {
    const given = shop({ orderQuery: number => paid(number, { trade_state: 'REFUND' }) })
    await given.store.createOrder(order('A1'))
    const reconciler = given.start()
    await given.time.advance(20_000)
    assert.equal(await given.state('A1'), 'REFUND')
    assert.equal((await given.store.findOrder('A1')).transaction_id, '42A1')
    await reconciler.stop()
  })

  test('another amount: an alarm, and no payment', async () => {
    const given = shop({ orderQuery: number => paid(number, { total_fee: '1' }) })
    await given.store.createOrder(order('A1'))
    const reconciler = given.start()
    await given.time.advance(20_000)
    assert.deepEqual([await given.state('A1'), given.alarms[0].alarm], ['NOTPAY', 'amount_mismatch'])
    await reconciler.stop()
  })

  test('a message that is no payment, though it says SUCCESS', async () => {
    const given = shop({ orderQuery: number => paid(number, { transaction_id: '' }) })
    await given.store.createOrder(order('A1'))
    const reconciler = given.start()
    await given.time.advance(20_000)
    assert.equal(await given.state('A1'), 'NOTPAY')
    assert.equal((await given.monitor.health()).counters['queries{kind="order",result="FIELD_MISSING"}'], 1)
    await reconciler.stop()
  })
})

test('it asks more and more seldom', async () => {
  const given = shop({ orderQuery: () => ({ trade_state: 'NOTPAY' }) }, { closeAfter: null })
  await given.store.createOrder(order('A1'))
  const begin = given.time.now()
  const reconciler = given.start()
  await given.time.advance(26 * 60 * MINUTE)
  const ages = given.asked.map(([, , at]) => at - begin)
  const gaps = (from, to) => {
    const some = ages.filter(age => age >= from * MINUTE && age < to * MINUTE)
    return some.slice(1).map((age, index) => age - some[index])
  }
  for (const gap of gaps(0, 10)) assert.ok(gap >= 15_000 && gap <= 20_000, `${gap}`)
  for (const gap of gaps(12, 59)) assert.ok(gap >= MINUTE && gap <= MINUTE + 5000, `${gap}`)
  for (const gap of gaps(75, 23 * 60)) assert.ok(gap >= 10 * MINUTE && gap <= 10 * MINUTE + 5000, `${gap}`)
  assert.ok(ages.length < 260, `${ages.length} questions in 26 hours`)
  await reconciler.stop()
})

describe('orders that nobody pays', () => {
  const start = async (answers, more) => {
    const given = shop({ orderQuery: () => ({ trade_state: 'NOTPAY' }), ...answers }, { closeAfter: 10 * MINUTE })
    await given.store.createOrder(order('A1', more))
    const reconciler = given.start()
    await given.time.advance(12 * MINUTE)
    await reconciler.stop()
    return given
  }
  const closes = ({ asked }) => asked.filter(([name]) => name === 'closeOrder').length

  test('are closed there, then here', async () => {
    const given = await start({ closeOrder: () => ({}) })
    assert.deepEqual([await given.state('A1'), closes(given)], ['CLOSED', 1])
    const [, , at] = given.asked.at(-1)
    assert.ok(at - given.asked[0][2] >= 9 * MINUTE)
  })
  test('ORDERCLOSED is closed', async () => {
    assert.equal(await (await start({ closeOrder: () => said('ORDERCLOSED') })).state('A1'), 'CLOSED')
  })
  test('ORDERPAID means paid: it is asked for the payment', async () => {
    let closing = false
    const given = await start({
      orderQuery: number => (closing ? paid(number) : { trade_state: 'NOTPAY' }),
      closeOrder: () => ((closing = true), said('ORDERPAID')),
    })
    assert.deepEqual([await given.state('A1'), closes(given)], ['SUCCESS', 1])
  })
  test('an unknown outcome is no close', async () => {
    for (const error of [new WxPayError('OUTCOME_UNKNOWN', 'x'), said('SYSTEMERROR'), new Error('x')]) {
      const given = await start({ closeOrder: () => error })
      assert.equal(await given.state('A1'), 'NOTPAY')
      assert.ok(closes(given) >= 2, 'it tries again')
    }
  })
  test('an order WeChat does not know stays, until it would have been closed', async () => {
    const given = shop({ orderQuery: () => said('ORDERNOTEXIST') }, { closeAfter: 10 * MINUTE })
    await given.store.createOrder(order('A1'))
    const reconciler = given.start()
    await given.time.advance(9 * MINUTE)
    assert.equal(await given.state('A1'), 'NOTPAY')
    await given.time.advance(3 * MINUTE)
    assert.equal(await given.state('A1'), 'CLOSED')
    assert.equal(closes(given), 0)
    await reconciler.stop()
  })
  test('an order by the payer’s code is not closed', async () => {
    const given = await start({ closeOrder: () => ({}) }, { trade_type: 'MICROPAY' })
    assert.deepEqual([await given.state('A1'), closes(given)], ['NOTPAY', 0])
  })
  test('not earlier than WeChat allows', () => {
    const given = shop()
    assert.throws(() => reconcileOrders(given.store, given.pay, { closeAfter: 299_999 }), RangeError)
  })
})

describe('refunds', () => {
  async function refunding(answers) {
    const given = shop(answers)
    await given.store.createOrder(order('A1'))
    const { trade_state, ...rest } = paid('A1')
    await given.store.recordPayment({ ...rest, total_fee: 101, cash_fee: 101, fee_type: 'CNY', openid: null, bank_type: null })
    await given.store.createRefund({ out_refund_no: 'R1', out_trade_no: 'A1', refund_fee: 60 })
    return given
  }
  const answer = refund_status => ({
    out_trade_no: 'A1', transaction_id: '42A1', total_fee: '101', refund_count: '1', out_refund_no_0: 'R1', refund_id_0: '5',
    refund_fee_0: '60', refund_status_0: refund_status,
  })

  for (const [status, kinds, alarms] of [
    ['SUCCESS', ['paid', 'refunded'], []], ['CHANGE', ['paid', 'refund_changed'], ['refund_changed']],
    ['REFUNDCLOSE', ['paid', 'refund_closed'], []], ['PROCESSING', ['paid'], []],
  ]) {
    test(status, async () => {
      const given = await refunding({ refundQuery: () => answer(status) })
      const reconciler = given.start()
      await given.time.advance(20_000)
      assert.equal((await given.store.findRefund('R1')).state, status)
      assert.deepEqual((await given.store.listEvents('A1')).map(({ kind }) => kind), kinds)
      assert.deepEqual(given.alarms.map(({ alarm }) => alarm), alarms)
      await reconciler.stop()
    })
  }

  test('another amount is refused with an alarm', async () => {
    const given = await refunding({ refundQuery: () => ({ ...answer('SUCCESS'), refund_fee_0: '61' }) })
    const reconciler = given.start()
    await given.time.advance(20_000)
    assert.deepEqual([(await given.store.findRefund('R1')).state, given.alarms[0].alarm], ['PROCESSING', 'refund_mismatch'])
    await reconciler.stop()
  })

  test('one that WeChat does not know is no failed refund: a person decides', async () => {
    const given = await refunding({ refundQuery: () => said('REFUNDNOTEXIST') })
    const reconciler = given.start()
    await given.time.advance(9 * MINUTE)
    assert.deepEqual(given.alarms, [])
    await given.time.advance(3 * MINUTE)
    assert.deepEqual([given.alarms[0].alarm, given.alarms[0].out_refund_no], ['refund_missing', 'R1'])
    assert.equal((await given.store.findRefund('R1')).state, 'PROCESSING')
    await reconciler.stop()
  })
})

test('no more questions a second than allowed, and no more at a time', async () => {
  let now = 0
  let most = 0
  const given = shop({}, { perSecond: 5, concurrency: 3 })
  given.pay.orderQuery = async ({ out_trade_no }) => {
    given.asked.push(given.time.now())
    most = Math.max(most, ++now)
    await given.time.clock.sleep(1000)
    now--
    return paid(out_trade_no)
  }
  for (let number = 0; number < 120; number++) await given.store.createOrder(order(`A${number}`))
  const reconciler = given.start()
  await given.time.advance(2 * MINUTE)
  assert.deepEqual([given.asked.length, most], [120, 3])
  for (const [index, at] of given.asked.entries()) assert.ok(index < 5 || at - given.asked[index - 5] >= 999)
  await reconciler.stop()
})

test('while nobody answers it asks less and less often, then goes on', async () => {
  let down = true
  const given = shop({ orderQuery: number => (down ? undefined : paid(number)) })
  await given.store.createOrder(order('A1'))
  const reconciler = given.start()
  await given.time.advance(9 * MINUTE)
  assert.ok(given.asked.length < 25, `${given.asked.length}`)
  assert.ok((await given.monitor.health()).gateway.failures > 5)
  down = false
  await given.time.advance(2 * MINUTE)
  assert.equal(await given.state('A1'), 'SUCCESS')
  assert.deepEqual((await given.monitor.health()).gateway.failures, 0)
  await reconciler.stop()
})

test('a store that is down for a while', async () => {
  const given = shop({ orderQuery: number => paid(number) })
  const { listPending } = given.store
  given.store.listPending = () => Promise.reject(new Error('down'))
  await given.store.createOrder(order('A1'))
  const reconciler = given.start()
  await given.time.advance(5 * MINUTE)
  given.store.listPending = listPending
  await given.time.advance(2 * MINUTE)
  assert.equal(await given.state('A1'), 'SUCCESS')
  await reconciler.stop()
})

test('stop waits for the question under way and asks no other; a hanging one is cut off', async () => {
  let aborted = false
  const given = shop({}, { concurrency: 1 })
  given.pay.orderQuery = ({ out_trade_no }, { signal }) => {
    given.asked.push(out_trade_no)
    if (out_trade_no === 'A1') return given.time.clock.sleep(3000).then(() => paid('A1'))
    return new Promise((_, reject) => signal.addEventListener('abort', () => { aborted = true; reject(new WxPayError('ABORTED', 'x')) }))
  }
  await given.store.createOrder(order('A1'))
  await given.time.advance(1)
  await given.store.createOrder(order('A2'))
  const reconciler = given.start()
  await given.time.advance(11_000)
  const stopped = reconciler.stop()
  await given.time.advance(5000)
  assert.deepEqual([await stopped, given.asked, await given.state('A1')], [{ unfinished: 0 }, ['A1'], 'SUCCESS'])
  const second = given.start()
  await given.time.advance(20_000)
  const cut = second.stop(1000)
  await given.time.advance(1000)
  assert.deepEqual([await cut, aborted, await given.state('A2')], [{ unfinished: 1 }, true, 'NOTPAY'])
})

describeStores((_, using) => {
  test('several processes: each order is asked about by one', using({}, async store => {
    const numbers = Array.from({ length: 40 }, (_, index) => `A${index}`)
    for (const number of numbers) await store.createOrder(order(number))
    const asked = []
    const pay = { orderQuery: async ({ out_trade_no }) => (asked.push(out_trade_no), paid(out_trade_no)) }
    await new Promise(resolve => setTimeout(resolve, 5))
    const monitor = new Monitor({ onAlarm() {} })
    const options = { pace: [{ age: 1, every: 60_000 }], perSecond: 1000, poll: 10, monitor }
    const workers = [1, 2, 3].map(() => reconcileOrders(store, pay, options))
    await until(async () => (await store.health()).counts.pending_orders === 0, 'all orders paid')
    for (const worker of workers) await worker.stop()
    assert.deepEqual(asked.sort(), numbers.sort())
  }))
})
