// The bill beside the shop's own orders: what differs, on either side.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WxPayError } from 'wxpay-wasm'
import { readBill, reconcile } from 'wxpay-wasm/bill'
import { memoryStore } from 'wxpay-wasm/store'
import { TITLES, bill, large, paid } from './bill-text.mjs'

const DAY = '20141110'
const order = (out_trade_no, total_fee, columns = {}) => ({
  out_trade_no, total_fee, fee_type: 'CNY', appid: 'wx2421b1c4370ec43b', mch_id: '10000100', trade_type: 'JSAPI', body: 'tea',
  openid: null, attach: null, product_id: null, prepay_id: null, code_url: null, state: 'SUCCESS', transaction_id: `42${out_trade_no}`,
  cash_fee: total_fee, payer_openid: null, bank_type: 'CFT', time_end: `${DAY}163345`, created_at: 1, paid_at: 2, ...columns,
})
const unpaid = { state: 'NOTPAY', transaction_id: null, time_end: null, paid_at: null, cash_fee: null }

async function compare(source, ledger, day = DAY) {
  const found = []
  for await (const difference of reconcile(await readBill(source), ledger, day)) found.push(difference)
  return found
}
const brief = list => list.map(({ about, kind, out_trade_no, out_refund_no }) => [about, kind, out_refund_no ?? out_trade_no])

test('nothing differs: refunded and revoked orders too, and orders of other days', async () => {
  const rows = [
    paid('A1', '0.01'), paid('A2', '12.00', { attach: 'a,`b\r\n' }), paid('A3', '3.00'), paid('A4', '4.00', { state: 'REVOKED' }),
    paid('OLD', '5.00', { state: 'REFUND', refund: ['50', 'R1', '5.00'] }),
  ]
  const store = memoryStore({ orders: [
    order('A1', 1), order('A2', 1200), order('A3', 300, { state: 'REFUND' }), order('A4', 400, { ...unpaid, state: 'REVOKED' }),
    order('OLD', 500, { state: 'REFUND', time_end: '20141109163345' }), order('NEXT', 1, { time_end: '20141111000000' }), order('OPEN', 1, unpaid),
  ] })
  const refund = { out_refund_no: 'R1', out_trade_no: 'OLD', refund_fee: 500 }
  await store.createRefund(refund)
  const { transaction_id } = await store.findOrder('OLD')
  const told = { refund_id: '50', refund_status: 'SUCCESS', settlement_refund_fee: 500, success_time: '2014-11-10 16:33:45' }
  await store.recordRefund({ ...refund, ...told, transaction_id, total_fee: 500, refund_recv_accout: null, refund_request_source: null })
  assert.deepEqual(await compare(bill(TITLES['ALL, new'], rows), store), [])
})

test('each kind of difference, with both sides', async () => {
  const rows = [
    paid('AMOUNT', '0.02'), paid('UNPAID', '1.00'), paid('CLOSED', '1.00'), paid('OTHER', '1.00', { transaction_id: '4299' }), paid('STRANGE', '1.00'),
    paid('REVOKED', '1.00', { state: 'REVOKED' }), paid('USD', '1.00'),
  ]
  const store = memoryStore({ orders: [
    order('AMOUNT', 1), order('UNPAID', 100, unpaid), order('CLOSED', 100, { ...unpaid, state: 'CLOSED' }), order('OTHER', 100), order('LOST', 100),
    order('REVOKED', 100), order('USD', 100, { fee_type: 'USD' }),
  ] })
  const found = await compare(bill(TITLES['ALL, new'], rows), store)
  assert.deepEqual(brief(found), [
    ['payment', 'amount', 'AMOUNT'], ['payment', 'state', 'UNPAID'], ['payment', 'state', 'CLOSED'], ['payment', 'transaction', 'OTHER'],
    ['payment', 'missing_here', 'STRANGE'], ['payment', 'state', 'REVOKED'], ['payment', 'amount', 'USD'], ['payment', 'missing_there', 'LOST'],
  ])
  assert.deepEqual([found[0].ours.total_fee, found[0].theirs.total_fee], [1, 2])
  assert.deepEqual([found[4].ours, found[4].theirs.out_trade_no], [null, 'STRANGE'])
  assert.deepEqual([found[7].ours, found[7].theirs], [order('LOST', 100), null])
})

test('both generations, and bills of payments or refunds alone', async () => {
  const store = memoryStore({ orders: [order('A1', 100)] })
  const cells = (titles, values) => titles.split(',').map(title => values[title] ?? '')
  const values = { 交易时间: '2014-11-10 16:33:45', 商户订单号: 'A1', 微信订单号: '42A1', 交易状态: 'SUCCESS', 货币种类: 'CNY', 总金额: '1.01', 订单金额: '1.01' }
  for (const type of ['ALL, new', 'ALL, old', 'SUCCESS, new', 'SUCCESS, old']) {
    const found = await compare(bill(TITLES[type], [cells(TITLES[type], values)]), store)
    assert.deepEqual(brief(found), [['payment', 'amount', 'A1']], type)
  }
  const back = { ...values, 交易状态: 'REFUND', 商户退款单号: 'R1', 退款状态: 'SUCCESS', 退款金额: '0.30', 申请退款金额: '0.50' }
  const refunds = { ...store, findRefunds: async () => [{ out_refund_no: 'R1', out_trade_no: 'A1', refund_fee: 40, state: 'SUCCESS' }] }
  for (const type of ['REFUND, new', 'REFUND, old', 'RECHARGE_REFUND']) {
    const found = await compare(bill(TITLES[type], [cells(TITLES[type], back)]), refunds)
    assert.deepEqual(brief(found), [['refund', 'amount', 'R1']], type)
    assert.equal(found[0].theirs.refund_fee, type === 'REFUND, old' ? 30 : 50)
  }
})

test('refunds, by their number', async () => {
  const row = (number, yuan, order = 'A1') => paid(order, '9.00', { state: 'REFUND', refund: [`50${number}`, number, yuan] })
  const ours = [
    ['SAME', 100], ['AMOUNT', 100], ['STATE', 100, { state: 'PROCESSING' }], ['ORDER', 100], ['LOST', 100],
  ].map(([out_refund_no, refund_fee, more]) => ({ out_refund_no, out_trade_no: 'A1', refund_fee, state: 'SUCCESS', ...more }))
  const asked = []
  const ledger = {
    ...memoryStore(),
    findRefunds: async numbers => ours.filter(({ out_refund_no }) => numbers.includes(out_refund_no)),
    async *listRefunded(...range) { asked.push(range); yield* ours },
  }
  const rows = [row('SAME', '1.00'), row('AMOUNT', '1.01'), row('STATE', '1.00'), row('ORDER', '1.00', 'A2'), row('STRANGE', '1.00')]
  const found = await compare(bill(TITLES['ALL, new'], rows), ledger)
  assert.deepEqual(brief(found), [
    ['refund', 'amount', 'AMOUNT'], ['refund', 'state', 'STATE'], ['refund', 'transaction', 'ORDER'], ['refund', 'missing_here', 'STRANGE'],
    ['refund', 'missing_there', 'LOST'],
  ])
  assert.deepEqual(asked, [['20141110000000', '20141110235959']])
})

test('a day without a bill: whatever was paid on it is missing there', async () => {
  const none = Buffer.from('<xml><return_code>FAIL</return_code><return_msg>No Bill Exist</return_msg></xml>')
  const store = memoryStore({ orders: [order('A1', 1), order('A2', 1, { time_end: '20141111000000' })] })
  assert.deepEqual(brief(await compare(none, store)), [['payment', 'missing_there', 'A1']])
})

test('what cannot be compared is refused', async () => {
  const store = memoryStore()
  await assert.rejects(compare(bill(TITLES['ALL, new'], []), store, '2014-11-10'), TypeError)
  const flow = Buffer.from('记账时间,备注\n资金流水总笔数\n`0\n')
  await assert.rejects(compare(flow, store), error => error instanceof WxPayError && error.code === 'BILL_INVALID')
  const cut = bill(TITLES['ALL, new'], [paid('A1', '0.01')]).subarray(0, -20)
  const lost = memoryStore({ orders: [order('LOST', 1)] })
  // Nothing is said to be missing in a bill that is not whole.
  await assert.rejects(compare(cut, lost), error => error.code === 'BILL_INVALID')
})

test('200 000 rows: looked up in groups, with little memory', async () => {
  const { made, source } = large(52 * 2 ** 20)
  const lookups = []
  // Measured from an eighth of the way on, when the heap has its size.
  let [before, most] = [0, 0]
  const ledger = {
    async findOrders(numbers) {
      lookups.push(numbers.length)
      if (lookups.length === 100) before = process.memoryUsage().rss
      if (lookups.length % 50 === 0) most = Math.max(most, process.memoryUsage().rss)
      return numbers.filter(number => number !== 'T1000000005').map(number => order(number, 1 + ((Number(number.slice(1)) - 1e9) * 7919) % 100_000, {
        transaction_id: `4200000${1e12 + (Number(number.slice(1)) - 1e9) * 1237}20141110`,
      }))
    },
    async *listPaid() {
      for (let n = 0; n < made.rows; n++) yield order(`T${1_000_000_000 + n}`, 1)
      yield order('T0', 1)
    },
  }
  const found = await compare(source(), ledger)
  assert.deepEqual(brief(found), [['payment', 'missing_here', 'T1000000005'], ['payment', 'missing_there', 'T0']])
  assert.ok(made.rows > 200_000 && Math.max(...lookups) <= 500 && lookups.length < made.rows / 200)
  assert.ok(before > 0)
  assert.ok(most - before < 64 * 2 ** 20, `${(most - before) / 2 ** 20} MB`)
})
