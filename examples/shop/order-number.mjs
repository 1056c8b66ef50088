import { nonceStr } from 'wxpay-wasm'

/**
 * An out_trade_no: 14 digits of the time in China and 18 random characters,
 * together the 32 of [0-9A-Za-z] that unifiedorder allows. The time alone, as
 * the tutorials take it, gives two buyers of one moment the same number.
 */
export function orderNumber(now) {
  const china = new Date(now + 8 * 60 * 60 * 1000).toISOString()
  return china.replace(/[^0-9]/g, '').slice(0, 14) + nonceStr().slice(0, 18)
}
