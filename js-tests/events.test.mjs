// Events: at least once, each in its time, none in the way of another (faults 90, 91, 95; G39).
import assert from 'node:assert/strict'
import http from 'node:http'
import { describe, test } from 'node:test'
import Koa from 'koa'
import { koaNotify } from 'wxpay-wasm/koa'
import { paymentNotify } from 'wxpay-wasm/notify'
import { memoryStore } from 'wxpay-wasm/store'
import { handleEvents, Monitor, shutdown } from 'wxpay-wasm/worker'
import { manualClock, settle, until } from './manual-clock.mjs'
import { listen } from './server.mjs'
import { describeStores } from './store-kinds.mjs'
import { APPID, KEY, MCHID, signed } from './wire.mjs'

const order = out_trade_no => ({ out_trade_no, appid: APPID, mch_id: MCHID, trade_type: 'NATIVE', body: 'tea', total_fee: 101 })
const payment = out_trade_no => ({
  out_trade_no, transaction_id: `4200${out_trade_no}`, total_fee: 101, fee_type: 'CNY', cash_fee: 101, openid: null, bank_type: null,
  time_end: '20231115061320',
})

async function pays(store, ...numbers) {
  for (const number of numbers) {
    await store.createOrder(order(number))
    await store.recordPayment(payment(number))
  }
}

/** A store and a runner on a clock of their own. */
function runner(handlers, options = {}) {
  const time = manualClock()
  const store = memoryStore({ now: time.now })
  const alarms = []
  const monitor = new Monitor({ onAlarm: alarm => alarms.push(alarm), clock: time.clock })
  const start = () => handleEvents(store, handlers, { monitor, clock: time.clock, now: time.now, random: () => 1, ...options })
  return { time, store, alarms, monitor, start }
}

describeStores((_, using) => {
  test('each kind goes to its handler, once, with the order as it stands', using({}, async store => {
    const seen = []
    const note = name => (event, { order, signal }) => void seen.push([name, event.kind, event.out_trade_no, order.state, signal.aborted])
    await pays(store, 'A1')
    await store.createOrder(order('A2'))
    await store.closeOrder('A2')
    await store.recordPayment(payment('A2'))
    await store.createRefund({ out_refund_no: 'R1', out_trade_no: 'A1', refund_fee: 1 })
    const result = { out_refund_no: 'R1', out_trade_no: 'A1', transaction_id: '4200A1', refund_id: '5', total_fee: 101, refund_fee: 1,
      settlement_refund_fee: 1, refund_recv_accout: null, refund_request_source: null, success_time: null }
    await store.recordRefund({ ...result, refund_status: 'CHANGE' })
    await store.recordRefund({ ...result, refund_status: 'SUCCESS' })
    const handlers = Object.fromEntries(['onPaid', 'onRefunded', 'onClosed', 'onRefundClosed', 'onAlarm'].map(name => [name, note(name)]))
    const events = handleEvents(store, handlers, { poll: 10 })
    await until(async () => (await store.health()).counts.waiting_events === 0, 'all events finished')
    assert.deepEqual(await events.stop(), { unfinished: 0 })
    assert.deepEqual(seen.sort(), [
      ['onAlarm', 'paid_late', 'A2', 'SUCCESS', false],
      ['onAlarm', 'refund_changed', 'A1', 'REFUND', false],
      ['onClosed', 'closed', 'A2', 'SUCCESS', false],
      ['onPaid', 'paid', 'A1', 'REFUND', false],
      ['onRefunded', 'refunded', 'A1', 'REFUND', false],
    ])
  }))

  test('two processes share the events: each goes to one of them', using({}, async store => {
    const seen = []
    const handlers = { onPaid: async ({ id }) => void seen.push(id) }
    const numbers = Array.from({ length: 30 }, (_, index) => `A${index}`)
    await pays(store, ...numbers)
    const runners = [1, 2].map(worker => handleEvents(store, handlers, { poll: 10, worker: `w${worker}`, concurrency: 3 }))
    await until(async () => (await store.health()).counts.waiting_events === 0, 'all events finished')
    for (const events of runners) await events.stop()
    assert.deepEqual([seen.length, new Set(seen).size], [30, 30])
  }))
})

test('fault 91: what fails comes again with the same id, later and later, then is parked with an alarm', async () => {
  const tries = []
  const { time, store, alarms, monitor, start } = runner(
    { onPaid: ({ id, attempts }) => { tries.push([id, attempts, time.now()]); throw new Error('no stock') } },
    { maxAttempts: 5 },
  )
  await pays(store, 'A1')
  const events = start()
  await time.advance(60_000)
  assert.deepEqual(tries.map(([id, attempts]) => [id, attempts]), [[1, 1], [1, 2], [1, 3], [1, 4], [1, 5]])
  const gaps = tries.slice(1).map(([, , at], index) => at - tries[index][2])
  for (const [index, gap] of gaps.entries()) assert.ok(gap >= 1000 * 2 ** index && gap <= 1000 * 2 ** index + 1000, `${gaps}`)
  assert.deepEqual(alarms.map(({ alarm, id, out_trade_no }) => [alarm, id, out_trade_no]), [['event_parked', 1, 'A1']])
  const [parked] = await store.listParked()
  assert.equal(parked.last_error, 'Error: no stock')
  await store.retryEvent(parked)
  await time.advance(1000)
  assert.equal(tries.length, 6)
  const { counters } = await monitor.health()
  assert.deepEqual([counters['events{kind="paid",result="failed"}'], counters['events{kind="paid",result="parked"}']], [4, 2])
  await events.stop()
})

test('a pause is at most an hour, and spread', async () => {
  const at = []
  const { time, store, start } = runner({ onPaid: () => { at.push(time.now()); return Promise.reject(undefined) } }, { maxAttempts: 20, random: () => 0, poll: 60_000 })
  await pays(store, 'A1')
  const events = start()
  await time.advance(20 * 3_600_000)
  const gaps = at.slice(1).map((time, index) => time - at[index])
  assert.ok(Math.max(...gaps) <= 1_800_000 + 60_000 && gaps.length === 19, `${gaps}`)
  await events.stop()
})

test('fault 91: a handler that hangs is given up, told so, and holds nobody else', async () => {
  const seen = []
  let told
  const { time, store, start } = runner({
    onPaid: ({ out_trade_no, attempts }, { signal }) => {
      seen.push(out_trade_no)
      if (out_trade_no !== 'A1' || attempts > 1) return undefined
      signal.addEventListener('abort', () => (told = time.now()))
      return new Promise(() => {})
    },
  })
  await pays(store, 'A1', 'A2', 'A3')
  const begin = time.now()
  const events = start()
  await time.advance(1)
  assert.deepEqual(seen, ['A1', 'A2', 'A3'])
  await time.advance(29_000)
  assert.equal(told, undefined)
  await time.advance(5000)
  assert.equal(told - begin, 30_000)
  assert.deepEqual(seen, ['A1', 'A2', 'A3', 'A1'])
  assert.equal((await store.health()).counts.waiting_events, 0)
  await events.stop()
})

test('events of one order run one after the other, oldest first', async () => {
  const log = []
  const { time, store, start } = runner({
    onClosed: async ({ id }) => { log.push(`begin ${id}`); await time.clock.sleep(5000); log.push(`end ${id}`) },
    onAlarm: ({ id }) => void log.push(`begin ${id}`),
  })
  await store.createOrder(order('A1'))
  await store.closeOrder('A1')
  await store.recordPayment(payment('A1'))
  const events = start()
  await time.advance(6000)
  assert.deepEqual(log, ['begin 1', 'end 1', 'begin 2'])
  await events.stop()
})

test('no more at a time than allowed, and a free place is used at once', async () => {
  let now = 0
  let most = 0
  const { time, store, start } = runner(
    { onPaid: async () => { most = Math.max(most, ++now); await time.clock.sleep(100); now-- } },
    { concurrency: 3, poll: 100_000 },
  )
  await pays(store, ...Array.from({ length: 12 }, (_, index) => `A${index}`))
  const events = start()
  await time.advance(1000)
  assert.deepEqual([most, (await store.health()).counts.waiting_events], [3, 0])
  await events.stop()
})

test('a store that is down for a while: counted, and nothing lost', async () => {
  const seen = []
  const { time, store, monitor } = runner({})
  let down = true
  const broken = { ...store, takeEvents: (...given) => (down ? Promise.reject(new Error('down')) : store.takeEvents(...given)) }
  await pays(store, 'A1')
  const events = handleEvents(broken, { onPaid: ({ id }) => void seen.push(id) }, { monitor, clock: time.clock, now: time.now })
  await time.advance(10 * 60_000)
  down = false
  await time.advance(60_000)
  assert.deepEqual(seen, [1])
  const { counters } = await monitor.health()
  assert.ok(counters['event_failures{step="take"}'] < 30, 'it asks less and less often')
  await events.stop()
})

test('at least once: an event whose end could not be written comes again', async () => {
  const seen = []
  const { time, store, monitor } = runner({})
  let fails = 1
  const broken = { ...store, finishEvent: (...given) => (fails-- > 0 ? Promise.reject(new Error('down')) : store.finishEvent(...given)) }
  await pays(store, 'A1')
  const events = handleEvents(broken, { onPaid: ({ id }) => void seen.push(id) }, { monitor, clock: time.clock, now: time.now })
  await time.advance(120_000)
  assert.deepEqual(seen, [1, 1])
  await events.stop()
})

test('an event nobody handles is finished', async () => {
  const { time, store, start } = runner({})
  await pays(store, 'A1')
  const events = start()
  await time.advance(1)
  assert.equal((await store.health()).counts.waiting_events, 0)
  await events.stop()
})

test('stop waits for what runs, and takes nothing new', async () => {
  const done = []
  const { time, store, start } = runner({ onPaid: async ({ id }) => { await time.clock.sleep(3000); done.push(id) } })
  await pays(store, 'A1')
  const events = start()
  await time.advance(1)
  const stopped = events.stop()
  await pays(store, 'A2')
  await time.advance(5000)
  assert.deepEqual([await stopped, done], [{ unfinished: 0 }, [1]])
  await time.advance(60_000)
  assert.deepEqual([done, (await store.health()).counts.waiting_events], [[1], 1])
})

test('stop does not wait for ever: who hangs is told, and the event comes again', async () => {
  let aborted = false
  const { time, store, start } = runner({ onPaid: (_, { signal }) => new Promise(() => signal.addEventListener('abort', () => (aborted = true))) })
  await pays(store, 'A1')
  const events = start()
  await time.advance(1)
  const stopped = events.stop(2000)
  await time.advance(2000)
  assert.deepEqual([await stopped, aborted], [{ unfinished: 1 }, true])
  await time.advance(100_000)
  assert.equal((await store.takeEvents(1, 1000, 'next')).length, 1)
})

test('wrong settings stop the start', () => {
  const store = memoryStore()
  assert.throws(() => handleEvents(store, { paid() {} }), { name: 'TypeError', message: /onPaid/ })
  assert.throws(() => handleEvents(store, { onPaid: 'x' }), TypeError)
  for (const option of ['concurrency', 'timeout', 'poll', 'maxAttempts']) {
    assert.throws(() => handleEvents(store, {}, { [option]: 0 }), { name: 'RangeError', message: new RegExp(option) })
  }
})

describe('over HTTP', () => {
  async function shop(t, handlers) {
    const store = memoryStore()
    const app = new Koa()
    const monitor = new Monitor({ store, onAlarm() {} })
    app.use(koaNotify(paymentNotify({ appid: APPID, mchid: MCHID, partnerKey: KEY, store, monitor })))
    const server = http.createServer(app.callback())
    const url = await listen(t, server)
    const events = handleEvents(store, handlers, { poll: 10, monitor })
    const { time_end, ...rest } = payment('A1')
    const body = number => signed({
      appid: APPID, mch_id: MCHID, return_code: 'SUCCESS', result_code: 'SUCCESS', trade_type: 'NATIVE', nonce_str: 'n', ...rest, openid: 'oX',
      bank_type: 'CFT', time_end, out_trade_no: number, transaction_id: `42${number}`,
    })
    // A connection for each message, as the gateway makes them.
    const send = number =>
      new Promise((resolve, reject) => {
        const request = http.request(url, { method: 'POST', agent: false }, async response => {
          let text = ''
          for await (const chunk of response) text += chunk
          resolve(text.includes('[SUCCESS]'))
        })
        request.on('error', reject)
        request.end(body(number))
      })
    return { store, server, events, send }
  }

  test('fault 90: the reply does not wait for a handler', async t => {
    for (const onPaid of [() => new Promise(() => {}), () => { throw new Error('x') }]) {
      const { store, events, send } = await shop(t, { onPaid })
      for (let number = 0; number < 20; number++) {
        await store.createOrder(order(`A${number}`))
        const start = performance.now()
        assert.equal(await send(`A${number}`), true)
        assert.ok(performance.now() - start < 1000)
      }
      await events.stop(1)
    }
  })

  test('fault 95: shutdown under load: what was acknowledged is in the store, nobody is cut off', async t => {
    for (let round = 0; round < 3; round++) {
      const { store, server, events, send } = await shop(t, { onPaid: () => {} })
      const kept = []
      const recorded = new Set()
      const numbers = Array.from({ length: 60 }, (_, index) => `A${index}`)
      const watched = { close: async () => { for (const number of numbers) if ((await store.findOrder(number)).state === 'SUCCESS') recorded.add(number); await store.close() } }
      for (const number of numbers) await store.createOrder(order(number))
      let refused = 0
      const senders = numbers.map(async (number, index) => {
        await new Promise(resolve => setTimeout(resolve, index))
        try {
          if (await send(number)) kept.push(number)
        } catch (error) {
          // Nobody listens any more, or nobody had taken the connection.
          if (error.code !== 'ECONNREFUSED' && error.code !== 'ECONNRESET') throw error
          refused++
        }
      })
      await new Promise(resolve => setTimeout(resolve, 25))
      const start = performance.now()
      await shutdown({ server, workers: [events], store: watched })
      assert.ok(performance.now() - start < 8000)
      await Promise.all(senders)
      assert.ok(kept.length > 0)
      assert.deepEqual(kept.filter(number => !recorded.has(number)), [])
      assert.equal(kept.length + refused, 60)
    }
  })
})
