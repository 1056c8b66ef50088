// NATIVE mode 1 (chapter 2.7).
import assert from 'node:assert/strict'
import { describe } from 'node:test'
import {
  APPID,
  KEY,
  MCHID,
  OTHER_KEY,
  ask,
  nonce,
  onGateway,
  order,
  signature,
  toFields,
  toXml,
  withShop,
  withSign,
} from './merchant.mjs'

const code = (key = KEY) => {
  const fields = {
    appid: APPID,
    mch_id: MCHID,
    product_id: '88888',
    time_stamp: '1415949957',
    nonce_str: nonce(),
  }
  return `weixin://wxpay/bizpayurl?${new URLSearchParams({ ...fields, sign: signature(fields, key) })}`
}

describe('scanning a product’s code', () => {
  onGateway('asks the merchant for an order, which can be paid', {}, async gateway => {
    const { fields } = await order(gateway, { product_id: '88888' })
    const reply = withSign({
      return_code: 'SUCCESS',
      result_code: 'SUCCESS',
      appid: APPID,
      mch_id: MCHID,
      nonce_str: nonce(),
      prepay_id: fields.prepay_id,
    })
    await withShop([toXml(reply)], async (callback, received) => {
      const scan = await gateway.scan(code(), callback, 'oScanner')
      assert.equal(scan.error, null)
      assert.equal(scan.reply.prepay_id, fields.prepay_id)
      const asked = toFields(received[0].body)
      assert.deepEqual(Object.keys(asked).sort(), [
        'appid',
        'is_subscribe',
        'mch_id',
        'nonce_str',
        'openid',
        'product_id',
        'sign',
      ])
      assert.equal(asked.sign, signature(asked, KEY))
      assert.deepEqual([asked.product_id, asked.openid], ['88888', 'oScanner'])
      const short = await ask(gateway, '/tools/shorturl', { long_url: code() })
      assert.equal((await gateway.scan(short.fields.short_url, callback)).product_id, '88888')
    })
  })

  onGateway(
    'a reply that is not signed is of no use; a code of somebody else is refused',
    {},
    gateway =>
      withShop(
        [toXml(withSign({ return_code: 'SUCCESS' }, OTHER_KEY)), { status: 500 }],
        async callback => {
          const scan = await gateway.scan(code(), callback)
          assert.equal(scan.reply, null)
          assert.match(scan.error, /sign/i)
          assert.match((await gateway.scan(code(), callback)).error, /500/)
          await assert.rejects(gateway.scan(code(OTHER_KEY), callback), { code: 'GATEWAY_REFUSED' })
          await assert.rejects(gateway.scan('http://x', callback), TypeError)
        },
      ),
  )
})
