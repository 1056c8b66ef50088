// How the shop's page hears of its order: events, questions, and what happens when notifications do not come.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openShop as open, TOKEN, until, visitor, watch } from './storefront.mjs'

test('events: the order at once, and each change, until nothing can change', async (t) => {
  const { gateway, shop } = await open(t)
  const browser = visitor(shop.url)
  const counter = visitor(shop.url, TOKEN)
  const { out_trade_no } = await browser.buy()
  const stream = await watch(browser, shop.url, out_trade_no)
  assert.match(stream.headers.get('content-type'), /^text\/event-stream\b/)
  assert.equal(stream.headers.get('cache-control'), 'no-store')
  const waiting = await stream.next(({ status }) => status === 'waiting')
  assert.deepEqual(waiting, (await browser.get(`/order/${out_trade_no}`)).json, 'an event has what a question gets')

  await gateway.pay(out_trade_no)
  await stream.next(({ status, delivered_at }) => status === 'paid' && delivered_at !== null)
  await counter.post('/admin/refund', { out_trade_no, out_refund_no: `${out_trade_no}-1`, refund_fee: 6800 })
  await stream.next(({ status }) => status === 'refunding')
  await gateway.settleRefund(`${out_trade_no}-1`)
  await stream.next(({ status }) => status === 'refunded')
  await stream.reading
  const texts = stream.events.map((event) => JSON.stringify(event))
  assert.equal(new Set(texts).size, texts.length, 'nothing is told twice')
})

test('events of another session are not for sale', async (t) => {
  const { shop } = await open(t)
  const owner = visitor(shop.url)
  const { out_trade_no } = await owner.buy()
  const other = visitor(shop.url)
  await other.buy()
  const stream = await watch(other, shop.url, out_trade_no)
  stream.cut()
  assert.equal(stream.status, 404)
})

test('pages beyond the most that one process serves are told to ask', async (t) => {
  const { shop, reports } = await open(t, { pages: 3 })
  const browser = visitor(shop.url)
  const { out_trade_no } = await browser.buy()
  const streams = []
  for (let number = 0; number < 3; number++) streams.push(await watch(browser, shop.url, out_trade_no))
  await until(() => streams.every(({ events }) => events.length > 0))
  const one = await watch(browser, shop.url, out_trade_no)
  one.cut()
  assert.equal(one.status, 503)
  assert.equal((await browser.get(`/order/${out_trade_no}`)).status, 200)
  for (const { cut } of streams) cut()
  await until(async () => {
    const stream = await watch(browser, shop.url, out_trade_no)
    stream.cut()
    return stream.status === 200
  })
  assert.deepEqual(reports, [], 'a page that goes away is no news')
})

test('a buyer who says that he has paid is asked about at WeChat, but not at every click', async (t) => {
  let clock = Date.now()
  const { gateway, shop, messages } = await open(t, {
    now: () => clock,
    gateway: { faults: [{ on: 'notification', fault: 'never', times: 99 }] },
    reconciler: { pace: [{ age: 3600_000, every: 3600_000 }] },
  })
  const browser = visitor(shop.url)
  const { out_trade_no } = await browser.buy()
  const queries = () => messages.filter(({ direction, url }) => direction === 'request' && url === '/pay/orderquery').length
  const ask = async () => (await browser.post('/queryOrder', { out_trade_no })).json.status

  await browser.get(`/order/${out_trade_no}`)
  assert.equal(queries(), 0, 'looking asks nobody')
  for (let click = 0; click < 5; click++) assert.equal(await ask(), 'waiting')
  assert.equal(queries(), 1)
  await gateway.pay(out_trade_no)
  assert.equal(await ask(), 'waiting')
  clock += 5001
  assert.equal(await ask(), 'paid')
  clock += 5001
  assert.equal(await ask(), 'paid')
  assert.equal(queries(), 2, 'what is paid is not asked about')
  assert.deepEqual((await shop.store.listEvents(out_trade_no)).map(({ kind }) => kind), ['paid'])

  const other = visitor(shop.url)
  await other.buy()
  assert.equal((await other.post('/queryOrder', { out_trade_no })).status, 404)
  assert.equal((await other.post('/queryOrder', {})).status, 404)
})

test('with every notification lost the reconciler finds the payment, and closes what nobody pays', async (t) => {
  let skew = 0
  const { gateway, shop } = await open(t, {
    now: () => Date.now() + skew,
    gateway: { now: () => Date.now() + skew, faults: [{ on: 'notification', fault: 'never', times: 99 }] },
    reconciler: { pace: [{ age: 1000, every: 1000 }], poll: 50, perSecond: 100 },
  })
  const browser = visitor(shop.url)
  const { out_trade_no } = await browser.buy()
  const left = await browser.buy()
  const status = async (number) => (await browser.get(`/order/${number}`)).json.status
  await gateway.pay(out_trade_no)
  assert.equal(await status(out_trade_no), 'waiting')
  await until(async () => (await status(out_trade_no)) === 'paid')

  skew = 125 * 60_000
  assert.equal(await status(left.out_trade_no), 'expired')
  skew = 131 * 60_000
  await until(async () => (await status(left.out_trade_no)) === 'closed')
})

test('health and metrics', async (t) => {
  let clock = Date.now()
  const { gateway, shop } = await open(t, { now: () => clock })
  const browser = visitor(shop.url)
  const counter = visitor(shop.url, TOKEN)
  const { out_trade_no } = await browser.buy()
  await gateway.pay(out_trade_no)
  const well = await browser.get('/health')
  assert.deepEqual([well.status, well.json], [200, { ok: true }])

  const { text, headers } = await until(async () => {
    const answer = await counter.get('/metrics')
    return answer.text.includes('wxpay_events_total') && answer
  })
  assert.match(headers.get('content-type'), /^text\/plain; version=0\.0\.4/)
  for (const line of ['wxpay_store_up 1', 'wxpay_payments_total{source="notification",outcome="paid"} 1', 'wxpay_events_total{kind="paid",result="finished"} 1']) {
    assert.ok(text.split('\n').includes(line), `${line}\n${text}`)
  }

  await shop.store.close()
  assert.equal((await browser.get('/health')).status, 200, 'what was found a moment ago')
  clock += 1000
  const ill = await browser.get('/health')
  assert.deepEqual([ill.status, ill.json], [503, { ok: false }])
})

test('closing ends the events of open pages and what is under way', async (t) => {
  const { gateway, shop } = await open(t)
  const browser = visitor(shop.url)
  const { out_trade_no } = await browser.buy()
  const stream = await watch(browser, shop.url, out_trade_no)
  await stream.next(() => true)
  await gateway.close()
  await shop.close()
  await stream.reading // ended, not cut off after a deadline
  await assert.rejects(fetch(shop.url))
})
