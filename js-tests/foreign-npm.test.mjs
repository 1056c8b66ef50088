// Clients that nobody here wrote run their whole cycle against the gateway, and check its answers and
// notifications with their own code: tenpay and wechatpay-axios-plugin, as npm has them.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, test } from 'node:test'
import tenpay from 'tenpay'
import axiosPlugin from 'wechatpay-axios-plugin'
import { createGateway } from 'wxpay-wasm/testing'
import { openInbox } from './inbox.mjs'

const ITEM = '腾讯充值中心-QQ会员充值'
const DAY = 86_400

/** Today's date in Beijing, by the gateway's clock. */
const day = gateway => new Date(gateway.now() + 8 * 3_600_000).toISOString().slice(0, 10).replaceAll('-', '')

async function shop(t) {
  const gateway = await createGateway({ closeAfter: 0 })
  const inbox = await openInbox()
  t.after(async () => {
    await gateway.close()
    await inbox.close()
  })
  return { gateway, inbox }
}

describe('tenpay', () => {
  function clientOf({ appid, mchid, key: partnerKey, url }, inbox) {
    const client = tenpay.init({ appid, mchid, partnerKey, notify_url: inbox.url, refund_url: inbox.url })
    // The client's own table of addresses, on another host.
    for (const [name, address] of Object.entries(client.urls))
      client.urls[name] = address.replace('https://api.mch.weixin.qq.com', url)
    return client
  }

  /** What its middleware makes of a notification; the gateway's own client is not asked. */
  async function heard(client, kind, body) {
    const ctx = { request: { body } }
    let passed = false
    await client.middleware(kind)(ctx, async () => (passed = true))
    assert.ok(passed, ctx.body)
    return ctx.request.weixin
  }

  for (const sign_type of ['MD5', 'HMAC-SHA256']) {
    test(`order, query, pay, close, refund, refund query, bill: ${sign_type}`, async t => {
      const { gateway, inbox } = await shop(t)
      const client = clientOf(gateway, inbox)
      const today = day(gateway)
      const order = { out_trade_no: 'T1', body: ITEM, total_fee: 1234, trade_type: 'NATIVE', product_id: 'P', sign_type }

      const placed = await client.unifiedOrder(order)
      assert.equal(placed.code_url, gateway.orders()[0].code_url)
      assert.equal((await client.orderQuery({ out_trade_no: 'T1', sign_type })).trade_state, 'NOTPAY')

      await gateway.pay('T1')
      const paid = await heard(client, 'pay', await inbox.take())
      assert.deepEqual(
        [paid.out_trade_no, paid.total_fee, paid.sign.length],
        ['T1', '1234', sign_type === 'MD5' ? 32 : 64],
      )
      const found = await client.orderQuery({ transaction_id: paid.transaction_id, sign_type })
      assert.deepEqual([found.trade_state, found.out_trade_no], ['SUCCESS', 'T1'])
      await assert.rejects(client.closeOrder({ out_trade_no: 'T1', sign_type }), { message: 'ORDERPAID' })

      await client.unifiedOrder({ ...order, out_trade_no: 'T2' })
      await client.closeOrder({ out_trade_no: 'T2', sign_type })
      assert.equal((await client.orderQuery({ out_trade_no: 'T2', sign_type })).trade_state, 'CLOSED')

      const refund = { out_trade_no: 'T1', out_refund_no: 'R1', total_fee: 1234, refund_fee: 234, sign_type }
      const accepted = await client.refund(refund)
      assert.equal(accepted.refund_fee, '234')
      await gateway.settleRefund('R1')
      const refunded = await heard(client, 'refund', await inbox.take())
      assert.deepEqual(
        [refunded.req_info.out_refund_no, refunded.req_info.refund_status, refunded.req_info.refund_id],
        ['R1', 'SUCCESS', accepted.refund_id],
      )
      const state = await client.refundQuery({ out_refund_no: 'R1', sign_type })
      assert.equal(state.refund_status_0, 'SUCCESS')

      // Bills are asked for with MD5: the documents disagree on anything else.
      await gateway.advance(2 * DAY)
      const bill = await client.downloadBill({ bill_date: today }, true)
      assert.deepEqual(bill.list_data.map(row => row[bill.list_title.indexOf('商户订单号')]), ['T1', 'T1'])
      assert.equal(bill.total_data[bill.total_title.indexOf('退款总金额')], '2.34')
    })
  }

  test('what was tampered with, it refuses', async t => {
    const { gateway, inbox } = await shop(t)
    const client = clientOf(gateway, inbox)
    await client.unifiedOrder({ out_trade_no: 'T1', body: ITEM, total_fee: 1234, trade_type: 'NATIVE', product_id: 'P' })
    gateway.setFaults([{ on: 'orderQuery', fault: 'wrong-sign' }, { on: 'notification', fault: 'wrong-sign' }])
    await assert.rejects(client.orderQuery({ out_trade_no: 'T1' }), { message: 'sign签名错误' })
    await gateway.pay('T1')
    await assert.rejects(heard(client, 'pay', await inbox.take()), /sign签名错误/)
  })

  test('a wrong key is told as WeChat tells it', async t => {
    const { gateway, inbox } = await shop(t)
    const client = clientOf({ ...gateway, key: 'abcdefghijklmnopqrstuvwxyz012345' }, inbox)
    await assert.rejects(client.orderQuery({ out_trade_no: 'T1' }), { message: '签名错误，请检查后再试' })
  })
})

describe('wechatpay-axios-plugin', () => {
  const { Wechatpay, Transformer, Hash, Aes } = axiosPlugin
  // For version 3, of which nothing is called here, though it cannot be made without.
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

  function clientOf({ mchid, key: secret, url: baseURL }) {
    const v2 = new Wechatpay({ baseURL, mchid, secret, serial: 'mine', privateKey, certs: { theirs: publicKey } }).v2
    const post = async (path, fields, { bill = false } = {}) => {
      const options = bill ? { transformResponse: [] } : {}
      return (await v2[path].post(fields, options)).data
    }
    return post
  }

  for (const sign_type of ['MD5', 'HMAC-SHA256']) {
    test(`order, query, pay, close, refund, refund query, bill: ${sign_type}`, async t => {
      const { gateway, inbox } = await shop(t)
      const { appid, mchid: mch_id, key } = gateway
      const post = clientOf(gateway)
      const today = day(gateway)
      const call = (path, fields, how) =>
        post(path, { appid, mch_id, nonce_str: axiosPlugin.Formatter.nonce(), sign_type, ...fields }, how)
      const order = {
        out_trade_no: 'X1', body: ITEM, total_fee: 88, trade_type: 'NATIVE', product_id: 'P',
        spbill_create_ip: '127.0.0.1', notify_url: inbox.url,
      }
      assert.match((await call('pay/unifiedorder', order)).code_url, /\/p\/\w{8}$/)
      await gateway.pay('X1')
      const fields = Transformer.toObject(await inbox.take())
      assert.ok(Hash.equals(Hash.sign(sign_type, fields, key), fields.sign))
      assert.equal((await call('pay/orderquery', { out_trade_no: 'X1' })).trade_state, 'SUCCESS')

      await call('pay/unifiedorder', { ...order, out_trade_no: 'X2' })
      assert.equal((await call('pay/closeorder', { out_trade_no: 'X2' })).result_code, 'SUCCESS')

      const refund = { out_trade_no: 'X1', out_refund_no: 'R1', total_fee: 88, refund_fee: 8, notify_url: inbox.url }
      assert.equal((await call('secapi/pay/refund', refund)).refund_fee, '8')
      await gateway.settleRefund('R1')
      const { req_info } = Transformer.toObject(await inbox.take())
      const info = Aes.AesEcb.decrypt(req_info, Hash.md5(key))
      assert.equal(Transformer.toObject(info).refund_status, 'SUCCESS')
      assert.equal((await call('pay/refundquery', { out_refund_no: 'R1' })).refund_status_0, 'SUCCESS')

      await gateway.advance(2 * DAY)
      const bill = await call('pay/downloadbill', { bill_date: today, bill_type: 'ALL', sign_type: 'MD5' }, { bill: true })
      assert.equal(String(bill).split('`X1').length - 1, 2)
    })
  }

  test('what was tampered with, it refuses', async t => {
    const { gateway } = await shop(t)
    const { appid, mchid: mch_id } = gateway
    gateway.setFaults([{ on: 'orderQuery', fault: 'wrong-sign' }])
    const asked = clientOf(gateway)('pay/orderquery', { appid, mch_id, nonce_str: 'n', out_trade_no: 'X1' })
    await assert.rejects(asked.then(data => (data instanceof Error ? Promise.reject(data) : data)))
  })
})
