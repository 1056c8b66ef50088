import type { WxPayError } from '../errors.js'
import type { Flat } from '../fields.js'
import type { Payee } from '../front-ends.js'
import { type Notice, readNotice, refusal, replyXml } from './tenpay-notice.js'

/** What is used of Koa's context, and what is added. */
export interface TenpayContext {
  request: { rawBody?: unknown; body?: unknown; weixin?: Flat }
  type: string
  body: unknown
  reply?: (message?: unknown) => void
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
    try {
      ctx.request.weixin = readNotice(type, ctx.request, KOA, payee)
    } catch (error) {
      return answer(refusal(error, onRefused))
    }
    await next()
  }
}
