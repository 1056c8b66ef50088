// The refund notification route (faults 187 to 197): no signature, so all of it must match the stored
// refund.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createCipheriv, createHash } from 'node:crypto'
import { paymentNotify, queriedRefund, refundNotify } from 'wxpay-wasm/notify'
import { Monitor } from 'wxpay-wasm/worker'
import { memoryStore } from 'wxpay-wasm/store'
import { describeStores } from './store-kinds.mjs'
import { settle } from './manual-clock.mjs'
import { APPID, KEY, MCHID, OTHER_KEY, xml } from './wire.mjs'

const MERCHANT = { appid: APPID, mchid: MCHID, partnerKey: KEY }
const ORDER = { out_trade_no: 'A1001', appid: APPID, mch_id: MCHID, trade_type: 'JSAPI', body: 'tea', total_fee: 101 }
const PAYMENT = {
  out_trade_no: 'A1001', transaction_id: '1004400740201409030005092168', total_fee: 101, fee_type: 'CNY',
  cash_fee: 101, openid: null, bank_type: 'CFT', time_end: '20140903131540',
}
const REFUND = { out_refund_no: 'R1', out_trade_no: 'A1001', refund_fee: 60 }
const SUCCESS = '<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>'
const FAIL = '<xml><return_code><![CDATA[FAIL]]></return_code><return_msg><![CDATA[REFUSED]]></return_msg></xml>'

const INNER = {
  out_refund_no: 'R1',
  out_trade_no: 'A1001',
  refund_account: 'REFUND_SOURCE_RECHARGE_FUNDS',
  refund_fee: '60',
  refund_id: '50000408942018111907145868882',
  refund_recv_accout: '支付用户零钱',
  refund_request_source: 'API',
  refund_status: 'SUCCESS',
  settlement_refund_fee: '60',
  settlement_total_fee: '101',
  success_time: '2018-11-19 16:24:13',
  total_fee: '101',
  transaction_id: PAYMENT.transaction_id,
}

/** The message as WeChat makes it, by node:crypto alone. */
function message(inner = {}, outer = {}, { key = KEY, text } = {}) {
  const plain = text ?? xml({ ...INNER, ...inner }).replaceAll('xml>', 'root>')
  const aes = createCipheriv('aes-256-ecb', createHash('md5').update(key).digest('hex'), null)
  const req_info = Buffer.concat([aes.update(plain), aes.final()]).toString('base64')
  return xml({ return_code: 'SUCCESS', appid: APPID, mch_id: MCHID, nonce_str: 'n', req_info, ...outer })
}

const post = body => new Request('http://shop.example/refund', { method: 'POST', body })

async function shop(store = memoryStore(), options = {}, { paid = true, asked = true } = {}) {
  await store.createOrder(ORDER)
  if (paid) await store.recordPayment(PAYMENT)
  if (paid && asked) await store.createRefund(REFUND)
  const alarms = []
  const outcomes = []
  const monitor = new Monitor({ store, onAlarm: alarm => alarms.push(alarm) })
  const notify = refundNotify({ ...MERCHANT, store, monitor, onOutcome: event => outcomes.push(event), ...options })
  const send = async body => {
    const response = await notify(post(body))
    await settle()
    assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'text/xml; charset=utf-8'])
    return response.text()
  }
  const kinds = () => alarms.map(({ alarm }) => alarm)
  return { store, monitor, alarms, kinds, outcomes, send }
}

describeStores((_, using) => {
  test('a refund, and the same again', using({}, async store => {
    const given = await shop(store)
    for (let times = 0; times < 3; times++) assert.equal(await given.send(message()), SUCCESS)
    assert.deepEqual(given.outcomes.map(({ outcome }) => outcome), ['refunded', 'duplicate', 'duplicate'])
    const refund = await store.findRefund('R1')
    assert.deepEqual(
      [refund.state, refund.refund_id, refund.settlement_refund_fee, refund.refund_recv_accout, refund.success_time],
      ['SUCCESS', INNER.refund_id, 60, '支付用户零钱', '2018-11-19 16:24:13'],
    )
    assert.equal((await store.findOrder('A1001')).state, 'REFUND')
    assert.deepEqual((await store.listEvents('A1001')).map(({ kind }) => kind), ['paid', 'refunded'])
    const audit = await store.listNotifications({ out_trade_no: 'A1001' })
    assert.deepEqual(audit.map(line => [line.kind, line.outcome]), [['refund', 'duplicate'], ['refund', 'duplicate'], ['refund', 'refunded']])
    assert.equal(audit[0].hash, createHash('sha256').update(message()).digest('hex'))
    assert.deepEqual(given.kinds(), [])
  }))

  test('faults 194 and 195: states of their own, and no step back', using({}, async store => {
    const given = await shop(store)
    assert.equal(await given.send(message({ refund_status: 'CHANGE', success_time: undefined })), SUCCESS)
    assert.equal((await store.findRefund('R1')).state, 'CHANGE')
    assert.deepEqual(given.kinds(), ['refund_changed'])
    assert.equal(await given.send(message()), SUCCESS)
    for (const refund_status of ['REFUNDCLOSE', 'CHANGE', 'PROCESSING']) {
      assert.equal(await given.send(message({ refund_status })), SUCCESS)
      assert.equal((await store.findRefund('R1')).state, 'SUCCESS')
    }
    assert.deepEqual((await store.listEvents('A1001')).map(({ kind }) => kind), ['paid', 'refund_changed', 'refunded'])
  }))

  test('fault 193: a refund from the merchant console is recorded with an alarm', using({}, async store => {
    const given = await shop(store, {}, { asked: false })
    assert.equal(await given.send(message({ refund_request_source: 'VENDOR_PLATFORM' })), SUCCESS)
    assert.equal((await store.findRefund('R1')).state, 'SUCCESS')
    assert.deepEqual(given.kinds(), ['unknown_refund'])
  }))
})

describe('fault 192: blocks of two genuine messages', () => {
  for (const [field, value] of Object.entries({
    refund_fee: '101', total_fee: '60', transaction_id: '42', out_trade_no: 'A1002', out_refund_no: 'R2',
  })) {
    test(`another ${field} is refused with an alarm`, async () => {
      const given = await shop()
      await given.store.createOrder({ ...ORDER, out_trade_no: 'A1002' })
      await given.store.recordPayment({ ...PAYMENT, out_trade_no: 'A1002', transaction_id: '43' })
      await given.store.createRefund({ ...REFUND, out_refund_no: 'R2', out_trade_no: 'A1002' })
      assert.equal(await given.send(message({ [field]: value })), FAIL)
      assert.deepEqual(given.kinds(), ['refund_mismatch'])
      assert.equal(given.alarms[0].out_refund_no, { ...INNER, [field]: value }.out_refund_no)
      for (const number of ['R1', 'R2']) assert.equal((await given.store.findRefund(number)).state, 'PROCESSING')
      assert.equal((await given.store.listNotifications({ outcome: 'refund_mismatch' })).length, 1)
    })
  }
})

test('fault 196: more than the order is worth', async () => {
  const given = await shop(memoryStore(), {}, { asked: false })
  assert.equal(await given.send(message({ refund_fee: '102' })), FAIL)
  assert.deepEqual([given.kinds(), await given.store.findRefund('R1')], [['refund_mismatch'], null])
})

test('an unknown order, and one whose payment is not known', async () => {
  const given = await shop(memoryStore(), {}, { paid: false })
  assert.equal(await given.send(message({ out_trade_no: 'B1' })), FAIL)
  assert.equal(await given.send(message()), FAIL)
  assert.deepEqual(given.kinds(), ['unknown_order', 'unpaid_order'])
  await given.store.recordPayment(PAYMENT)
  assert.equal(await given.send(message()), SUCCESS)
})

describe('what is no refund notification', () => {
  const flat = text => text.replaceAll('xml>', 'root>')
  for (const [name, body, code, field] of [
    ['fault 197: return_code FAIL', message({}, { return_code: 'FAIL' }), 'NOTIFY_KIND', 'return_code'],
    ['fault 197: no return_code', message({}, { return_code: undefined }), 'NOTIFY_KIND', 'return_code'],
    ['fault 96: another appid', message({}, { appid: 'wx0123456789abcdef' }), 'NOTIFY_MERCHANT', 'appid'],
    ['fault 96: another mch_id', message({}, { mch_id: '1900000110' }), 'NOTIFY_MERCHANT', 'mch_id'],
    ['fault 96: a sub-merchant', message({}, { sub_mch_id: '1900000110' }), 'NOTIFY_MERCHANT', 'sub_mch_id'],
    ['no req_info', message({}, { req_info: '' }), 'FIELD_MISSING', 'req_info'],
    ['fault 188: no base64', message({}, { req_info: '!!!' }), 'REFUND_UNDECIPHERABLE', 'req_info'],
    ['fault 189: another key', message({}, {}, { key: OTHER_KEY }), 'REFUND_UNDECIPHERABLE', 'req_info'],
    ['fault 191: a DOCTYPE inside', message({}, {}, { text: `<!DOCTYPE root>${flat(xml(INNER))}` }), 'REFUND_UNDECIPHERABLE'],
    ['fault 191: a field twice', message({}, {}, { text: flat(xml(INNER)).replace('</root>', '<refund_fee>1</refund_fee></root>') }), 'REFUND_UNDECIPHERABLE'],
    ['fault 194: a state nobody knows', message({ refund_status: 'success' }), 'FIELD_VALUE', 'refund_status'],
    ['no refund_id', message({ refund_id: '' }), 'FIELD_MISSING', 'refund_id'],
    ['an amount in yuan', message({ refund_fee: '0.60' }), 'FIELD_VALUE', 'refund_fee'],
    ['a payment', xml({ return_code: 'SUCCESS', appid: APPID, mch_id: MCHID, out_trade_no: 'A1001' }), 'FIELD_MISSING', 'req_info'],
  ]) {
    test(name, async () => {
      const given = await shop()
      assert.equal(await given.send(body), FAIL)
      const [{ error }] = given.outcomes
      assert.equal(error.code, code)
      if (field !== undefined) assert.equal(error.field, field)
      assert.equal((await given.store.findRefund('R1')).state, 'PROCESSING')
      assert.deepEqual(given.kinds(), ['refused'])
      assert.equal((await given.store.listNotifications({ outcome: 'refused' })).length, 1)
    })
  }
})

test('fault 190: bad padding is answered like everything else', async () => {
  const given = await shop()
  const whole = /<req_info><!\[CDATA\[(.*)\]\]>/.exec(message())[1]
  const sealed = Buffer.from(whole, 'base64')
  sealed[sealed.length - 17] ^= 1
  assert.equal(await given.send(message({}, { req_info: sealed.toString('base64') })), FAIL)
  assert.equal(await given.send(message({}, { req_info: sealed.subarray(0, -16).toString('base64') })), FAIL)
  assert.deepEqual(new Set(given.outcomes.map(({ error }) => error.message)).size, 1)
})

test('fault 7: the old key, until its time is over', async () => {
  let at = 1000
  const given = await shop(memoryStore(), { partnerKey: [OTHER_KEY, { key: KEY, until: 2000 }], now: () => at })
  assert.equal(await given.send(message()), SUCCESS)
  assert.equal(await given.send(message({}, {}, { key: OTHER_KEY })), SUCCESS)
  at = 2000
  assert.equal(await given.send(message()), FAIL)
})

describe('confirm: WeChat is asked', () => {
  const { success_time, refund_request_source, ...rest } = INNER
  const answer = (change = {}) => ({
    return_code: 'SUCCESS', result_code: 'SUCCESS', appid: APPID, mch_id: MCHID, refund_count: '2',
    transaction_id: rest.transaction_id, out_trade_no: rest.out_trade_no, total_fee: rest.total_fee, refund_fee: '101',
    out_refund_no_0: 'R0', refund_id_0: '5', refund_fee_0: '41', refund_status_0: 'PROCESSING',
    out_refund_no_1: 'R1', refund_id_1: rest.refund_id, refund_fee_1: rest.refund_fee, refund_status_1: 'SUCCESS',
    settlement_refund_fee_1: '60', refund_recv_accout_1: '零钱', refund_success_time_1: success_time, ...change,
  })

  test('the same: recorded', async () => {
    const given = await shop(memoryStore(), { confirm: async ({ out_refund_no }) => (assert.equal(out_refund_no, 'R1'), answer()) })
    assert.equal(await given.send(message()), SUCCESS)
  })
  for (const [name, confirm, kinds] of [
    ['another amount', async () => answer({ refund_fee_1: '61' }), ['unconfirmed', 'refused']],
    ['not yet done', async () => answer({ refund_status_1: 'PROCESSING' }), ['unconfirmed', 'refused']],
    ['no such refund', async () => answer({ out_refund_no_1: 'R9' }), ['refused']],
    ['no answer', async () => { throw new Error('x') }, ['refused']],
  ]) {
    test(`${name}: refused`, async () => {
      const given = await shop(memoryStore(), { confirm })
      assert.equal(await given.send(message()), FAIL)
      assert.deepEqual(given.kinds(), kinds)
      assert.equal((await given.store.findRefund('R1')).state, 'PROCESSING')
    })
  }

  test('queriedRefund picks the refund by its number', () => {
    assert.deepEqual(queriedRefund(answer(), 'R1'), {
      out_refund_no: 'R1', out_trade_no: 'A1001', transaction_id: INNER.transaction_id, refund_id: INNER.refund_id,
      total_fee: 101, refund_fee: 60, refund_status: 'SUCCESS', settlement_refund_fee: 60, refund_recv_accout: '零钱',
      refund_request_source: null, success_time: '2018-11-19 16:24:13',
    })
    assert.equal(queriedRefund(answer(), 'R0').refund_fee, 41)
    assert.throws(() => queriedRefund(answer(), 'R'), { code: 'ANSWER_MISMATCH', field: 'out_refund_no' })
    assert.throws(() => queriedRefund(answer({ refund_fee_1: undefined }), 'R1'), { code: 'FIELD_MISSING', field: 'refund_fee' })
  })
})

test('fault 94: a store that fails or hangs', async () => {
  for (const recordRefund of [() => Promise.reject(new Error('x')), () => new Promise(() => {}), () => undefined]) {
    const { store } = await shop()
    const notify = refundNotify({ ...MERCHANT, store: { ...store, recordRefund }, storeTimeout: 50, monitor: new Monitor({ onAlarm() {} }) })
    assert.equal(await (await notify(post(message()))).text(), FAIL)
  }
})

test('a refund is no payment, and the other way round', async () => {
  const { store } = await shop()
  const monitor = new Monitor({ onAlarm() {} })
  const payments = paymentNotify({ ...MERCHANT, store, monitor })
  assert.equal(await (await payments(post(message()))).text(), FAIL)
})
