import type { Answer, Methods, UnifiedOrderRequest } from '../dist/generated/api.js'
import { ALIASES, ENDPOINTS, type EndpointFacts } from '../dist/generated/endpoints.js'
import { type Bill, type BillOptions, readBill } from './bill.js'
import {
  checkTimeout,
  configure,
  type Config,
  type LogEntry,
  type WxPayOptions,
} from './config.js'
import type { AppPay, JsapiPay } from './client-pay.js'
import { fromEnv, type Environment } from './environment.js'
import { WxPayError } from './errors.js'
import {
  acceptAnswer,
  acceptFields,
  nonceStr,
  parseNested,
  prepareRequest,
  preparedFields,
  type Prepared,
} from './facade.js'
import type { Fields, Flat } from './fields.js'
import { FrontEnds } from './front-ends.js'
import { jsonFields } from './json.js'
import { mask } from './mask.js'
import { outcomeUnknown } from './outcome.js'
import { defaultTransport } from './transport.default.js'
import type { Transport, TransportAnswer } from './transport.js'

export type * from '../dist/generated/api.js'
export type { Environment } from './environment.js'
export type { LogEntry, WxPayOptions } from './config.js'
export { mask } from './mask.js'
export type { Transport, TransportAnswer, TransportRequest } from './transport.js'

/** What one call may set for itself. */
export interface CallOptions {
  signal?: AbortSignal
  /** Milliseconds. */
  timeout?: number
}

/** What a call for a bill may set for itself. */
export interface BillCallOptions extends CallOptions, Omit<BillOptions, 'signal'> {}

/** What the table cannot say of a path that it does not have. */
export interface PathOptions extends CallOptions {
  /** Shows the client certificate. */
  certificate?: boolean
  /** Takes an answer without a signature: only TLS vouches for it. */
  unsigned?: boolean
}

/** The largest answer, in bytes: a message, and what is no message. */
const MAX_ANSWER = 65536
const MAX_BILL = 2 ** 31

const { any, anyUnsigned, ...NAMED } = ENDPOINTS
const TABLE: Record<string, EndpointFacts | undefined> = NAMED
const PATHS = new Map(Object.values(NAMED).map(facts => [facts.path, facts as EndpointFacts]))

/** One merchant's client. Nothing is shared between clients. */
export class WxPay extends FrontEnds {
  readonly #config: Config
  readonly #transport: Transport

  /** @throws WxPayError `CONFIG_INVALID`, `KEY_*`, `GATEWAY_REFUSED` */
  constructor(options: WxPayOptions) {
    const config = configure(options)
    const { appid, mchid, key, signType, defaults } = config
    const { sub_appid, sub_mch_id } = defaults
    super({ appid, mchid, key, signType, sub_appid, sub_mch_id })
    this.#config = config
    this.#transport = this.#config.transport ?? defaultTransport()
  }

  /** `new WxPay(options)`, for those who write `init`. */
  static init(options: WxPayOptions): WxPay {
    return new WxPay(options)
  }

  /**
   * A client of the old sandbox (`/sandboxnew`), which has a key of its own: this asks for it with
   * the real one (chapter 9.1). WeChat has retired this sandbox; the simulator of
   * `wxpay-wasm/testing` knows it too.
   */
  static async sandbox(options: WxPayOptions): Promise<WxPay> {
    const { sandbox_signkey } = await new WxPay(options).getSignkey({})
    const { signType: _, ...rest } = options
    return new WxPay({ ...rest, partnerKey: sandbox_signkey, sandbox: true })
  }

  /** A client whose settings are in the environment: `WXPAY_APPID`, `WXPAY_MCHID`, `WXPAY_KEY`, … */
  static fromEnv(options: Partial<WxPayOptions> = {}, env?: Environment): WxPay {
    return new WxPay({ ...fromEnv(env), ...options } as WxPayOptions)
  }

  get appid(): string {
    return this.#config.appid
  }

  get mchid(): string {
    return this.#config.mchid
  }

  /**
   * Calls an endpoint by the name of its method or by its path. A path that the table does not have
   * gets the merchant's ids, a nonce and a signature; its answer must be signed unless the options
   * say otherwise.
   */
  async call(
    nameOrPath: string,
    fields: Fields = {},
    options: PathOptions = {},
  ): Promise<Answer> {
    return (await this.#call(endpointOf(nameOrPath, options), fields, options)) as Answer
  }

  /**
   * Trades the code of `wx.login` for the payer's openid. `js_code` is good for one use within
   * five minutes; the `session_key` must not leave the server.
   */
  async code2Session(
    js_code: string,
    options: CallOptions = {},
  ): Promise<{ openid: string; session_key: string; unionid?: string }> {
    const answer = await this.#call(ENDPOINTS.code2Session, { js_code }, options)
    const { openid, session_key, unionid } = answer as Flat
    return { openid, session_key, ...(unionid === undefined ? {} : { unionid }) } as {
      openid: string
      session_key: string
    }
  }

  /**
   * Places a JSAPI order and returns what the page or mini program is given: the parameters of the
   * bridge, and `timestamp` beside `timeStamp` for `wx.chooseWXPay`.
   */
  async getPayParams(
    order: Omit<UnifiedOrderRequest, 'trade_type'>,
    options?: CallOptions,
  ): Promise<JsapiPay & { timestamp: string }> {
    const { prepay_id } = await this.#order('JSAPI', order, options)
    return this.getPayParamsByPrepay({ prepay_id })
  }

  /** {@link WxPay.getPayParams} for an order that was placed before. */
  getPayParamsByPrepay({ prepay_id }: { prepay_id: string }): JsapiPay & { timestamp: string } {
    const params = this.jsapiPay(prepay_id)
    return { ...params, timestamp: params.timeStamp }
  }

  /** Places an APP order and returns the request of the App SDK. */
  async getAppParams(
    order: Omit<UnifiedOrderRequest, 'trade_type'>,
    options?: CallOptions,
  ): Promise<AppPay> {
    const { prepay_id } = await this.#order('APP', order, options)
    return this.appPay(prepay_id)
  }

  /** {@link WxPay.getAppParams} for an order that was placed before. */
  getAppParamsByPrepay({ prepay_id }: { prepay_id: string }): AppPay {
    return this.appPay(prepay_id)
  }

  /** The name that tenpay gives {@link FrontEnds.nativeUrl}. */
  getNativeUrl({ product_id }: { product_id: string }): string {
    return this.nativeUrl(product_id)
  }

  async #order(
    trade_type: string,
    order: object,
    options: CallOptions = {},
  ): Promise<{ prepay_id: string }> {
    const answer = await this.#call(ENDPOINTS.unifiedOrder, { ...order, trade_type }, options)
    return answer as { prepay_id: string }
  }

  async #call(facts: EndpointFacts, given: Fields, options: CallOptions): Promise<unknown> {
    const prepared = this.#prepare(facts, given)
    const { message } = prepared
    if (facts.body === 'page') return `${this.#address(facts)}?${message}`
    const get = facts.method === 'GET'
    const xml = get ? undefined : new TextEncoder().encode(message)
    const answered = await this.#exchange(facts, get ? `?${message}` : '', xml, options)
    if (facts.body === 'csv') return readAnswer(answered, options)
    const { body } = answered
    if (facts.body === 'json') {
      const answer = jsonFields(body)
      acceptFields(facts.text, prepared, answer)
      return Object.fromEntries(Object.entries(answer).map(([name, value]) => [name, String(value)]))
    }
    try {
      const answer = acceptAnswer(facts.text, prepared, body, this.#config.key)
      return facts.body === 'nested' ? { ...answer, tree: parseNested(body) } : answer
    } catch (error) {
      throw outcomeUnknown(facts, preparedFields(prepared), error)
    }
  }

  #prepare(facts: EndpointFacts, given: Fields): Prepared {
    const { appid, mchid, key, signType, appSecret, defaults } = this.#config
    if (appSecret === undefined && /^secret configured/m.test(facts.text)) {
      throw new WxPayError('CONFIG_INVALID', '`appSecret`: is needed for this call', {
        field: 'appSecret',
      })
    }
    const settings: Fields = {
      ...defaults,
      appid,
      mch_id: mchid,
      nonce_str: nonceStr(),
      timestamp: Math.floor(Date.now() / 1000),
      secret: appSecret,
      sign_type: signType,
    }
    return prepareRequest(facts.text, settings, given ?? {}, key)
  }

  #address({ name, origin, path, sandbox }: EndpointFacts): string {
    const { baseUrl = origin } = this.#config
    if (!this.#config.sandbox) return baseUrl + path
    if (sandbox !== null) return baseUrl + sandbox
    throw new WxPayError('CONFIG_INVALID', `the sandbox has no ${name}`, { field: 'sandbox' })
  }

  async #exchange(
    facts: EndpointFacts,
    query: string,
    body: Uint8Array | undefined,
    { signal, timeout }: CallOptions,
  ): Promise<TransportAnswer> {
    const { production, log } = this.#config
    const url = this.#address(facts) + query
    if (timeout !== undefined) checkTimeout(timeout)
    const show = (direction: 'request' | 'answer', bytes: Uint8Array | undefined, status?: number) => {
      if (log === undefined) return
      const entry: LogEntry = {
        direction,
        url: mask(url),
        ...(status === undefined ? {} : { status }),
        body: mask(new TextDecoder().decode(bytes)),
      }
      try {
        log(entry)
      } catch {
        // An answer about money must not be lost because a log is full.
      }
    }
    show('request', body)
    let answer
    try {
      answer = await this.#transport({
        method: body === undefined ? 'GET' : 'POST',
        url,
        headers:
          body === undefined
            ? { accept: 'application/json' }
            : { 'content-type': 'text/xml; charset=utf-8', 'content-length': String(body.length) },
        ...(body === undefined ? {} : { body }),
        timeout: timeout ?? this.#config.timeout,
        ...(facts.body === 'csv' ? { stream: true, maxBytes: MAX_BILL } : { maxBytes: MAX_ANSWER }),
        ...(signal === undefined ? {} : { signal }),
      })
    } catch (cause) {
      if (cause instanceof WxPayError) throw cause
      throw new WxPayError('TRANSPORT', `no answer from ${new URL(url).host}`, { cause })
    }
    // A stream goes to the caller unseen: it may be a gigabyte.
    show('answer', answer.stream === undefined ? answer.body : undefined, answer.status)
    const refused = refusal(answer, url, production)
    if (refused !== undefined) {
      await answer.stream?.return?.()
      throw refused
    }
    return answer
  }

  static {
    const call = (facts: EndpointFacts) =>
      function (this: WxPay, fields: Fields = {}, options: CallOptions = {}) {
        return this.#call(facts, fields, options)
      }
    const define = (name: string, facts: EndpointFacts): void => {
      if (Object.hasOwn(WxPay.prototype, name)) return
      const value = call(facts)
      Object.defineProperty(value, 'name', { value: name })
      Object.defineProperty(WxPay.prototype, name, { value, writable: true, configurable: true })
    }
    for (const facts of PATHS.values()) define(facts.name, facts)
    for (const [name, own] of Object.entries(ALIASES)) define(name, ENDPOINTS[own])
  }
}

// The methods of the table are defined above, and typed by what is generated from it.
export interface WxPay extends Omit<Methods, 'code2Session'> {}

/** A bill comes as it is read; the error that comes in its place is XML, and whole. */
async function readAnswer(
  { body, stream }: TransportAnswer,
  options: BillCallOptions,
): Promise<Bill> {
  try {
    return await readBill(stream ?? body, options)
  } catch (error) {
    await stream?.return?.()
    throw error
  }
}

function refusal(
  { status, headers }: TransportAnswer,
  url: string,
  production: boolean,
): WxPayError | undefined {
  if (production && headers['x-wxpay-gateway'] !== undefined) {
    return new WxPayError(
      'GATEWAY_REFUSED',
      'the answer comes from a gateway simulator, and this is production',
    )
  }
  if (status === 200) return undefined
  return new WxPayError(
    'ANSWER_INVALID',
    `${new URL(url).host} answered HTTP ${status} instead of 200; the outcome is unknown: ask ` +
      'again with the same numbers',
  )
}

function endpointOf(nameOrPath: string, options: PathOptions): EndpointFacts {
  if (!nameOrPath.startsWith('/')) {
    const facts = TABLE[nameOrPath] ?? TABLE[(ALIASES as Record<string, string>)[nameOrPath] ?? '']
    if (facts !== undefined) return facts
    throw new TypeError(
      `${JSON.stringify(nameOrPath)} is no endpoint of the table; give a path that starts with /`,
    )
  }
  const known = PATHS.get(nameOrPath)
  if (known !== undefined) return known
  const base = options.unsigned === true ? anyUnsigned : any
  return { ...base, path: nameOrPath, certificate: options.certificate === true }
}
