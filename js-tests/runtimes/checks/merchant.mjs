// One merchant, one order, and the messages about them.
export const KEY = '192006250b4c09247ec02edce69f6a2d'
export const MERCHANT = { appid: 'wxd930ea5d5a258f4f', mchid: '1900000109', partnerKey: KEY }
const { appid, mchid: mch_id } = MERCHANT

export const ORDER = { out_trade_no: 'A1001', appid, mch_id, trade_type: 'JSAPI', body: 'tea', total_fee: 101 }

/** The payment of the order, as chapter 9.7 has it. */
export const PAID = {
  appid,
  attach: '四号桌 & window',
  bank_type: 'CFT',
  cash_fee: '101',
  fee_type: 'CNY',
  mch_id,
  nonce_str: '5d2b6c2a8db53831f7eda20af46e531c',
  openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
  out_trade_no: 'A1001',
  result_code: 'SUCCESS',
  return_code: 'SUCCESS',
  time_end: '20140903131540',
  total_fee: '101',
  trade_type: 'JSAPI',
  transaction_id: '1004400740201409030005092168',
}
