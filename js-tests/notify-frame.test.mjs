// What frames every notification: which refusals are told and how, what a flood may cost, what an error has
// with it, and how the body arrives.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { contractNotify, paymentNotify, refundNotify } from 'wxpay-wasm/notify'
import { memoryStore } from 'wxpay-wasm/store'
import { Monitor } from 'wxpay-wasm/worker'
import { manualClock, settle } from './manual-clock.mjs'
import { APPID, KEY, MCHID, signed, xml } from './wire.mjs'

const MERCHANT = { appid: APPID, mchid: MCHID, partnerKey: KEY }
const SUB = '1900000110'
const ORDER = {
  out_trade_no: 'A1', appid: APPID, mch_id: MCHID, trade_type: 'JSAPI', body: 'tea', total_fee: 101, openid: 'oBuyer',
}
const PAID = {
  appid: APPID, mch_id: MCHID, bank_type: 'CFT', cash_fee: '101', fee_type: 'CNY', nonce_str: 'n', openid: 'oBuyer',
  out_trade_no: 'A1', result_code: 'SUCCESS', return_code: 'SUCCESS', time_end: '20140903131540', total_fee: '101',
  trade_type: 'JSAPI', transaction_id: '1004400740201409030005092168',
}
/** 2014-09-03 13:15:40 in Beijing. */
const AT = Date.UTC(2014, 8, 3, 5, 15, 40)
const post = body => new Request('http://shop.example/notify', { method: 'POST', body })

/** A payment route; `send` tells whether the reply was SUCCESS. */
async function route(options = {}, order = {}) {
  const { store = memoryStore(), make = paymentNotify } = options
  await store.createOrder?.({ ...ORDER, ...order })
  const alarms = []
  const errors = []
  const time = manualClock(AT)
  const monitor = new Monitor({ onAlarm: alarm => alarms.push(alarm), clock: time.clock })
  const onOutcome = ({ error }) => error && errors.push(error)
  const notify = make({ ...MERCHANT, store, monitor, now: time.now, clock: time.clock, onOutcome, ...options })
  const reply = async request => {
    const response = await notify(request)
    await settle()
    return response
  }
  const send = async body => (await (await reply(post(body))).text()).includes('[SUCCESS]')
  return { store, alarms, errors, monitor, time, notify, reply, send, kinds: () => alarms.map(({ alarm }) => alarm) }
}

describe('fault 208: what a flood may cost', () => {
  const forged = number => xml({ ...PAID, nonce_str: number })

  test('a line comes back every six seconds, and never more than sixty', async () => {
    const { store, send, time } = await route()
    const flood = times => Promise.all([...Array.from({ length: times }, (_, number) => send(forged(number))), time.advance(1600)])
    const lines = async () => (await store.listNotifications({ limit: 1000 })).length
    await flood(70)
    assert.equal(await lines(), 60)
    // Nine seconds after the start one has come back; of the next, half its time stays earned.
    await time.advance(9000 - 1600)
    await flood(3)
    assert.equal(await lines(), 61)
    await time.advance(3000 - 1600)
    await flood(3)
    assert.equal(await lines(), 62)
    await time.advance(3_600_000)
    await flood(70)
    assert.equal(await lines(), 122)
  })

  test('without a store the reply waits all the same, and only when the lines are used up', async () => {
    const { notify, time } = await route({ store: {}, make: given => contractNotify({ ...given, record: async () => {} }) })
    let replies = 0
    const flood = Array.from({ length: 61 }, (_, number) => notify(post(forged(number))).then(() => replies++))
    await settle(100)
    assert.equal(replies, 60)
    await time.advance(1600)
    await Promise.all(flood)
  })

  test('of refunds everything is a stranger’s, since nothing is signed', async () => {
    const { store, time, alarms, notify } = await route({ make: refundNotify })
    const bodies = Array.from({ length: 70 }, (_, number) => xml({ return_code: 'SUCCESS', appid: 'wx0123456789abcdef', mch_id: MCHID, nonce_str: number, req_info: 'eA==' }))
    await Promise.all([...bodies.map(body => notify(post(body))), time.advance(1600)])
    await settle()
    assert.equal((await store.listNotifications({ limit: 1000 })).length, 60)
    assert.equal(alarms.length, 10)
  })

  test('the first line says nothing of others', async () => {
    const { store, send } = await route()
    await send(forged(1))
    assert.doesNotMatch((await store.listNotifications({}))[0].reason, /more/)
  })
})

describe('what a refusal tells', () => {
  test('a store that fails: alarms with the cause, of many some', async () => {
    const down = new Error('disk full')
    const { send, kinds, alarms } = await route({ store: { ...memoryStore(), recordPayment: () => Promise.reject(down) } })
    for (let times = 0; times < 20; times++) assert.equal(await send(signed(PAID)), false)
    assert.deepEqual(kinds(), Array(10).fill('store_failed'))
    assert.deepEqual([alarms[0].error.code, alarms[0].error.cause], ['STORE_FAILED', down])
    assert.match(alarms[0].message, /^payment: /)
  })

  test('a store that hangs says how long it was waited for', async () => {
    const { send, errors } = await route({ store: { ...memoryStore(), recordPayment: () => new Promise(() => {}) }, storeTimeout: 20 })
    assert.equal(await send(signed(PAID)), false)
    assert.deepEqual([errors[0].code, /20 ms/.test(errors[0].message)], ['STORE_FAILED', true])
  })

  test('another method is counted, without an alarm or a line', async () => {
    const { reply, alarms, store, monitor } = await route()
    assert.equal((await reply(new Request('http://shop.example/notify'))).status, 405)
    assert.deepEqual([alarms, await store.listNotifications({})], [[], []])
    assert.equal((await monitor.health()).counters['refusals{kind="payment",code="NOTIFY_METHOD"}'], 1)
  })

  test('a body that breaks off: the cause', async () => {
    const { reply, errors } = await route()
    const broken = new Error('gone')
    const body = new ReadableStream({ pull: controller => controller.error(broken) })
    await reply(new Request('http://shop.example/notify', { method: 'POST', body, duplex: 'half' }))
    assert.deepEqual([errors[0].code, errors[0].cause], ['NOTIFY_BODY', broken])
  })

  test('a body that somebody is reading, or has read', async () => {
    for (const take of [request => request.body.getReader(), request => request.text()]) {
      const { reply, errors } = await route()
      const request = post(signed(PAID))
      await take(request)
      await reply(request)
      assert.deepEqual([errors[0].code, /request\.clone\(\)/.test(errors[0].message)], ['NOTIFY_BODY', true])
    }
  })

  test('a message of API v3 after white space', async () => {
    const { send, errors } = await route()
    await send('\n  {"resource":{}}')
    assert.equal(errors[0].code, 'NOTIFY_KIND')
  })

  test('a body in pieces, an empty one among them', async () => {
    const { reply } = await route()
    const bytes = new TextEncoder().encode(signed(PAID))
    const body = new ReadableStream({
      start(controller) {
        for (const piece of [bytes.subarray(0, 50), new Uint8Array(), bytes.subarray(50)]) controller.enqueue(piece)
        controller.close()
      },
    })
    const response = await reply(new Request('http://shop.example/notify', { method: 'POST', body, duplex: 'half' }))
    assert.match(await response.text(), /SUCCESS/)
  })

  test('a large body of the merchant’s own key is kept whole, a stranger’s in part', async () => {
    const { store, send } = await route()
    await send(signed({ ...PAID, mch_id: '1900000111', attach: 'y'.repeat(9000) }))
    await send(xml({ ...PAID, attach: 'y'.repeat(9000) }))
    const [strange, own] = (await store.listNotifications({})).map(({ body }) => body.length)
    assert.deepEqual([strange, own > 9000], [4096, true])
  })
})

describe('the question to WeChat', () => {
  const answer = (change = {}) => ({ ...PAID, trade_state: 'SUCCESS', trade_state_desc: 'ok', ...change })
  const asked = async confirm => {
    const given = await route({ confirm })
    return [await given.send(signed(PAID)), given.errors[0]]
  }

  test('what may differ, and which field may not', async () => {
    for (const change of [{ cash_fee: '99' }, { openid: 'oOther' }, { bank_type: 'ICBC' }, { time_end: '20140903131541' }]) {
      assert.deepEqual(await asked(async () => answer(change)), [true, undefined], JSON.stringify(change))
    }
    const [taken, error] = await asked(async () => answer({ transaction_id: '7' }))
    assert.deepEqual([taken, error.code, error.field], [false, 'ANSWER_MISMATCH', 'transaction_id'])
  })

  test('its errors are told as they are, with their cause', async () => {
    const down = new Error('down')
    const [, failed] = await asked(() => Promise.reject(down))
    assert.deepEqual([failed.code, failed.cause], ['TRANSPORT', down])
    const [, late] = await asked(() => new Promise(() => {}))
    assert.equal(late.code, 'TIMEOUT')
  })
})

describe('who paid, and when', () => {
  test('of a duplicate nothing is told', async () => {
    const { send, kinds } = await route()
    assert.equal(await send(signed(PAID)), true)
    assert.equal(await send(signed({ ...PAID, openid: 'oOther', time_end: 'soon' })), true)
    assert.deepEqual(kinds(), [])
  })

  test('of a late payment all', async () => {
    const { store, send, kinds } = await route()
    await store.closeOrder('A1')
    assert.equal(await send(signed({ ...PAID, openid: 'oOther', time_end: 'soon' })), true)
    assert.deepEqual(kinds(), ['paid_late', 'openid_differs', 'time_end_odd'])
  })

  test('a day is not too much', async () => {
    for (const [ahead, kinds] of [[86_400_000, []], [86_400_001, ['time_end_odd']]]) {
      const given = await route({ now: () => AT + ahead })
      assert.equal(await given.send(signed(PAID)), true)
      assert.deepEqual(given.kinds(), kinds, `${ahead} ms`)
    }
  })

  test('a sub-merchant’s payer has an openid of another app, unless it is asked for', async () => {
    const other = signed({ ...PAID, sub_mch_id: SUB, openid: 'oOther' })
    for (const [options, kinds] of [[{}, []], [{ checkOpenid: true }, ['openid_differs']]]) {
      const given = await route({ sub_mch_id: SUB, ...options })
      assert.equal(await given.send(other), true)
      assert.deepEqual(given.kinds(), kinds)
    }
  })
})

describe('options that do not fit', () => {
  const store = memoryStore()
  const refused = (make, options, code, field) =>
    assert.throws(() => make({ ...MERCHANT, store, ...options }), error => (assert.deepEqual([error.code, error.field], [code, field]), true))

  test('a sub-merchant that is none', () => {
    assert.throws(() => paymentNotify({ ...MERCHANT, store, sub_mch_id: 'x y' }), { name: 'WxPayError' })
  })
  test('limits', () => {
    for (const name of ['maxBytes', 'bodyTimeout', 'storeTimeout']) {
      for (const value of [0, 1.5, -1, '10', 2 ** 31]) refused(paymentNotify, { [name]: value }, 'CONFIG_INVALID', name)
      paymentNotify({ ...MERCHANT, store, [name]: 1 })
    }
  })
  test('stores', () => {
    for (const make of [paymentNotify, refundNotify]) {
      for (const store of [undefined, null, {}]) refused(make, { store }, 'CONFIG_INVALID', 'store')
    }
  })
  test('keys', () => {
    refused(paymentNotify, { partnerKey: [{ key: KEY, until: 'tomorrow' }] }, 'CONFIG_INVALID', 'partnerKey')
    for (const partnerKey of [[null], null, []]) {
      assert.throws(() => paymentNotify({ ...MERCHANT, store, partnerKey }), error => ['KEY_MISSING', 'KEY_INVALID'].includes(error.code), String(partnerKey))
    }
  })
})
