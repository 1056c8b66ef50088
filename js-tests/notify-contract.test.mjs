// Contracts (委托代扣) and the callback of NATIVE mode 1, over hand-made requests and over HTTP.
import assert from 'node:assert/strict'
import http from 'node:http'
import { describe, test } from 'node:test'
import Koa from 'koa'
import { verify } from 'wxpay-wasm'
import { koaNotify } from 'wxpay-wasm/koa'
import { contractNotify, nativeNotify } from 'wxpay-wasm/notify'
import { memoryStore } from 'wxpay-wasm/store'
import { Monitor } from 'wxpay-wasm/worker'
import { manualClock, settle } from './manual-clock.mjs'
import { listen } from './server.mjs'
import { APPID, KEY, MCHID, OTHER_KEY, read, signed, xml } from './wire.mjs'

const MERCHANT = { appid: APPID, mchid: MCHID, partnerKey: KEY }
const SUCCESS = '<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>'
const FAIL = '<xml><return_code><![CDATA[FAIL]]></return_code><return_msg><![CDATA[REFUSED]]></return_msg></xml>'
const post = body => new Request('http://shop.example/x', { method: 'POST', body })
const quiet = () => new Monitor({ onAlarm() {} })

const SIGNED = {
  return_code: 'SUCCESS', result_code: 'SUCCESS', mch_id: MCHID, contract_code: 'C1', plan_id: '123', openid: 'oX',
  change_type: 'ADD', operate_time: '2015-07-01 10:00:00', contract_id: 'Wx15463511252015071056489715',
  contract_expired_time: '2016-07-01 10:00:00', request_serial: '1695',
}

describe('contracts', () => {
  function route(options = {}) {
    const seen = []
    const notify = contractNotify({ ...MERCHANT, monitor: quiet(), record: async (...given) => void seen.push(given), ...options })
    return { seen, send: async body => (await notify(post(body))).text() }
  }

  test('signed and ended', async () => {
    const monitor = quiet()
    const { seen, send } = route({ monitor })
    const { contract_expired_time, ...rest } = SIGNED
    assert.equal(await send(signed(SIGNED)), SUCCESS)
    assert.equal(await send(signed({ ...rest, appid: APPID, change_type: 'DELETE', contract_termination_mode: '2' })), SUCCESS)
    const [[first, receipt], [second]] = seen
    assert.deepEqual(
      [first.change_type, first.contract_id, first.contract_expired_time, first.openid, first.request_serial],
      ['ADD', SIGNED.contract_id, contract_expired_time, 'oX', '1695'],
    )
    assert.deepEqual([second.change_type, second.contract_termination_mode], ['DELETE', '2'])
    assert.match(receipt.hash, /^[0-9a-f]{64}$/)
    const { counters } = await monitor.health()
    assert.deepEqual([counters['contracts{change="ADD"}'], counters['contracts{change="DELETE"}']], [1, 1])
  })

  for (const [name, change, code] of [
    ['another merchant', { mch_id: '1900000110' }, 'NOTIFY_MERCHANT'],
    ['another app', { appid: 'wx0123456789abcdef' }, 'NOTIFY_MERCHANT'],
    ['result_code FAIL', { result_code: 'FAIL' }, 'NOTIFY_KIND'],
    ['change_type UPDATE', { change_type: 'UPDATE' }, 'NOTIFY_KIND'],
    ['no change_type: the answer of a query', { change_type: undefined }, 'NOTIFY_KIND'],
    ['no contract_id', { contract_id: '' }, 'FIELD_MISSING'],
    ['no openid', { openid: undefined }, 'FIELD_MISSING'],
  ]) {
    test(`refused: ${name}`, async () => {
      const alarms = []
      const { seen, send } = route({ monitor: new Monitor({ onAlarm: alarm => alarms.push(alarm) }) })
      assert.equal(await send(signed({ ...SIGNED, ...change })), FAIL)
      assert.deepEqual([seen, alarms[0].error.code], [[], code])
    })
  }

  test('unsigned, or signed with another key', async () => {
    const { seen, send } = route()
    assert.equal(await send(xml(SIGNED)), FAIL)
    assert.equal(await send(signed(SIGNED, { key: OTHER_KEY })), FAIL)
    assert.deepEqual(seen, [])
  })

  test('law 6: SUCCESS waits for record; one that throws or hangs gets FAIL', async () => {
    const faults = [() => { throw new Error('x') }, async () => { throw new Error('x') }, () => new Promise(() => {})]
    for (const record of faults) assert.equal(await route({ record, storeTimeout: 50 }).send(signed(SIGNED)), FAIL)
    assert.throws(() => contractNotify(MERCHANT), { code: 'CONFIG_INVALID', field: 'record' })
  })

  test('what is refused stands in the audit', async () => {
    const store = memoryStore()
    await route({ store }).send(xml(SIGNED))
    await settle()
    assert.deepEqual((await store.listNotifications({})).map(({ kind, outcome }) => [kind, outcome]), [['contract', 'refused']])
  })
})

const SCAN = { appid: APPID, openid: 'oX', mch_id: MCHID, is_subscribe: 'N', nonce_str: 'n1', product_id: 'tea-1' }

describe('NATIVE mode 1', () => {
  async function route(t, order, options = {}) {
    const calls = []
    const place = callback => (calls.push(callback), order(callback))
    const app = new Koa()
    app.use(koaNotify(nativeNotify({ ...MERCHANT, monitor: quiet(), order: place, ...options })))
    const url = await listen(t, http.createServer(app.callback()))
    const send = async body => {
      const response = await fetch(url, { method: 'POST', body })
      assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'text/xml; charset=utf-8'])
      return response.text()
    }
    return { calls, send }
  }

  test('an order, signed', async t => {
    const { calls, send } = await route(t, async () => ({ prepay_id: 'wx201508' }))
    const reply = read(await send(signed(SCAN)))
    assert.ok(verify(reply, KEY))
    assert.deepEqual(
      [reply.return_code, reply.result_code, reply.prepay_id, reply.appid, reply.mch_id, reply.nonce_str.length],
      ['SUCCESS', 'SUCCESS', 'wx201508', APPID, MCHID, 32],
    )
    assert.deepEqual({ ...calls[0] }, { product_id: 'tea-1', openid: 'oX', is_subscribe: 'N', nonce_str: 'n1' })
  })

  test('the same callback again, and at once, is one order; another one is another', async t => {
    let number = 0
    const { calls, send } = await route(t, async () => {
      await new Promise(resolve => setTimeout(resolve, 30))
      return { prepay_id: `wx${++number}` }
    })
    const replies = await Promise.all(Array.from({ length: 5 }, () => send(signed(SCAN))))
    for (const text of [...replies, await send(signed(SCAN))]) assert.equal(read(text).prepay_id, 'wx1')
    assert.equal(read(await send(signed({ ...SCAN, nonce_str: 'n2' }))).prepay_id, 'wx2')
    assert.equal(calls.length, 2)
  })

  test('no order: signed, constant, and the next delivery tries again', async t => {
    let works = false
    const { calls, send } = await route(t, async () => {
      if (!works) throw new Error('ECHO secret reason')
      return { prepay_id: 'wx1' }
    })
    const reply = read(await send(signed(SCAN)))
    assert.ok(verify(reply, KEY))
    assert.deepEqual([reply.result_code, reply.err_code_des, reply.prepay_id], ['FAIL', '下单失败，请稍后再试', undefined])
    works = true
    assert.equal(read(await send(signed(SCAN))).prepay_id, 'wx1')
    assert.equal(calls.length, 2)
  })

  test('an order that takes too long, or is none', async t => {
    for (const order of [() => new Promise(() => {}), async () => ({}), async () => undefined, () => { throw new Error('x') }]) {
      const { send } = await route(t, order, { orderTimeout: 60, sorry: '已售完' })
      assert.equal(read(await send(signed(SCAN))).err_code_des, '已售完')
    }
    for (const orderTimeout of [5000, 4501, 0, -1, 1.5, '60', NaN]) {
      assert.throws(() => nativeNotify({ ...MERCHANT, order() {}, orderTimeout }), { code: 'CONFIG_INVALID', field: 'orderTimeout' })
    }
    for (const orderTimeout of [1, 4500]) assert.ok(nativeNotify({ ...MERCHANT, order() {}, orderTimeout }))
    assert.throws(() => nativeNotify({ ...MERCHANT, order: {} }), { code: 'CONFIG_INVALID', field: 'order' })
  })

  test('strangers get no signature, and no order', async t => {
    const { calls, send } = await route(t, async () => ({ prepay_id: 'wx1' }))
    const bad = [
      xml(SCAN), signed(SCAN, { key: OTHER_KEY }), signed({ ...SCAN, mch_id: '1900000110' }), signed({ ...SCAN, appid: 'wx0123456789abcdef' }),
      signed({ ...SCAN, return_code: 'SUCCESS' }), signed({ ...SCAN, out_trade_no: 'A1' }), signed({ ...SCAN, time_stamp: '1' }),
      signed({ ...SCAN, product_id: '' }), '{}',
    ]
    for (const body of bad) assert.equal(await send(body), FAIL)
    assert.deepEqual(calls, [])
  })

  test('what is remembered is bounded, by time too', async () => {
    const time = manualClock()
    let orders = 0
    const notify = nativeNotify({ ...MERCHANT, monitor: quiet(), now: time.now, order: async () => ({ prepay_id: `wx${++orders}` }) })
    const send = async nonce_str => read(await (await notify(post(signed({ ...SCAN, nonce_str })))).text()).prepay_id
    assert.deepEqual([await send('a'), await send('a')], ['wx1', 'wx1'])
    await time.advance(300_000)
    assert.equal(await send('a'), 'wx2')
  })

  test('a thousand callbacks are remembered, and the oldest goes first', async () => {
    let orders = 0
    const notify = nativeNotify({ ...MERCHANT, monitor: quiet(), order: async () => ({ prepay_id: `wx${++orders}` }) })
    const send = async nonce_str => read(await (await notify(post(signed({ ...SCAN, nonce_str })))).text()).prepay_id
    for (let number = 1; number <= 1000; number++) assert.equal(await send(`n${number}`), `wx${number}`)
    assert.equal(await send('n1'), 'wx1', 'there are a thousand')
    assert.equal(await send('n1001'), 'wx1001')
    assert.equal(await send('n2'), 'wx2')
    assert.equal(await send('n1'), 'wx1002', 'it was forgotten')
  })

  test('an order that fails late does not make the next one forgotten', async () => {
    const time = manualClock()
    const placed = []
    const order = () => new Promise((resolve, reject) => placed.push({ resolve, reject }))
    const notify = nativeNotify({ ...MERCHANT, monitor: quiet(), now: time.now, order })
    const send = () => notify(post(signed(SCAN)))
    const first = send()
    await time.advance(300_000)
    const second = send()
    await time.advance(0)
    placed[0].reject(new Error('late'))
    placed[1].resolve({ prepay_id: 'wx2' })
    await Promise.all([first, second])
    assert.equal(read(await (await send()).text()).prepay_id, 'wx2')
    assert.equal(placed.length, 2)
  })

  test('what is counted, and what alarms', async () => {
    const alarms = []
    const monitor = new Monitor({ onAlarm: alarm => alarms.push(alarm) })
    let order = async () => ({ prepay_id: 'wx1' })
    const notify = nativeNotify({ ...MERCHANT, monitor, orderTimeout: 30, order: () => order() })
    await notify(post(signed(SCAN)))
    order = () => new Promise(() => {})
    await notify(post(signed({ ...SCAN, nonce_str: 'other' })))
    const { counters } = await monitor.health()
    assert.deepEqual([counters['native{outcome="ordered"}'], counters['native{outcome="failed"}']], [1, 1])
    assert.deepEqual(alarms.map(({ alarm }) => alarm), ['refused'])
    assert.match(alarms[0].message, /^native: no order/)
    assert.deepEqual([alarms[0].error.code, /30 ms/.test(alarms[0].error.message)], ['TIMEOUT', true])
  })
})
