import { FIELD_LIMIT, MINI_PROGRAM, MISMATCH, PREPAY_ID, TEN_DIGITS } from '../dist/generated/rules.js'
import * as core from './core.js'
import { WxPayError } from './errors.js'
import { type Fields, type Flat, flatten, isWellFormed, pairs, type Snapshot, snapshot, unflatten } from './fields.js'
import { type Key, reveal } from './key.js'
import { draw } from './nonce.js'
import { remember, type Shape, shapeOf } from './shape.js'
import type { Payment } from './stores/store.js'
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
    call(tools => tools.sign(flatten(taken), text, signType))
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
    ? call(tools => tools.verify(flatten(taken), text, signType))
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
  return call(tools => tools.signedXml(flatten(taken), text, signType))
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
  return unflatten(call(tools => tools.parseSigned(bytes(body), secrets(key), signType)))
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

/** The six parameters of `getBrandWCPayRequest`. */
export interface JsapiPay extends MiniProgramPay {
  appId: string
}

/** The parameters of the App SDK's `PayReq`. */
export interface AppPay {
  appid: string
  partnerid: string
  prepayid: string
  package: string
  noncestr: string
  timestamp: string
  sign: string
}

/** Signs the five parameters of `wx.requestPayment` (chapter 7.7). */
export function miniProgramPay(prepaid: Prepaid, key: string | Key): MiniProgramPay {
  return hotMiniProgramPay(prepaid, key) ?? (clientPay('miniProgram', prepaid, key) as MiniProgramPay)
}

/** Signs the six parameters of `getBrandWCPayRequest` in WeChat's web view. */
export function jsapiPay(prepaid: Prepaid, key: string | Key): JsapiPay {
  return clientPay('jsapi', prepaid, key) as JsapiPay
}

/** What the second signature for the App SDK needs, in its all-lower-case names. */
export interface AppPrepaid {
  appid: string
  /** The merchant id. */
  partnerid: string
  /** From unifiedorder; valid for two hours. */
  prepayid: string
  /** Unix time in seconds; now, where absent. */
  timestamp?: number
  /** Fresh, where absent. */
  noncestr?: string
  /** The `sign_type` of the order. */
  signType?: SignType
}

/** Signs the parameters of the App SDK: `package` is the constant `Sign=WXPay`. */
export function appPay(prepaid: AppPrepaid, key: string | Key): AppPay {
  const { appid, partnerid, prepayid, timestamp, noncestr, signType = 'MD5' } = prepaid
  const named: Prepaid & { partnerid: string } = {
    appId: appid,
    partnerid,
    prepay_id: prepayid,
    signType,
    ...(timestamp === undefined ? {} : { timeStamp: timestamp }),
    ...(noncestr === undefined ? {} : { nonceStr: noncestr }),
  }
  return clientPay('app', named, key) as AppPay
}

function clientPay(
  frontEnd: string,
  prepaid: Prepaid & { partnerid?: string },
  key: string | Key,
): unknown {
  const { appId, partnerid = '', prepay_id, signType = 'MD5' } = prepaid
  const seconds = prepaid.timeStamp ?? Math.floor(Date.now() / 1000)
  const nonce = prepaid.nonceStr ?? nonceStr()
  if (!Number.isSafeInteger(seconds) || seconds < 0) {
    throw new WxPayError('FIELD_VALUE', '`timeStamp`: is Unix time in whole seconds, as a number', {
      field: 'timeStamp',
    })
  }
  for (const [name, text] of Object.entries({ appId, partnerid, prepay_id, nonceStr: nonce })) {
    if (typeof text !== 'string') throw new TypeError(`${name} must be a string`)
  }
  return call(tools =>
    tools.clientPay(frontEnd, appId, partnerid, prepay_id, seconds, nonce, signType, secret(key)),
  )
}

/** Throws unless the text has the shape of a merchant key. */
export function checkKey(key: string): void {
  call(core => core.checkKey(typeof key === 'string' ? key : ''))
}

/** Throws unless these can be an app id and a merchant id. */
export function checkMerchant(appid: string, mchid: string): void {
  call(core => core.checkMerchant(String(appid ?? ''), String(mchid ?? '')))
}

/** Throws unless the table of endpoints allows the request. */
export function checkRequest(endpoint: string, fields: Fields): void {
  crossing(fields, (core, flat) => core.checkRequest(endpoint, flat))
}

/** The fields of a successful answer, verified and matched with the question. */
export function acceptAnswer(
  endpoint: string,
  question: Fields,
  body: Uint8Array,
  key: string | Key,
  signType: SignType,
): Flat {
  return unflatten(
    crossing(question, (core, flat) =>
      core.acceptAnswer(endpoint, flat, body, secrets(key), signType),
    ),
  )
}

/** The payment that a notification reports: signature, kind, merchant and grammar are checked. */
export function notifiedPayment(
  body: Uint8Array | string,
  key: string | Key | readonly (string | Key)[],
  signType: SignType,
  merchant: { appid: string; mchid: string },
): Payment {
  const { appid, mchid } = merchant
  return call(core =>
    core.notifiedPayment(bytes(body), secrets(key), signType, appid, mchid),
  ) as Payment
}

/** The payment that the answer of an order query reports; throws unless it says SUCCESS. */
export function queriedPayment(answer: Fields): Payment {
  return crossing(answer, (core, flat) => core.queriedPayment(flat)) as Payment
}

/** A call of the tools with fields. */
function crossing<T>(fields: Fields, run: (tools: Tools, flat: string) => T): T {
  const flat = flatten(snapshot(fields))
  return call(tools => run(tools, flat))
}

type Tools = Parameters<Parameters<typeof call>[0]>[0]

const isHmac = (signType: SignType): boolean => signType === 'HMAC-SHA256'
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
  const seconds = prepaid.timeStamp ?? Math.floor(Date.now() / 1000)
  const nonce = prepaid.nonceStr ?? nonceStr()
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
  return Array.isArray(key) ? key.map(secret) : [secret(key as string | Key)]
}
export type { Fields, FieldValue, Flat } from './fields.js'
