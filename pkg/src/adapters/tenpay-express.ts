import type { WxPayError } from '../errors.js'
import type { Payee } from '../front-ends.js'
import type { Kept } from './request.js'
import type { NodeResponse } from './respond.js'
import { nativeXml, type Notice, readNotice, refusal, replyXml, type Weixin } from './tenpay-notice.js'

/** What is used of Express's response, and what is added. */
export interface TenpayResponse extends NodeResponse {
  reply?: (message?: unknown) => void
  replyNative?: (prepay_id: string, error?: unknown) => void
}

const EXPRESS = { name: 'Express', fix: '`express.text({ type: "*/xml" })`' }

/** {@link Tenpay.middlewareForExpress} */
export function expressMiddleware(
  type: Notice,
  payee: Payee,
  onRefused?: (error: WxPayError) => unknown,
) {
  return (req: Kept & { weixin?: Weixin }, res: TenpayResponse, next: (e?: unknown) => void): void => {
    const answer = (xml: string) => {
      res.writeHead(200, { 'content-type': 'text/xml; charset=utf-8' })
      res.end(xml)
    }
    res.reply = message => answer(replyXml(message))
    res.replyNative = (prepay_id, error) => answer(nativeXml(payee, prepay_id, error))
    try {
      req.weixin = readNotice(type, req, EXPRESS, payee)
    } catch (error) {
      return answer(refusal(error, onRefused))
    }
    next()
  }
}
