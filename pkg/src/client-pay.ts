import { CONTRACT, PAYSCORE_ENABLE, PAYSCORE_JUMP, PAYSCORE_USE } from '../dist/generated/views.js'
import { clientPay, type MiniProgramPay, type Prepaid, type SignType, webPay } from './facade.js'
import type { Key } from './key.js'
import { parameters } from './parameters.js'
import { stamped } from './stamp.js'

/** The six parameters of `getBrandWCPayRequest`. */
export interface JsapiPay extends MiniProgramPay {
  appId: string
}

/**
 * Signs the six parameters of `getBrandWCPayRequest` in WeChat's web view (chapter 7.7).
 *
 * @example
 * WeixinJSBridge.invoke('getBrandWCPayRequest', pay, done) // with what the server made by:
 * const pay = jsapiPay({ appId: 'wxd930ea5d5a258f4f', prepay_id }, key)
 * @throws WxPayError `FIELD_MISSING`, `FIELD_VALUE` for a time that is not in whole seconds
 */
export function jsapiPay(prepaid: Prepaid, key: string | Key): JsapiPay {
  return webPay('jsapiPay', prepaid, key) as JsapiPay
}

/** The parameters of `wx.chooseWXPay`. */
export interface ChooseWxPay extends Omit<MiniProgramPay, 'timeStamp'> {
  /** Seconds; signed as `timeStamp`, passed in lower case. */
  timestamp: string
}

/**
 * Signs the parameters of the JSSDK's `wx.chooseWXPay`. They name their `signType`: the JSSDK would
 * take SHA1.
 *
 * @example
 * wx.chooseWXPay({ ...pay, success }) // with what the server made by:
 * const pay = chooseWxPay({ appId: 'wxd930ea5d5a258f4f', prepay_id }, key)
 * @throws as {@link jsapiPay}
 */
export function chooseWxPay(prepaid: Prepaid, key: string | Key): ChooseWxPay {
  return webPay('chooseWxPay', prepaid, key) as ChooseWxPay
}

/** What the second signature for the App SDK needs, in its all-lower-case names. */
export interface AppPrepaid {
  appid: string
  /** The merchant id. */
  partnerid: string
  /** From unifiedorder; valid for two hours. */
  prepayid: string
  /** Unix time in seconds; now, where absent. */
  timestamp?: number
  /** Fresh, where absent. */
  noncestr?: string
  /** The `sign_type` of the order. */
  signType?: SignType
  /** Service provider: the order's `sub_appid`, which is signed in place of `appid`. */
  sub_appid?: string
  /** Service provider: the order's `sub_mch_id`, which is signed in place of `partnerid`. */
  sub_mch_id?: string
}

/** The parameters of the App SDK's `PayReq`. */
export interface AppPay {
  appid: string
  partnerid: string
  prepayid: string
  package: string
  noncestr: string
  timestamp: string
  sign: string
}

/**
 * Signs the parameters of the App SDK (chapter 8.3): `package` is the constant `Sign=WXPay`.
 *
 * @example
 * appPay({ appid: 'wxd930ea5d5a258f4f', partnerid: '1900000109', prepayid }, key)
 * @throws as {@link jsapiPay}
 */
export function appPay(prepaid: AppPrepaid, key: string | Key): AppPay {
  const { signType, ...given } = prepaid
  const fields = stamped(given, 'appid partnerid prepayid noncestr', 'timestamp', 'noncestr')
  return parameters(clientPay('appPay', fields, key, signType)) as unknown as AppPay
}

/**
 * The cashier's address of an H5 order with the page to which the payer returns, paid or not. It is
 * good for five minutes, and for the order's `spbill_create_ip`.
 *
 * @example
 * h5Url(mweb_url, 'https://shop.example/orders/20150806125346')
 * @throws WxPayError `FIELD_VALUE` for a `mweb_url` that is neither https nor of a gateway on this
 * machine, or a `redirect_url` that is no complete http(s) address
 */
export function h5Url(mweb_url: string, redirect_url: string): string {
  return clientPay('h5Url', { mweb_url, redirect_url }, '')
}

/** What a QR code of NATIVE mode 1 stands for. */
export interface NativeProduct {
  appid: string
  mch_id: string
  /** The merchant's product number, at most 32 bytes; the callback brings it back. */
  product_id: string
  /** Unix time in seconds; now, where absent. */
  time_stamp?: number
  /** Fresh, where absent. */
  nonce_str?: string
}

/**
 * The address for the QR code of NATIVE mode 1 (chapter 6.4), signed with MD5. It has no end, and may
 * be printed.
 *
 * @example
 * nativeUrl({ appid: 'wxd930ea5d5a258f4f', mch_id: '1900000109', product_id: 'tea-1' }, key)
 * @throws WxPayError `FIELD_*`
 */
export function nativeUrl(product: NativeProduct, key: string | Key): string {
  const fields = stamped(product, 'appid mch_id product_id nonce_str', 'time_stamp', 'nonce_str')
  return clientPay('nativeUrl', fields, key)
}

/** The answer to a callback of NATIVE mode 1: an order, or what the payer is told instead. */
export type NativeReply = {
  appid: string
  mch_id: string
  /** Fresh, where absent. */
  nonce_str?: string
} & (
  | {
      /** From unifiedorder, for the callback's `product_id` and `openid`. */
      prepay_id: string
    }
  | {
      /** Why there is no order, for the payer to read. */
      err_code_des: string
    }
)

/**
 * The signed reply to a callback of NATIVE mode 1 (chapter 6.4), as XML. Reply within 5 seconds.
 *
 * @example
 * ctx.body = nativeReply({ appid, mch_id, prepay_id }, key)
 * ctx.body = nativeReply({ appid, mch_id, err_code_des: '已售完' }, key)
 * @throws WxPayError `FIELD_*`
 */
export function nativeReply(reply: NativeReply, key: string | Key): string {
  // Where it is no object but a key in the wrong place, JavaScript's own error would show it.
  const text = 'prepay_id' in Object(reply) ? 'prepay_id' : 'err_code_des'
  const { time: _, ...fields } = stamped(reply, `appid mch_id ${text} nonce_str`, 'time', 'nonce_str')
  return clientPay('nativeReply', fields, key)
}

/** What a mini program's red packet needs. */
export interface BizRedPacketGiven {
  appId: string
  /** From the answer of sendminiprogramhb, as it is. */
  package: string
  /** Unix time in seconds; now, where absent. */
  timeStamp?: number
  /** Fresh, where absent. */
  nonceStr?: string
}

/** The parameters of `wx.sendBizRedPacket`. */
export interface BizRedPacket {
  timeStamp: string
  nonceStr: string
  /** URL-encoded. */
  package: string
  signType: 'MD5'
  /** In lower case. */
  paySign: string
}

/**
 * Signs the parameters of `wx.sendBizRedPacket`, with which a mini program takes its red packet.
 * `signType` is not signed here, and the MD5 stands in lower case.
 *
 * @example
 * wx.sendBizRedPacket({ ...packet, success }) // with what the server made by:
 * const packet = sendBizRedPacket({ appId: 'wxd930ea5d5a258f4f', package: answer.package }, key)
 * @throws as {@link jsapiPay}; `FIELD_VALUE` for a package that is encoded already
 */
export function sendBizRedPacket(given: BizRedPacketGiven, key: string | Key): BizRedPacket {
  const fields = stamped(given, 'appId package nonceStr', 'timeStamp', 'nonceStr')
  return parameters(clientPay('sendBizRedPacket', fields, key)) as unknown as BizRedPacket
}

/** A deduction contract (委托代扣) that a payer is to sign. */
export interface Contract {
  appid: string
  mch_id: string
  /** The contract template. */
  plan_id: string
  /** The merchant's contract number, once per merchant and plan. */
  contract_code: string
  /** The account's name as the payer reads it. */
  contract_display_account: string
  /** Grows from one request to the next. */
  request_serial: number
  /** Where the contract notification goes. */
  notify_url: string
  /** Unix time in seconds; now, where absent. */
  timestamp?: number
}

/** The options of `wx.navigateToMiniProgram`. */
export interface MiniProgramJump {
  appId: string
  path: string
  extraData: Record<string, string | number>
}

/**
 * Signs the options of `wx.navigateToMiniProgram` to the page where a payer signs a deduction
 * contract. The payer may come back without a result: query the contract.
 *
 * @example
 * wx.navigateToMiniProgram({ ...jump, success }) // with what the server made by:
 * const jump = contractSigning({ appid, mch_id, plan_id, contract_code, … }, key)
 * @throws as {@link jsapiPay}
 */
export function contractSigning(contract: Contract, key: string | Key): MiniProgramJump {
  const texts = 'appid mch_id plan_id contract_code contract_display_account notify_url'
  if (!Number.isSafeInteger(contract.request_serial) || contract.request_serial < 0) {
    throw new TypeError('request_serial must be an integer from 0 on')
  }
  const fields = stamped(contract, texts, 'timestamp')
  return { ...CONTRACT, extraData: parameters(clientPay('contractSigning', fields, key)) }
}

/** A payscore order (支付分) that a payer is to confirm. */
export interface PayscoreOrder {
  mch_id: string
  /** From the v3 answer that created the order. */
  package: string
  /** Unix time in seconds; now, where absent. */
  timestamp?: number
  /** Fresh, where absent. */
  nonce_str?: string
}

/** The options of `wx.openBusinessView`. */
export interface BusinessView {
  businessType: 'wxpayScoreUse' | 'wxpayScoreEnable'
  extraData: Record<string, string>
}

/**
 * Signs the options of `wx.openBusinessView` with which a payer confirms a payscore order. The key is
 * that of API v2 and the algorithm HMAC-SHA256, although the server side of payscore is v3.
 *
 * @example
 * wx.openBusinessView({ ...view, success }) // with what the server made by:
 * const view = payscoreUse({ mch_id: '1900000109', package: answer.package }, key)
 * @throws as {@link jsapiPay}
 */
export function payscoreUse(order: PayscoreOrder, key: string | Key): BusinessView {
  return { ...PAYSCORE_USE, extraData: payscore('payscoreUse', order, 'package', key) }
}

/**
 * {@link payscoreUse} as the options of `wx.navigateToMiniProgram`, for versions of WeChat without
 * `wx.openBusinessView`; closed to new merchants since 2024-01-31.
 *
 * @example
 * wx.navigateToMiniProgram({ ...jump, success }) // with what the server made by:
 * const jump = payscoreJump({ mch_id: '1900000109', package: answer.package }, key)
 */
export function payscoreJump(order: PayscoreOrder, key: string | Key): MiniProgramJump {
  return { ...PAYSCORE_JUMP, extraData: payscore('payscoreUse', order, 'package', key) }
}

/** A payscore service (支付分) that a payer is to authorise. */
export interface PayscoreService {
  mch_id: string
  service_id: string
  /** The merchant's number of this authorisation. */
  out_request_no: string
  /** Unix time in seconds; now, where absent. */
  timestamp?: number
  /** Fresh, where absent. */
  nonce_str?: string
}

/**
 * Signs the options of `wx.openBusinessView` with which a payer authorises a payscore service; key
 * and algorithm as in {@link payscoreUse}.
 *
 * @example
 * payscoreEnable({ mch_id: '1900000109', service_id: '500001', out_request_no }, key)
 * @throws as {@link jsapiPay}
 */
export function payscoreEnable(service: PayscoreService, key: string | Key): BusinessView {
  const texts = 'service_id out_request_no'
  return { ...PAYSCORE_ENABLE, extraData: payscore('payscoreEnable', service, texts, key) }
}

function payscore(name: string, given: object, texts: string, key: string | Key) {
  const fields = stamped(given, `mch_id ${texts} nonce_str`, 'timestamp', 'nonce_str')
  return parameters(clientPay(name, fields, key)) as Record<string, string>
}

/** A merchant coupon (商家券) that is to be given. */
export interface Coupon {
  /** The batch. */
  stock_id: string
  /** The merchant's number of this giving. */
  out_request_no: string
  /** Where the batch wants the code named at this moment. */
  coupon_code?: string
}

/** A coupon that the plug-in of mini programs is to give. */
export interface PluginCoupon extends Coupon {
  /** The merchant that made the batch, where it is a coupon of WeChat Pay (代金券). */
  create_coupon_merchant?: string
  /** From when the validity counts, RFC 3339. */
  customize_send_time?: string
}

/** Who gives coupons. */
export interface CouponGiving {
  send_coupon_merchant: string
  /** One to ten. */
  send_coupon_params: readonly PluginCoupon[]
}

/**
 * Signs what the coupon plug-in of mini programs (小程序发券插件, apiv3 chapter 9.3.1) takes:
 * HMAC-SHA256 with the key of API v2.
 *
 * @example
 * this.setData(giving) // with what the server made by:
 * const giving = sendCoupon({ send_coupon_merchant, send_coupon_params: [{ stock_id, out_request_no }] }, key)
 * @throws WxPayError `FIELD_MISSING`, `FIELD_LIMIT`
 */
export function sendCoupon(giving: CouponGiving, key: string | Key): CouponGiving & { sign: string } {
  const { send_coupon_merchant, send_coupon_params } = giving
  if (!Array.isArray(send_coupon_params)) throw new TypeError('send_coupon_params must be an array')
  const coupons = send_coupon_params.map(picked)
  const numbered = coupons.flatMap((coupon, number) =>
    Object.entries(coupon).map(([name, value]) => [name + number, value]),
  )
  const fields = { ...Object.fromEntries(numbered), send_coupon_merchant, count: coupons.length }
  const sign = clientPay('sendCoupon', fields, key)
  return { send_coupon_merchant, send_coupon_params: coupons, sign }
}

/** What is signed of a coupon, and so what is sent. */
function picked(coupon: PluginCoupon): PluginCoupon {
  const { stock_id, out_request_no, coupon_code, create_coupon_merchant, customize_send_time } = coupon
  return {
    stock_id,
    out_request_no,
    ...(coupon_code ? { coupon_code } : {}),
    ...(create_coupon_merchant ? { create_coupon_merchant } : {}),
    ...(customize_send_time ? { customize_send_time } : {}),
  }
}

/**
 * The page where a payer takes one coupon (H5 发券, apiv3 chapter 9.4.1).
 *
 * @example
 * ctx.redirect(couponUrl({ send_coupon_merchant, open_id, stock_id, out_request_no }, key))
 * @throws WxPayError `FIELD_MISSING`, `FIELD_LIMIT`
 */
export function couponUrl(
  coupon: Coupon & {
    send_coupon_merchant: string
    /** The payer under an appid of the giving merchant or of the batch's. */
    open_id: string
  },
  key: string | Key,
): string {
  return clientPay('couponUrl', { ...coupon }, key)
}

/** What `wx.config` needs. */
export interface WxConfigGiven {
  appId: string
  /** From `cgi-bin/ticket/getticket`, kept on the server for its two hours. */
  jsapi_ticket: string
  /** The page's own `location.href`; what follows `#` is left out. */
  url: string
  /** Unix time in seconds; now, where absent. */
  timestamp?: number
  /** Fresh, where absent. */
  nonceStr?: string
}

/** The signed parameters of `wx.config`. */
export interface WxConfig {
  appId: string
  timestamp: number
  nonceStr: string
  signature: string
}

/**
 * Signs the parameters of the JSSDK's `wx.config` (JS-SDK 说明文档, 附录 1): SHA-1 over the ticket and
 * the page's address. No merchant key takes part.
 *
 * @example
 * wx.config({ ...config, jsApiList: ['chooseWXPay'] }) // with what the server made by:
 * const config = wxConfig({ appId: 'wxd930ea5d5a258f4f', jsapi_ticket, url })
 * @throws WxPayError `FIELD_*`
 */
export function wxConfig(given: WxConfigGiven): WxConfig {
  const fields = stamped(given, 'appId jsapi_ticket url nonceStr', 'timestamp', 'nonceStr')
  return parameters(clientPay('wxConfig', fields, '')) as unknown as WxConfig
}
