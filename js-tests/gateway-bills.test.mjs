import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { readBill } from 'wxpay-wasm/bill'
import {
  APPID,
  KEY,
  MCHID,
  ask,
  assertRefused,
  buy,
  nonce,
  onGateway,
  refundOf,
  signature,
  toFields,
  toXml,
} from './merchant.mjs'

const fetchBill = async (gateway, path, fields, type) => {
  const message = {
    appid: APPID,
    mch_id: MCHID,
    nonce_str: nonce(),
    bill_date: '20260304',
    ...fields,
  }
  const body = toXml({ ...message, sign: signature(message, KEY, type) })
  const response = await fetch(gateway.url + path, { method: 'POST', body })
  return Buffer.from(await response.arrayBuffer())
}
const trades = (gateway, fields) => fetchBill(gateway, '/pay/downloadbill', fields)
const flow = (gateway, fields) =>
  fetchBill(
    gateway,
    '/pay/downloadfundflow',
    { account_type: 'Basic', sign_type: 'HMAC-SHA256', ...fields },
    'HMAC-SHA256',
  )

/** A day with two payments and a refund, seen on the next one. */
const yesterday = async gateway => {
  await buy(gateway, { attach: 'a,b' })
  const coupons = [{ coupon_id: '1', coupon_type: 'NO_CASH', coupon_fee: 34 }]
  await buy(gateway, { out_trade_no: 'A1002' }, { coupons })
  await refundOf(gateway, { refund_fee: '234' })
  await gateway.advance(23 * 3600)
}

const lines = bytes => {
  assert.deepEqual([...bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf], 'a byte order mark')
  const rows = bytes.toString('utf8').slice(1).split('\r\n')
  assert.equal(rows.pop(), '', 'CRLF at the end')
  return rows
}
const cells = line => line.slice(1).split(',`')

describe('bills', () => {
  onGateway('ALL: payments and refunds of the day', {}, async gateway => {
    await yesterday(gateway)
    const rows = lines(await trades(gateway))
    assert.equal(rows.length, 6)
    assert.equal(rows[0].split(',').length, 27)
    const all = rows.slice(1, 4).map(cells)
    const column = (row, name) => row[rows[0].split(',').indexOf(name)]
    assert.deepEqual(
      all.map(row =>
        ['商户订单号', '交易状态', '应结订单金额', '退款金额', '手续费', '订单金额'].map(name =>
          column(row, name),
        ),
      ),
      [
        ['A1001', 'SUCCESS', '12.34', '0.00', '0.07404', '12.34'],
        ['A1002', 'SUCCESS', '12.00', '0.00', '0.07200', '12.34'],
        ['A1001', 'REFUND', '0.00', '2.34', '-0.01404', '0.00'],
      ],
    )
    assert.equal(column(all[0], '商户数据包'), 'a,b')
    assert.deepEqual(cells(rows[5]), ['3.0', '24.34', '2.34', '0.00', '0.13200', '24.68', '2.34'])
  })

  onGateway('SUCCESS and REFUND have their own columns', {}, async gateway => {
    await yesterday(gateway)
    const paid = lines(await trades(gateway, { bill_type: 'SUCCESS' }))
    assert.deepEqual([paid[0].split(',').length, cells(paid[1]).length, paid.length], [20, 20, 5])
    const back = lines(await trades(gateway, { bill_type: 'REFUND' }))
    assert.deepEqual([back[0].split(',').length, cells(back[1]).length, back.length], [29, 29, 4])
    assert.equal(cells(back[1])[15], '2026-03-04 12:00:10')
  })

  onGateway('packed on request; errors never are', {}, async gateway => {
    await yesterday(gateway)
    const packed = await trades(gateway, { tar_type: 'GZIP' })
    assert.deepEqual([packed[0], packed[1]], [0x1f, 0x8b])
    assert.deepEqual(gunzipSync(packed), await trades(gateway))
    const none = await trades(gateway, { bill_date: '20260101', tar_type: 'GZIP' })
    assert.equal(toFields(none.toString()).return_msg, 'No Bill Exist')
  })

  onGateway('ready at ten the next morning', {}, async gateway => {
    await buy(gateway)
    const message = async () => toFields((await trades(gateway)).toString()).return_msg
    assert.equal(await message(), 'No Bill Exist', 'today has none')
    await gateway.advance(12 * 3600)
    assert.equal(await message(), 'Bill Creating')
    await gateway.advance(10 * 3600)
    assert.equal(await message(), undefined)
  })

  onGateway('fund flow', {}, async gateway => {
    await yesterday(gateway)
    const rows = lines(await flow(gateway))
    assert.equal(rows[0].split(',').length, 11)
    assert.deepEqual(
      rows.slice(1, 4).map(row => cells(row).slice(5, 7)),
      [
        ['收入', '12.34'],
        ['收入', '12.00'],
        ['支出', '2.34'],
      ],
    )
    assert.deepEqual(cells(rows[5]), ['3.0', '2.0', '24.34', '1.0', '2.34'])
    const none = toFields((await flow(gateway, { account_type: 'Fees' })).toString())
    assert.deepEqual(
      [none.return_code, none.result_code, none.err_code],
      ['FAIL', 'FAIL', 'NO_BILL_EXIST'],
    )
  })

  onGateway('the reader of this package reads them', {}, async gateway => {
    await yesterday(gateway)
    for (const [bytes, count] of [
      [await trades(gateway), 3],
      [await trades(gateway, { bill_type: 'REFUND', tar_type: 'GZIP' }), 1],
      [await flow(gateway), 3],
    ]) {
      const bill = await readBill(bytes)
      const rows = []
      for await (const row of bill) rows.push(row)
      assert.equal(rows.length, count)
      assert.equal(String(Object.values(bill.summary)[0]), String(count))
    }
  })

  onGateway('wrong arguments', {}, async gateway => {
    const ill = fields => ask(gateway, '/pay/downloadbill', { bill_date: '20260304', ...fields })
    assert.equal((await ill({ bill_type: 'NONE' })).fields.err_code, 'PARAM_ERROR')
    assertRefused(await ill({ bill_date: '' }), '缺少参数bill_date')
  })
})
