import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { parseXml } from 'wxpay-wasm'
import {
  OTHER_KEY,
  APPID,
  MCHID,
  SUCCESS,
  toXml,
  nonce,
  orderFields,
  withSign,
  post,
  order,
  assertSigned,
  assertRefused,
  onGateway,
} from './merchant.mjs'

describe('the requests it takes', () => {
  onGateway('NATIVE, MD5: a signed answer with prepay_id and code_url', {}, async gateway => {
    const { status, type, marker, text, fields } = await order(gateway, { device_info: 'WEB' })
    assert.equal(status, 200)
    assert.match(type, /^text\/xml/)
    assert.equal(marker, 'simulator')
    assertSigned(fields)
    assert.equal(fields.result_code, 'SUCCESS')
    assert.equal(fields.appid, APPID)
    assert.equal(fields.mch_id, MCHID)
    assert.equal(fields.device_info, 'WEB')
    assert.equal(fields.trade_type, 'NATIVE')
    assert.match(fields.prepay_id, /^wx20260304120000[0-9a-f]{20}$/)
    assert.match(fields.code_url, /^http:\/\/127\.0\.0\.1:\d+\/p\/[0-9A-Za-z]{8}$/)
    assert.ok(fields.code_url.length <= 64)
    assert.match(fields.nonce_str, /^[0-9A-Za-z]{32}$/)
    assert.match(text, /<prepay_id><!\[CDATA\[wx/)
    assert.equal(parseXml(text).sign, fields.sign)
  })

  onGateway('JSAPI and APP have no code_url, MWEB has a mweb_url', {}, async gateway => {
    for (const [out_trade_no, changes, url] of [
      ['J1', { trade_type: 'JSAPI', openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' }],
      ['A1', { trade_type: 'APP' }],
      ['M1', { trade_type: 'MWEB', scene_info: '{"h5_info":{}}' }, 'mweb_url'],
    ]) {
      const { fields } = await order(gateway, { out_trade_no, ...changes })
      assertSigned(fields)
      assert.match(fields.prepay_id, /^wx/)
      assert.deepEqual(
        Object.keys(fields).filter(name => name.endsWith('_url')),
        url === undefined ? [] : [url],
      )
    }
  })

  onGateway(
    'HMAC-SHA256 is answered with HMAC-SHA256, and does not repeat sign_type',
    {},
    async gateway => {
      const { fields } = await order(gateway, { sign_type: 'HMAC-SHA256' })
      assert.equal(fields.sign.length, 64)
      assertSigned(fields, 'HMAC-SHA256')
      assert.equal(fields.sign_type, undefined)
    },
  )

  onGateway('two answers never share a nonce, nor the nonce of the request', {}, async gateway => {
    const nonces = new Set(['mine'])
    for (let i = 0; i < 3; i += 1)
      nonces.add((await order(gateway, { nonce_str: 'mine' })).fields.nonce_str)
    assert.equal(nonces.size, 4)
  })

  onGateway(
    'unknown fields and empty elements are tolerated; unknown ones are signed',
    {},
    async gateway => {
      const changes = { device_info: '', op_user_id: MCHID, constructor: 'x', toString: 'y' }
      assert.equal((await order(gateway, changes)).fields.result_code, 'SUCCESS')
      const tampered = { ...withSign(orderFields({ op_user_id: '1' })), op_user_id: '2' }
      assertRefused(
        await post(gateway, '/pay/unifiedorder', toXml(tampered)),
        '签名错误，请检查后再试',
      )
    },
  )

  onGateway(
    'another test merchant, with the word that its key is one',
    { appid: 'wx0000000000000001', mchid: '1234567890', key: OTHER_KEY, testKey: true },
    async gateway => {
      const mine = orderFields({ appid: 'wx0000000000000001', mch_id: '1234567890' })
      const { fields } = await post(gateway, '/pay/unifiedorder', toXml(withSign(mine, OTHER_KEY)))
      assertSigned(fields, 'MD5', OTHER_KEY)
      assert.equal(fields.mch_id, '1234567890')
    },
  )
})
