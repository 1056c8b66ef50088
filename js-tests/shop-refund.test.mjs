// Refunds at the counter of the shop: who may, how much, and never twice.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refundNotification } from 'wxpay-wasm/testing'
import { openShop, TOKEN, until, visitor } from './storefront.mjs'

/** A shop with one paid order of 68.00, its buyer, and the shopkeeper. */
async function open(t, options) {
  const world = await openShop(t, options)
  const { gateway, shop } = world
  const browser = visitor(shop.url)
  const counter = visitor(shop.url, TOKEN)
  const { out_trade_no } = await browser.buy()
  await gateway.pay(out_trade_no)
  return {
    ...world,
    counter,
    out_trade_no,
    row: async () => (await counter.get(`/admin/orders?out_trade_no=${out_trade_no}`)).json[0],
    status: async () => (await browser.get(`/order/${out_trade_no}`)).json.status,
    refund: (nth, refund_fee, more) =>
      counter.post('/admin/refund', { out_trade_no, out_refund_no: `${out_trade_no}-${nth}`, refund_fee, ...more }),
  }
}

test('a refund in two parts, each told by a notification', async (t) => {
  const { gateway, shop, out_trade_no, row, status, refund } = await open(t)
  const before = await row()
  assert.deepEqual([before.left, before.next_refund_no], [6800, `${out_trade_no}-1`])

  const first = await refund(1, 2000, { refund_desc: '少寄一包' })
  assert.equal(first.status, 200, first.text)
  assert.deepEqual(first.json, { out_refund_no: `${out_trade_no}-1`, refund_fee: 2000, state: 'PROCESSING', known: true })
  assert.equal(gateway.refunds()[0].refund_desc, '少寄一包')
  assert.equal(await status(), 'refunding')
  const { notification } = await gateway.settleRefund(`${out_trade_no}-1`)
  assert.equal(notification.accepted, true, notification.reply)
  assert.equal(await status(), 'partly_refunded')

  const between = await row()
  assert.deepEqual([between.left, between.next_refund_no, between.unconfirmed], [4800, `${out_trade_no}-2`, []])
  await refund(2, 4800)
  await gateway.settleRefund(`${out_trade_no}-2`)
  assert.equal(await status(), 'refunded')
  const after = await row()
  assert.deepEqual([after.left, after.over], [0, true])
  assert.deepEqual(after.refunds.map(({ refund_fee, state }) => [refund_fee, state]), [[2000, 'SUCCESS'], [4800, 'SUCCESS']])
  assert.deepEqual((await shop.store.listEvents(out_trade_no)).map(({ kind }) => kind), ['paid', 'refunded', 'refunded'])
})

test('a double click, and two colleagues at once, pay back once', async (t) => {
  const { gateway, refund } = await open(t)
  const answers = await Promise.all(Array.from({ length: 8 }, () => refund(1, 6800)))
  for (const { status, text } of answers) assert.equal(status, 200, text)
  assert.deepEqual(gateway.refunds().map(({ refund_fee }) => refund_fee), [6800])
  await gateway.settleRefund(gateway.refunds()[0].out_refund_no)
  const late = await refund(1, 6800)
  assert.deepEqual([late.status, late.json.state], [200, 'SUCCESS'])
  assert.equal(gateway.refunds().length, 1)
})

test('never more than was paid, and only what can be understood', async (t) => {
  const { gateway, shop, counter, out_trade_no, refund } = await open(t)
  const unpaid = (await visitor(shop.url).buy()).out_trade_no
  const cases = [
    [400, 'REFUND_FEE', refund(1, 0)],
    [400, 'REFUND_FEE', refund(1, -1)],
    [400, 'REFUND_FEE', refund(1, 0.5)],
    [400, 'REFUND_FEE', refund(1, '100')],
    [400, 'REFUND_DESC', refund(1, 100, { refund_desc: 'a\nb' })],
    [400, 'REFUND_NUMBER', refund(2, 100)],
    [400, 'REFUND_NUMBER', counter.post('/admin/refund', { out_trade_no, out_refund_no: 'R1', refund_fee: 100 })],
    [404, 'ORDER', counter.post('/admin/refund', { out_trade_no: 'A1', out_refund_no: 'A1-1', refund_fee: 100 })],
    [404, 'ORDER', counter.post('/admin/refund', { out_refund_no: 'A1-1', refund_fee: 100 })],
    [409, 'NOT_PAID', counter.post('/admin/refund', { out_trade_no: unpaid, out_refund_no: `${unpaid}-1`, refund_fee: 100 })],
    [409, 'REFUND_LIMIT', refund(1, 6801)],
  ]
  for (const [status, code, asked] of cases) {
    const answer = await asked
    assert.deepEqual([answer.status, answer.json.code], [status, code], answer.text)
  }
  assert.deepEqual(gateway.refunds(), [])
  assert.equal((await refund(1, 5000)).status, 200)
  assert.equal((await refund(1, 4999)).json.code, 'REFUND_CHANGED')
  assert.equal((await refund(2, 1801)).json.code, 'REFUND_LIMIT')
  assert.equal((await refund(2, 1800)).status, 200)
})

test('the counter opens to its token alone, by a header that other sites cannot set', async (t) => {
  const { gateway, shop, out_trade_no } = await open(t)
  const body = { out_trade_no, out_refund_no: `${out_trade_no}-1`, refund_fee: 1 }
  const strangers = [undefined, 'x', TOKEN.slice(0, -1), `${TOKEN}x`, TOKEN.toUpperCase(), '茶'.repeat(8)]
  for (const token of strangers) {
    const stranger = visitor(shop.url)
    const headers = token === undefined ? {} : { authorization: `Bearer ${encodeURI(token)}` }
    for (const answer of [
      await stranger.call('GET', '/admin/orders', undefined, headers),
      await stranger.call('GET', '/metrics', undefined, headers),
      await stranger.post('/admin/refund', body, headers),
      await stranger.post(`/admin/refund?token=${TOKEN}`, body, { ...headers, cookie: `token=${TOKEN}` }),
    ]) {
      assert.deepEqual([answer.status, answer.json.code], [401, 'ADMIN_TOKEN'], String(token))
      assert.equal(answer.headers.get('www-authenticate'), 'Bearer')
      assert.ok(!answer.text.includes(TOKEN))
    }
  }
  const form = await visitor(shop.url, TOKEN).post('/admin/refund', `out_trade_no=${out_trade_no}`, { 'content-type': 'text/plain' })
  assert.equal(form.status, 415)
  assert.deepEqual(gateway.refunds(), [])
})

test('without a token there is no counter', async (t) => {
  const { shop } = await openShop(t, { adminToken: undefined })
  for (const token of [undefined, 'undefined', TOKEN]) {
    for (const path of ['/admin/orders', '/metrics']) assert.equal((await visitor(shop.url, token).get(path)).status, 404)
  }
})

test('no answer is no refusal: the refund stays, and is sent again under its number', async (t) => {
  const { gateway, counter, row, refund, status } = await open(t)
  gateway.setFaults([{ on: 'refund', fault: 'reset', booked: true, times: 9 }])
  const lost = await refund(1, 6800)
  assert.equal(lost.status, 202, lost.text)
  assert.deepEqual([lost.json.state, lost.json.known], ['PROCESSING', false])
  assert.equal(await status(), 'refunding')
  const { unconfirmed, left } = await row()
  assert.deepEqual([unconfirmed.length, left], [1, 0])

  gateway.setFaults([])
  const again = await refund(1, 6800)
  assert.deepEqual([again.status, again.json.known], [200, true])
  assert.equal(gateway.refunds().length, 1)
  assert.deepEqual((await row()).unconfirmed, [])
  assert.equal((await counter.get('/admin/orders')).json.length, 1)
})

test('what WeChat refuses for good is closed and its amount is free; short of funds it waits', async (t) => {
  const { gateway, row, refund, status } = await open(t)
  gateway.setFaults([{ on: 'refund', fault: 'error', err_code: 'USER_ACCOUNT_ABNORMAL', times: 1 }])
  const refused = await refund(1, 6800)
  assert.deepEqual([refused.status, refused.json.code], [409, 'USER_ACCOUNT_ABNORMAL'], refused.text)
  const closed = await row()
  assert.deepEqual([closed.left, closed.refunds[0].state, closed.status], [6800, 'REFUNDCLOSE', 'paid'])

  gateway.setFaults([{ on: 'refund', fault: 'error', err_code: 'NOTENOUGH', times: 1 }])
  const short = await refund(2, 6800)
  assert.deepEqual([short.status, short.json.code], [409, 'NOTENOUGH'])
  const waiting = await row()
  assert.deepEqual([waiting.left, waiting.unconfirmed.length], [0, 1])
  assert.equal((await refund(2, 6800)).status, 200)
  assert.equal(await status(), 'refunding')
})

test('without a client certificate nothing is sent, and the amount stays free', async (t) => {
  // Over TLS the certificate is asked for before anything else; nobody listens there.
  const { gateway, shop } = await openShop(t, { baseUrl: 'https://127.0.0.1:9' })
  const order = { appid: gateway.appid, mch_id: gateway.mchid, out_trade_no: 'A1', trade_type: 'NATIVE', body: 'tea', total_fee: 100 }
  await shop.store.createOrder(order)
  await shop.store.recordPayment({
    out_trade_no: 'A1', total_fee: 100, fee_type: 'CNY', transaction_id: '42', time_end: '20260101000000', cash_fee: 100, openid: null, bank_type: null,
  })
  const counter = visitor(shop.url, TOKEN)
  const answer = await counter.post('/admin/refund', { out_trade_no: 'A1', out_refund_no: 'A1-1', refund_fee: 100 })
  assert.deepEqual([answer.status, answer.json.code], [500, 'CERT_MISSING'])
  const [row] = (await counter.get('/admin/orders?out_trade_no=A1')).json
  assert.deepEqual([row.status, row.left, row.next_refund_no], ['paid', 100, 'A1-2'])
})

test('a lost refund notification is made up for by the reconciler', async (t) => {
  const { gateway, status, refund, out_trade_no } = await open(t, {
    gateway: { faults: [{ on: 'notification', fault: 'never', times: 99 }] },
    reconciler: { pace: [{ age: 0, every: 1 }], poll: 50, perSecond: 100 },
  })
  await until(async () => (await status()) === 'paid')
  await refund(1, 6800)
  await gateway.settleRefund(`${out_trade_no}-1`)
  await until(async () => (await status()) === 'refunded')
})

test('a refund notification with another amount changes nothing and alarms', async (t) => {
  const { gateway, shop, alarms, status, refund, out_trade_no } = await open(t)
  await refund(1, 6800)
  const [known] = gateway.refunds()
  const forged = refundNotification(
    { ...known, refund_fee: 1, refund_status: 'SUCCESS' },
    { appid: gateway.appid, mchid: gateway.mchid, key: gateway.key },
  )
  const answer = await fetch(`${shop.url}/pay/refunded`, { method: 'POST', headers: { 'content-type': 'text/xml' }, body: forged })
  assert.match(await answer.text(), /FAIL/)
  assert.equal(await status(), 'refunding')
  assert.deepEqual(alarms.map(({ alarm }) => alarm), ['refund_mismatch'])
  assert.equal((await gateway.settleRefund(`${out_trade_no}-1`)).notification.accepted, true)
})
