import { FIELD_LIMIT, MINI_PROGRAM, MISMATCH, PREPAY_ID, TEN_DIGITS } from '../dist/generated/rules.js'
import * as core from './core.js'
import { WxPayError } from './errors.js'
import { type Fields, type Flat, flatten, isWellFormed, pairs, type Snapshot, snapshot, unflatten } from './fields.js'
import { type Key, reveal } from './key.js'
import { draw } from './nonce.js'
import { remember, type Shape, shapeOf } from './shape.js'
import { now, stamped } from './stamp.js'
import { call } from './tools.js'

/** The algorithm of a signature. MD5 is weak; it is here because API v2 is signed with it. */
export type SignType = 'MD5' | 'HMAC-SHA256'

/** The largest body that is read, in bytes, unless another limit is given. */
export const MAX_BYTES = 65536

/** The largest limit, in bytes: what the core's 32-bit memory can surely hold. */
const MOST_BYTES = 64 * 1024 * 1024

/**
 * The signature of a message: upper-case hexadecimal digits, 32 for MD5 and 64 for HMAC-SHA256.
 * Empty fields and `sign` are left out (chapter 4.3).
 *
 * @example
 * sign({ appid: 'wxd930ea5d5a258f4f', mch_id: '10000100', body: 'test', … }, key)
 * @throws WxPayError `KEY_MISSING`, `FIELD_*` with the name of the field
 */
export function sign(fields: Fields, key: string | Key, signType: SignType = 'MD5'): string {
  const taken = snapshot(fields)
  const text = secret(key)
  return (
    hotSign(taken, text, signType, false) ??
    call(tools => tools.sign(flatten(taken), text, word(signType)))
  )
}

/**
 * Whether `fields.sign` fits, in constant time. `signType` is a floor: `MD5` accepts both
 * algorithms, told apart by the length of the signature; `HMAC-SHA256` accepts nothing weaker.
 */
export function verify(fields: Fields, key: string | Key, signType: SignType = 'MD5'): boolean {
  const taken = snapshot(fields)
  const text = secret(key)
  const verdict = plain(signType) ? hotVerify(taken, text, isHmac(signType)) : core.REFUSED
  return verdict === core.REFUSED
    ? call(tools => tools.verify(flatten(taken), text, word(signType)))
    : verdict > 0
}

/** The string that is signed, without the key: safe to log and to compare. */
export function stringToSign(fields: Fields): string {
  const taken = snapshot(fields)
  const text = plainString(taken, false)
  return text ?? call(tools => tools.stringToSign(flatten(taken)))
}

/** The XML of the filled fields: text in CDATA, integers bare. */
export function buildXml(fields: Fields): string {
  const taken = snapshot(fields)
  if (plainString(taken, true) !== undefined) {
    return `<xml>${elements(shapeOf(taken.names) as Shape, taken)}</xml>`
  }
  return call(tools => tools.buildXml(flatten(taken)))
}

/**
 * The XML of the filled fields with their `sign`. Where the endpoint takes `sign_type`, it stands
 * among the fields.
 */
export function signedXml(fields: Fields, key: string | Key, signType: SignType = 'MD5'): string {
  const taken = snapshot(fields)
  const text = secret(key)
  const signature = hotSign(taken, text, signType, true)
  const shape = signature === undefined ? undefined : shapeOf(taken.names)
  if (shape !== undefined) {
    return `<xml>${elements(shape, taken)}<sign><![CDATA[${signature}]]></sign></xml>`
  }
  return call(tools => tools.signedXml(flatten(taken), text, word(signType)))
}

/**
 * The fields of a message in the strict flat dialect, **not verified**. `root` is the root
 * element, `maxBytes` the largest body in bytes.
 *
 * @throws WxPayError `XML_*` with the byte where the reader stopped
 */
export function parseXml(
  body: Uint8Array | string,
  { root = 'xml', maxBytes = MAX_BYTES }: { root?: string; maxBytes?: number } = {},
): Flat {
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1 || maxBytes > MOST_BYTES) {
    throw new TypeError(`maxBytes must be an integer from 1 to ${MOST_BYTES}`)
  }
  // What is no text would break the memory of the tools, silently.
  if (typeof root !== 'string') throw new TypeError('root must be a string')
  const found = root === 'xml' ? core.parse(raw(body), maxBytes) : core.REFUSED
  if (typeof found !== 'number') return found
  return unflatten(call(tools => tools.parseXml(bytes(body, maxBytes), root, maxBytes)))
}

/**
 * The fields of a message whose signature holds; there is no other way to them. Several keys are
 * for the time when the key changes.
 *
 * @throws WxPayError `XML_*`, `SIGN_*`
 */
export function parseSigned(
  body: Uint8Array | string,
  key: string | Key | readonly (string | Key)[],
  { signType = 'MD5' }: { signType?: SignType } = {},
): Flat {
  if (plain(signType) && !Array.isArray(key)) {
    const found = core.open(raw(body), MAX_BYTES, secret(key as string | Key), isHmac(signType))
    if (typeof found !== 'number') return found
    if (found === core.MISMATCH) throw mismatch()
  }
  return unflatten(call(tools => tools.parseSigned(bytes(body), secrets(key), word(signType))))
}

/** An element of a nested answer, `hblist` of a red packet for instance. */
export interface Element {
  name: string
  text: string
  children: Element[]
}

/** Reads an answer that is not flat; such answers are never signed. */
export function parseNested(body: Uint8Array | string): Element {
  return call(core => core.parseNested(bytes(body)) as Element)
}

/** A fresh `nonce_str`: 32 letters and digits from a secure source. */
export function nonceStr(): string {
  return draw()
}

/** What the second signature needs. */
export interface Prepaid {
  /** The app id the order was made for; the `sub_appid` where it had one. */
  appId: string
  /** From unifiedorder; valid for two hours. */
  prepay_id: string
  /** Unix time in seconds; now, where absent. */
  timeStamp?: number
  /** Fresh, where absent. */
  nonceStr?: string
  /** The `sign_type` of the order. */
  signType?: SignType
}

/** The five parameters of `wx.requestPayment`. */
export interface MiniProgramPay {
  timeStamp: string
  nonceStr: string
  package: string
  signType: SignType
  paySign: string
}

/**
 * Signs the five parameters of `wx.requestPayment` in a mini program (chapter 7.7).
 *
 * @example
 * ctx.body = miniProgramPay({ appId: 'wxd930ea5d5a258f4f', prepay_id }, key)
 * @throws WxPayError `FIELD_MISSING`, `FIELD_VALUE` for a time that is not in whole seconds
 */
export function miniProgramPay(prepaid: Prepaid, key: string | Key): MiniProgramPay {
  return hotMiniProgramPay(prepaid, key) ?? (webPay('miniProgramPay', prepaid, key) as MiniProgramPay)
}

/** The parameters of a front end that takes what `wx.requestPayment` takes. */
export function webPay(name: string, prepaid: Prepaid, key: string | Key): unknown {
  const { signType, ...given } = prepaid
  const fields = stamped(given, 'appId prepay_id nonceStr', 'timeStamp', 'nonceStr')
  return { ...unflatten(clientPay(name, fields, key, signType)) }
}

/** What a front end gets: fields, an address or a signature. */
export function clientPay(
  name: string,
  given: Fields,
  key: string | Key,
  signType: SignType = 'MD5',
): string {
  const taken = snapshot(given)
  const text = secret(key)
  return call(tools => tools.clientPay(name, flatten(taken), text, word(signType)))
}

/** Throws unless the text has the shape of a merchant key. */
export function checkKey(key: string): void {
  call(core => core.checkKey(typeof key === 'string' ? key : ''))
}

/** Throws unless these can be an app id and a merchant id. */
export function checkMerchant(appid: string, mchid: string): void {
  call(core => core.checkMerchant(String(appid ?? ''), String(mchid ?? '')))
}

/** Throws unless the endpoint, given by its text from the table, allows the request. */
export function checkRequest(endpoint: string, fields: Fields): void {
  crossing(fields, (core, flat) => core.checkRequest(endpoint, flat))
}

/** A request that is ready for the wire. */
export interface Prepared {
  /** The fields, as {@link acceptAnswer} takes them. */
  question: string
  /** The algorithm of the signature, and the least that the answer may have. */
  signType: SignType
  /** The XML of a POST, the query of a GET. */
  message: string
}

/** Fills in the client's settings, checks, signs and writes a request. */
export function prepareRequest(
  endpoint: string,
  settings: Fields,
  given: Fields,
  key: Key,
): Prepared {
  const own = flatten(snapshot(settings))
  const [question, signType, message] = crossing(given, (core, flat) =>
    core.prepareRequest(endpoint, own, flat, secret(key)),
  ) as [string, SignType, string]
  return { question, signType, message }
}

/** The fields of a prepared request. */
export function preparedFields({ question }: Prepared): Flat {
  return unflatten(question.slice(question.indexOf('\0') + 1).replaceAll('\u0001', '\0'))
}

/** The fields of a successful answer, verified and matched with the question. */
export function acceptAnswer(
  endpoint: string,
  { question, signType }: Prepared,
  body: Uint8Array,
  key: Key,
): Flat {
  return unflatten(
    call(core => core.acceptAnswer(endpoint, question, body, secrets(key), signType)),
  )
}

/** Throws unless the fields, which came as JSON, are a successful answer. */
export function acceptFields(endpoint: string, { question }: Prepared, answer: Fields): void {
  crossing(answer, (core, flat) => core.acceptFields(endpoint, question, flat))
}

/** Who a notification must be for. */
export interface Receiver {
  appid: string
  mchid: string
  /** The sub-merchant, where the merchant is a service provider. */
  sub_mch_id?: string | undefined
}

type Keys = string | Key | readonly (string | Key)[]

/** What a notification of this kind reports: signature or secrecy, kind, merchant and grammar are checked. */
export function notified(
  kind: 'payment' | 'refund' | 'contract' | 'native',
  body: Uint8Array | string,
  key: Keys,
  signType: SignType,
  { appid, mchid, sub_mch_id }: Receiver,
): Flat {
  const ids = flatten(snapshot({ appid, mch_id: mchid, sub_mch_id }))
  return unflatten(call(tools => tools.notified(kind, bytes(body), secrets(key), word(signType), ids)))
}

/** What a callback of NATIVE mode 1 asks for. */
export interface NativeCallback {
  /** The merchant's product number, from the QR code. */
  product_id: string
  /** The payer under the appid, for the order. */
  openid: string
  /** Whether the payer follows the official account: `Y` or `N`. */
  is_subscribe: string
  nonce_str: string
}

/**
 * Reads a callback of NATIVE mode 1 (chapter 6.4): signature, kind and merchant are checked. It is
 * signed with MD5 whatever the orders are signed with. Answer with `nativeReply`, or, where this
 * throws, with FAIL.
 *
 * @example
 * const { product_id, openid } = nativeCallback(body, key, { appid, mchid })
 * @throws WxPayError `XML_*`, `SIGN_*`, `NOTIFY_KIND`, `NOTIFY_MERCHANT`, `FIELD_MISSING`
 */
export function nativeCallback(
  body: Uint8Array | string,
  key: string | Key | readonly (string | Key)[],
  merchant: { appid: string; mchid: string },
): NativeCallback {
  const { product_id, openid, is_subscribe, nonce_str } = notified('native', body, key, 'MD5', merchant)
  return { product_id, openid, is_subscribe, nonce_str } as NativeCallback
}

/**
 * The fields in the `req_info` of a refund notification (退款结果通知, chapter 9.16), which carries no
 * signature: match them with the stored refund (`out_refund_no`, `refund_fee`, `total_fee`,
 * `transaction_id`) before anything else. Several keys are for the time when the key changes.
 *
 * @example
 * const { out_refund_no, refund_status } = decryptRefund(parseXml(body).req_info, key)
 * @throws WxPayError `REFUND_UNDECIPHERABLE` in one text for every reason, `KEY_MISSING`
 */
export function decryptRefund(
  req_info: string,
  key: string | Key | readonly (string | Key)[],
): Flat {
  if (typeof req_info !== 'string') throw new TypeError('req_info must be a string')
  return unflatten(call(tools => tools.decryptRefund(req_info, secrets(key))))
}

/** The `req_info` of the fields, as the gateway sends it. */
export function encryptRefund(fields: Fields, key: string | Key): string {
  const text = secret(key)
  return crossing(fields, (tools, flat) => tools.encryptRefund(flat, text))
}

/** What the verified answer of a query reports: the payment, or the refund with this number. */
export function queried(answer: Fields, out_refund_no = ''): Flat {
  return unflatten(crossing(answer, (tools, flat) => tools.queried(flat, out_refund_no)))
}

/** A call of the tools with fields. */
function crossing<T>(fields: Fields, run: (tools: Tools, flat: string) => T): T {
  const flat = flatten(snapshot(fields))
  return call(tools => run(tools, flat))
}

type Tools = Parameters<Parameters<typeof call>[0]>[0]

const isHmac = (signType: SignType): boolean => signType === 'HMAC-SHA256'
/** What is no text is no algorithm either, and would break the memory of the tools, silently. */
const word = (signType: unknown): string => (typeof signType === 'string' ? signType : '')
const plain = (signType: SignType): boolean => signType === 'MD5' || isHmac(signType)

/** The signature by the short way, where the fields are plain; the shape of the names is learned. */
function hotSign(
  taken: Snapshot,
  key: string,
  signType: SignType,
  cdata: boolean,
): string | undefined {
  if (!plain(signType)) return undefined
  const { names } = taken
  const shape = taken.full ? shapeOf(names) : undefined
  // Contradictions are for the tools to explain; a signature among the fields is not in the order.
  if (shape !== undefined && shape.sign < 0 && names.length < FIELD_LIMIT) {
    const odd = shape.signType >= 0 && taken.values[shape.signType] !== signType
    return cdata && odd ? undefined : core.seal(ordered(shape, taken), key, isHmac(signType), cdata)
  }
  const { text, count } = pairs(taken)
  const signature = core.sign(text, count, key, isHmac(signType))
  if (signature !== undefined && taken.full && shape === undefined) learn(names)
  // What CDATA cannot hold is seen with the shape at hand, the next time.
  return cdata ? undefined : signature
}

/** The string to sign of names that are remembered; sealed with any key, for the core to look at it. */
function plainString(taken: Snapshot, cdata: boolean): string | undefined {
  const shape = taken.full ? shapeOf(taken.names) : undefined
  // The order leaves `sign` out, so its value would not be looked at.
  if (shape === undefined || shape.sign >= 0) return undefined
  const text = ordered(shape, taken)
  return core.seal(text, '-', false, cdata) === undefined ? undefined : text
}

/** Whether the signature among the fields holds: 1, or why not. */
function hotVerify(taken: Snapshot, key: string, hmac: boolean): number {
  const { names, values, full } = taken
  const shape = full ? shapeOf(names) : undefined
  if (shape !== undefined && shape.sign >= 0) {
    const declared = shape.signType < 0 ? '' : (values[shape.signType] as string)
    const claim = `${ordered(shape, taken)}\0${values[shape.sign]}\0${declared}`
    return core.affirm(claim, key, hmac)
  }
  const { text, count } = pairs(taken)
  const verdict = core.verify(text, count, key, hmac)
  if (verdict > 0 && full) learn(names)
  return verdict
}

/** Remembers the signing order of the names that the core has just read. */
function learn(names: readonly string[]): void {
  const order = core.order()
  if (order !== undefined) remember(names, order)
}

/** The string to sign, put together in the order that the core gave for these names. */
function ordered({ order, prefixes }: Shape, { values }: Snapshot): string {
  let text = ''
  for (let i = 0; i < order.length; i++) {
    text += (prefixes[i] as string) + (values[order[i] as number] as string | number)
  }
  return text
}

/** The elements, in the object's order. The core has said that CDATA can hold every value. */
function elements({ opening, closing }: Shape, { values }: Snapshot): string {
  let xml = ''
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as string | number
    xml +=
      typeof value === 'number'
        ? (opening[i] as string) + value + (closing[i] as string)
        : `${opening[i]}<![CDATA[${value}]]>${closing[i]}`
  }
  return xml
}

/** The commonest case: our own clock and nonce, or ones in the documented form. */
function hotMiniProgramPay(prepaid: Prepaid, key: string | Key): MiniProgramPay | undefined {
  const { appId, prepay_id, signType = 'MD5' } = prepaid
  const seconds = prepaid.timeStamp ?? now()
  const nonce = prepaid.nonceStr ?? draw()
  const usual = Number.isInteger(seconds) && seconds > 0 && seconds < TEN_DIGITS
  const texts = filled(appId) && filled(prepay_id) && filled(nonce)
  if (!usual || !texts || !plain(signType)) return undefined
  const timeStamp = String(seconds)
  const [a, b, c, d, e, f] = MINI_PROGRAM
  const string = a + appId + b + nonce + c + prepay_id + d + signType + e + timeStamp + f
  const paySign = core.seal(string, secret(key), isHmac(signType), false)
  if (paySign === undefined) return undefined
  return { timeStamp, nonceStr: nonce, package: PREPAY_ID + prepay_id, signType, paySign }
}

const filled = (text: unknown): boolean => typeof text === 'string' && text !== ''

/**
 * Forgeries come in floods, and where this package refuses them is no news: an error without a
 * stack, made as any object is, costs a twentieth of one that the engine captures.
 */
function mismatch(): WxPayError {
  const error = Object.create(WxPayError.prototype) as { -readonly [K in keyof WxPayError]: WxPayError[K] }
  error.code = 'SIGN_MISMATCH'
  error.message = MISMATCH
  error.field = 'sign'
  error.stack = MISMATCH_STACK
  return error
}

const MISMATCH_STACK = /* @__PURE__ */ `WxPayError: ${MISMATCH}`

const encoder = /* @__PURE__ */ new TextEncoder()

function raw(body: Uint8Array | string): Uint8Array | string {
  if (typeof body === 'string' || body instanceof Uint8Array) return body
  throw new TypeError('body must be the raw bytes (Uint8Array, Buffer) or a string')
}

function bytes(body: Uint8Array | string, limit = MAX_BYTES): Uint8Array {
  const given = raw(body)
  // Too large however it reads: what is refused for its size is not copied.
  if (given.length > limit) return new Uint8Array(limit + 1)
  if (typeof given !== 'string') return given
  if (!isWellFormed(given)) {
    throw new WxPayError(
      'XML_NOT_UTF8',
      'the body holds half a surrogate pair, which is no text',
    )
  }
  return encoder.encode(given)
}

/** Whether this is a mini program, where no key may be; looked up at the first key. */
let miniProgram: boolean | undefined

export function secret(key: string | Key): string {
  const runtime = globalThis as { WXWebAssembly?: unknown; wx?: unknown }
  miniProgram ??= runtime.WXWebAssembly !== undefined && runtime.wx !== undefined
  if (miniProgram) {
    throw new WxPayError(
      'CONFIG_INVALID',
      'the merchant key must never be in a mini program; sign on your server',
    )
  }
  const text = reveal(key)
  return typeof text === 'string' ? text : ''
}

function secrets(key: string | Key | readonly (string | Key)[]): string[] {
  return Array.isArray(key) ? Array.from(key, secret) : [secret(key as string | Key)]
}
export type { Fields, FieldValue, Flat } from './fields.js'
