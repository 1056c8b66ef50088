import {
  appPay,
  chooseWxPay,
  h5Url,
  jsapiPay,
  nativeReply,
  nativeUrl,
  sendBizRedPacket,
  type AppPay,
  type BizRedPacket,
  type ChooseWxPay,
  type JsapiPay,
} from './client-pay.js'
import { miniProgramPay, type MiniProgramPay, type Prepaid, type SignType } from './facade.js'
import type { Key } from './key.js'

/** Whose front ends they are. A service provider's pay under the sub-merchant's app (chapter 2.1). */
export interface Payee {
  appid: string
  mchid: string
  sub_appid: string | undefined
  sub_mch_id: string | undefined
  key: Key
  signType: SignType
}

/** What the paying front ends of one merchant are given, signed. */
export class FrontEnds {
  readonly #payee: Payee

  constructor(payee: Payee) {
    this.#payee = payee
  }

  /** For clients made of this one; a {@link Key} keeps its text to itself. */
  protected get payee(): Payee {
    return this.#payee
  }

  /** The five parameters of `wx.requestPayment` in a mini program. */
  miniProgramPay(prepay_id: string): MiniProgramPay {
    return miniProgramPay(this.#prepaid(prepay_id), this.#payee.key)
  }

  /** The parameters of `WeixinJSBridge.invoke('getBrandWCPayRequest', …)`. */
  jsapiPay(prepay_id: string): JsapiPay {
    return jsapiPay(this.#prepaid(prepay_id), this.#payee.key)
  }

  /** The parameters of `wx.chooseWXPay` of the JSSDK, which spells `timestamp` small. */
  chooseWxPay(prepay_id: string): ChooseWxPay {
    return chooseWxPay(this.#prepaid(prepay_id), this.#payee.key)
  }

  /** The request of the App SDK. */
  appPay(prepay_id: string): AppPay {
    const { appid, mchid, sub_appid, sub_mch_id, signType, key } = this.#payee
    const sub = {
      ...(sub_appid === undefined ? {} : { sub_appid }),
      ...(sub_mch_id === undefined ? {} : { sub_mch_id }),
    }
    return appPay({ appid, partnerid: mchid, prepayid: prepay_id, signType, ...sub }, key)
  }

  /** The H5 cashier's address with the page to come back to; valid for five minutes. */
  h5Url(mweb_url: string, redirect_url: string): string {
    return h5Url(mweb_url, redirect_url)
  }

  /** What the QR code of NATIVE mode 1 holds: it may be printed, and stays valid. */
  nativeUrl(product_id: string): string {
    const { appid, mchid, key } = this.#payee
    return nativeUrl({ appid, mch_id: mchid, product_id }, key)
  }

  /** The signed reply to the callback of NATIVE mode 1: the order, or why there is none. */
  nativeReply(reply: { prepay_id: string } | { err_code_des: string }): string {
    const { appid, mchid, key } = this.#payee
    return nativeReply({ appid, mch_id: mchid, ...reply }, key)
  }

  /** The parameters of `wx.sendBizRedPacket` for the `package` of a mini-program red packet. */
  sendBizRedPacket(redPacket: string): BizRedPacket {
    const { appid, key } = this.#payee
    return sendBizRedPacket({ appId: appid, package: redPacket }, key)
  }

  #prepaid(prepay_id: string): Prepaid {
    const { appid, sub_appid, signType } = this.#payee
    return { appId: sub_appid ?? appid, prepay_id, signType }
  }
}
