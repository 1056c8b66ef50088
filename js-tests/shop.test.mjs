// The shop of examples/shop over real HTTP: buying, being notified, and who may see what.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { signedNotification } from 'wxpay-wasm/testing'
import { delivery } from '../examples/shop/delivery.mjs'
import { openShop as open, TOKEN, until, visitor } from './storefront.mjs'

const PROBE = '<img src=x onerror=alert(1)>'

async function notify(shop, body) {
  const answer = await fetch(`${shop.url}/pay/notify`, { method: 'POST', headers: { 'content-type': 'text/xml' }, body })
  return { status: answer.status, text: await answer.text() }
}

const says = (reply) => /<return_code><!\[CDATA\[(\w+)\]\]><\/return_code>/.exec(reply.text)?.[1]

test('NATIVE: order, QR code, payment, notification, query', async (t) => {
  const { gateway, shop } = await open(t)
  const browser = visitor(shop.url)
  const bought = await browser.buy()
  const path = `/order/${bought.out_trade_no}`
  assert.match(bought.out_trade_no, /^[0-9A-Za-z]{1,32}$/)
  assert.deepEqual(bought, {
    out_trade_no: bought.out_trade_no,
    total_fee: 6800,
    code_url: gateway.orders()[0].code_url,
    qr: `${path}/qr.svg`,
  })

  const qr = await browser.get(bought.qr)
  assert.equal(qr.status, 200)
  assert.equal(qr.headers.get('content-type'), 'image/svg+xml')
  assert.match(qr.text, /^<svg /)

  const waiting = (await browser.get(path)).json
  assert.deepEqual([waiting.state, waiting.status, waiting.over], ['NOTPAY', 'waiting', false])
  const { order, notification } = await gateway.pay(bought.out_trade_no)
  assert.equal(notification.accepted, true, notification.reply)

  const seen = (await browser.get(path)).json
  assert.deepEqual([seen.state, seen.status], ['SUCCESS', 'paid'])
  assert.equal(seen.transaction_id, order.transaction_id)
  const events = await shop.store.listEvents(bought.out_trade_no)
  assert.deepEqual(events.map(({ kind, total_fee }) => [kind, total_fee]), [['paid', 6800]])
})

test('JSAPI: login, five parameters with the right paySign, payment', async (t) => {
  const { gateway, shop, messages } = await open(t)
  const phone = visitor(shop.url)

  const early = await phone.post('/order', { product_id: 'longjing-50', trade_type: 'JSAPI' })
  assert.equal(early.status, 401)
  assert.equal(early.json.code, 'LOGIN_FIRST')

  const login = await phone.post('/login', { code: gateway.login('oTheBuyer') })
  assert.equal(login.status, 200)
  const session = messages.find(({ url, direction }) => url.startsWith('/sns/') && direction === 'answer')
  const { session_key } = JSON.parse(session.body)
  assert.ok(session_key.length > 0)
  assert.deepEqual(login.json, { login: true }, 'neither openid nor session_key goes to the client')
  assert.match(login.set, /; httponly/i)
  assert.match(login.set, /; samesite=lax/i)

  const { out_trade_no, payment } = await phone.buy({ trade_type: 'JSAPI', openid: 'oSomebodyElse' })
  assert.deepEqual(Object.keys(payment).sort(), ['nonceStr', 'package', 'paySign', 'signType', 'timeStamp'])
  assert.match(payment.timeStamp, /^\d{10}$/)
  const text = `appId=${gateway.appid}&nonceStr=${payment.nonceStr}&package=${payment.package}`
    + `&signType=${payment.signType}&timeStamp=${payment.timeStamp}&key=${gateway.key}`
  assert.equal(payment.paySign, createHash('md5').update(text).digest('hex').toUpperCase())
  assert.equal(payment.package, `prepay_id=${gateway.orders()[0].prepay_id}`)

  assert.equal(gateway.orders()[0].openid, 'oTheBuyer', 'the openid of the login, not the one in the request')
  await gateway.pay(out_trade_no)
  const seen = await phone.get(`/order/${out_trade_no}`)
  assert.equal(seen.json.state, 'SUCCESS')
  assert.ok(!seen.text.includes('oTheBuyer'))
})

test('a login renames the session and keeps its orders', async (t) => {
  const { gateway, shop } = await open(t)
  const phone = visitor(shop.url)
  const { out_trade_no } = await phone.buy()
  const before = phone.cookie
  await phone.post('/login', { code: gateway.login('oA') })
  assert.notEqual(phone.cookie, before)
  assert.equal((await phone.get(`/order/${out_trade_no}`)).status, 200)

  const old = visitor(shop.url)
  old.cookie = before
  assert.equal((await old.get(`/order/${out_trade_no}`)).status, 404, 'the old name is worth nothing')

  await phone.post('/login', { code: gateway.login('oB') })
  assert.equal((await phone.get(`/order/${out_trade_no}`)).status, 404, 'another person inherits nothing')
})

test('the price comes from the catalogue, whatever the browser sends', async (t) => {
  const { gateway, shop } = await open(t)
  for (const lie of [1, '1', 0, -6800, 1.5, null, { fen: 1 }]) {
    const { out_trade_no, total_fee } = await visitor(shop.url).buy({ total_fee: lie, price: lie })
    assert.equal(total_fee, 6800)
    assert.equal((await shop.store.findOrder(out_trade_no)).total_fee, 6800)
    assert.equal(gateway.orders().find((order) => order.out_trade_no === out_trade_no).total_fee, 6800)
  }
})

test('bad notifications get FAIL and change nothing', async (t) => {
  const { gateway, shop } = await open(t)
  const { out_trade_no, total_fee } = await visitor(shop.url).buy()
  const before = await shop.store.findOrder(out_trade_no)
  const merchant = { appid: gateway.appid, mchid: gateway.mchid, key: gateway.key }
  const fields = { out_trade_no, trade_type: 'NATIVE' }
  const genuine = signedNotification({ ...fields, total_fee }, merchant)
  const element = /<total_fee>.*?<\/total_fee>/.exec(genuine)[0]

  const bad = {
    'one changed digit': genuine.replace(/(<transaction_id>(?:<!\[CDATA\[)?\d+)(\d)/, (_, head, digit) => head + ((Number(digit) + 1) % 10)),
    'without sign': genuine.replace(/<sign>.*?<\/sign>/, ''),
    'total_fee twice': genuine.replace(element, element + element),
    DOCTYPE: `<!DOCTYPE xml [<!ENTITY a "b">]>${genuine}`,
    'another amount, rightly signed': signedNotification({ ...fields, total_fee: total_fee - 1 }, merchant),
  }
  for (const [name, body] of Object.entries(bad)) {
    await t.test(name, async () => {
      assert.notEqual(body, genuine)
      const reply = await notify(shop, body)
      assert.equal(reply.status, 200)
      assert.equal(says(reply), 'FAIL', reply.text)
      assert.deepEqual(await shop.store.findOrder(out_trade_no), before)
      assert.deepEqual(await shop.store.listEvents(out_trade_no), [])
    })
  }

  // The message they were made from is fine, so each was refused for its own fault.
  assert.equal(says(await notify(shop, genuine)), 'SUCCESS')
  assert.equal((await shop.store.findOrder(out_trade_no)).state, 'SUCCESS')
})

test('the same genuine notification 50 times at once makes one event', async (t) => {
  const { gateway, shop } = await open(t)
  const { out_trade_no, total_fee } = await visitor(shop.url).buy()
  const body = signedNotification({ out_trade_no, total_fee }, { appid: gateway.appid, mchid: gateway.mchid, key: gateway.key })
  const replies = await Promise.all(Array.from({ length: 50 }, () => notify(shop, body)))
  assert.deepEqual(replies.map(says), Array(50).fill('SUCCESS'))
  assert.equal((await shop.store.listEvents(out_trade_no)).length, 1)
})

test('a session sees its own orders only', async (t) => {
  const { shop } = await open(t)
  const owner = visitor(shop.url)
  const other = visitor(shop.url)
  const mine = await owner.buy()
  await other.buy()

  for (const path of [`/order/${mine.out_trade_no}`, mine.qr]) {
    assert.equal((await owner.get(path)).status, 200)
    const never = await other.get(path.replace(mine.out_trade_no, 'never'))
    for (const stranger of [other, visitor(shop.url)]) {
      const answer = await stranger.get(path)
      assert.equal(answer.status, 404)
      assert.equal(answer.text, never.text, 'it looks like an order that never was')
    }
  }
})

test('markup in body and attach stays text', async (t) => {
  const product = { product_id: 'probe', name: { zh: PROBE, en: PROBE }, about: { zh: PROBE, en: PROBE }, body: PROBE, total_fee: 5 }
  const { gateway, shop } = await open(t, { catalogue: [product] })
  const browser = visitor(shop.url)
  const { out_trade_no } = await browser.buy({ product_id: 'probe', attach: PROBE })
  await gateway.pay(out_trade_no)

  for (const path of [`/order/${out_trade_no}`, '/products']) {
    const answer = await browser.get(path)
    assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8')
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
  }
  const { json } = await browser.get(`/order/${out_trade_no}`)
  assert.equal(json.body, PROBE)
  assert.equal(json.attach, PROBE)
  assert.equal(json.state, 'SUCCESS')
})

test('every answer carries the content policy, and the page has no inline script', async (t) => {
  const { shop } = await open(t)
  const browser = visitor(shop.url)
  for (const path of ['/', '/admin', '/shop.js', '/products', '/order/x', '/admin/orders', '/nowhere']) {
    const policy = (await browser.get(path)).headers.get('content-security-policy')
    assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'/)
    assert.doesNotMatch(policy, /unsafe/)
  }
  for (const page of ['/', '/admin']) {
    const { text } = await browser.get(page)
    assert.doesNotMatch(text, /<script(?![^>]* src=)|\son\w+=|\sstyle=/i)
    for (const [, src] of text.matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
      assert.equal((await browser.get(src)).status, 200, src)
    }
  }
})

test('H5: the cashier, the way back, and the buyer\'s own address', async (t) => {
  const { gateway, shop, messages } = await open(t, { publicUrl: 'https://127.0.0.1:9/', trustProxy: true })
  const phone = visitor(shop.url)
  const { json, set } = await phone.post('/order', { product_id: 'sample', trade_type: 'MWEB' }, { 'x-forwarded-for': '203.0.113.9, 198.51.100.7' })
  const { out_trade_no, mweb_url } = json
  assert.deepEqual(json, { out_trade_no, total_fee: 1, mweb_url })
  assert.match(set, /; secure/i, 'PUBLIC_URL is https')
  const url = new URL(mweb_url)
  assert.ok(mweb_url.startsWith(gateway.url))
  assert.equal(url.searchParams.get('redirect_url'), `https://127.0.0.1:9/?order=${out_trade_no}`)

  const request = messages.find(({ direction, url }) => direction === 'request' && url === '/pay/unifiedorder').body
  assert.match(request, /<spbill_create_ip>(<!\[CDATA\[)?198\.51\.100\.7\b/, 'the address that the own proxy wrote')
  assert.match(request, /"type":"Wap","wap_url":"https:\/\/127\.0\.0\.1:9"/)

  const path = `/order/${out_trade_no}`
  assert.equal((await phone.get(path)).json.mweb_url, mweb_url, 'a reload finds the cashier again')
  assert.equal((await phone.get(path)).headers.get('referrer-policy'), 'strict-origin', 'the cashier asks where it was opened')
})

test('without a proxy nobody else says who the buyer is', async (t) => {
  const { shop, messages } = await open(t)
  await visitor(shop.url).post('/order', { product_id: 'sample', trade_type: 'MWEB' }, { 'x-forwarded-for': '203.0.113.9' })
  const request = messages.find(({ direction, url }) => direction === 'request' && url === '/pay/unifiedorder').body
  assert.match(request, /<spbill_create_ip>(<!\[CDATA\[)?127\.0\.0\.1\b/)
})

test('a paid order is delivered', async (t) => {
  const { gateway, shop } = await open(t)
  const browser = visitor(shop.url)
  const { out_trade_no } = await browser.buy()
  assert.equal((await browser.get(`/order/${out_trade_no}`)).json.delivered_at, null)
  await gateway.pay(out_trade_no)
  await until(async () => (await browser.get(`/order/${out_trade_no}`)).json.delivered_at !== null)
  const [event] = await shop.store.listEvents(out_trade_no)
  const rows = await shop.own.selectFrom('shop_deliveries').selectAll().execute()
  assert.deepEqual(rows.map((row) => [row.event, row.out_trade_no]), [[event.id, out_trade_no]])
})

test('an event that comes again delivers nothing twice, and what was paid back is not delivered', async (t) => {
  const { shop } = await open(t)
  const { onPaid } = delivery({ own: shop.own, now: Date.now })
  const sent = async () => (await shop.own.selectFrom('shop_deliveries').selectAll().execute()).map(({ event }) => event)
  await onPaid({ id: 7, out_trade_no: 'A1' }, { order: { state: 'REFUND' } })
  assert.deepEqual(await sent(), [])
  for (let time = 0; time < 3; time++) await onPaid({ id: 8, out_trade_no: 'A1' }, { order: { state: 'SUCCESS' } })
  assert.deepEqual(await sent(), [8])
})

test('a session is stored as a hash, and ends after a day', async (t) => {
  const { shop } = await open(t)
  const browser = visitor(shop.url)
  const { out_trade_no } = await browser.buy()
  const rows = await shop.own.selectFrom('shop_sessions').selectAll().execute()
  const name = browser.cookie.split('=')[1]
  assert.ok(rows.length === 1 && !JSON.stringify(rows).includes(name), 'who reads the table cannot make the cookie')
  assert.equal((await browser.get(`/order/${out_trade_no}`)).status, 200)
  await shop.own.updateTable('shop_sessions').set({ created_at: Date.now() - 25 * 3600_000 }).execute()
  assert.equal((await browser.get(`/order/${out_trade_no}`)).status, 404, 'a day later it is over')
})

test('errors are JSON with a status, and tell no secrets', async (t) => {
  const { gateway, shop, reports } = await open(t)
  const browser = visitor(shop.url)
  const order = (fields) => ['POST', '/order', { product_id: 'sample', trade_type: 'NATIVE', ...fields }]
  const cases = [
    [404, 'NOT_FOUND', 'GET', '/nowhere'],
    [405, 'METHOD', 'DELETE', '/order'],
    [404, 'PRODUCT', ...order({ product_id: 'gold' })],
    [404, 'PRODUCT', ...order({ product_id: '__proto__' })],
    [400, 'TRADE_TYPE', ...order({ trade_type: 'APP' })],
    [400, 'TRADE_TYPE', ...order({ trade_type: 'toString' })],
    [400, 'ATTACH', ...order({ attach: '茶'.repeat(43) })],
    [400, 'ATTACH', ...order({ attach: 'a\nb' })],
    [400, 'ATTACH', ...order({ attach: '\ud800' })],
    [400, 'ATTACH', ...order({ attach: 7 })],
    [400, 'NOT_JSON', 'POST', '/order', '{'],
    [400, 'NOT_JSON', 'POST', '/order', '[]'],
    [400, 'NOT_JSON', 'POST', '/order', 'null'],
    [413, 'TOO_LARGE', 'POST', '/order', `"${'x'.repeat(5000)}"`],
    [400, 'CODE', 'POST', '/login', {}],
    [400, 'CODE', 'POST', '/login', { code: 'a b' }],
    [404, 'ORDER', 'GET', '/order/%00'],
    [404, 'ORDER', 'POST', '/queryOrder', { out_trade_no: '茶' }],
  ]
  for (const [status, code, method, path, body] of cases) {
    const answer = await browser.call(method, path, body)
    assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`)
    assert.deepEqual(Object.keys(answer.json), ['code', 'message'])
    assert.equal(answer.json.code, code)
  }
  const form = await browser.post('/order', 'product_id=sample', { 'content-type': 'application/x-www-form-urlencoded' })
  assert.equal(form.status, 415)
  assert.equal(gateway.orders().length, 0)
  assert.deepEqual(reports, [], 'a mistake of the client is no news to the shop')

  const stale = await browser.post('/login', { code: 'neverIssued' })
  assert.ok(stale.status === 502, stale.text)
  assert.equal(reports.length, 1)

  await gateway.close()
  const dead = await browser.post('/order', { product_id: 'sample', trade_type: 'NATIVE' })
  assert.ok(dead.status === 502 || dead.status === 504, dead.text)
  for (const { text } of [stale, dead]) {
    for (const secret of [gateway.key, gateway.appSecret, TOKEN, gateway.url, 'ECONNREFUSED']) assert.ok(!text.includes(secret), text)
  }
})
