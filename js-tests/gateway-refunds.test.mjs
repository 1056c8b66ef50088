import assert from 'node:assert/strict'
import { createDecipheriv, createHash } from 'node:crypto'
import { describe } from 'node:test'
import {
  KEY,
  NOON,
  SUCCESS,
  ask,
  assertDone,
  assertFault,
  assertRefused,
  buy,
  control,
  onGateway,
  order,
  query,
  refundOf,
  toFields,
  until,
  withShop,
} from './merchant.mjs'

const refundQuery = (gateway, which) => ask(gateway, '/pay/refundquery', which)

/** Chapter 4.5 with node:crypto. */
const opened = (req_info, key = KEY) => {
  const cipher = createDecipheriv('aes-256-ecb', createHash('md5').update(key).digest('hex'), null)
  const text = cipher.update(req_info, 'base64', 'utf8') + cipher.final('utf8')
  assert.match(text, /^<root>.*<\/root>$/s)
  return toFields(text)
}

describe('refunds', () => {
  onGateway('accepted, PROCESSING, then SUCCESS by the clock', {}, async gateway => {
    const { order: paid } = await buy(gateway)
    const answer = await refundOf(gateway, { refund_fee: '1000' })
    assertDone(answer)
    const { fields } = answer
    assert.match(fields.refund_id, /^5030\d{25}$/)
    assert.equal(fields.transaction_id, paid.transaction_id)
    assert.deepEqual(
      [
        'out_refund_no',
        'refund_fee',
        'total_fee',
        'cash_fee',
        'cash_refund_fee',
        'coupon_refund_fee',
      ].map(name => fields[name]),
      ['R1', '1000', '1234', '1234', '1000', '0'],
    )
    assert.equal((await query(gateway, { out_trade_no: 'A1001' })).fields.trade_state, 'REFUND')
    const before = (await refundQuery(gateway, { out_refund_no: 'R1' })).fields
    assert.equal(before.refund_status_0, 'PROCESSING')
    assert.equal(before.refund_success_time_0, undefined)
    assert.equal(gateway.ledger().length, 1, 'no money has moved yet')
    await gateway.advance(10)
    const after = (await refundQuery(gateway, { refund_id: fields.refund_id })).fields
    assert.equal(after.refund_status_0, 'SUCCESS')
    assert.equal(after.refund_success_time_0, '2026-03-04 12:00:10')
    assert.equal(after.refund_recv_accout_0, '支付用户零钱')
    assert.deepEqual(
      gateway.ledger().map(({ kind, out_no, amount }) => [kind, out_no, amount]),
      [
        ['payment', 'A1001', 1234],
        ['refund', 'R1', -1000],
      ],
    )
  })

  onGateway('a clock of the caller ends it too', {}, async (gateway, clock) => {
    await buy(gateway)
    await refundOf(gateway)
    clock.now += 10_000
    const { fields } = await refundQuery(gateway, { out_refund_no: 'R1' })
    assert.equal(fields.refund_status_0, 'SUCCESS')
    assert.equal(gateway.ledger().length, 2)
  })

  onGateway('the same number is the same refund, with other amounts none', {}, async gateway => {
    await buy(gateway)
    const first = await refundOf(gateway, { refund_fee: '34' })
    const again = await refundOf(gateway, { refund_fee: '34', op_user_id: '1900000109' })
    assert.equal(again.fields.refund_id, first.fields.refund_id)
    assert.equal(gateway.refunds().length, 1)
    assertFault(await refundOf(gateway, { refund_fee: '35' }), 'ERROR')
    await gateway.advance(60)
    assert.equal(
      (await refundOf(gateway, { refund_fee: '34' })).fields.refund_id,
      first.fields.refund_id,
    )
    assert.equal(gateway.ledger().length, 2)
  })

  onGateway('never more than was paid, and the order’s own total', {}, async gateway => {
    await buy(gateway)
    assertFault(await refundOf(gateway, { total_fee: '1235' }), 'ERROR')
    assertFault(await refundOf(gateway, { refund_fee: '1235' }), 'ERROR')
    assertDone(await refundOf(gateway, { refund_fee: '1000' }))
    assertFault(await refundOf(gateway, { out_refund_no: 'R2', refund_fee: '235' }), 'ERROR')
    assertDone(await refundOf(gateway, { out_refund_no: 'R2', refund_fee: '234' }))
    assertFault(
      await refundOf(gateway, { out_refund_no: 'R3', refund_fee: '1' }),
      'ERROR',
      '订单已全额退款',
    )
    assert.equal(gateway.orders()[0].refund_fee, 1234)
  })

  onGateway('orders that cannot be refunded', {}, async gateway => {
    assertFault(await refundOf(gateway), 'ORDERNOTEXIST')
    await order(gateway)
    assertFault(await refundOf(gateway), 'ORDERNOTEXIST')
    assertFault(
      await refundOf(gateway, { out_trade_no: '', transaction_id: '4200000000000000000000000000' }),
      'INVALID_TRANSACTIONID',
    )
    assertRefused(await refundOf(gateway, { out_refund_no: '' }), '缺少参数out_refund_no')
    assertRefused(
      await refundOf(gateway, { refund_fee: '1.5' }),
      '无法将输入源“/body/xml/refund_fee”映射到目标字段“退款金额”中，此字段需要一个整数',
    )
  })

  onGateway('for a year after the payment', {}, async gateway => {
    await buy(gateway)
    await gateway.advance(365 * 86_400)
    assertDone(await refundOf(gateway, { refund_fee: '1' }))
    await gateway.advance(1)
    assertFault(await refundOf(gateway, { out_refund_no: 'R2', refund_fee: '1' }), 'TRADE_OVERDUE')
  })

  onGateway('fifty for one order; queried ten at a time', {}, async gateway => {
    const { order: paid } = await buy(gateway)
    for (let n = 0; n < 50; n += 1)
      assertDone(
        await refundOf(gateway, { out_refund_no: `R${n}`, refund_fee: String((n % 20) + 1) }),
      )
    assertFault(await refundOf(gateway, { out_refund_no: 'R50', refund_fee: '1' }), 'ERROR')
    const page = (await refundQuery(gateway, { transaction_id: paid.transaction_id, offset: '45' }))
      .fields
    assert.equal(page.refund_count, '5')
    assert.equal(page.total_refund_count, '50')
    assert.deepEqual([page.out_refund_no_0, page.refund_fee_4], ['R45', '10'])
    const first = await refundQuery(gateway, { out_trade_no: 'A1001' })
    assertDone(first)
    assert.equal(first.fields.refund_count, '10')
    assert.equal(first.fields.refund_fee_9, '10')
    assert.equal(first.fields.refund_fee_10, undefined)
    assertFault(await refundQuery(gateway, { out_trade_no: 'A1001', offset: '50' }), 'PARAM_ERROR')
    assertFault(await refundQuery(gateway, { out_refund_no: 'none' }), 'REFUNDNOTEXIST')
    const exact = { refund_id: page.refund_id_0, out_trade_no: 'A1001' }
    assert.equal(
      (await refundQuery(gateway, exact)).fields.refund_count,
      '1',
      'the most exact number counts',
    )
  })

  onGateway('coupons go back in part, and in sum', {}, async gateway => {
    const coupons = [{ coupon_id: '20001', coupon_type: 'NO_CASH', coupon_fee: 100 }]
    const { order: paid } = await buy(gateway, {}, { coupons })
    assert.deepEqual([paid.cash_fee, paid.coupon_fee], [1134, 100])
    const told = (await query(gateway, { out_trade_no: 'A1001' })).fields
    assert.equal(told.settlement_total_fee, '1134')
    assert.equal(told.coupon_type_0, 'NO_CASH')
    const parts = []
    for (const refund_fee of ['333', '333', '568']) {
      const { fields } = await refundOf(gateway, { out_refund_no: `R${parts.length}`, refund_fee })
      assert.equal(
        Number(fields.cash_refund_fee) + Number(fields.coupon_refund_fee),
        Number(refund_fee),
      )
      parts.push(Number(fields.coupon_refund_fee))
    }
    assert.equal(
      parts.reduce((sum, part) => sum + part),
      100,
    )
    await gateway.advance(10)
    assert.equal(
      gateway.ledger().at(-1).balance,
      gateway.ledger()[0].balance - 1134,
      'a gift is no money',
    )
    const { fields } = await refundQuery(gateway, { out_refund_no: 'R2' })
    assert.equal(fields.coupon_refund_fee_0_0, fields.coupon_refund_fee_0)
    assert.equal(fields.coupon_refund_id_0_0, '20001')
  })

  onGateway('notified with its fields enciphered, unsigned', { settleAfter: 3 }, gateway =>
    withShop([SUCCESS], async (notify_url, received) => {
      const { order: paid } = await buy(gateway)
      const { fields } = await refundOf(gateway, { notify_url, refund_fee: '34' })
      await gateway.advance(3)
      await until(() => received.length === 1)
      const { req_info, nonce_str, ...outer } = toFields(received[0].body)
      assert.match(nonce_str, /^[0-9A-Za-z]{32}$/)
      assert.deepEqual(outer, {
        return_code: 'SUCCESS',
        appid: gateway.appid,
        mch_id: gateway.mchid,
      })
      assert.deepEqual(opened(req_info), {
        transaction_id: paid.transaction_id,
        out_trade_no: 'A1001',
        refund_id: fields.refund_id,
        out_refund_no: 'R1',
        total_fee: '1234',
        settlement_total_fee: '1234',
        refund_fee: '34',
        settlement_refund_fee: '34',
        refund_status: 'SUCCESS',
        success_time: '2026-03-04 12:00:03',
        refund_recv_accout: '支付用户零钱',
        refund_account: 'REFUND_SOURCE_UNSETTLED_FUNDS',
        refund_request_source: 'API',
      })
      assert.equal(gateway.notifications().at(-1).out_trade_no, 'R1')
    }),
  )

  onGateway('ended on request as CHANGE or REFUNDCLOSE', {}, gateway =>
    withShop([SUCCESS], async (notify_url, received) => {
      await buy(gateway)
      await refundOf(gateway, { notify_url })
      const closed = await control(gateway, 'POST', 'refund?out_refund_no=R1&status=REFUNDCLOSE')
      assert.equal(closed.status, 200)
      assert.equal(closed.value.refund.status, 'REFUNDCLOSE')
      const inner = opened(toFields(received[0].body).req_info)
      assert.deepEqual([inner.refund_status, inner.success_time], ['REFUNDCLOSE', undefined])
      assert.equal((await query(gateway, { out_trade_no: 'A1001' })).fields.trade_state, 'SUCCESS')
      assertDone(await refundOf(gateway, { out_refund_no: 'R2' }))
      assert.equal((await gateway.settleRefund('R2', 'CHANGE')).refund.status, 'CHANGE')
      await assert.rejects(gateway.settleRefund('R2'), { code: 'GATEWAY_REFUSED' })
      await assert.rejects(gateway.settleRefund('R9'), { code: 'GATEWAY_REFUSED' })
      assert.equal(gateway.ledger().length, 1)
      await gateway.advance(60)
      assert.equal(gateway.ledger().length, 1, 'nothing happens to it later')
    }),
  )

  onGateway('not out of an empty account', { funds: 0 }, async gateway => {
    const coupons = [{ coupon_id: '1', coupon_type: 'NO_CASH', coupon_fee: 1000 }]
    await buy(gateway, {}, { coupons })
    assertFault(await refundOf(gateway, { refund_fee: '300' }), 'NOTENOUGH')
    assertDone(await refundOf(gateway, { refund_fee: '234' }))
    assert.equal(gateway.now(), NOON)
  })
})
