import type { Answer, Methods, Sendable, UnifiedOrderFields } from '../dist/generated/api.js'
import {
  ALIASES,
  ENDPOINTS,
  OTHER,
  OTHER_UNSIGNED,
  type EndpointFacts,
} from '../dist/generated/endpoints.js'
import { type BillOptions, readBill } from './bill.js'
import { certificateMissing, checkCertificateAccepted } from './certificate-missing.js'
import { checkTimeout, configure, replaced, type Config, type WxPayOptions } from './config.js'
import type { AppPay, JsapiPay } from './client-pay.js'
import { fromEnv, type Environment } from './environment.js'
import { deliver, type Call, type Verdict } from './deliver.js'
import { WxPayError, type Query } from './errors.js'
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
import { createPolicy, type Event, type Policy } from './policy.js'
import { now } from './stamp.js'
import type { TransportAnswer } from './transport.js'

export type * from '../dist/generated/api.js'
export type { CertificateOptions } from './certificate-options.js'
export type { Clock } from './clock.js'
export type { Environment } from './environment.js'
export type { LogEntry, WxPayOptions } from './config.js'
export { mask } from './mask.js'
export { payByCode } from './micropay.js'
export type { CodeOrder, CodePayment, MicropayCalls, PayByCodeOptions } from './micropay.js'
export { Report } from './report.js'
export type { ReportFields, Trade } from './report.js'
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

/** An order of the App SDK. */
export type AppOrder = Omit<UnifiedOrderFields, 'trade_type'>

/** An order that is paid inside WeChat, and by whom. */
export type JsapiOrder = AppOrder & ({ sub_openid: string } | { openid: string })

/** The largest answer, in bytes: a message, and what is no message. */
const MAX_ANSWER = 65536
const MAX_BILL = 2 ** 31

const PATHS = new Map<string, EndpointFacts>()
const METHODS = new Map<string, EndpointFacts>()
for (const facts of Object.values(ENDPOINTS)) {
  PATHS.set(facts.path, facts)
  METHODS.set(facts.name, facts)
}
for (const [name, own] of Object.entries(ALIASES)) METHODS.set(name, ENDPOINTS[own])

/** One merchant's client. Nothing is shared between clients. */
export class WxPay extends FrontEnds {
  readonly #config: Config
  readonly #policy: Policy

  /** @throws WxPayError `CONFIG_INVALID`, `KEY_*`, `CERT_*`, `GATEWAY_REFUSED` */
  constructor(options: WxPayOptions) {
    const config = configure(options)
    const { appid, mchid, key, signType, defaults } = config
    const { sub_appid, sub_mch_id } = defaults
    super({ appid, mchid, key, signType, sub_appid, sub_mch_id })
    this.#config = config
    const { connectTimeout, clock, random } = config
    this.#policy = createPolicy(connectTimeout, event => this.#show(event), clock, random)
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
    return new WxPay(replaced(options, { partnerKey: sandbox_signkey, signType: 'MD5', sandbox: true }))
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
  async getPayParams<const R extends JsapiOrder>(
    order: R & Sendable<R>,
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
  async getAppParams<const R extends AppOrder>(
    order: R & Sendable<R>,
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
    if (facts.body === 'page') {
      return `${this.#config.baseUrl ?? facts.origin}${this.#path(facts)}?${prepared.message}`
    }
    if (facts.body === 'csv') {
      const { body, stream } = await this.#deliver(facts, prepared, options, answer => answer)
      return readBill(stream ?? body, options)
    }
    return this.#deliver(facts, prepared, options, ({ body }) => {
      if (facts.body === 'json') {
        const answer = jsonFields(body)
        acceptFields(facts.text, prepared, answer)
        const texts = Object.entries(answer).map(([name, value]) => [name, String(value)])
        return Object.fromEntries(texts)
      }
      const answer = acceptAnswer(facts.text, prepared, body, this.#config.key)
      return facts.body === 'nested' ? { ...answer, tree: parseNested(body) } : answer
    })
  }

  #prepare(facts: EndpointFacts, given: Fields): Prepared {
    const { appid, mchid, key, signType, appSecret, defaults } = this.#config
    if (appSecret === undefined && facts.secret) {
      throw new WxPayError('CONFIG_INVALID', '`appSecret`: is needed for this call', {
        field: 'appSecret',
      })
    }
    const settings: Fields = {
      ...defaults,
      appid,
      mch_id: mchid,
      nonce_str: nonceStr(),
      timestamp: now(),
      secret: appSecret,
      sign_type: signType,
    }
    try {
      return prepareRequest(facts.text, settings, given ?? {}, key)
    } catch (error) {
      throw cited(error, facts)
    }
  }

  async #deliver<T>(
    facts: EndpointFacts,
    prepared: Prepared,
    { signal, timeout = this.#config.timeout }: CallOptions,
    accept: (answer: TransportAnswer) => T,
  ): Promise<T> {
    checkTimeout(timeout)
    const get = facts.method === 'GET'
    const body = get ? undefined : new TextEncoder().encode(prepared.message)
    const hosts = this.#hosts(facts)
    // A gateway on this machine may speak plain HTTP, where there is no certificate.
    if (facts.certificate && !this.#config.hasCertificate && !hosts[0].startsWith('http:')) {
      throw certificateMissing(facts.name)
    }
    const call: Call<T> = {
      hosts,
      ...(facts.certificate ? { certificate: true } : {}),
      path: this.#path(facts) + (get ? `?${prepared.message}` : ''),
      method: get ? 'GET' : 'POST',
      headers:
        body === undefined
          ? { accept: 'application/json' }
          : { 'content-type': 'text/xml; charset=utf-8', 'content-length': String(body.length) },
      ...(body === undefined ? {} : { body }),
      ...(facts.body === 'csv' ? { stream: true, maxBytes: MAX_BILL } : { maxBytes: MAX_ANSWER }),
      repeatable: facts.repeat !== null,
      money: facts.money,
      query: facts.money ? queryOf(facts, preparedFields(prepared)) : undefined,
      accept: (answer, url) => {
        refuse(answer, url, this.#config.production)
        return accept(answer)
      },
      judge: error => verdict(facts, error),
    }
    return deliver(call, this.#policy, this.#config.transport, { signal, timeout })
  }

  #hosts({ origin, backup }: EndpointFacts): Call<unknown>['hosts'] {
    const { baseUrl, backupUrl } = this.#config
    const second = baseUrl === undefined ? backup : backup && backupUrl
    return second ? [baseUrl ?? origin, second] : [baseUrl ?? origin]
  }

  #path({ name, path, sandbox }: EndpointFacts): string {
    if (!this.#config.sandbox) return path
    if (sandbox !== null) return sandbox
    throw new WxPayError('CONFIG_INVALID', `the sandbox has no ${name}`, { field: 'sandbox' })
  }

  #show({ direction, url, status, body, loud }: Event): void {
    const { log } = this.#config
    const text = () => mask(typeof body === 'string' ? body : new TextDecoder().decode(body))
    if (log === undefined) {
      if (loud === true) console.warn(`wxpay-wasm: ${text()}`)
      return
    }
    try {
      log({ direction, url: mask(url), ...(status === undefined ? {} : { status }), body: text() })
    } catch {
      // An answer about money must not be lost because a log is full.
    }
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
    for (const [name, facts] of METHODS) define(name, facts)
  }
}

// The methods of the table are defined above, and typed by what is generated from it.
export interface WxPay extends Omit<Methods, 'code2Session'> {}

/** Throws unless the answer is the API's. */
function refuse({ status, headers, body }: TransportAnswer, url: string, production: boolean): void {
  if (production && headers['x-wxpay-gateway'] !== undefined) {
    throw new WxPayError(
      'GATEWAY_REFUSED',
      'the answer comes from a gateway simulator, and this is production',
    )
  }
  if (status === 400) checkCertificateAccepted(body)
  if (status !== 200) {
    throw new WxPayError(
      'ANSWER_INVALID',
      `${new URL(url).host} answered HTTP ${status} instead of 200; the outcome is unknown: ask ` +
        'again with the same numbers',
    )
  }
}

/** What the table's advice means for sending again. */
function verdict({ repeat }: EndpointFacts, { code, action }: WxPayError): Verdict | undefined {
  if (code === 'OUTCOME_UNKNOWN') return 'unknown'
  return code === 'RESULT_FAIL' && action === 'retry' && repeat === 'always' ? 'again' : undefined
}

function queryOf({ query }: EndpointFacts, fields: Flat): Query | undefined {
  if (query === null) return undefined
  const given = query.fields.filter(name => fields[name] !== undefined)
  return {
    endpoint: query.endpoint,
    fields: Object.fromEntries(given.map(name => [name, fields[name] as string])),
  }
}

/** The error of a request, with the chapter that has the rule. */
function cited(error: unknown, { chapter }: EndpointFacts): unknown {
  const mistake = error instanceof WxPayError && error.code.startsWith('FIELD_')
  if (!mistake || error.message.includes(chapter)) return error
  const { code, message, field, cause } = error
  return new WxPayError(code, `${message}; see ${chapter}`, { field, cause })
}

function endpointOf(nameOrPath: string, options: PathOptions): EndpointFacts {
  if (!nameOrPath.startsWith('/')) {
    const facts = METHODS.get(nameOrPath)
    if (facts !== undefined) return facts
    throw new TypeError(
      `${JSON.stringify(nameOrPath)} is no endpoint of the table; give a path that starts with /`,
    )
  }
  const known = PATHS.get(nameOrPath)
  if (known !== undefined) return known
  const base = options.unsigned === true ? OTHER_UNSIGNED : OTHER
  return { ...base, path: nameOrPath, certificate: options.certificate === true }
}
