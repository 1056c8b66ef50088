import { FAIL, SUCCESS } from '../../dist/generated/replies.js'
import { WxPayError } from '../errors.js'
import { buildXml, notifiedPayment, parseSigned } from '../facade.js'
import type { Flat } from '../fields.js'
import type { Payee } from '../front-ends.js'
import { bytesOf, type Framework, type Kept, left } from './request.js'

type Reader = (body: Uint8Array | string, payee: Payee) => Flat

/** How each kind is verified, by tenpay's name for it. */
const READERS = {
  pay(body, { appid, mchid, key, signType }) {
    notifiedPayment(body, [key], signType, { appid, mchid })
    return parseSigned(body, key, { signType })
  },
} satisfies Record<string, Reader>

/** A kind of notification. */
export type Notice = keyof typeof READERS

/** Throws unless it is one. */
export function checkNotice(type: unknown): asserts type is Notice {
  if (typeof type === 'string' && Object.hasOwn(READERS, type)) return
  throw new TypeError(`the kind of a notification is one of ${Object.keys(READERS).join(', ')}`)
}

/** The verified fields of what the body parser kept. */
export function readNotice(type: Notice, kept: Kept, framework: Framework, payee: Payee): Flat {
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

/** The reply to what is not genuine; throws on what is the merchant's own mistake. */
export function refusal(error: unknown, onRefused?: (error: WxPayError) => unknown): string {
  if (!(error instanceof WxPayError) || error.code === 'NOTIFY_BODY') throw error
  // What the merchant's function does, at once or later, is no matter of the reply.
  void (async () => onRefused?.(error))().catch(() => {})
  return FAIL
}
