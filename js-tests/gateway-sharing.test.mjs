import assert from 'node:assert/strict'
import { describe } from 'node:test'
import {
  ask,
  assertDone,
  assertFault,
  assertRefused,
  buy,
  call,
  onGateway,
  refundOf,
} from './merchant.mjs'

const HMAC = { sign_type: 'HMAC-SHA256' }
const shop = { type: 'MERCHANT_ID', account: '190001001', name: '示例商户', relation_type: 'STORE' }
const clerk = { type: 'PERSONAL_OPENID', account: 'oClerk', relation_type: 'STAFF' }
const part = ({ type, account }, amount) => ({ type, account, amount, description: '分账' })

const add = (gateway, receiver) =>
  ask(gateway, '/pay/profitsharingaddreceiver', { ...HMAC, receiver: JSON.stringify(receiver) })

/** A paid order of 100 yuan, both receivers known, and the calls about it. */
const share = async (gateway, changes = { profit_sharing: 'Y' }) => {
  const { order } = await buy(gateway, { total_fee: '10000', ...changes })
  const { transaction_id } = order
  for (const receiver of [shop, clerk]) assertDone(await add(gateway, receiver), 'HMAC-SHA256')
  const sharing = path => (out_order_no, receivers, more) =>
    ask(gateway, `/secapi/pay/${path}`, {
      ...HMAC,
      transaction_id,
      out_order_no,
      receivers: JSON.stringify(receivers),
      ...more,
    })
  return {
    transaction_id,
    single: sharing('profitsharing'),
    multi: sharing('multiprofitsharing'),
    finish: out_order_no =>
      ask(gateway, '/secapi/pay/profitsharingfinish', {
        ...HMAC,
        transaction_id,
        out_order_no,
        description: '完结',
      }),
    query: out_order_no =>
      call(gateway, '/pay/profitsharingquery', { ...HMAC, transaction_id, out_order_no }),
    left: async () =>
      Number(
        (await call(gateway, '/pay/profitsharingorderamountquery', { ...HMAC, transaction_id }))
          .fields.unsplit_amount,
      ),
    giveBack: (out_return_no, return_amount, more) =>
      ask(gateway, '/secapi/pay/profitsharingreturn', {
        ...HMAC,
        out_order_no: 'S1',
        out_return_no,
        return_account_type: 'MERCHANT_ID',
        return_account: shop.account,
        return_amount: String(return_amount),
        description: '用户退款',
        ...more,
      }),
  }
}

describe('profit sharing', () => {
  onGateway('once: PROCESSING, then FINISHED, and the rest is free', {}, async gateway => {
    const { single, query, left, transaction_id } = await share(gateway)
    assert.equal(await left(), 10_000)
    const answer = await single('S1', [part(shop, 1000), part(clerk, 500)])
    assertDone(answer, 'HMAC-SHA256')
    const { fields } = answer
    assert.deepEqual(
      [fields.status, fields.transaction_id, fields.out_order_no],
      ['PROCESSING', transaction_id, 'S1'],
    )
    assert.equal(JSON.parse(fields.receivers)[1].result, 'PENDING')
    await gateway.advance(10)
    const ended = await query('S1')
    assertDone(ended, 'HMAC-SHA256')
    assert.equal(ended.fields.order_id, fields.order_id)
    assert.equal(ended.fields.status, 'FINISHED')
    assert.deepEqual(
      JSON.parse(ended.fields.receivers).map(({ account, amount, result, finish_time }) => [
        account,
        amount,
        result,
        finish_time,
      ]),
      [
        ['190001001', 1000, 'SUCCESS', '20260304120010'],
        ['oClerk', 500, 'SUCCESS', '20260304120010'],
      ],
    )
    assert.equal(await left(), 0)
    assertFault(await single('S2', [part(shop, 1)]), 'INVALID_REQUEST')
    assert.deepEqual(
      gateway.ledger().map(({ amount }) => amount),
      [10_000, -1000, -500],
    )
  })

  onGateway('the same number is the same request', {}, async gateway => {
    const { multi } = await share(gateway)
    const first = await multi('S1', [part(shop, 1000)])
    assert.equal((await multi('S1', [part(shop, 1000)])).fields.order_id, first.fields.order_id)
    assertFault(await multi('S1', [part(shop, 1001)]), 'INVALID_REQUEST')
    assert.equal(gateway.ledger().length, 2)
  })

  onGateway('in parts, until it is finished', {}, async gateway => {
    const { multi, finish, left } = await share(gateway)
    assertDone(await multi('S1', [part(shop, 1000)]), 'HMAC-SHA256')
    assert.equal(await left(), 9000)
    assertDone(await finish('F1'), 'HMAC-SHA256')
    assertDone(await finish('F1'), 'HMAC-SHA256')
    assert.equal(await left(), 0)
    assertFault(await multi('S2', [part(shop, 1)]), 'INVALID_REQUEST', '订单已完结分账')
    assertFault(await finish('F2'), 'INVALID_REQUEST')
  })

  onGateway('what is refused', {}, async gateway => {
    const { single, multi } = await share(gateway)
    assertFault(
      await multi('S1', [part(shop, 3001)]),
      'INVALID_REQUEST',
      '分账金额超出最大分账比例',
    )
    assertFault(await multi('S1', [part(shop, 10_001)]), 'INVALID_REQUEST', '分账金额不足')
    assertFault(await multi('S1', [part({ ...clerk, account: 'oStranger' }, 1)]), 'PARAM_ERROR')
    assertFault(await multi('S1', Array(51).fill(part(shop, 1))), 'PARAM_ERROR')
    assertRefused(await multi('S1', []), '分账接收方列表格式错误')
    assertRefused(await multi('S1', [part(shop, 1.5)]), '分账接收方列表格式错误')
    const bad = await ask(gateway, '/pay/profitsharingaddreceiver', {
      ...HMAC,
      receiver: "{'type':'x'}",
    })
    assertRefused(bad, '分账接收方格式错误')
    assertFault(await add(gateway, { ...shop, name: undefined }), 'PARAM_ERROR')
    const gone = { ...HMAC, receiver: JSON.stringify(shop) }
    assertDone(await ask(gateway, '/pay/profitsharingremovereceiver', gone), 'HMAC-SHA256')
    assertFault(await single('S1', [part(shop, 1)]), 'PARAM_ERROR')
    assert.equal(gateway.ledger().length, 1)
  })

  onGateway('only of orders that say so', {}, async gateway => {
    const { single } = await share(gateway, {})
    assertFault(await single('S1', [part(shop, 1)]), 'NOT_SHARE_ORDER', '非分账订单不支持分账')
  })

  onGateway('given back before a refund', { maxRatio: 10_000 }, async gateway => {
    const { multi, giveBack } = await share(gateway)
    await multi('S1', [part(shop, 6000)])
    const all = { total_fee: '10000', refund_fee: '10000' }
    assertFault(await refundOf(gateway, all), 'NOTENOUGH')
    assertFault(await giveBack('T1', 6001), 'INVALID_REQUEST')
    assertFault(await giveBack('T1', 1, { return_account: '1' }), 'INVALID_REQUEST')
    const returned = await giveBack('T1', 6000)
    assertDone(returned, 'HMAC-SHA256')
    assert.equal(returned.fields.result, 'SUCCESS')
    assert.equal((await giveBack('T1', 6000)).fields.return_no, returned.fields.return_no)
    const asked = { ...HMAC, out_order_no: 'S1', out_return_no: 'T1' }
    const told = await ask(gateway, '/pay/profitsharingreturnquery', asked)
    assert.equal(told.fields.return_no, returned.fields.return_no)
    assertDone(await refundOf(gateway, all))
    await gateway.advance(10)
    assert.deepEqual(
      gateway.ledger().map(({ amount }) => amount),
      [10_000, -6000, 6000, -10_000],
    )
  })

  onGateway('the largest part', { maxRatio: 2000 }, async gateway => {
    const { fields } = await call(gateway, '/pay/profitsharingmerchantratioquery', {
      ...HMAC,
      sub_mch_id: '1900000108',
    })
    assert.equal(fields.max_ratio, '2000')
    assert.equal(fields.result_code, undefined, 'this answer has none')
  })
})
