import { FAIL, SUCCESS } from '../dist/generated/replies.js'
import { WxPayError } from './errors.js'
import { checkMerchant, MAX_BYTES, notifiedPayment, type SignType } from './facade.js'
import { Key } from './key.js'
import type { Order, OrderStore, Payment, PaymentOutcome } from './stores/store.js'

export { queriedPayment } from './facade.js'

/** What became of a notification, for logs and alarms. */
export type NotifyEvent =
  | { outcome: PaymentOutcome; payment: Payment; order: Order | null }
  | { outcome: 'refused'; error: WxPayError }

/** Who is paid, and where payments are recorded. */
export interface NotifyOptions {
  appid: string
  mchid: string
  /** The API v2 key; several while it changes, since old notifications come for a day. */
  partnerKey: string | Key | readonly (string | Key)[]
  store: OrderStore
  /** The weakest algorithm that is accepted; `MD5` by default. */
  signType?: SignType
  /** The largest body in bytes; 65 536 by default, and at most. */
  maxBytes?: number
  /** Milliseconds for the whole body; 10 000 by default. */
  bodyTimeout?: number
  /** Milliseconds for the store; 3 000 by default, since WeChat waits 5 seconds. */
  storeTimeout?: number
  /**
   * Sees what became of each notification; nobody waits for it. What it throws, or rejects with, is
   * ignored: the payment is recorded.
   */
  onOutcome?: (event: NotifyEvent) => unknown
}

/** Outcomes after which WeChat need not come back: the payment stands in the store. */
const RECORDED: readonly PaymentOutcome[] = ['paid', 'paid_late', 'duplicate']

/**
 * The payment notification route (支付结果通知, chapter 9.7): verifies, compares with the stored
 * order, records once, and replies SUCCESS only after the store says the payment is durable.
 * Everything else is answered FAIL, in one text for every reason; WeChat then comes back.
 */
export function paymentNotify(options: NotifyOptions): (request: Request) => Promise<Response> {
  const { appid, mchid, store, signType = 'MD5', maxBytes = MAX_BYTES } = options
  const { bodyTimeout = 10_000, storeTimeout = 3_000, onOutcome } = options
  checkMerchant(appid, mchid)
  const given = Array.isArray(options.partnerKey) ? options.partnerKey : [options.partnerKey]
  const keys = given.map((key: string | Key) => (key instanceof Key ? key : new Key(key)))
  if (keys.length === 0) throw new WxPayError('KEY_MISSING', 'at least one merchant key is needed')
  check('signType', signType === 'MD5' || signType === 'HMAC-SHA256', 'is MD5 or HMAC-SHA256')
  check('store', typeof store?.recordPayment === 'function', 'must be an order store')
  check('onOutcome', ['undefined', 'function'].includes(typeof onOutcome), 'must be a function')
  for (const [name, value, most] of [
    ['maxBytes', maxBytes, MAX_BYTES],
    ['bodyTimeout', bodyTimeout, 2 ** 31 - 1],
    ['storeTimeout', storeTimeout, 2 ** 31 - 1],
  ] as const) {
    const fits = Number.isSafeInteger(value) && value >= 1 && value <= most
    check(name, fits, `is an integer from 1 to ${most}`)
  }

  // What the merchant's function does, at once or later, is no matter of the reply: that depends
  // on the store alone.
  const tell = (event: NotifyEvent) => {
    void (async () => onOutcome?.(event))().catch(() => {})
  }

  return async request => {
    try {
      if (request.method !== 'POST') {
        throw new Refusal(405, 'NOTIFY_METHOD', 'a notification is a POST', { allow: 'POST' })
      }
      const encoding = request.headers.get('content-encoding')
      if (encoding !== null && encoding !== 'identity') {
        throw new Refusal(415, 'NOTIFY_ENCODING', 'a notification is not compressed')
      }
      const body = await read(request, maxBytes, bodyTimeout)
      const payment = notifiedPayment(body, keys, signType, { appid, mchid })
      const { outcome, order } = await within(storeTimeout, store.recordPayment(payment))
      tell({ outcome, payment, order })
      return reply(RECORDED.includes(outcome) ? SUCCESS : FAIL)
    } catch (thrown) {
      const error =
        thrown instanceof WxPayError
          ? thrown
          : new WxPayError('STORE_FAILED', 'the payment could not be recorded', { cause: thrown })
      tell({ outcome: 'refused', error })
      if (error instanceof Refusal) {
        return new Response(null, { status: error.status, headers: error.headers })
      }
      return reply(FAIL)
    }
  }
}

function check(field: string, fits: boolean, reason: string): void {
  if (!fits) throw new WxPayError('CONFIG_INVALID', `\`${field}\`: ${reason}`, { field })
}

/** A refusal that has its own HTTP status, because the caller is not WeChat. */
class Refusal extends WxPayError {
  constructor(
    readonly status: number,
    code: 'NOTIFY_METHOD' | 'NOTIFY_ENCODING' | 'NOTIFY_LIMIT',
    message: string,
    readonly headers: Record<string, string> = {},
  ) {
    super(code, message)
  }
}

function reply(xml: string): Response {
  return new Response(xml, { headers: { 'content-type': 'text/xml; charset=utf-8' } })
}

/** The body, never more of it than the limit. */
async function read(request: Request, maxBytes: number, timeout: number): Promise<Uint8Array> {
  const tooLarge = () =>
    new Refusal(413, 'NOTIFY_LIMIT', `the body is larger than ${maxBytes} bytes`, {
      connection: 'close',
    })
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge()
  if (request.body === null) return new Uint8Array()
  if (request.bodyUsed || request.body.locked) {
    throw new WxPayError(
      'NOTIFY_BODY',
      'the body was read before, and its bytes are gone; pass a request that nobody read, or ' +
        'request.clone() to whoever reads it first',
    )
  }
  // Not cancelled on refusal: that would cut the connection before the reply is out.
  const reader = request.body.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  const all = async () => {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw new WxPayError('NOTIFY_BODY', 'the body broke off before its end', { cause })
      })
      if (done) return
      size += value.length
      if (size > maxBytes) throw tooLarge()
      chunks.push(value)
    }
  }
  await within(
    timeout,
    all(),
    () => new Refusal(408, 'NOTIFY_LIMIT', `no whole body in ${timeout} ms`, { connection: 'close' }),
  )
  if (chunks.length === 1) return chunks[0] as Uint8Array
  const body = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    body.set(chunk, at)
    at += chunk.length
  }
  return body
}

/** The promise's result, or an error when it takes longer. */
async function within<T>(
  ms: number,
  promise: Promise<T>,
  late = () => new WxPayError('STORE_FAILED', `the store did not answer in ${ms} ms`),
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms)
  })
  try {
    return await Promise.race([promise, deadline])
  } finally {
    clearTimeout(timer)
  }
}
