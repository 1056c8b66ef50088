// `wxpay-wasm/client`: a call over a transport that is passed in.
import { holds, refuses, same } from '../expect.mjs'
import { KEY, MERCHANT } from './merchant.mjs'

const QUESTION = { trade_type: 'NATIVE', product_id: 'P1', body: '茶', out_trade_no: 'A1001', total_fee: 101 }

/** WeChat, as far as this order goes: it verifies the question and signs the answer. */
function pay({ core, client }, change = {}, options = {}) {
  const asked = []
  const transport = async ({ url, body }) => {
    const { appid, mch_id, trade_type } = core.parseSigned(body, KEY)
    asked.push(new URL(url).pathname)
    const answer = {
      return_code: 'SUCCESS',
      result_code: 'SUCCESS',
      appid,
      mch_id,
      nonce_str: core.nonceStr(),
      trade_type,
      prepay_id: 'wx2017033010242291fcfe0db70013231072',
      code_url: 'weixin://wxpay/bizpayurl?pr=4KtM7Sc',
      ...change,
    }
    const xml = core.signedXml(answer, KEY)
    return { status: 200, headers: {}, body: new TextEncoder().encode(xml) }
  }
  const settings = { ...MERCHANT, notify_url: 'https://shop.example/pay/notify', transport, ...options }
  return { asked, pay: new client.WxPay(settings) }
}

export const client = {
  'an order'(doors) {
    const { asked, pay: merchant } = pay(doors)
    return merchant.unifiedOrder(QUESTION).then(({ code_url, prepay_id }) => {
      same(code_url, 'weixin://wxpay/bizpayurl?pr=4KtM7Sc', 'code_url')
      same(asked, ['/pay/unifiedorder'], 'what was asked')
      const { paySign, ...params } = merchant.miniProgramPay(prepay_id)
      const signed = { ...params, appId: MERCHANT.appid }
      same(paySign, doors.core.sign(signed, KEY, params.signType), 'paySign')
    })
  },
  async 'an answer for somebody else'(doors) {
    const { pay: merchant } = pay(doors, { mch_id: '1900000110' })
    const { WxPayError } = doors.core
    await refuses(() => merchant.unifiedOrder(QUESTION), WxPayError, 'ANSWER_MISMATCH', 'mch_id')
  },
  async 'a request that is refused before it is sent'(doors) {
    const { asked, pay: merchant } = pay(doors)
    const { total_fee, ...rest } = QUESTION
    holds(total_fee > 0, 'the question has an amount')
    const { WxPayError } = doors.core
    await refuses(() => merchant.unifiedOrder(rest), WxPayError, 'FIELD_MISSING', 'total_fee')
    same(asked, [], 'nothing was sent')
  },
}
