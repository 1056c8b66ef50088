// What a code block finds declared when it leaves that out: `<!-- test: pay store -->`. The blocks
// themselves are taken from the pages.

const MERCHANT = `
const { WXPAY_APPID: appid, WXPAY_MCHID: mchid, WXPAY_KEY: partnerKey, WXPAY_BASE_URL: baseUrl } = process.env
const key = partnerKey`

/** Pays, and whatever else the gateway is told, in the payer's place. */
const GATEWAY = `
const gateway = (call, fields) =>
  fetch(process.env.WXPAY_BASE_URL + '/_gateway/' + call + '?' + new URLSearchParams(fields), { method: 'POST' })`

export const preludes = {
  merchant: MERCHANT,
  pay: `
import { WxPay } from 'wxpay-wasm/client'
const pay = WxPay.fromEnv()`,
  certified: `
import { WxPay } from 'wxpay-wasm/client'
const pay = WxPay.fromEnv({ certFile: 'apiclient_cert.pem', keyFile: 'apiclient_key.pem' })`,
  store: `
import { memoryStore } from 'wxpay-wasm/store'
const store = memoryStore()`,
  handler: `
import { paymentNotify as makeHandler } from 'wxpay-wasm/notify'
import { memoryStore as makeStore } from 'wxpay-wasm/store'
const handler = makeHandler({
  appid: process.env.WXPAY_APPID, mchid: process.env.WXPAY_MCHID, partnerKey: process.env.WXPAY_KEY, store: makeStore(),
})`,
  gateway: GATEWAY,
  order: `
const order = { out_trade_no: 'A1001', body: 'Tea', total_fee: 880, trade_type: 'NATIVE', product_id: 'tea-1' }`,
  ordered: `
await store.createOrder({ ...order, appid: pay.appid, mch_id: pay.mchid })
await pay.unifiedOrder(order)`,
  paid: `
{
  const { queriedPayment } = await import('wxpay-wasm/notify')
  await gateway('pay', { out_trade_no: 'A1001' })
  await store.recordPayment(queriedPayment(await pay.orderQuery({ out_trade_no: 'A1001' })))
}`,
  openid: `
const openid = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o'`,
  jsapi: `
const { prepay_id } = await pay.unifiedOrder({
  out_trade_no: 'J1001', body: 'Tea', total_fee: 880, trade_type: 'JSAPI', openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
})`,
  cashier: `
const mweb_url = 'https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx1&package=1'`,
  koa: `
import Koa from 'koa'
import Router from '@koa/router'
const app = new Koa()
const router = new Router()
queueMicrotask(() => app.use(router.routes()).listen(3000))`,
  hapi: `
await store.createOrder({
  out_trade_no: 'A1001', body: 'Tea', total_fee: 880, trade_type: 'JSAPI',
  appid: pay.appid, mch_id: pay.mchid, openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
})`,
  express: `
import express from 'express'
const app = express()
queueMicrotask(() => app.listen(3000))`,
  deliver: `
const page = () => {}
const deliver = () => {}
const server = { close: done => done() }`,
  bridge: `
const WeixinJSBridge = { invoke: (name, parameters, done) => done({ err_msg: 'get_brand_wcpay_request:ok' }) }
const done = () => {}`,
  message: `
import { signedNotification } from 'wxpay-wasm/testing'
const body = signedNotification({ out_trade_no: 'A1001', total_fee: 880 })`,
}
