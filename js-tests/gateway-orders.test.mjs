import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { WxPayError } from 'wxpay-wasm'
import {
  SUCCESS,
  order,
  query,
  assertSigned,
  assertFault,
  withGateway,
  onGateway,
} from './merchant.mjs'

describe('the life of an order', () => {
  onGateway('again with the same parameters: the same prepay_id', {}, async gateway => {
    const first = (await order(gateway, { time_start: '20260304110000' })).fields
    const again = (
      await order(gateway, {
        device_info: '',
        spbill_create_ip: '::1',
        time_start: '20260304115900',
      })
    ).fields
    assert.equal(again.result_code, 'SUCCESS')
    assert.equal(again.prepay_id, first.prepay_id)
    assert.equal(again.code_url, first.code_url)
    assert.equal(gateway.orders().length, 1)
  })

  onGateway('again with other parameters: 201', {}, async gateway => {
    await order(gateway)
    for (const changes of [
      { total_fee: '1235' },
      { body: 'other' },
      { attach: 'new' },
      { notify_url: 'http://127.0.0.1:9/other' },
      { constructor: 'x' },
    ]) {
      assertFault(await order(gateway, changes), 'INVALID_REQUEST', '201 商户订单号重复')
    }
    assertFault(
      await order(gateway, { trade_type: 'APP' }, 'product_id'),
      'INVALID_REQUEST',
      '201 商户订单号重复',
    )
    assert.equal(
      (await order(gateway, { out_trade_no: 'a1001' })).fields.result_code,
      'SUCCESS',
      'numbers differ by case',
    )
  })

  onGateway(
    'again after two hours: a new prepay_id, and the old code says that it expired',
    {},
    async (gateway, clock) => {
      const first = (await order(gateway)).fields
      clock.now += 2 * 3_600_000 - 1
      assert.equal((await order(gateway)).fields.prepay_id, first.prepay_id)
      clock.now += 1
      await assert.rejects(gateway.pay('A1001'), { code: 'GATEWAY_REFUSED' })
      assert.equal((await fetch(first.code_url)).status, 410)
      const second = (await order(gateway)).fields
      assert.match(second.prepay_id, /^wx20260304140000/)
      assert.notEqual(second.code_url, first.code_url)
      const old = await fetch(first.code_url)
      assert.equal(old.status, 410)
      assert.match(await old.text(), /二维码已过期/)
      assert.equal((await fetch(second.code_url)).status, 200)
    },
  )

  onGateway(
    'an unpaid order is queried as NOTPAY with nothing about a payment',
    {},
    async gateway => {
      await order(gateway, { attach: '深圳分店' })
      const { fields } = await query(gateway, { out_trade_no: 'A1001' })
      assertSigned(fields)
      assert.deepEqual(Object.keys(fields).sort(), [
        'appid',
        'attach',
        'mch_id',
        'nonce_str',
        'out_trade_no',
        'result_code',
        'return_code',
        'return_msg',
        'sign',
        'trade_state',
        'trade_state_desc',
      ])
      assert.equal(fields.trade_state, 'NOTPAY')
    },
  )

  onGateway('a paid order is queried by either number, with all fields', {}, async gateway => {
    await order(gateway, { attach: '深圳分店', device_info: 'WEB' })
    const { order: paid } = await gateway.pay('A1001', { openid: 'oPayer', coupon_fee: 234 })
    assert.match(paid.transaction_id, /^42000\d{23}$/)
    for (const which of [{ out_trade_no: 'A1001' }, { transaction_id: paid.transaction_id }]) {
      const { text, fields } = await query(gateway, which)
      assertSigned(fields)
      const { return_code, return_msg, appid, mch_id, nonce_str, sign, result_code, ...payment } =
        fields
      assert.deepEqual(payment, {
        device_info: 'WEB',
        openid: 'oPayer',
        is_subscribe: 'N',
        trade_type: 'NATIVE',
        bank_type: 'OTHERS',
        total_fee: '1234',
        fee_type: 'CNY',
        cash_fee: '1000',
        cash_fee_type: 'CNY',
        coupon_fee: '234',
        coupon_count: '1',
        coupon_id_0: '10000',
        coupon_type_0: 'CASH',
        coupon_fee_0: '234',
        transaction_id: paid.transaction_id,
        out_trade_no: 'A1001',
        attach: '深圳分店',
        time_end: '20260304120000',
        trade_state: 'SUCCESS',
        trade_state_desc: '支付成功',
      })
      assert.match(text, /<total_fee>1234<\/total_fee>/, 'integers are bare')
      assert.match(text, /<attach><!\[CDATA\[深圳分店\]\]><\/attach>/)
    }
    assertFault(await order(gateway, { attach: '深圳分店', device_info: 'WEB' }), 'ORDERPAID')
  })

  onGateway('an unknown order', {}, async gateway => {
    assertFault(
      await query(gateway, { out_trade_no: 'none' }),
      'ORDERNOTEXIST',
      '此交易订单号不存在',
    )
    assertFault(
      await query(gateway, { transaction_id: '4200000000000000000000000000' }),
      'ORDERNOTEXIST',
    )
  })

  onGateway('an order past its time_expire is closed', {}, async (gateway, clock) => {
    const expiring = { time_expire: '20260304120500' }
    const { code_url } = (await order(gateway, expiring)).fields
    clock.now += 5 * 60_000 - 1
    assert.equal((await query(gateway, { out_trade_no: 'A1001' })).fields.trade_state, 'NOTPAY')
    assert.equal(
      (await order(gateway, expiring)).fields.result_code,
      'SUCCESS',
      'the last minute takes the same order',
    )
    clock.now += 1
    assert.equal((await query(gateway, { out_trade_no: 'A1001' })).fields.trade_state, 'CLOSED')
    assertFault(await order(gateway, expiring), 'ORDERCLOSED')
    await assert.rejects(gateway.pay('A1001'), { code: 'GATEWAY_REFUSED' })
    assert.match(await (await fetch(code_url)).text(), /订单已关闭/)
  })

  test('Beijing time, whatever TZ says', async () => {
    const before = process.env.TZ
    process.env.TZ = 'America/Los_Angeles'
    try {
      await withGateway({}, async gateway => {
        assert.match((await order(gateway)).fields.prepay_id, /^wx20260304120000/)
        assert.equal((await gateway.pay('A1001')).order.time_end, '20260304120000')
      })()
    } finally {
      if (before === undefined) delete process.env.TZ
      else process.env.TZ = before
    }
  })

  onGateway('what cannot be paid', {}, async gateway => {
    await order(gateway, { trade_type: 'JSAPI', openid: 'oOne' })
    await assert.rejects(
      gateway.pay('none'),
      error => error instanceof WxPayError && error.code === 'GATEWAY_REFUSED',
    )
    await assert.rejects(gateway.pay('A1001', { openid: 'oOther' }), {
      code: 'GATEWAY_REFUSED',
      field: 'openid',
    })
    for (const coupon_fee of [0, -1, 1235, 1.5, NaN, '1'])
      await assert.rejects(gateway.pay('A1001', { coupon_fee }), RangeError)
    await assert.rejects(gateway.pay('A1001', { openid: '<o>' }), TypeError)
    assert.equal(gateway.orders()[0].state, 'NOTPAY')
    assert.equal((await gateway.pay('A1001', { openid: 'oOne' })).order.state, 'SUCCESS')
    await assert.rejects(gateway.pay('A1001'), { code: 'GATEWAY_REFUSED' })
    assert.throws(() => gateway.decline('A1001'), { code: 'GATEWAY_REFUSED' })
  })
})
