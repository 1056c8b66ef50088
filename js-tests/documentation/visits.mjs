// What is done to a code block that starts a server, until it has proved itself.
import assert from 'node:assert/strict'
import { nativeUrl } from 'wxpay-wasm'
import { signedNotification } from 'wxpay-wasm/testing'

const SUCCESS =
  '<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>'

/** Order, pay, query: the shops of the README. */
export async function buy({ gateway, url }) {
  const placed = await fetch(`${url}/order`, { method: 'POST' })
  assert.equal(placed.status, 200)
  const { out_trade_no, code_url } = await placed.json()
  assert.equal(gateway.orders()[0].code_url, code_url)
  const state = async () => (await (await fetch(`${url}/order/${out_trade_no}`)).json()).state
  assert.equal(await state(), 'NOTPAY')
  await gateway.pay(out_trade_no)
  assert.equal(await state(), 'SUCCESS')
}

/** A notification route: a forged message is refused, a genuine one reaches the store, which knows no such order. */
async function notify({ gateway: { appid, mchid, key }, url }) {
  const post = async body => {
    const headers = { 'content-type': 'text/xml' }
    const response = await fetch(`${url}/pay/notify`, { method: 'POST', body, headers })
    return [response.status, await response.text()]
  }
  const genuine = signedNotification({ out_trade_no: 'A1001', total_fee: 880 }, { appid, mchid, key })
  const [status, text] = await post(genuine)
  assert.equal(status, 200)
  assert.match(text, /FAIL/)
  assert.deepEqual(await post(genuine.replaceAll('880', '1')), [200, text])
}

/** Routes written for tenpay answer by themselves. */
async function tenpay({ gateway: { appid, mchid, key }, url }) {
  const body = signedNotification({ out_trade_no: 'A1001', total_fee: 880 }, { appid, mchid, key })
  const headers = { 'content-type': 'text/xml' }
  const response = await fetch(`${url}/pay/notify`, { method: 'POST', body, headers })
  assert.deepEqual([response.status, await response.text()], [200, SUCCESS])
}

/** What a monitor answers. */
async function watch(place) {
  await notify(place)
  const health = await fetch(`${place.url}/health`)
  assert.deepEqual([health.status, (await health.text()).length > 0], [200, true])
  assert.match(await (await fetch(`${place.url}/metrics`)).text(), /refusals/)
}

/** A printed code: the route answers a scan with an order that can be paid. */
async function scanned({ gateway, url }) {
  const { appid, mchid, key } = gateway
  const code = nativeUrl({ appid, mch_id: mchid, product_id: 'tea-1' }, key)
  const { error, reply } = await gateway.scan(code, `${url}/pay/scan`, 'oScanner')
  assert.equal(error, null)
  assert.ok(reply.prepay_id.length > 0)
}

/** Parameters for an order that is stored, and its payment. */
async function parameters({ gateway, url }) {
  const response = await fetch(`${url}/orders/A1001/pay`, { method: 'POST' })
  assert.equal(response.status, 200)
  const five = ['nonceStr', 'package', 'paySign', 'signType', 'timeStamp']
  assert.deepEqual(Object.keys(await response.json()).sort(), five)
  const { notification } = await gateway.pay('A1001')
  assert.equal(notification.accepted, true)
}

export const visits = { shop: buy, notify, tenpay, watch, scanned, parameters }
