import assert from 'node:assert/strict'
import { describe } from 'node:test'
import {
  KEY,
  MCHID,
  OTHER_KEY,
  SUCCESS,
  ask,
  assertSigned,
  call,
  drop,
  onGateway,
  orderFields,
  toFields,
  until,
  withShop,
} from './merchant.mjs'

const keyOf = async (gateway, path = '/sandboxnew/pay/getsignkey') => {
  const { fields } = await call(gateway, path, {})
  assert.equal(fields.return_code, 'SUCCESS')
  assert.equal(fields.mch_id, MCHID)
  assert.equal(fields.sign, undefined, 'unsigned')
  assert.match(fields.sandbox_signkey, /^[0-9a-z]{32}$/)
  assert.notEqual(fields.sandbox_signkey, KEY)
  return fields.sandbox_signkey
}

describe('the old sandbox', () => {
  onGateway('its own key, signed for with the real one', {}, async gateway => {
    const key = await keyOf(gateway)
    assert.equal(await keyOf(gateway), key)
    const wrong = await call(gateway, '/sandboxnew/pay/getsignkey', {}, { key: OTHER_KEY })
    assert.equal(wrong.fields.return_code, 'FAIL')
    const real = await ask(gateway, '/sandboxnew/pay/orderquery', { out_trade_no: 'A1' })
    assert.equal(real.fields.return_msg, '沙箱验证签名失败，请确认沙箱签名key是否正确')
  })

  onGateway(
    'an amount of a case is paid at once and notified with the sandbox’s oddities',
    {},
    gateway =>
      withShop([SUCCESS], async (notify_url, received) => {
        const key = await keyOf(gateway)
        const order = total_fee =>
          ask(gateway, '/sandboxnew/pay/unifiedorder', orderFields({ notify_url, total_fee }), {
            key,
          })
        assert.equal(
          (await order('1')).fields.return_msg,
          '沙箱支付金额(1)无效，请检查需要验收的case',
        )
        const { fields } = await order('552')
        assertSigned(fields, 'MD5', key)
        assert.deepEqual(
          [fields.device_info, fields.result_code, fields.err_code, fields.err_code_des],
          ['sandbox', 'SUCCESS', 'SUCCESS', 'ok'],
        )
        await until(() => received.length === 1)
        const paid = toFields(received[0].body)
        assertSigned(paid, 'MD5', key)
        assert.equal(paid.err_code, 'SUCCESS')
        const found = await ask(
          gateway,
          '/sandboxnew/pay/orderquery',
          { out_trade_no: 'A1001' },
          { key },
        )
        assertSigned(found.fields, 'MD5', key)
        assert.deepEqual(
          [found.fields.trade_state, found.fields.cash_fee, found.fields.settlement_total_fee],
          ['SUCCESS', '551', '551'],
        )
        for (const path of ['pay/refund', 'secapi/pay/refund']) {
          const refund = {
            out_trade_no: 'A1001',
            out_refund_no: 'R1',
            total_fee: '552',
            refund_fee: '552',
          }
          assert.equal(
            (await ask(gateway, `/sandboxnew/${path}`, refund, { key })).fields.result_code,
            'SUCCESS',
            path,
          )
        }
        assert.deepEqual(gateway.orders(), [], 'production knows nothing of it')
        assert.deepEqual(gateway.ledger(), [])
      }),
  )

  onGateway('parameters are refused in the words of the machine in front', {}, async gateway => {
    const key = await keyOf(gateway)
    const fields = { out_trade_no: 'A1', out_refund_no: 'R1', refund_fee: '1', total_fee: 'x' }
    const { text, type } = await ask(gateway, '/sandboxnew/pay/refund', fields, { key })
    assert.match(text, /<retmsg>请确认请求参数是否正确total_fee<\/retmsg><retcode>1<\/retcode>/)
    assert.match(type, /^text\/plain/)
  })
})

describe('the new sandbox', () => {
  const charge = (gateway, key, total_fee, headers, out_trade_no = `X${total_fee}`) =>
    ask(
      gateway,
      '/xdc/apiv2sandbox/pay/micropay',
      {
        ...drop(orderFields({ total_fee, out_trade_no }), 'notify_url', 'trade_type', 'product_id'),
        appid: 'wxanything00000000',
        auth_code: '120061098828009406',
      },
      { key, headers },
    )

  onGateway('1, 2 and 3 fen', {}, async gateway => {
    const key = await keyOf(gateway, '/xdc/apiv2getsignkey/sign/getsignkey')
    for (const [fen, cash, coupons] of [
      ['1', '1', undefined],
      ['2', '1', '1'],
      ['3', '0', '2'],
    ]) {
      const { fields } = await charge(gateway, key, fen)
      assertSigned(fields, 'MD5', key)
      assert.deepEqual([fields.cash_fee, fields.coupon_count], [cash, coupons])
      const query = await ask(
        gateway,
        '/xdc/apiv2sandbox/pay/orderquery',
        { out_trade_no: `X${fen}` },
        { key },
      )
      assert.equal(query.fields.trade_state, 'SUCCESS')
    }
    assert.equal((await charge(gateway, key, '4')).fields.err_code, 'PARAM_ERROR')
  })

  onGateway('failures by a header', {}, async gateway => {
    const key = await keyOf(gateway, '/xdc/apiv2getsignkey/sign/getsignkey')
    const test = (name, number) =>
      charge(gateway, key, '1', { 'wechatpay-negative-test': name }, number)
    assert.equal((await test('MICROPAY_USERPAYING', 'N1')).fields.err_code, 'USERPAYING')
    assert.equal((await test('MICROPAY_PAYERROR', 'N2')).fields.err_code, 'TRADE_ERROR')
    const began = Date.now()
    assert.equal((await test('MICROPAY_TIMEOUT', 'N3')).status, 504)
    assert.ok(Date.now() - began >= 900)
  })
})
