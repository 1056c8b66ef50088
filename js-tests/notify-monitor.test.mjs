// What the routes tell: alarms, counters, the audit (faults 100, 113 to 119, 208, 209), and the rules that
// a payment must pass beside its signature.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { paymentNotify } from 'wxpay-wasm/notify'
import { memoryStore } from 'wxpay-wasm/store'
import { Monitor } from 'wxpay-wasm/worker'
import { manualClock, settle } from './manual-clock.mjs'
import { describeStores } from './store-kinds.mjs'
import { APPID, KEY, MCHID, OTHER_KEY, digest, signed, xml } from './wire.mjs'

const MERCHANT = { appid: APPID, mchid: MCHID, partnerKey: KEY }
const ORDER = {
  out_trade_no: 'A1001', appid: APPID, mch_id: MCHID, trade_type: 'JSAPI', body: 'tea', total_fee: 101,
  openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
}
const PAID = {
  appid: APPID, mch_id: MCHID, bank_type: 'CFT', cash_fee: '101', fee_type: 'CNY', nonce_str: 'n', openid: ORDER.openid,
  out_trade_no: 'A1001', result_code: 'SUCCESS', return_code: 'SUCCESS', time_end: '20140903131540', total_fee: '101',
  trade_type: 'JSAPI', transaction_id: '1004400740201409030005092168',
}
/** 2014-09-03 13:15:40 in Beijing. */
const AT = Date.UTC(2014, 8, 3, 5, 15, 40)
const post = body => new Request('http://shop.example/notify', { method: 'POST', body })

async function shop(store = memoryStore(), options = {}) {
  await store.createOrder(ORDER)
  const alarms = []
  const time = manualClock(AT)
  const monitor = new Monitor({ store, onAlarm: alarm => alarms.push(alarm), clock: time.clock })
  const notify = paymentNotify({ ...MERCHANT, store, monitor, now: time.now, clock: time.clock, ...options })
  const send = async body => {
    const text = await (await notify(post(body))).text()
    await settle()
    return text.includes('[SUCCESS]')
  }
  const kinds = () => alarms.map(({ alarm }) => alarm)
  return { store, alarms, kinds, monitor, time, send }
}

describeStores((_, using) => {
  test('fault 209: one line for each message, refused or not', using({}, async store => {
    const { send } = await shop(store)
    const bodies = [signed(PAID), signed(PAID), xml(PAID), signed({ ...PAID, out_trade_no: 'B1' })]
    for (const body of bodies) await send(body)
    const lines = (await store.listNotifications({})).reverse()
    assert.deepEqual(
      lines.map(({ outcome, out_trade_no, received_at }) => [outcome, out_trade_no, received_at]),
      [['paid', 'A1001', AT], ['duplicate', 'A1001', AT], ['refused', null, AT], ['unknown_order', 'B1', AT]],
    )
    assert.deepEqual(lines.map(({ hash }) => hash), bodies.map(body => createHash('sha256').update(body).digest('hex')))
    assert.match(lines[2].reason, /^SIGN_MISSING: /)
    assert.deepEqual(lines.map(({ body }) => body), bodies)
    assert.ok(!JSON.stringify(lines).includes(KEY))
  }))

  test('fault 100: an unknown order is kept, alarmed, and can be paid later', using({}, async store => {
    const { send, kinds, alarms } = await shop(store)
    assert.equal(await send(signed({ ...PAID, out_trade_no: 'B1' })), false)
    assert.deepEqual([kinds(), alarms[0].out_trade_no, alarms[0].transaction_id], [['unknown_order'], 'B1', PAID.transaction_id])
    assert.equal(await store.findOrder('B1'), null)
    const [line] = await store.listNotifications({ outcome: 'unknown_order' })
    assert.equal(JSON.parse(line.facts).total_fee, 101)
    // Fault 118: the order was on its way.
    await store.createOrder({ ...ORDER, out_trade_no: 'B1' })
    assert.equal(await send(signed({ ...PAID, out_trade_no: 'B1' })), true)
  }))

  test('faults 102, 103 and 117: each has an alarm of its own', using({}, async store => {
    const { send, kinds, monitor } = await shop(store)
    await store.createOrder({ ...ORDER, out_trade_no: 'A1002' })
    await store.createOrder({ ...ORDER, out_trade_no: 'A1003' })
    await store.closeOrder('A1003')
    assert.equal(await send(signed(PAID)), true)
    assert.equal(await send(signed({ ...PAID, transaction_id: '42' })), false)
    assert.equal(await send(signed({ ...PAID, out_trade_no: 'A1002' })), false)
    assert.equal(await send(signed({ ...PAID, out_trade_no: 'A1003', transaction_id: '43' })), true)
    assert.equal(await send(signed({ ...PAID, total_fee: '1', cash_fee: '1' })), false)
    assert.deepEqual(kinds(), ['other_transaction', 'transaction_reused', 'paid_late', 'amount_mismatch'])
    const { counters } = await monitor.health()
    for (const outcome of ['paid', 'other_transaction', 'transaction_reused', 'paid_late', 'amount_mismatch']) {
      assert.equal(counters[`payments{source="notification",outcome="${outcome}"}`], 1, outcome)
    }
    assert.equal(counters['alarms{alarm="paid_late"}'], 1)
  }))
})

test('fault 114: replays are harmless and counted', async () => {
  const { send, monitor, store } = await shop()
  for (let times = 0; times < 6; times++) assert.equal(await send(signed(PAID)), true)
  const { counters } = await monitor.health()
  assert.equal(counters['payments{source="notification",outcome="duplicate"}'], 5)
  assert.equal((await store.listEvents('A1001')).length, 1)
})

test('fault 115: a time that cannot be is stored as it came, with an alarm', async () => {
  for (const [time_end, alarmed] of [
    ['20140903131540', false], ['20140903235959', false], ['20140901131540', true], ['20990101000000', true],
    ['20140931131540', true], ['99999999999999', true], ['soon', true],
  ]) {
    const { send, kinds, store } = await shop()
    assert.equal(await send(signed({ ...PAID, time_end })), true)
    assert.deepEqual(kinds(), alarmed ? ['time_end_odd'] : [], time_end)
    assert.equal((await store.findOrder('A1001')).time_end, time_end)
  }
})

test('fault 119: somebody else paid', async () => {
  const other = signed({ ...PAID, openid: 'oSomebodyElse' })
  const loud = await shop()
  assert.equal(await loud.send(other), true)
  assert.deepEqual(loud.kinds(), ['openid_differs'])
  assert.ok(!JSON.stringify(loud.alarms).includes('oSomebodyElse'), 'fault 206')
  const quiet = await shop(memoryStore(), { checkOpenid: false })
  assert.equal(await quiet.send(other), true)
  assert.deepEqual(quiet.kinds(), [])
})

describe('fault 113: a string to sign can be split in another way', () => {
  const answer = (change = {}) => ({ ...PAID, trade_state: 'SUCCESS', trade_state_desc: 'ok', ...change })
  // The same string to sign: attach=x, total_fee=1 and so on were one field of a payment that did cost 1 fen.
  const genuine = { ...PAID, attach: 'x', total_fee: '1', cash_fee: '1' }

  test('without a question to WeChat the amount of the order decides', async () => {
    const { send, kinds } = await shop()
    assert.equal(await send(signed(genuine)), false)
    assert.deepEqual(kinds(), ['amount_mismatch'])
  })

  test('WeChat says the same', async () => {
    const asked = []
    const confirm = async payment => (asked.push(payment.out_trade_no), answer())
    const { send } = await shop(memoryStore(), { confirm })
    assert.equal(await send(signed(PAID)), true)
    assert.deepEqual(asked, ['A1001'])
  })

  for (const [name, confirm, kinds] of [
    ['another amount', async () => answer({ total_fee: '1' }), ['unconfirmed', 'refused']],
    ['another transaction', async () => answer({ transaction_id: '7' }), ['unconfirmed', 'refused']],
    ['not paid', async () => answer({ trade_state: 'NOTPAY' }), ['refused']],
    ['no answer', () => Promise.reject(new Error('down')), ['refused']],
    ['no answer in time', () => new Promise(() => {}), ['refused']],
  ]) {
    test(`WeChat says: ${name}`, async () => {
      const given = await shop(memoryStore(), { confirm })
      const start = performance.now()
      assert.equal(await given.send(signed(PAID)), false)
      assert.ok(performance.now() - start < 4500)
      assert.deepEqual(given.kinds(), kinds)
      assert.equal((await given.store.findOrder('A1001')).state, 'NOTPAY')
    })
  }

  test('small amounts need no question', async () => {
    const { send } = await shop(memoryStore(), { confirm: ({ total_fee }) => (total_fee > 1000 ? assert.fail() : undefined) })
    assert.equal(await send(signed(PAID)), true)
  })
})

describe('fault 96: sub-merchants', () => {
  const sub = { ...PAID, sub_mch_id: '1900000110' }
  test('the configured one, and no other', async () => {
    const { send } = await shop(memoryStore(), { sub_mch_id: '1900000110' })
    for (const sub_mch_id of ['1900000111', MCHID, '', undefined]) assert.equal(await send(signed({ ...PAID, sub_mch_id })), false)
    assert.equal(await send(signed(sub)), true)
  })
  test('where none is configured, none; the merchant itself stands in old samples', async () => {
    const { send, alarms } = await shop()
    assert.equal(await send(signed(sub)), false)
    assert.deepEqual([alarms[0].error.code, alarms[0].error.field], ['NOTIFY_MERCHANT', 'sub_mch_id'])
    assert.equal(await send(signed({ ...PAID, sub_mch_id: MCHID })), true)
  })
})

describe('fault 7: keys with an end', () => {
  test('the old key is good until then', async () => {
    const until = AT + 1000
    const { send, time } = await shop(memoryStore(), { partnerKey: [OTHER_KEY, { key: KEY, until: new Date(until) }] })
    assert.equal(await send(signed(PAID)), true)
    await time.advance(1000)
    assert.equal(await send(signed(PAID)), false)
    assert.equal(await send(signed(PAID, { key: OTHER_KEY })), true)
  })
  test('when all have ended nothing is believed', async () => {
    const { send, alarms } = await shop(memoryStore(), { partnerKey: { key: KEY, until: AT } })
    assert.equal(await send(signed(PAID)), false)
    assert.equal(alarms[0].error.code, 'KEY_MISSING')
  })
  test('an end that is none', () => {
    const store = memoryStore()
    for (const until of ['tomorrow', NaN, undefined, new Date('x')]) {
      assert.throws(() => paymentNotify({ ...MERCHANT, store, partnerKey: [{ key: KEY, until }] }), { code: 'CONFIG_INVALID' })
    }
    assert.throws(() => paymentNotify({ ...MERCHANT, store, partnerKey: [{ key: 'short', until: AT }] }), { code: 'KEY_INVALID' })
  })
})

test('a notification of API v3 gets its name', async () => {
  const v3 = JSON.stringify({ id: 'x', event_type: 'TRANSACTION.SUCCESS', resource: { algorithm: 'AEAD_AES_256_GCM', ciphertext: 'ECHO' } })
  const { send, alarms } = await shop()
  assert.equal(await send(v3), false)
  assert.deepEqual([alarms[0].error.code, /API v3/.test(alarms[0].message)], ['NOTIFY_KIND', true])
  assert.ok(!JSON.stringify(alarms).includes('ECHO'))
})

test('fault 208: a flood is counted whole, told and written in part', async () => {
  const { send, alarms, monitor, store, time } = await shop()
  let replies = 0
  const flood = Array.from({ length: 500 }, (_, times) => send(xml({ ...PAID, nonce_str: times })).then(() => replies++))
  await settle(200)
  assert.equal(alarms.length, 10)
  assert.equal((await store.listNotifications({ limit: 1000 })).length, 60)
  const { counters } = await monitor.health()
  assert.deepEqual([counters['refusals{kind="payment",code="SIGN_MISSING"}'], counters['alarms{alarm="refused"}']], [500, 500])
  // The rest of it waits, and a genuine notification does not.
  assert.equal(replies, 60)
  assert.equal(await send(signed(PAID)), true)
  await time.advance(400)
  assert.equal(replies, 60)
  await time.advance(600)
  assert.ok(replies > 60 && replies < 500, `${replies} replies`)
  await time.advance(600)
  assert.equal(replies, 500)
  await Promise.all(flood)
  await time.advance(60_000)
  await send(xml(PAID))
  assert.equal(alarms.at(-1).suppressed, 490)
  assert.match((await store.listNotifications({ limit: 1 }))[0].reason, /and 440 more/)
  // What takes the key to make is never kept back.
  for (let times = 0; times < 100; times++) await send(signed({ ...PAID, appid: 'wx0123456789abcdef', nonce_str: times }))
  assert.equal(alarms.length, 111)
  assert.equal((await store.listNotifications({ limit: 1000 })).length, 162)
})

test('a refused message is kept in part, one that is signed whole', async () => {
  const { send, store } = await shop()
  await send('x'.repeat(60_000))
  await send(signed({ ...PAID, appid: 'wx0123456789abcdef', attach: 'y'.repeat(20_000) }))
  const [own, strange] = await store.listNotifications({ outcome: 'refused' })
  assert.equal(strange.body.length, 4096)
  assert.ok(own.body.length > 20_000)
})

test('an audit that fails changes no reply and is counted', async () => {
  const store = memoryStore()
  const { send, monitor } = await shop({ ...store, recordNotification: () => Promise.reject(new Error('full')) })
  assert.equal(await send(xml(PAID)), false)
  assert.equal((await monitor.health()).counters.audit_failures, 1)
})

describe('the monitor', () => {
  test('health and metrics', async () => {
    const { monitor: _, send, store } = await shop()
    await send(signed(PAID))
    const monitor = new Monitor({ store, certificateEnds: AT + 10.5 * 86_400_000, now: () => AT })
    monitor.log({ direction: 'request' })
    monitor.log({ direction: 'answer' })
    monitor.log({ direction: 'failure' })
    monitor.count('events', { kind: 'paid', result: 'finished' })
    const health = await monitor.health()
    assert.deepEqual([health.ok, health.certificate_days, health.gateway], [true, 10, { last_success: AT, failures: 1 }])
    assert.equal(health.store.counts.waiting_events, 1)
    const text = await monitor.metrics()
    for (const line of [
      'wxpay_store_up 1', 'wxpay_pending_orders 0', 'wxpay_waiting_events 1', 'wxpay_certificate_days 10',
      `wxpay_gateway_last_success_timestamp_seconds ${AT / 1000}`,
      'wxpay_events_total{kind="paid",result="finished"} 1', '# TYPE wxpay_events_total counter',
    ]) assert.ok(text.split('\n').includes(line), `${line} in ${text}`)
    for (const line of text.trimEnd().split('\n')) {
      assert.match(line, /^(# TYPE wxpay_[a-z_]+ (gauge|counter)|wxpay_[a-z_]+(\{[a-z]+="[\w-]+"(,[a-z]+="[\w-]+")*\})? -?[\d.]+)$/)
    }
  })

  test('fault 94: a store that is down is red, one that hangs too', async () => {
    const store = memoryStore()
    await store.close()
    assert.equal((await new Monitor({ store }).health()).ok, false)
    const health = await new Monitor({ store: { health: () => new Promise(() => {}) } }).health()
    assert.deepEqual([health.ok, health.store.error.code], [false, 'STORE_FAILED'])
    assert.match(await new Monitor({ store }).metrics(), /^wxpay_store_up 0$/m)
  })

  test('labels are bounded, whatever comes', async () => {
    const monitor = new Monitor()
    for (let times = 0; times < 1000; times++) monitor.count('x', { label: `v${times}` })
    monitor.count('y', { label: '"}\n evil' })
    const { counters } = await monitor.health()
    assert.ok(Object.keys(counters).length <= 301)
    assert.ok(!JSON.stringify(counters).includes('evil'))
  })

  test('without a listener an alarm is one line, with nothing that could break it', t => {
    const lines = []
    t.mock.method(console, 'warn', line => lines.push(line))
    new Monitor().alarm({ alarm: 'unknown_order', message: 'x', out_trade_no: 'A\n\x1b[31m\x9b\u2028' })
    assert.equal(lines.length, 1)
    assert.match(lines[0], /^[\x20-\x7e]+$/)
  })

  test('a listener that throws harms nothing', async () => {
    const monitor = new Monitor({ onAlarm: async () => { throw new Error('x') } })
    monitor.alarm({ alarm: 'unknown_order', message: 'x' })
    await settle()
  })
})

test('fault 205: neither key nor signature anywhere', async () => {
  const { inspect } = await import('node:util')
  const given = await shop()
  await given.send(xml({ ...PAID, sign: '0'.repeat(32) }))
  await given.send(signed(PAID))
  const seen = inspect([given.alarms, given.monitor, await given.monitor.health()], { depth: 9, showHidden: true }) + (await given.monitor.metrics())
  for (const secret of [KEY, digest(PAID)]) assert.ok(!seen.includes(secret))
})
