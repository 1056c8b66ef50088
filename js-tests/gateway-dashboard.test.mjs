// The dashboard without a browser: its files, what they are allowed, and the stream that feeds them.
import assert from 'node:assert/strict'
import http from 'node:http'
import { describe } from 'node:test'
import { KEY, SUCCESS, control, onGateway, order, until, withShop } from './merchant.mjs'

/** What a stream has told so far; `end` hangs up. */
async function listen(gateway) {
  const abort = new AbortController()
  const response = await fetch(`${gateway.url}/_gateway/events`, { signal: abort.signal })
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  const news = []
  let rest = ''
  const read = (async () => {
    for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
      const events = (rest + part).split('\n\n')
      rest = events.pop()
      for (const event of events) news.push(JSON.parse(event.replace(/^data: /, '')))
    }
  })().catch(() => {})
  const all = (list) => news.flatMap(piece => piece[list] ?? [])
  return {
    news,
    all,
    async end() {
      abort.abort()
      await read
    },
  }
}

const raw = (gateway, path, headers) =>
  new Promise((resolve, reject) =>
    http.get(`${gateway.url}${path}`, { headers, agent: false }, response => {
      resolve(response.statusCode)
      response.destroy()
    }).on('error', reject))

describe('the dashboard', () => {
  onGateway('three files, no inline script, nothing from elsewhere', {}, async gateway => {
    for (const [path, type] of [['', 'text/html'], ['page.css', 'text/css'], ['page.js', 'text/javascript']]) {
      const response = await fetch(`${gateway.url}/_gateway/${path}`)
      assert.equal(response.status, 200)
      assert.equal(response.headers.get('content-type'), `${type}; charset=utf-8`)
      const policy = response.headers.get('content-security-policy')
      assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'; /)
      assert.doesNotMatch(policy, /unsafe|https?:|\*/)
      const text = await response.text()
      assert.ok(!text.includes(KEY))
      assert.doesNotMatch(text, /https?:\/\/(?!127\.0\.0\.1)/)
      if (path === '') assert.doesNotMatch(text, /<script>|<style|\son\w+=|\sstyle=/)
      if (path === 'page.js') assert.doesNotMatch(text, /innerHTML|insertAdjacentHTML|document\.write|eval\(/)
    }
    const moved = await fetch(`${gateway.url}/_gateway`, { redirect: 'manual' })
    assert.deepEqual([moved.status, moved.headers.get('location')], [302, '/_gateway/'])
    assert.equal((await fetch(`${gateway.url}/_gateway/`, { method: 'POST' })).status, 404)
  })

  onGateway('the language is asked for, preferred, or Chinese', {}, async gateway => {
    const lang = async (query, headers = {}) =>
      /<html lang="([^"]+)">/.exec(await (await fetch(`${gateway.url}/_gateway/${query}`, { headers })).text())[1]
    assert.equal(await lang(''), 'zh-CN')
    assert.equal(await lang('', { 'accept-language': 'en-GB,en;q=0.9' }), 'en')
    assert.equal(await lang('', { 'accept-language': 'zh-CN,en;q=0.5' }), 'zh-CN')
    assert.equal(await lang('?lang=en', { 'accept-language': 'zh-CN' }), 'en')
    assert.equal(await lang('?lang=zh-CN', { 'accept-language': 'en' }), 'zh-CN')
  })

  onGateway('the stream is for this machine alone', {}, async gateway => {
    assert.equal(await raw(gateway, '/_gateway/events', {}), 200)
    assert.equal(await raw(gateway, '/_gateway/events', { host: 'evil.test' }), 403)
    assert.equal(await raw(gateway, '/_gateway/events', { origin: 'https://evil.test' }), 403)
  })

  onGateway('the stream begins with all there is and goes on with what changes', {}, gateway =>
    withShop([SUCCESS], async notify_url => {
      await order(gateway, { notify_url })
      const feed = await listen(gateway)
      await until(() => feed.news.length === 1)
      const [first] = feed.news
      assert.equal(first.fresh, true)
      assert.deepEqual(first.orders, gateway.orders())
      assert.deepEqual(first.messages, gateway.messages())
      assert.deepEqual([first.ledger, first.faults, first.balance], [[], [], 10_000_000_000])

      await gateway.pay('A1001')
      await until(() => feed.news.some(({ notifications }) => notifications?.attempts.length === 1))
      assert.equal(feed.all('orders').at(-1).state, 'SUCCESS')
      assert.deepEqual(Object.keys(feed.all('orders').at(-1)), Object.keys(gateway.orders()[0]))
      assert.deepEqual(feed.all('ledger'), gateway.ledger())
      assert.deepEqual(feed.all('messages'), gateway.messages())
      assert.equal(feed.news.at(-1).balance, 10_000_001_234)

      await control(gateway, 'POST', 'clock?seconds=60')
      await until(() => feed.news.at(-1).now >= gateway.now() - 1000)
      gateway.reset()
      await until(() => feed.news.at(-1).fresh === true && feed.news.at(-1).orders.length === 0)
      assert.ok(!JSON.stringify(feed.news).includes(KEY))
      await feed.end()
    }),
  )

  onGateway('retries that are still to come', {}, gateway =>
    withShop([{ status: 500 }], async notify_url => {
      const feed = await listen(gateway)
      await order(gateway, { notify_url })
      await gateway.pay('A1001')
      await until(() => feed.news.some(({ notifications }) => notifications?.waiting.length === 1))
      const { attempts, waiting } = feed.news.findLast(({ notifications }) => notifications !== undefined).notifications
      assert.deepEqual(attempts, gateway.notifications())
      const { due, ...rest } = waiting[0]
      assert.deepEqual(rest, { out_trade_no: 'A1001', url: notify_url, attempts: 1 })
      assert.ok(due - gateway.now() <= 15_000)
      await feed.end()
    }),
  )

  onGateway('under load only the last ones are sent', {}, async gateway => {
    const feed = await listen(gateway)
    await until(() => feed.news.length === 1)
    await Promise.all(Array.from({ length: 300 }, (_, n) => order(gateway, { out_trade_no: `L${n}` })))
    await until(() => feed.all('orders').some(({ out_trade_no }) => out_trade_no === gateway.orders().at(-1).out_trade_no))
    for (const piece of feed.news) assert.ok((piece.messages ?? []).length <= 200)
    await feed.end()
  })

  onGateway('what people and tests look at is no message on the wire', {}, async gateway => {
    const { code_url } = (await order(gateway)).fields
    await fetch(code_url)
    await control(gateway, 'GET', 'messages')
    await fetch(`${gateway.url}/_gateway/`)
    assert.deepEqual(gateway.messages().map(({ direction, endpoint }) => [direction, endpoint]), [
      ['request', 'unifiedOrder'],
      ['answer', 'unifiedOrder'],
    ])
    const [asked, answered] = gateway.messages()
    assert.deepEqual([asked.replyTo, answered.replyTo], [null, asked.id])
  })
})

describe('let it expire', () => {
  const press = (url, action) => fetch(url, { method: 'POST', body: new URLSearchParams({ action }), redirect: 'manual' })

  onGateway('the code is over at once, and the order can be placed again', {}, async gateway => {
    const { code_url } = (await order(gateway)).fields
    const pressed = await press(code_url, 'expire')
    assert.equal(pressed.status, 303)
    assert.equal((await fetch(code_url)).status, 410)
    assert.equal((await press(code_url, 'pay')).status, 410)
    await assert.rejects(gateway.pay('A1001'), { code: 'GATEWAY_REFUSED' })
    assert.equal(gateway.orders()[0].state, 'NOTPAY')
    const again = (await order(gateway)).fields
    assert.equal(again.result_code, 'SUCCESS')
    assert.notEqual(again.code_url, code_url)
    await press(again.code_url, 'pay')
    assert.equal(gateway.orders()[0].state, 'SUCCESS')
  })

  onGateway('an order with a time_expire is closed', {}, async gateway => {
    const { code_url } = (await order(gateway, { time_expire: '20260304130000' })).fields
    await press(code_url, 'expire')
    assert.equal(gateway.orders()[0].state, 'CLOSED')
    assert.match(await (await fetch(code_url)).text(), /订单已关闭/)
  })
})
