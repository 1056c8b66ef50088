// Bills through the client: the request is signed, the answer streams, an error in its place is one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { WxPay } from 'wxpay-wasm/client'
import { serve } from './server.mjs'

const MERCHANT = { appid: 'wxd930ea5d5a258f4f', mchid: '1230000109', partnerKey: '192006250b4c09247ec02edce69f6a2d' }
const TITLES = '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注'
const ROW = '`2014-06-03 10:00:00,`wx1,`1,`0,`,`4200,`A1,`o1,`NATIVE,`SUCCESS,`CMC,`CNY,`0.88,`0.00,`0,`0,`0.00,`0.00,`,`,`tea, green,`,`0.01000,`0.60%,`0.88,`0.00,`'
const SUMMARY = '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n`1,`0.88,`0.00,`0.00,`0.01000,`0.88,`0.00\r\n'
const BILL = `\uFEFF${TITLES}\r\n${ROW}\r\n${SUMMARY}`

const client = (server, more) => new WxPay({ ...MERCHANT, baseUrl: server.url, ...more })
const day = { bill_date: '20140603', bill_type: 'ALL' }

test('the rows and the summary of a day, plain and in gzip', async t => {
  for (const body of [Buffer.from(BILL), gzipSync(BILL)]) {
    const server = await serve(t, response => response.end(body))
    const bill = await client(server).downloadBill({ ...day, tar_type: 'GZIP' })
    const rows = []
    for await (const row of bill) rows.push(row)
    assert.deepEqual(rows.map(row => [row.out_trade_no, row.body]), [['A1', 'tea, green']])
    assert.equal(bill.summary.total_count, 1)
    assert.match(server.requests[0].body, /<bill_date><!\[CDATA\[20140603\]\]>/)
    assert.doesNotMatch(server.requests[0].body, /sign_type/)
  }
})

test('no bill for the day, and a refusal', async t => {
  const say = text => `<xml><return_code><![CDATA[FAIL]]></return_code><return_msg><![CDATA[${text}]]></return_msg></xml>`
  let body = say('No Bill Exist')
  const server = await serve(t, response => response.end(body))
  const none = await client(server).downloadBill(day)
  assert.equal((await none[Symbol.asyncIterator]().next()).done, true)
  assert.equal(none.summary, null)
  body = say('SIGN ERROR')
  await assert.rejects(client(server).downloadBill(day), { code: 'RETURN_FAIL', message: /SIGN ERROR/ })
  body = say('Bill Creating')
  await assert.rejects(client(server).downloadBill(day), { code: 'BILL_NOT_READY' })
})

test('a bill that stops in the middle is no bill', async t => {
  const server = await serve(t, response => {
    response.writeHead(200, { 'content-length': BILL.length * 2 })
    response.write(BILL.slice(0, 600))
    setTimeout(() => response.destroy(), 50)
  })
  await assert.rejects(async () => {
    for await (const row of await client(server).downloadBill(day)) assert.ok(row)
  }, { code: 'TRANSPORT' })
})

test('the log sees the question, and not a gigabyte', async t => {
  const server = await serve(t, response => response.end(BILL))
  const entries = []
  const bill = await client(server, { log: entry => entries.push(entry) }).downloadBill(day)
  for await (const row of bill) assert.ok(row)
  assert.deepEqual(entries.map(({ direction, status, body }) => [direction, status, body.length > 0]), [
    ['request', undefined, true],
    ['answer', 200, false],
  ])
})
