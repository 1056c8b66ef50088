import assert from 'node:assert/strict'
import { describe } from 'node:test'
import {
  APPID,
  MCHID,
  SUCCESS,
  assertRefused,
  assertSigned,
  nonce,
  onGateway,
  post,
  toFields,
  toXml,
  withShop,
  withSign,
} from './merchant.mjs'

const HMAC = 'HMAC-SHA256'
const merchant = () => ({
  combine_appid: APPID,
  combine_mch_id: MCHID,
  nonce_str: nonce(),
  combine_out_trade_no: 'C1',
  sign_type: HMAC,
})
const part = (out_trade_no, total_fee) => ({
  mch_id: MCHID,
  out_trade_no,
  total_fee,
  body: '商品',
  attach: out_trade_no.toLowerCase(),
  fee_type: 'CNY',
})
const place = (gateway, changes = {}) =>
  post(
    gateway,
    '/pay/combinedorder',
    toXml(
      withSign({
        ...merchant(),
        sub_order_list: JSON.stringify({
          order_num: 2,
          order_list: [part('S1', 30), part('S2', 70)],
        }),
        trade_type: 'NATIVE',
        notify_url: 'http://127.0.0.1:9/n',
        spbill_create_ip: '8.8.8.8',
        scene_info: '{"payer_client_ip":"14.17.22.32"}',
        ...changes,
      }),
    ),
  )
const ask = (gateway, path, more = {}) =>
  post(gateway, `/pay/${path}`, toXml(withSign({ ...merchant(), ...more })))

describe('combined orders', () => {
  onGateway('placed, paid at once, told of together', {}, gateway =>
    withShop([SUCCESS], async (notify_url, received) => {
      const placed = await place(gateway, { notify_url })
      assertSigned(placed.fields, HMAC)
      assert.equal(placed.fields.combine_mch_id, MCHID)
      assert.equal(placed.fields.mch_id, undefined)
      assert.match(placed.fields.code_url, /\/p\//)
      assert.equal((await ask(gateway, 'querycombinedorder')).fields.trade_state, 'NOTPAY')
      await gateway.pay('C1')
      const told = (await ask(gateway, 'querycombinedorder')).fields
      assertSigned(told, HMAC)
      assert.equal(told.trade_state, 'SUCCESS')
      const { order_list } = JSON.parse(told.sub_order_list)
      assert.deepEqual(
        order_list.map(({ out_trade_no, cash_fee }) => [out_trade_no, cash_fee]),
        [
          ['S1', 30],
          ['S2', 70],
        ],
      )
      const notified = toFields(received[0].body)
      assertSigned(notified, HMAC)
      assert.equal(notified.combine_out_trade_no, 'C1')
      assert.deepEqual(
        gateway.ledger().map(({ out_no, amount }) => [out_no, amount]),
        [
          ['S1', 30],
          ['S2', 70],
        ],
      )
    }),
  )

  onGateway('closed', { closeAfter: 0 }, async gateway => {
    await place(gateway)
    const list = { sub_order_list: JSON.stringify([{ mchid: MCHID, out_trade_no: 'S1' }]) }
    assert.equal((await ask(gateway, 'closecombinedorder', list)).fields.result_code, 'SUCCESS')
    assert.equal((await ask(gateway, 'querycombinedorder')).fields.trade_state, 'CLOSED')
    const none = await ask(gateway, 'querycombinedorder', { combine_out_trade_no: 'C2' })
    assert.equal(none.fields.err_code, 'ORDERNOTEXIST')
  })

  onGateway('lists that are none', {}, async gateway => {
    assertRefused(await place(gateway, { sub_order_list: '[]' }), 'sub_order_list格式错误')
    const many = {
      order_num: 11,
      order_list: Array.from({ length: 11 }, (_, n) => part(`S${n}`, 1)),
    }
    const { fields } = await place(gateway, { sub_order_list: JSON.stringify(many) })
    assert.equal(fields.err_code, 'PARAM_ERROR')
  })
})
