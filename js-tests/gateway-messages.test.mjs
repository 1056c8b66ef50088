import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseXml } from 'wxpay-wasm'
import { signedNotification } from 'wxpay-wasm/testing'
import { KEY, OTHER_KEY, NOON, signature, toFields } from './merchant.mjs'

describe('signedNotification', () => {
  test('valid by default', () => {
    const body = signedNotification()
    const fields = toFields(body)
    assert.equal(fields.sign, signature(fields, KEY))
    assert.equal(fields.sign_type, undefined)
    for (const name of [
      'appid',
      'mch_id',
      'nonce_str',
      'openid',
      'trade_type',
      'bank_type',
      'total_fee',
      'cash_fee',
      'transaction_id',
      'out_trade_no',
      'time_end',
    ]) {
      assert.ok(fields[name], name)
    }
    assert.equal(parseXml(body).transaction_id, fields.transaction_id)
  })

  test('fields and merchant of the caller', () => {
    const fields = toFields(
      signedNotification(
        {
          out_trade_no: 'B7',
          total_fee: 500,
          coupon_fee: 100,
          attach: 'x',
          openid: null,
          bank_type: undefined,
        },
        {
          appid: 'wx0000000000000001',
          mchid: '1234567890',
          key: OTHER_KEY,
          signType: 'HMAC-SHA256',
          now: () => NOON,
        },
      ),
    )
    assert.equal(fields.sign, signature(fields, OTHER_KEY, 'HMAC-SHA256'))
    assert.equal(fields.sign_type, 'HMAC-SHA256')
    assert.equal(fields.appid, 'wx0000000000000001')
    assert.equal(fields.mch_id, '1234567890')
    assert.equal(fields.total_fee, '500')
    assert.equal(fields.cash_fee, '400')
    assert.equal(fields.time_end, '20260304120000')
    assert.equal('openid' in fields, false)
    assert.equal('bank_type' in fields, false)
  })

  test('an HMAC notification without sign_type, as the field knows them', () => {
    const fields = toFields(
      signedNotification({ sign_type: undefined }, { signType: 'HMAC-SHA256' }),
    )
    assert.equal(fields.sign_type, undefined)
    assert.equal(fields.sign, signature(fields, KEY, 'HMAC-SHA256'))
  })
})
