import { FAIL, SUCCESS } from '../../dist/generated/replies.js'
import { nativeReply } from '../client-pay.js'
import { WxPayError } from '../errors.js'
import {
  buildXml,
  decryptRefund,
  nativeCallback,
  notified,
  parseSigned,
  parseXml,
} from '../facade.js'
import type { Flat } from '../fields.js'
import type { Payee } from '../front-ends.js'
import { bytesOf, type Framework, type Kept, left } from './request.js'

/** The fields of a refund notification: only what `req_info` held was hidden, and nothing is signed. */
export interface RefundNotice {
  [field: string]: string | Flat
  req_info: Flat
}

/** What the route gets. */
export type Weixin = Flat | RefundNotice

type Reader = (body: Uint8Array | string, payee: Payee) => Weixin

/** A kind of notification, by tenpay's name for it. */
export type Notice = 'pay' | 'refund' | 'nativePay'

/** How each kind is verified. */
const READERS: Record<Notice, Reader> = {
  pay(body, { appid, mchid, key, signType }) {
    notified('payment', body, key, signType, { appid, mchid })
    return parseSigned(body, key, { signType })
  },
  refund(body, { appid, mchid, key }) {
    notified('refund', body, key, 'MD5', { appid, mchid })
    const fields = parseXml(body)
    return { ...fields, req_info: decryptRefund(fields['req_info'] ?? '', key) }
  },
  nativePay(body, { appid, mchid, key }) {
    nativeCallback(body, key, { appid, mchid })
    return parseSigned(body, key)
  },
}

/** Throws unless it is one. */
export function checkNotice(type: unknown): asserts type is Notice {
  if (typeof type === 'string' && Object.hasOwn(READERS, type)) return
  throw new TypeError(`the kind of a notification is one of ${Object.keys(READERS).join(', ')}`)
}

/** The verified fields of what the body parser kept. */
export function readNotice(type: Notice, kept: Kept, framework: Framework, payee: Payee): Weixin {
  const body = bytesOf(kept)
  if (body !== undefined) return READERS[type](body, payee)
  const { name, fix } = framework
  const why = `${name}: no body parser kept the text of the notification (there is ${left(kept.body)})`
  throw new WxPayError('NOTIFY_BODY', `${why}; mount ${fix} before this route`)
}

/** SUCCESS, or FAIL with the merchant's message. */
export function replyXml(message?: unknown): string {
  return message ? buildXml({ return_code: 'FAIL', return_msg: String(message) }) : SUCCESS
}

/** The signed answer to a callback of NATIVE mode 1: an order, or why there is none. */
export function nativeXml({ appid, mchid, key }: Payee, prepay_id: string, error?: unknown): string {
  const answer = error ? { err_code_des: String(error) } : { prepay_id }
  return nativeReply({ appid, mch_id: mchid, ...answer }, key)
}

/** The reply to what is not genuine; throws on what is the merchant's own mistake. */
export function refusal(error: unknown, onRefused?: (error: WxPayError) => unknown): string {
  if (!(error instanceof WxPayError) || error.code === 'NOTIFY_BODY') throw error
  // What the merchant's function does, at once or later, is no matter of the reply.
  void (async () => onRefused?.(error))().catch(() => {})
  return FAIL
}
