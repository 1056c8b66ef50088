import { WxPay } from '../client.js'
import type { WxPayOptions } from '../config.js'
import type { WxPayError } from '../errors.js'
import { expressMiddleware } from './tenpay-express.js'
import { koaMiddleware } from './tenpay-koa.js'
import { checkNotice, type Notice } from './tenpay-notice.js'

export type { TenpayResponse } from './tenpay-express.js'
export type { TenpayContext } from './tenpay-koa.js'
export type { Notice, RefundNotice, Weixin } from './tenpay-notice.js'

/**
 * A client with the notification middleware of the npm package tenpay. Routes written for tenpay go
 * on working, behind the text parser that they have. What is not genuine is answered FAIL and goes no
 * further; the rest is the route's, as it was: compare `total_fee` with the order, a refund's `req_info`
 * with the stored refund, and expect the same notification twice. `paymentNotify` does so for payments,
 * and new routes should use it.
 */
export class Tenpay extends WxPay {
  static override init(options: WxPayOptions): Tenpay {
    return new Tenpay(options)
  }

  /**
   * For Koa: the verified fields are in `ctx.request.weixin`. `ctx.reply(error?)` answers, and
   * `ctx.replyNative(prepay_id, error?)` a callback of NATIVE mode 1.
   */
  middleware(type: Notice = 'pay', onRefused?: (error: WxPayError) => unknown) {
    checkNotice(type)
    return koaMiddleware(type, this.payee, onRefused)
  }

  /** For Express, alike: `req.weixin`, `res.reply(error?)`, `res.replyNative(prepay_id, error?)`. */
  middlewareForExpress(type: Notice = 'pay', onRefused?: (error: WxPayError) => unknown) {
    checkNotice(type)
    return expressMiddleware(type, this.payee, onRefused)
  }
}
