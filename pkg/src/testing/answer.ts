import { buildXml, nonceStr, signedXml } from '../facade.js'
import type { Fields, SignType } from '../facade.js'
import type { Merchant } from './merchant.js'

/** One HTTP answer of the gateway. */
export interface Answer {
  status: number
  headers: Record<string, string>
  body: string
}

/** A business error: signed, with `result_code=FAIL`. */
export interface BusinessError {
  err_code: string
  err_code_des: string
}

/** A refusal of the request itself: `return_code=FAIL`, unsigned. */
export interface Refusal {
  return_msg: string
}

const xml = (body: string): Answer => ({
  status: 200,
  headers: { 'content-type': 'text/xml; charset=utf-8' },
  body,
})

/** `return_code=FAIL` and the reason, with no other field and no signature. */
export function refuse(return_msg: string): Answer {
  return xml(buildXml({ return_code: 'FAIL', return_msg }))
}

/**
 * What the machine in front of the gateway says to a request without a usable
 * `mch_id`: plain text, and `retmsg`/`retcode` instead of the usual names
 * (seen in the field, in no document).
 */
export function refuseMerchant(): Answer {
  return {
    status: 200,
    headers: { 'content-type': 'text/plain;charset=utf-8' },
    body: '<xml><return_code>FAIL</return_code><retmsg>param mch_id invalid</retmsg><retcode>1</retcode></xml>',
  }
}

/** A signed answer with a nonce of the gateway's own and the algorithm of the request. */
export function signedAnswer(merchant: Merchant, signType: SignType, outcome: Fields): Answer {
  const failed = 'err_code' in outcome
  return xml(
    signedXml(
      {
        return_code: 'SUCCESS',
        return_msg: 'OK',
        appid: merchant.appid,
        mch_id: merchant.mchid,
        nonce_str: nonceStr(),
        result_code: failed ? 'FAIL' : 'SUCCESS',
        ...outcome,
      },
      merchant.key,
      signType,
    ),
  )
}

/** JSON, under the content type a caller asks for. */
export function json(
  value: unknown,
  status = 200,
  type = 'application/json; charset=utf-8',
): Answer {
  return {
    status,
    headers: { 'content-type': type, 'cache-control': 'no-store' },
    body: JSON.stringify(value),
  }
}

/** A plain refusal of an HTTP request that is no message of the protocol. */
export function plain(status: number, text: string, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
    body: `${text}\n`,
  }
}
