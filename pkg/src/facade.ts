import { WxPayError } from './errors.js'
import { type Fields, type Flat, fieldWithNul, flatten, unflatten } from './fields.js'
import { type Key, reveal } from './key.js'
import { call } from './loader.js'
import type { Payment } from './stores/store.js'

/** The algorithm of a signature. MD5 is weak; it is here because API v2 is signed with it. */
export type SignType = 'MD5' | 'HMAC-SHA256'

/** The largest body that is read, in bytes, unless another limit is given. */
export const MAX_BYTES = 65536

/**
 * The signature of a message: upper-case hexadecimal digits, 32 for MD5 and 64 for HMAC-SHA256.
 * Empty fields and `sign` are left out (chapter 4.3).
 *
 * @example
 * sign({ appid: 'wxd930ea5d5a258f4f', mch_id: '10000100', body: 'test', … }, key)
 * @throws WxPayError `KEY_MISSING`, `FIELD_*` with the name of the field
 */
export function sign(fields: Fields, key: string | Key, signType: SignType = 'MD5'): string {
  return crossing(fields, (core, flat) => core.sign(flat, secret(key), signType))
}

/**
 * Whether `fields.sign` fits, in constant time. `signType` is a floor: `MD5` accepts both
 * algorithms, told apart by the length of the signature; `HMAC-SHA256` accepts nothing weaker.
 */
export function verify(fields: Fields, key: string | Key, signType: SignType = 'MD5'): boolean {
  return crossing(fields, (core, flat) => core.verify(flat, secret(key), signType))
}

/** The string that is signed, without the key: safe to log and to compare. */
export function stringToSign(fields: Fields): string {
  return crossing(fields, (core, flat) => core.stringToSign(flat))
}

/** The XML of the filled fields: text in CDATA, integers bare. */
export function buildXml(fields: Fields): string {
  return crossing(fields, (core, flat) => core.buildXml(flat))
}

/**
 * The XML of the filled fields with their `sign`. Where the endpoint takes `sign_type`, it stands
 * among the fields.
 */
export function signedXml(fields: Fields, key: string | Key, signType: SignType = 'MD5'): string {
  return crossing(fields, (core, flat) => core.signedXml(flat, secret(key), signType))
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
  return unflatten(call(core => core.parseXml(bytes(body), root, maxBytes)))
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
  return unflatten(call(core => core.parseSigned(bytes(body), secrets(key), signType)))
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
  return call(core => core.nonceStr())
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
  return clientPay('miniProgram', prepaid, key) as MiniProgramPay
}

/** Signs the six parameters of `getBrandWCPayRequest` in WeChat's web view. */
export function jsapiPay(prepaid: Prepaid, key: string | Key): JsapiPay {
  return clientPay('jsapi', prepaid, key) as JsapiPay
}

/** Signs the parameters of the App SDK: `package` is the constant `Sign=WXPay`. */
export function appPay(
  prepaid: Omit<Prepaid, 'appId'> & { appid: string; partnerid: string },
  key: string | Key,
): AppPay {
  return clientPay('app', { ...prepaid, appId: prepaid.appid }, key) as AppPay
}

function clientPay(
  frontEnd: string,
  prepaid: Prepaid & { partnerid?: string },
  key: string | Key,
): unknown {
  const options = {
    appid: prepaid.appId,
    partnerid: prepaid.partnerid,
    prepayId: prepaid.prepay_id,
    timestamp: prepaid.timeStamp ?? Math.floor(Date.now() / 1000),
    nonce: prepaid.nonceStr ?? nonceStr(),
    signType: prepaid.signType ?? 'MD5',
  }
  const { timestamp } = options
  if (!Number.isSafeInteger(timestamp) || timestamp < 0) {
    throw new WxPayError('FIELD_VALUE', '`timeStamp`: is Unix time in whole seconds, as a number', {
      field: 'timeStamp',
    })
  }
  for (const name of ['appid', 'prepayId', 'nonce'] as const) {
    if (typeof options[name] !== 'string') throw new TypeError(`${name} must be a string`)
  }
  return call(core => core.clientPay(frontEnd, options, secret(key)))
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

type Core = Parameters<Parameters<typeof call>[0]>[0]

/** A call with fields. The name of a field with a NUL in it is added here. */
function crossing<T>(fields: Fields, run: (core: Core, flat: string) => T): T {
  const flat = flatten(fields)
  try {
    return call(core => run(core, flat))
  } catch (error) {
    const nameless =
      error instanceof WxPayError && error.code === 'FIELD_VALUE' && error.field === undefined
    const field = nameless ? fieldWithNul(fields) : undefined
    if (field === undefined) throw error
    throw new WxPayError('FIELD_VALUE', `\`${field}\`: ${(error as Error).message}`, { field })
  }
}

const encoder = /* @__PURE__ */ new TextEncoder()

function bytes(body: Uint8Array | string): Uint8Array {
  if (typeof body === 'string') return encoder.encode(body)
  if (body instanceof Uint8Array) return body
  throw new TypeError('body must be the raw bytes (Uint8Array, Buffer) or a string')
}

const runtime = globalThis as { WXWebAssembly?: unknown; wx?: unknown }

function secret(key: string | Key): string {
  if (runtime.WXWebAssembly !== undefined && runtime.wx !== undefined) {
    throw new WxPayError(
      'CONFIG_INVALID',
      'this is a mini program: the merchant key must never be here; sign on your server',
    )
  }
  const text = reveal(key)
  return typeof text === 'string' ? text : ''
}

function secrets(key: string | Key | readonly (string | Key)[]): string[] {
  return Array.isArray(key) ? key.map(secret) : [secret(key as string | Key)]
}
export type { Fields, FieldValue, Flat } from './fields.js'
