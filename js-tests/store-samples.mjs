// Orders, payments and refunds for the tests of the stores; amounts and numbers are from the API v2 documents.
import assert from 'node:assert/strict'
import { WxPayError } from 'wxpay-wasm'

export const tea = {
  out_trade_no: '1409811653',
  appid: 'wx2421b1c4370ec43b',
  mch_id: '10000100',
  trade_type: 'JSAPI',
  body: '贡茶 "半糖" 🧋',
  total_fee: 101,
  openid: 'oUpF8uMEb4qRXf22hE3X68TekukE',
  attach: '支付测试',
}
export const payment = {
  out_trade_no: '1409811653',
  transaction_id: '1004400740201409030005092168',
  total_fee: 101,
  fee_type: 'CNY',
  cash_fee: 1,
  openid: 'oUpF8uMEb4qRXf22hE3X68TekukE',
  bank_type: 'CFT',
  time_end: '20140903131540',
}
export const otherTransaction = '1004400740201409030005099999'
export const created_at = 1409721300000
export const paid_at = 1409721340000

/** A row as the store keeps it, for states that no operation of the store leads to. */
export const stored = (state, columns = {}) => ({
  product_id: null, prepay_id: null, code_url: null, transaction_id: null, cash_fee: null, payer_openid: null,
  bank_type: null, time_end: null, created_at, paid_at: null, fee_type: 'CNY', ...tea, state, ...columns,
})
export const paidColumns = {
  transaction_id: payment.transaction_id, cash_fee: 1, payer_openid: payment.openid, bank_type: 'CFT',
  time_end: payment.time_end, paid_at,
}

/** What WeChat says about a refund of the tea. */
export const refundResult = {
  out_refund_no: 'R1',
  out_trade_no: tea.out_trade_no,
  transaction_id: payment.transaction_id,
  refund_id: '50000408942018111907145868882',
  total_fee: 101,
  refund_fee: 60,
  refund_status: 'SUCCESS',
  settlement_refund_fee: 60,
  refund_recv_accout: '招商银行信用卡0403',
  refund_request_source: 'API',
  success_time: '2018-11-19 16:24:13',
}

export const code = (expected, field) => error => {
  assert.ok(error instanceof WxPayError, `expected a WxPayError, got ${error?.stack}`)
  assert.equal(error.code, expected, error.message)
  if (field) assert.equal(error.field, field)
  return true
}
export const count = list => list.reduce((counts, item) => ({ ...counts, [item]: (counts[item] ?? 0) + 1 }), {})
