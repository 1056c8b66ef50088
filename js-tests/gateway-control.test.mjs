import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { SUCCESS, order, control, onGateway, withShop } from './merchant.mjs'

describe('control', () => {
  onGateway('pay, orders and notifications over HTTP', {}, gateway =>
    withShop([SUCCESS], async notify_url => {
      await order(gateway, { notify_url })
      const paid = await control(
        gateway,
        'POST',
        'pay?out_trade_no=A1001&openid=oDora&coupon_fee=34',
      )
      assert.equal(paid.status, 200)
      assert.equal(paid.value.order.payer_openid, 'oDora')
      assert.equal(paid.value.order.cash_fee, 1200)
      assert.equal(paid.value.notification.accepted, true)
      const orders = await control(gateway, 'GET', 'orders')
      assert.deepEqual(orders.value, gateway.orders())
      assert.deepEqual(orders.value, [paid.value.order])
      const tries = await control(gateway, 'GET', 'notifications')
      assert.deepEqual(tries.value, gateway.notifications())
      assert.equal(tries.value[0].reply, SUCCESS)
    }),
  )

  onGateway('decline, refusals and wrong arguments', {}, async gateway => {
    await order(gateway)
    const declined = await control(gateway, 'POST', 'decline?out_trade_no=A1001')
    assert.deepEqual(
      [declined.status, declined.value.declined, declined.value.state],
      [200, true, 'NOTPAY'],
    )
    const unknown = await control(gateway, 'POST', 'pay?out_trade_no=none')
    assert.deepEqual([unknown.status, unknown.value.code], [409, 'GATEWAY_REFUSED'])
    for (const coupon_fee of ['0', '1235', '-1', '1.5', '0x10', 'x']) {
      assert.equal(
        (await control(gateway, 'POST', `pay?out_trade_no=A1001&coupon_fee=${coupon_fee}`)).status,
        400,
        coupon_fee,
      )
    }
    assert.equal(gateway.orders()[0].state, 'NOTPAY')
    for (const [method, path] of [
      ['GET', '/_gateway/pay?out_trade_no=A1001'],
      ['POST', '/_gateway/orders'],
      ['GET', '/'],
      ['GET', '/pay/nothing'],
      ['GET', '/p/x'],
    ]) {
      const response = await fetch(`${gateway.url}${path}`, { method })
      assert.equal(response.status, 404, path)
      assert.equal(response.headers.get('x-wxpay-gateway'), 'simulator')
    }
    assert.equal(gateway.orders()[0].state, 'NOTPAY')
  })
})
