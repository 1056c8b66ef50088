import type { WxPayError } from '../errors.js'
import type { Flat } from '../fields.js'
import type { Payee } from '../front-ends.js'
import type { Kept } from './request.js'
import type { NodeResponse } from './respond.js'
import { type Notice, readNotice, refusal, replyXml } from './tenpay-notice.js'

/** What is used of Express's response, and what is added. */
export interface TenpayResponse extends NodeResponse {
  reply?: (message?: unknown) => void
}

const EXPRESS = { name: 'Express', fix: '`express.text({ type: "*/xml" })`' }

/** {@link Tenpay.middlewareForExpress} */
export function expressMiddleware(
  type: Notice,
  payee: Payee,
  onRefused?: (error: WxPayError) => unknown,
) {
  return (req: Kept & { weixin?: Flat }, res: TenpayResponse, next: (e?: unknown) => void): void => {
    const answer = (xml: string) => {
      res.writeHead(200, { 'content-type': 'text/xml; charset=utf-8' })
      res.end(xml)
    }
    res.reply = message => answer(replyXml(message))
    try {
      req.weixin = readNotice(type, req, EXPRESS, payee)
    } catch (error) {
      return answer(refusal(error, onRefused))
    }
    next()
  }
}
