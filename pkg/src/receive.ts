import { FAIL } from '../dist/generated/replies.js'
import { Allowance } from './allowance.js'
import { chance } from './chance.js'
import { systemClock, type Clock } from './clock.js'
import { within } from './deadline.js'
import { WxPayError } from './errors.js'
import { checkMerchant, MAX_BYTES, type Receiver, type SignType } from './facade.js'
import { keyRing, type PartnerKey } from './key-ring.js'
import type { Key } from './key.js'
import { messageHash } from './message-hash.js'
import { Monitor } from './monitor.js'
import { response } from './response.js'
import type { OrderStore, Receipt } from './stores/store.js'

/** What every notification route takes. A service provider makes a route for each sub-merchant. */
export interface ReceiveOptions extends Receiver {
  /** The API v2 key; several while it changes, since old notifications come for a day. */
  partnerKey: PartnerKey
  /** The weakest algorithm that is accepted; `MD5` by default. */
  signType?: SignType
  /** The largest body in bytes; 65 536 by default, and at most. */
  maxBytes?: number
  /** Milliseconds for the whole body; 10 000 by default. */
  bodyTimeout?: number
  /** Milliseconds for the store; 3 000 by default, since WeChat waits 5 seconds. */
  storeTimeout?: number
  /** Counts and alarms; without one, alarms are lines on `console.warn`. */
  monitor?: Monitor
  /** ms UTC; for the audit and the end of old keys, never for the age of a message. */
  now?: () => number
  clock?: Clock
}

/**
 * What a notification route uses of a `Request`; a real one is one. The adapters for `node:http` and
 * what is built on it give no more: a whole one costs as much as all the rest.
 */
export interface NotifyRequest {
  method: string
  headers: { get(name: string): string | null }
  body: null | {
    locked: boolean
    getReader(): { read(): Promise<{ done?: boolean | undefined; value?: Uint8Array | undefined }> }
  }
  bodyUsed: boolean
}

/** What {@link paymentNotify} makes, and every adapter takes. */
export type NotifyHandler = (request: NotifyRequest) => Promise<Response>

/** A whole message, of which nothing is known yet. */
export interface Message {
  body: Uint8Array
  keys: Key[]
  receipt: Required<Receipt>
}

/** What a kind of notification is, in {@link receive}. */
export interface Route {
  kind: 'payment' | 'refund' | 'contract' | 'native'
  /** The reply to a message, once what it says is durable. */
  act(message: Message): Promise<string>
  /** Hears why a message was refused; must not throw. */
  refused?: (error: WxPayError) => void
  /** Has the audit. */
  store?: Pick<OrderStore, 'recordNotification'> | undefined
}

/** How much of a refused message the audit keeps, in bytes; its hash names the rest. */
const KEPT = 4096
/** Lines in the audit that strangers can cause: so many at once, then one in so many milliseconds. */
const LINES = 60
const LINE_EVERY = 6000
/** What a stranger waits for the reply when they are used up, milliseconds, on average: a flood waits for itself. */
const FLOOD_PATIENCE = 1000

/** Refusals of what anybody can send; the others take the merchant's key. */
const STRANGE = /^(XML_|SIGN_|REFUND_|NOTIFY_(METHOD|LIMIT|ENCODING|BODY)$)/

/**
 * The frame of every notification route: method, size, encoding, time, one audit line for each
 * message, and constant replies. Nothing of a request is echoed.
 */
export function receive(
  options: ReceiveOptions,
  { kind, act, refused, store }: Route,
): NotifyHandler {
  const { appid, mchid, sub_mch_id, maxBytes = MAX_BYTES, bodyTimeout = 10_000 } = options
  const { monitor = new Monitor(), now = Date.now, clock = systemClock } = options
  checkMerchant(appid, mchid)
  if (sub_mch_id !== undefined) checkMerchant(appid, sub_mch_id)
  const keysAt = keyRing(options.partnerKey)
  check('signType', [undefined, 'MD5', 'HMAC-SHA256'].includes(options.signType), 'is MD5 or HMAC-SHA256')
  check('monitor', monitor instanceof Monitor, 'must be a Monitor')
  const { storeTimeout = 3000 } = options
  for (const [name, value, most] of [
    ['maxBytes', maxBytes, MAX_BYTES],
    ['bodyTimeout', bodyTimeout, 2 ** 31 - 1],
    ['storeTimeout', storeTimeout, 2 ** 31 - 1],
  ] as const) {
    const fits = Number.isSafeInteger(value) && value >= 1 && value <= most
    check(name, fits, `is an integer from 1 to ${most}`)
  }
  const lines = new Allowance(LINES, LINE_EVERY, () => clock.now())

  /** Nobody waits for the store: the reply must not tell by its time how far a message came. False: not listed. */
  const audit = (error: WxPayError, message: Message | undefined): boolean => {
    const stranger = kind === 'refund' || STRANGE.test(error.code)
    const missed = stranger ? lines.take() : 0
    if (missed === undefined) return false
    if (store === undefined) return true
    const more = missed > 0 ? ` (and ${missed} more that are not listed)` : ''
    const { hash = 'not-read', received_at = now(), body = '' } = message?.receipt ?? {}
    const reason = `${error.code}: ${error.message}${more}`
    const kept = body === null || !stranger ? body : body.slice(0, KEPT)
    const line = { kind, hash, received_at, outcome: 'refused', reason, body: kept }
    void (async () => store.recordNotification(line))().catch(() => monitor.count('audit_failures'))
    return true
  }

  return async request => {
    let message: Message | undefined
    try {
      if (request.method !== 'POST') {
        throw new Refusal(405, 'NOTIFY_METHOD', 'a notification is a POST', { allow: 'POST' })
      }
      const encoding = request.headers.get('content-encoding')
      if (encoding !== null && encoding !== 'identity') {
        throw new Refusal(415, 'NOTIFY_ENCODING', 'a notification is not compressed')
      }
      const body = await read(request, maxBytes, bodyTimeout)
      const received_at = now()
      const text = new TextDecoder().decode(body)
      message = {
        body,
        keys: keysAt(received_at),
        receipt: { hash: await messageHash(body), received_at, body: text },
      }
      checkVersion(text)
      return reply(await act(message))
    } catch (thrown) {
      const error =
        thrown instanceof WxPayError
          ? thrown
          : new WxPayError('STORE_FAILED', `the ${kind} could not be recorded`, { cause: thrown })
      monitor.count('refusals', { kind, code: error.code })
      if (error.code.startsWith('STORE_')) {
        monitor.alarm({ alarm: 'store_failed', message: `${kind}: ${error.message}`, error }, true)
      } else if (error.code !== 'NOTIFY_METHOD') {
        const flood = kind === 'refund' || STRANGE.test(error.code)
        monitor.alarm({ alarm: 'refused', message: `${kind}: ${error.message}`, error }, flood)
        const listed = audit(error, message)
        message = undefined
        if (!listed) await clock.sleep(FLOOD_PATIENCE * (0.5 + chance()))
      }
      refused?.(error)
      if (error instanceof Refusal) {
        return response(null, error.headers, error.status)
      }
      return reply(FAIL)
    }
  }
}

/** The store's answer, or an error in time for the reply. */
export const inTime = <T>(ms: number | undefined, promise: Promise<T>): Promise<T> => {
  const patience = ms ?? 3000
  const late = () => new WxPayError('STORE_FAILED', `the store did not answer in ${patience} ms`)
  return within(patience, promise, late)
}

/** Throws unless the option fits. */
export function check(field: string, fits: boolean, reason: string): void {
  if (!fits) throw new WxPayError('CONFIG_INVALID', `\`${field}\`: ${reason}`, { field })
}

/** A message of API v3 gets a name, or its readers would look for a fault in their XML. */
function checkVersion(text: string): void {
  if (!text.trimStart().startsWith('{') || !text.includes('"resource"')) return
  throw new WxPayError(
    'NOTIFY_KIND',
    'this is a notification of API v3 (JSON), and the route is for API v2 (XML): the order or refund ' +
      'was made with v3, or its notify_url belongs to a v3 route; the v3 key is of no use here',
  )
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
  return response(xml, { 'content-type': 'text/xml; charset=utf-8' })
}

/** The body, never more of it than the limit. */
async function read(request: NotifyRequest, maxBytes: number, timeout: number): Promise<Uint8Array> {
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
      if (done === true || value === undefined) return
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
