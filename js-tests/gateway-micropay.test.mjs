import assert from 'node:assert/strict'
import { describe } from 'node:test'
import {
  ask,
  assertDone,
  assertFault,
  buy,
  drop,
  onGateway,
  order,
  orderFields,
  query,
} from './merchant.mjs'

const micropay = (gateway, changes = {}) =>
  ask(gateway, '/pay/micropay', {
    ...drop(orderFields(), 'notify_url', 'trade_type', 'product_id'),
    auth_code: '120061098828009406',
    ...changes,
  })
const reverse = (gateway, which = { out_trade_no: 'A1001' }) =>
  ask(gateway, '/secapi/pay/reverse', which)
const state = async gateway => (await query(gateway, { out_trade_no: 'A1001' })).fields.trade_state

/** A payment code of the documented kind. */
const code = last => `13000000000000${last}`

describe('payment codes', () => {
  onGateway('pay at once, and notify nobody', {}, async gateway => {
    const answer = await micropay(gateway)
    assertDone(answer)
    const { fields } = answer
    assert.equal(fields.trade_type, 'MICROPAY')
    assert.match(fields.transaction_id, /^42000\d{23}$/)
    assert.equal(fields.total_fee, '1234')
    assert.equal(fields.time_end, '20260304120000')
    assert.equal(await state(gateway), 'SUCCESS')
    assert.deepEqual(gateway.notifications(), [])
    assertFault(await micropay(gateway), 'ORDERPAID')
    assertFault(await micropay(gateway, { out_trade_no: 'A1002' }), 'AUTH_CODE_ERROR')
  })

  onGateway('9901: the password, then paid', {}, async gateway => {
    const charge = () => micropay(gateway, { auth_code: code('9901') })
    assertFault(await charge(), 'USERPAYING')
    assert.equal(await state(gateway), 'USERPAYING')
    assertFault(await charge(), 'USERPAYING')
    await gateway.advance(9)
    assert.equal(await state(gateway), 'USERPAYING')
    await gateway.advance(1)
    assert.equal(await state(gateway), 'SUCCESS')
    assertFault(await charge(), 'ORDERPAID')
    assert.equal(gateway.ledger().length, 1)
  })

  onGateway('9902: the password, until somebody decides', {}, async gateway => {
    await micropay(gateway, { auth_code: code('9902') })
    await gateway.advance(3600)
    assert.equal(await state(gateway), 'USERPAYING')
    const { order: paid, notification } = await gateway.pay('A1001')
    assert.equal(paid.state, 'SUCCESS')
    assert.equal(notification, null)
    await micropay(gateway, { out_trade_no: 'A1002', auth_code: '130000000000019902' })
    assert.equal(gateway.decline('A1002').state, 'PAYERROR')
  })

  onGateway('9903: the password, then given up', {}, async gateway => {
    await micropay(gateway, { auth_code: code('9903') })
    await gateway.advance(10)
    assert.equal(await state(gateway), 'PAYERROR')
    assertFault(await micropay(gateway, { auth_code: code('9903') }), 'TRADE_ERROR')
    assert.deepEqual(gateway.ledger(), [])
  })

  onGateway('9904: SYSTEMERROR, though paid', {}, async gateway => {
    assertFault(await micropay(gateway, { auth_code: code('9904') }), 'SYSTEMERROR')
    assert.equal(await state(gateway), 'SUCCESS')
  })

  onGateway('codes that fail', {}, async gateway => {
    for (const [last, err_code] of [
      ['9905', 'NOTENOUGH'],
      ['9906', 'AUTHCODEEXPIRE'],
      ['9907', 'AUTH_CODE_INVALID'],
      ['9908', 'NOTSUPORTCARD'],
      ['9909', 'BANKERROR'],
      ['9910', 'BUYER_MISMATCH'],
      ['9911', 'TRADE_ERROR'],
    ])
      assertFault(await micropay(gateway, { auth_code: code(last) }), err_code)
    for (const auth_code of ['12006109882800940', '160000000000000000', 'x'])
      assertFault(await micropay(gateway, { auth_code }), 'PARAM_ERROR', 'auth_code参数格式错误')
    assertFault(await query(gateway, { out_trade_no: 'A1001' }), 'ORDERNOTEXIST')
  })

  onGateway('total_fee 0, as production words it', {}, async gateway => {
    assertFault(await micropay(gateway, { total_fee: '0' }), 'PARAM_ERROR', 'total_fee参数格式错误')
  })

  onGateway('whose code it is', {}, async gateway => {
    const whose = auth_code => ask(gateway, '/tools/authcodetoopenid', { auth_code })
    const { fields } = await whose('120061098828009406')
    assert.match(fields.openid, /^o[\w-]{27}$/)
    assert.equal((await micropay(gateway)).fields.openid, fields.openid)
    assertFault(await whose('120061098828009406'), 'AUTH_CODE_ERROR')
    assertFault(await whose(code('9906')), 'AUTHCODEEXPIRE')
  })
})

describe('reversal', () => {
  onGateway('closes what is unpaid', {}, async gateway => {
    await micropay(gateway, { auth_code: code('9902') })
    const answer = await reverse(gateway)
    assertDone(answer)
    assert.equal(answer.fields.recall, 'N')
    assert.equal(await state(gateway), 'REVOKED')
    assertDone(await reverse(gateway))
    assertFault(await micropay(gateway, { auth_code: code('9902') }), 'ORDERREVERSED')
    assertFault(await order(gateway), 'OUT_TRADE_NO_USED')
    await assert.rejects(gateway.pay('A1001'), { code: 'GATEWAY_REFUSED' })
  })

  onGateway('refunds what is paid, once', {}, async gateway => {
    const { fields } = await micropay(gateway)
    assertDone(
      await reverse(gateway, { out_trade_no: 'A1001', transaction_id: fields.transaction_id }),
    )
    assertDone(await reverse(gateway))
    assert.equal(await state(gateway), 'REVOKED')
    assert.deepEqual(
      gateway.ledger().map(({ kind, amount }) => [kind, amount]),
      [
        ['payment', 1234],
        ['refund', -1234],
      ],
    )
  })

  onGateway('within seven days, and only of payment codes', {}, async gateway => {
    await micropay(gateway)
    await gateway.advance(7 * 86_400 + 1)
    assertFault(await reverse(gateway), 'REVERSE_EXPIRE')
    await order(gateway, { out_trade_no: 'N1' })
    assertFault(await reverse(gateway, { out_trade_no: 'N1' }), 'TRADE_ERROR')
    await buy(gateway, { out_trade_no: 'N2' })
    assertFault(await reverse(gateway, { out_trade_no: 'N2' }), 'TRADE_ERROR')
    assertFault(
      await reverse(gateway, {
        out_trade_no: 'N2',
        transaction_id: '4200000000000000000000000000',
      }),
      'INVALID_TRANSACTIONID',
    )
  })
})
