import type { WxPayError } from '../errors.js'
import type { Payee } from '../front-ends.js'
import { nativeXml, type Notice, readNotice, refusal, replyXml, type Weixin } from './tenpay-notice.js'

/** What is used of Koa's context, and what is added. */
export interface TenpayContext {
  request: { rawBody?: unknown; body?: unknown; weixin?: Weixin }
  type: string
  body: unknown
  reply?: (message?: unknown) => void
  replyNative?: (prepay_id: string, error?: unknown) => void
}

const KOA = {
  name: 'Koa',
  fix: 'koa-bodyparser with `enableTypes: ["text"], extendTypes: { text: ["text/xml"] }`',
}

/** {@link Tenpay.middleware} */
export function koaMiddleware(
  type: Notice,
  payee: Payee,
  onRefused?: (error: WxPayError) => unknown,
) {
  return async (ctx: TenpayContext, next: () => Promise<unknown>): Promise<void> => {
    const answer = (xml: string) => {
      ctx.type = 'text/xml; charset=utf-8'
      ctx.body = xml
    }
    ctx.reply = message => answer(replyXml(message))
    ctx.replyNative = (prepay_id, error) => answer(nativeXml(payee, prepay_id, error))
    try {
      ctx.request.weixin = readNotice(type, ctx.request, KOA, payee)
    } catch (error) {
      return answer(refusal(error, onRefused))
    }
    await next()
  }
}
