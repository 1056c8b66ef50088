// Cloud functions: the third tutorial's (an event comes in, five parameters go out), and the one that
// takes notifications, with events as the gateways' documents have them.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { WxPay } from 'wxpay-wasm/client'
import { cloudNotify, cloudPay } from 'wxpay-wasm/cloud'
import { paymentNotify } from 'wxpay-wasm/notify'
import { memoryStore } from 'wxpay-wasm/store'
import { createGateway, signedNotification } from 'wxpay-wasm/testing'
import { APPID, KEY, MCHID, digest } from './wire.mjs'

const MERCHANT = { appid: APPID, mchid: MCHID, partnerKey: KEY }
const OPENID = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o'
const CATALOGUE = { tea: { body: 'Tea', total_fee: 180 } }

/** The cloud function `payment` on a gateway of this machine; who calls it is in `context`. */
async function payment(t, context = { OPENID, APPID }) {
  const gateway = await createGateway()
  t.after(() => gateway.close())
  const pay = new WxPay({ ...MERCHANT, baseUrl: gateway.url, notify_url: 'http://127.0.0.1:9/pay/notify' })
  const store = memoryStore()
  const main = cloudPay(pay, {
    getWXContext: () => context,
    async order({ product_id }, openid) {
      const order = { ...CATALOGUE[product_id], out_trade_no: 'A1001' }
      await store.createOrder({ ...order, appid: APPID, mch_id: MCHID, trade_type: 'JSAPI', openid })
      return order
    },
  })
  return { main, gateway, store }
}

describe('the function that orders', () => {
  test('gives exactly the five parameters, signed, with seconds as text', async t => {
    const { main } = await payment(t)
    const given = await main({ product_id: 'tea' })
    assert.deepEqual(Object.keys(given).sort(), ['nonceStr', 'package', 'paySign', 'signType', 'timeStamp'])
    assert.match(given.timeStamp, /^\d{10}$/)
    assert.match(given.package, /^prepay_id=\w+$/)
    const { paySign, ...rest } = given
    assert.equal(paySign, digest({ appId: APPID, ...rest }))
  })

  test('the price and the payer are not what the event says', async t => {
    const { main, gateway, store } = await payment(t)
    await main({ product_id: 'tea', total_fee: '1', openid: 'oSomebodyElse', trade_type: 'NATIVE' })
    const [order] = gateway.orders()
    assert.deepEqual([order.total_fee, order.openid, order.trade_type], [180, OPENID, 'JSAPI'])
    assert.equal((await store.findOrder('A1001')).openid, OPENID)
  })

  test('the payer is not what the callback says either', async t => {
    const { gateway } = await payment(t)
    const pay = new WxPay({ ...MERCHANT, baseUrl: gateway.url, notify_url: 'http://127.0.0.1:9/pay/notify' })
    const order = event => ({ body: 'Tea', total_fee: 180, out_trade_no: 'A1002', ...event })
    await cloudPay(pay, { getWXContext: () => ({ OPENID }), order })({ openid: 'oSomebodyElse' })
    assert.equal(gateway.orders()[0].openid, OPENID)
  })

  test('without a payer there is no order', async t => {
    for (const context of [{}, { OPENID: '' }, { OPENID: undefined }]) {
      const { main, gateway } = await payment(t, context)
      await assert.rejects(main({ product_id: 'tea' }), { name: 'TypeError', message: /OPENID/ })
      assert.deepEqual(gateway.orders(), [])
    }
  })

  test('what the order is refused for reaches the caller', async t => {
    const { main } = await payment(t)
    await assert.rejects(main({ product_id: 'coffee' }))
    await main({ product_id: 'tea' })
    await assert.rejects(main({ product_id: 'tea' }), { code: 'STORE_DUPLICATE' })
  })
})

describe('the function that is notified', () => {
  const PAID = signedNotification({ out_trade_no: 'A1001', total_fee: 180 }, { key: KEY, appid: APPID, mchid: MCHID })

  async function shop() {
    const store = memoryStore()
    await store.createOrder({ ...CATALOGUE.tea, out_trade_no: 'A1001', appid: APPID, mch_id: MCHID, trade_type: 'JSAPI' })
    const main = cloudNotify(paymentNotify({ ...MERCHANT, store }))
    return { main, state: async () => (await store.findOrder('A1001')).state }
  }

  test('the answer has the form of an integrated response', async () => {
    const { main, state } = await shop()
    assert.deepEqual(await main({ httpMethod: 'POST', headers: {}, body: PAID, isBase64Encoded: false }), {
      statusCode: 200,
      headers: { 'content-type': 'text/xml; charset=utf-8' },
      body: '<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>',
      isBase64Encoded: false,
    })
    assert.equal(await state(), 'SUCCESS')
  })

  test('an event without headers or body', async () => {
    const { main } = await shop()
    for (const rest of [{}, { headers: null, body: null }]) {
      assert.match((await main({ httpMethod: 'POST', ...rest })).body, /FAIL/)
    }
  })

  const BROKEN = {
    'of callFunction, without HTTP': [{ total_fee: '180' }, /HTTP trigger/],
    'nothing': [undefined, /HTTP trigger/],
    'that is no JSON': [Buffer.from('{'), /no JSON/],
    'with a parsed body': [{ httpMethod: 'POST', body: { xml: {} } }, /^cloud function: [^]*an object with "xml"[^]*base64/],
  }
  for (const [name, [event, message]] of Object.entries(BROKEN)) {
    test(`an event ${name}`, async () => {
      const { main, state } = await shop()
      await assert.rejects(main(event), { name: 'WxPayError', code: 'NOTIFY_BODY', message })
      assert.equal(await state(), 'NOTPAY')
    })
  }
})
