import { createHash } from 'node:crypto'
import { catalogue, findProduct } from '../catalogue.mjs'
import { buyer } from './buyer.mjs'
import { control } from './control.mjs'
import { green, say } from './terminal.mjs'
import { message } from './wire.mjs'

/**
 * The mini program's signature, computed by other means than the library: MD5
 * over the five names in ASCII order (wxa, chapter 7.7). MD5 is weak; the
 * protocol wants it.
 */
function paySign(appId, { timeStamp, nonceStr, package: prepay, signType }, key) {
  const text = `appId=${appId}&nonceStr=${nonceStr}&package=${prepay}&signType=${signType}&timeStamp=${timeStamp}&key=${key}`
  return createHash('md5').update(text, 'utf8').digest('hex').toUpperCase()
}

/** Login, order, five parameters, payment, notification. Returns what must be found in the database. */
export async function miniProgramFlow({ gateway, shop }, step) {
  const phone = buyer(shop.url, '小程序 mini program')

  step('wx.login()：小程序得到 code', 'wx.login(): the mini program gets a code')
  const { code } = await control(gateway, '/_gateway/login')
  message('微信 WeChat', '小程序 mini program', 'code', JSON.stringify({ code }))

  step('code 换 openid；session_key 不出服务器', 'the code becomes an openid; the session_key never leaves the server')
  await phone.post('/login', { code })

  step('下单：价格由店铺决定，请求里的 total_fee 不算数', 'order: the shop decides the price, a total_fee in the request counts for nothing')
  const { out_trade_no, payment } = await phone.post('/order', {
    product_id: 'longjing-50', trade_type: 'JSAPI', total_fee: 1,
  })

  step('用 node:crypto 重算 paySign', 'paySign, computed again with node:crypto')
  if (paySign(gateway.appid, payment, gateway.key) !== payment.paySign) throw new Error('paySign differs')
  say(`    ${green('✓')} ${Object.keys(payment).join(', ')}`)

  step('wx.requestPayment()：买家付款，微信通知店铺', 'wx.requestPayment(): the buyer pays, WeChat notifies the shop')
  await control(gateway, `/_gateway/pay?out_trade_no=${out_trade_no}`)

  step('小程序查订单', 'the mini program asks for the order')
  await phone.get(`/order/${out_trade_no}`)
  return { out_trade_no, total_fee: findProduct(catalogue, 'longjing-50').total_fee, refund_fee: 0 }
}
