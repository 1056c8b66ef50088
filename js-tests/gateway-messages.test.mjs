import assert from 'node:assert/strict'
import { createDecipheriv, createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { parseXml } from 'wxpay-wasm'
import { refundNotification, signedAnswer, signedNotification } from 'wxpay-wasm/testing'
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

describe('refundNotification', () => {
  const opened = (body, key = KEY) => {
    const { req_info, ...outer } = toFields(body)
    const cipher = createDecipheriv(
      'aes-256-ecb',
      createHash('md5').update(key).digest('hex'),
      null,
    )
    const text = cipher.update(req_info, 'base64', 'utf8') + cipher.final('utf8')
    return { outer, inner: toFields(text) }
  }

  test('valid by default, and unsigned', () => {
    const { outer, inner } = opened(refundNotification())
    assert.deepEqual(Object.keys(outer).sort(), ['appid', 'mch_id', 'nonce_str', 'return_code'])
    assert.equal(inner.refund_status, 'SUCCESS')
    assert.match(inner.success_time, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
  })

  test('fields and merchant of the caller', () => {
    const fields = { out_refund_no: 'R7', total_fee: 500, refund_fee: 100, refund_status: 'CHANGE' }
    const merchant = {
      appid: 'wx0000000000000001',
      mchid: '1234567890',
      key: OTHER_KEY,
      now: () => NOON,
    }
    const { outer, inner } = opened(refundNotification(fields, merchant), OTHER_KEY)
    assert.equal(outer.mch_id, '1234567890')
    assert.deepEqual(
      [
        inner.out_refund_no,
        inner.total_fee,
        inner.settlement_refund_fee,
        inner.refund_status,
        inner.success_time,
      ],
      ['R7', '500', '100', 'CHANGE', undefined],
    )
  })
})

describe('signedAnswer', () => {
  test('the documented success, with fields of the caller', () => {
    const fields = toFields(
      signedAnswer('orderQuery', { out_trade_no: 'A1001', trade_state: 'NOTPAY', total_fee: 88 }),
    )
    assert.equal(fields.sign, signature(fields, KEY))
    assert.deepEqual(
      [
        fields.return_code,
        fields.result_code,
        fields.out_trade_no,
        fields.trade_state,
        fields.total_fee,
      ],
      ['SUCCESS', 'SUCCESS', 'A1001', 'NOTPAY', '88'],
    )
    assert.equal(
      toFields(signedAnswer('unifiedOrder', { trade_type: 'NATIVE' })).code_url.startsWith(
        'weixin:',
      ),
      true,
    )
  })

  test('a failure, another merchant, another algorithm', () => {
    const options = {
      appid: 'wx0000000000000001',
      mchid: '1234567890',
      key: OTHER_KEY,
      signType: 'HMAC-SHA256',
    }
    const fields = toFields(
      signedAnswer('refund', { err_code: 'NOTENOUGH', err_code_des: '余额不足' }, options),
    )
    assert.equal(fields.sign, signature(fields, OTHER_KEY, 'HMAC-SHA256'))
    assert.deepEqual(
      [fields.result_code, fields.mch_id, fields.refund_id],
      ['FAIL', '1234567890', undefined],
    )
    assert.throws(() => signedAnswer('nothing'), TypeError)
  })
})
