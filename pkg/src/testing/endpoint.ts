import { WxPayError } from '../errors.js'
import { parseXml, verify } from '../facade.js'
import type { Fields, Flat, SignType } from '../facade.js'
import type { Answer, BusinessError } from './answer.js'
import { refuse, refuseMerchant, signedAnswer } from './answer.js'
import type { Endpoint } from './check.js'
import { checkOrder } from './check.js'
import { hostOf, isLoopback } from './loopback.js'
import type { Merchant } from './merchant.js'
import type { OrderBook } from './orders.js'

/** What an endpoint works with. */
export interface Counter {
  merchant: Merchant
  book: OrderBook
  allowRemoteNotify: boolean
}

const LENGTH: Record<string, number> = { MD5: 32, 'HMAC-SHA256': 64 }

/** An empty element counts as an absent one (chapter 4.3). */
function present(fields: Flat): Flat {
  const kept: Flat = Object.create(null)
  for (const [name, value] of Object.entries(fields)) if (value !== '') kept[name] = value
  return kept
}

/** Answers one POST to `/pay/<endpoint>`. */
export function answerTo(
  endpoint: Endpoint,
  body: Uint8Array,
  { merchant, book, allowRemoteNotify }: Counter,
): Answer {
  if (body.length === 0) return refuse('post数据为空')
  let received: Flat
  try {
    received = parseXml(body)
  } catch (error) {
    if (error instanceof WxPayError && error.code.startsWith('XML_')) return refuse('XML格式错误')
    throw error
  }
  const fields = present(received)
  if (!/^\d{1,32}$/.test(fields['mch_id'] ?? '')) return refuseMerchant()
  if (fields['appid'] === undefined) return refuse('缺少参数appid')
  if (fields['appid'] !== merchant.appid) return refuse('AppID不存在，请检查后再试')
  if (fields['mch_id'] !== merchant.mchid) return refuse('商户号mch_id与appid不匹配')
  // The merchant key ends the string that is signed and never travels; a client that sends it must notice.
  if (fields['key'] !== undefined) return refuse('不识别的参数key')
  const signType = fields['sign_type'] ?? 'MD5'
  if (signType !== 'MD5' && signType !== 'HMAC-SHA256') return refuse('sign_type参数格式错误')
  if (!isSigned(received, merchant.key, signType)) return refuse('签名错误，请检查后再试')
  const answer = (outcome: Fields | BusinessError): Answer =>
    signedAnswer(merchant, signType, { device_info: fields['device_info'], ...outcome })
  const problem = checkOrder(endpoint, fields)
  if (problem !== null)
    return 'return_msg' in problem ? refuse(problem.return_msg) : answer(problem)
  if (endpoint === 'orderquery') return answer(book.query(fields))
  const host = hostOf(fields['notify_url'] ?? '')
  if (host === undefined)
    return answer({ err_code: 'PARAM_ERROR', err_code_des: 'notify_url参数格式错误' })
  if (!allowRemoteNotify && !isLoopback(host)) {
    return refuse(
      '模拟网关只通知本机: notify_url must be a loopback URL (or set allowRemoteNotify)',
    )
  }
  return answer(book.place(fields, signType))
}

/**
 * The algorithm is the one that `sign_type` names, and MD5 without it. `verify`
 * alone would also take an HMAC for MD5, as receivers of notifications must;
 * production does not.
 */
function isSigned(received: Flat, key: string, signType: SignType): boolean {
  return received['sign']?.length === LENGTH[signType] && verify(received, key, signType)
}
