// The shop of examples/shop with the gateway as its WeChat, and who comes to it.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createGateway } from 'wxpay-wasm/testing'
import { startShop } from '../examples/shop/shop.mjs'

export const TOKEN = 'the-token-of-the-counter'

const wxpayOf = ({ appid, mchid, key: partnerKey, appSecret, url: baseUrl }) => ({ appid, mchid, partnerKey, appSecret, baseUrl })

/** Environment variables for a shop at this gateway. */
export const envOf = ({ appid, mchid, key, appSecret, url }) => ({
  WXPAY_APPID: appid, WXPAY_MCHID: mchid, WXPAY_KEY: key, WXPAY_APP_SECRET: appSecret, GATEWAY_URL: url,
})

/** A gateway and a shop for one test; `options` go to the shop. */
export async function openShop(t, { gateway: gatewayOptions, baseUrl, ...options } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'wxpay-shop-test-'))
  const messages = []
  const reports = []
  const alarms = []
  const gateway = await createGateway({ log: (message) => messages.push(message), ...gatewayOptions })
  let shop
  t.after(async () => {
    await gateway.close()
    await shop?.close()
    await rm(folder, { recursive: true })
  })
  shop = await startShop({
    wxpay: { ...wxpayOf(gateway), ...(baseUrl && { baseUrl }) },
    databaseUrl: `sqlite:${join(folder, 'shop.db')}`,
    adminToken: TOKEN,
    look: 50,
    report: (error) => reports.push(error),
    onAlarm: (alarm) => alarms.push(alarm),
    ...options,
  })
  return { gateway, shop, messages, reports, alarms }
}

/** One browser or phone: keeps the cookie the shop gives it. With a token it is the shopkeeper's. */
export function visitor(url, token) {
  const self = {
    cookie: undefined,
    async call(method, path, body, headers = {}) {
      const answer = await fetch(url + path, {
        method,
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(self.cookie === undefined ? {} : { cookie: self.cookie }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...headers,
        },
        body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
      })
      const [set] = answer.headers.getSetCookie()
      if (set) self.cookie = set.split(';', 1)[0]
      const text = await answer.text()
      const json = answer.headers.get('content-type')?.startsWith('application/json') ? JSON.parse(text) : undefined
      return { status: answer.status, headers: answer.headers, text, json, set }
    },
    get: (path) => self.call('GET', path),
    post: (path, body, headers) => self.call('POST', path, body, headers),
    async buy(order = {}) {
      const answer = await self.post('/order', { product_id: 'longjing-50', trade_type: 'NATIVE', ...order })
      assert.equal(answer.status, 201, answer.text)
      return answer.json
    },
  }
  return self
}

/** Server-sent events of an order, each as JSON; `next(fits)` waits for one that fits. */
export async function watch(browser, url, out_trade_no) {
  const cut = new AbortController()
  const answer = await fetch(`${url}/order/${out_trade_no}/events`, { headers: { cookie: browser.cookie }, signal: cut.signal })
  const events = []
  const reading = (async () => {
    let text = ''
    for await (const part of answer.body.pipeThrough(new TextDecoderStream())) {
      text += part
      const blocks = text.split('\n\n')
      text = blocks.pop()
      for (const block of blocks) if (block.startsWith('data: ')) events.push(JSON.parse(block.slice(6)))
    }
  })()
  reading.catch(() => {}) // cut, by this end or the other
  return {
    status: answer.status,
    headers: answer.headers,
    events,
    /** Resolves at the end of the stream, rejects when it is cut. */
    reading,
    next: (fits) => until(() => events.find(fits), () => `no such event, the last is ${JSON.stringify(events.at(-1))}`),
    cut: () => cut.abort(),
  }
}

/** Waits until the value is there. */
export async function until(look, why = () => 'it did not happen') {
  for (const end = performance.now() + 20_000; ; await pause(25)) {
    const found = await look()
    if (found) return found
    if (performance.now() > end) assert.fail(why())
  }
}
