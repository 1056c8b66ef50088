// What published libraries do with the same input. Each function answers for one library with a word of
// the README's table.
import { createRequire } from 'node:module'
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { inspect } from 'node:util'
import axiosPlugin from 'wechatpay-axios-plugin'
import tenpay from 'tenpay'
import { nonceStr } from 'wxpay-wasm'
import { WxPay } from 'wxpay-wasm/client'
import { paymentNotify } from 'wxpay-wasm/notify'
import { memoryStore } from 'wxpay-wasm/store'
import { handleEvents } from 'wxpay-wasm/worker'
import { signedNotification } from 'wxpay-wasm/testing'
import { root } from '../documentation/pages.mjs'
import { APPID, KEY, MCHID } from '../wire.mjs'

const require = createRequire(import.meta.url)
const weixinPay = require('weixin-pay')
const weixinUtil = require('weixin-pay/lib/util')
const tenpayUtil = require('tenpay/lib/util')
const { Formatter, Transformer } = axiosPlugin

const ORDER = { out_trade_no: 'A1001', total_fee: 880 }
const merchant = { appid: APPID, mchid: MCHID, partnerKey: KEY }
const genuine = (fields = {}, options = {}) => signedNotification({ ...ORDER, transaction_id: '42001', ...fields }, { key: KEY, appid: APPID, mchid: MCHID, ...options })

/** How often a route calls the merchant's code for these bodies. */
const routes = {
  async tenpay(bodies) {
    let calls = 0
    const middleware = tenpay.init(merchant).middleware('pay')
    for (const body of bodies) await middleware({ request: { body } }, async () => calls++)
    return calls
  },
  async 'weixin-pay'(bodies) {
    let calls = 0
    const route = weixinPay({ appid: APPID, mch_id: MCHID, partner_key: KEY }).useWXCallback(() => calls++)
    for (const body of bodies) {
      const { PassThrough } = await import('node:stream')
      const request = new PassThrough()
      route(request, { end: () => {} })
      request.end(body)
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    return calls
  },
  async 'wxpay-wasm'(bodies) {
    let calls = 0
    const store = memoryStore()
    await store.createOrder({ ...ORDER, body: 'Tea', trade_type: 'JSAPI', appid: APPID, mch_id: MCHID })
    const { Monitor } = await import('wxpay-wasm/worker')
    const monitor = new Monitor({ onAlarm: () => {} })
    const notify = paymentNotify({ ...merchant, store, monitor })
    for (const body of bodies) await notify(new Request('http://shop.invalid/', { method: 'POST', body }))
    const worker = handleEvents(store, { onPaid: () => calls++ }, { poll: 5 })
    await new Promise(resolve => setTimeout(resolve, 50))
    await worker.stop()
    return calls
  },
}

const reaches = async (library, body) => {
  if (!(library in routes)) return 'no route'
  return (await routes[library]([body])) > 0 ? 'reaches your code' : 'refused'
}

/** Whether two nonces are the same when Math.random always gives the same. */
function nonces(make) {
  const { random } = Math
  try {
    Math.random = () => 0.5
    return make() === make() ? 'Math.random' : 'cryptographic'
  } finally {
    Math.random = random
  }
}

const sources = name => {
  const folder = join(root, 'node_modules', name)
  return readdirSync(join(folder, 'lib')).map(file => readFileSync(join(folder, 'lib', file), 'utf8')).join('\n')
}

/** The packages that installing it brings, itself included, by the lock file. */
export function packagesOf(name) {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const seen = new Set()
  const visit = (dependency, from) => {
    for (let at = from; ; at = at.includes('/node_modules/') ? at.slice(0, at.lastIndexOf('/node_modules/')) : '') {
      const path = join(at, 'node_modules', dependency)
      if (path in packages) {
        if (seen.has(path)) return
        seen.add(path)
        const { link, resolved, ...own } = packages[path]
        const { dependencies = {} } = link ? packages[resolved] : own
        for (const next of Object.keys(dependencies)) visit(next, link ? resolved : path)
        return
      }
      if (at === '') return
    }
  }
  visit(name, '')
  return seen.size
}

const manifest = name => require(join(dirname(require.resolve(`${name}/package.json`)), 'package.json'))
const typed = name => ('types' in manifest(name) || 'typings' in manifest(name) ? 'yes' : 'no')
const shows = client => (inspect(client, { depth: 4, showHidden: true }).includes(KEY) ? 'yes' : 'no')
const doctype = body => `<!DOCTYPE xml [<!ENTITY a "b">]>${body}`

/** By the label of the row; by the name of the column. */
export const facts = {
  'where nonces come from': {
    tenpay: () => nonces(() => tenpayUtil.generate()),
    'wechatpay-axios-plugin': () => nonces(() => Formatter.nonce()),
    'weixin-pay': () => nonces(() => weixinUtil.generateNonceString()),
    'wxpay-wasm': () => nonces(nonceStr),
  },
  'a notification with another amount than was signed': Object.fromEntries(
    ['tenpay', 'wechatpay-axios-plugin', 'weixin-pay', 'wxpay-wasm'].map(name => [name, () => reaches(name, genuine().replaceAll('880', '1'))]),
  ),
  'a genuine one, for another amount than the order has': Object.fromEntries(
    ['tenpay', 'wechatpay-axios-plugin', 'weixin-pay', 'wxpay-wasm'].map(name => [name, () => reaches(name, genuine({ total_fee: 1 }))]),
  ),
  'a genuine one in HMAC-SHA256 without `sign_type`': Object.fromEntries(
    ['tenpay', 'wechatpay-axios-plugin', 'weixin-pay', 'wxpay-wasm'].map(name => [name, () => reaches(name, genuine({ sign_type: undefined }, { signType: 'HMAC-SHA256' }))]),
  ),
  'one with a DOCTYPE': {
    ...Object.fromEntries(['tenpay', 'weixin-pay', 'wxpay-wasm'].map(name => [name, () => reaches(name, doctype(genuine()))])),
    'wechatpay-axios-plugin': () => reaches('wechatpay-axios-plugin', ''),
  },
  'the same one five times runs your code': {
    ...Object.fromEntries(
      Object.keys(routes).map(name => [name, async () => String(await routes[name](Array.from({ length: 5 }, () => genuine())))]),
    ),
    'wechatpay-axios-plugin': () => 'no route',
  },
  'compares signatures in constant time': {
    tenpay: () => (sources('tenpay').includes('timingSafeEqual') ? 'yes' : 'no'),
    'wechatpay-axios-plugin': () => (sources('wechatpay-axios-plugin').includes('timingSafeEqual') ? 'yes' : 'no'),
    'weixin-pay': () => (sources('weixin-pay').includes('timingSafeEqual') ? 'yes' : 'no'),
    'wxpay-wasm': () => (readFileSync(join(root, 'src/sign.rs'), 'utf8').includes('ct_eq') ? 'yes' : 'no'),
  },
  'the client shows its key when it is printed': {
    tenpay: () => shows(tenpay.init(merchant)),
    'wechatpay-axios-plugin': () => shows(new Transformer(MCHID, KEY)),
    'weixin-pay': () => shows(weixinPay({ appid: APPID, mch_id: MCHID, partner_key: KEY })),
    'wxpay-wasm': () => shows(new WxPay(merchant)),
  },
  'TypeScript types': Object.fromEntries(['tenpay', 'wechatpay-axios-plugin', 'weixin-pay', 'wxpay-wasm'].map(name => [name, () => typed(name)])),
  'packages that it installs': Object.fromEntries(
    ['tenpay', 'wechatpay-axios-plugin', 'weixin-pay', 'wxpay-wasm'].map(name => [name, () => String(packagesOf(name))]),
  ),
}

/** Messages for the libraries of other languages. */
export const bodies = {
  genuine: genuine(),
  forged: genuine().replaceAll('880', '1'),
  hmac: genuine({ sign_type: undefined }, { signType: 'HMAC-SHA256' }),
  doctype: doctype(genuine()),
  cheap: genuine({ total_fee: 1 }),
}
