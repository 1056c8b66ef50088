import { BACKUPS, ENDPOINTS } from '../dist/generated/endpoints.js'
import { checkTimeout, configure, type Config, type WxPayOptions } from './config.js'
import { deliver, type Call } from './deliver.js'
import { WxPayError } from './errors.js'
import {
  acceptAnswer,
  checkRequest,
  miniProgramPay,
  nonceStr,
  signedXml,
  type MiniProgramPay,
} from './facade.js'
import type { Fields, Flat } from './fields.js'
import { mask } from './mask.js'
import { createPolicy, type Event, type Policy } from './policy.js'
import { defaultTransport } from './transport.default.js'
import type { Transport, TransportAnswer } from './transport.js'

export type { Clock } from './clock.js'
export type { LogEntry, WxPayOptions } from './config.js'
export { mask } from './mask.js'
export { payByCode } from './micropay.js'
export type { CodeOrder, CodePayment, MicropayCalls, PayByCodeOptions } from './micropay.js'
export { Report } from './report.js'
export type { ReportFields, Trade } from './report.js'
export type { Transport, TransportAnswer, TransportRequest } from './transport.js'

/** What every order has. Amounts are in fen. */
interface Order {
  /** What is paid for, as the payer reads it; at most 128 bytes. */
  body: string
  /** The merchant's order number: `[0-9A-Za-z_\-|*]`, at most 32. */
  out_trade_no: string
  /** The amount in fen. */
  total_fee: number
  notify_url?: string
  spbill_create_ip?: string
  detail?: string
  attach?: string
  fee_type?: string
  /** `yyyyMMddHHmmss` in GMT+8. */
  time_start?: string
  /** `yyyyMMddHHmmss` in GMT+8. */
  time_expire?: string
  goods_tag?: string
  limit_pay?: 'no_credit'
  receipt?: 'Y' | 'N'
  profit_sharing?: 'Y' | 'N'
  device_info?: string
  scene_info?: string
}

/** An order of a mini program or of WeChat's web view. */
export interface JsapiOrder extends Order {
  trade_type: 'JSAPI'
  /** The payer under this appid. */
  openid: string
  product_id?: string
}

/** An order that is paid by scanning a QR code. */
export interface NativeOrder extends Order {
  trade_type: 'NATIVE'
  product_id: string
  openid?: string
}

/** The answer to an order; fields beside these are kept. */
export interface OrderAnswer extends Flat {
  /** Valid for two hours. */
  prepay_id: string
  trade_type: string
}

/** The answer to a NATIVE order. */
export interface NativeAnswer extends OrderAnswer {
  /** For the QR code; valid for two hours, not to be parsed. */
  code_url: string
}

/** The answer to an order query; amounts are strings, as on the wire. */
export interface QueryAnswer extends Flat {
  /** SUCCESS, REFUND, NOTPAY, CLOSED, REVOKED, USERPAYING, PAYERROR or ACCEPT. */
  trade_state: string
  out_trade_no: string
}

/** Who logged in. */
export interface Session {
  openid: string
  /** Must not leave the server. */
  session_key: string
  unionid?: string
}

/** What one call may set for itself. */
export interface CallOptions {
  signal?: AbortSignal
  /** Milliseconds. */
  timeout?: number
}

/** The largest answer to a signed call, in bytes. */
const MAX_ANSWER = 65536

/** One merchant's client. Nothing is shared between clients. */
export class WxPay {
  readonly #config: Config
  readonly #transport: Transport
  readonly #policy: Policy

  /** @throws WxPayError `CONFIG_INVALID`, `KEY_*`, `GATEWAY_REFUSED` */
  constructor(options: WxPayOptions) {
    this.#config = configure(options)
    this.#transport = this.#config.transport ?? defaultTransport(this.#config)
    this.#policy = createPolicy(this.#config.connectTimeout, event => this.#show(event))
  }

  get appid(): string {
    return this.#config.appid
  }

  get mchid(): string {
    return this.#config.mchid
  }

  /**
   * Places an order (统一下单, chapter 9.1) and returns its `prepay_id`, and for NATIVE its
   * `code_url`. Calling it again with the same parameters is safe while the order is unpaid.
   */
  async unifiedOrder(order: NativeOrder, options?: CallOptions): Promise<NativeAnswer>
  async unifiedOrder(order: JsapiOrder, options?: CallOptions): Promise<OrderAnswer>
  async unifiedOrder(order: NativeOrder | JsapiOrder, options?: CallOptions): Promise<OrderAnswer> {
    const { notify_url, spbill_create_ip } = this.#config
    const fields = { ...(order as unknown as Fields) }
    fields['notify_url'] ??= notify_url
    fields['spbill_create_ip'] ??= spbill_create_ip
    return (await this.#call('unifiedOrder', fields, options)) as OrderAnswer
  }

  /** Asks for an order (查询订单, chapter 9.2) by exactly one of its two numbers. */
  async orderQuery(
    order: { out_trade_no: string } | { transaction_id: string },
    options?: CallOptions,
  ): Promise<QueryAnswer> {
    return (await this.#call('orderQuery', { ...order }, options)) as QueryAnswer
  }

  /**
   * Trades the code of `wx.login` for the payer's openid. `js_code` is good for one use within
   * five minutes.
   */
  async code2Session(js_code: string, options: CallOptions = {}): Promise<Session> {
    const { appid, appSecret } = this.#config
    checkRequest('code2Session', { js_code })
    if (appSecret === undefined) {
      throw new WxPayError('CONFIG_INVALID', '`appSecret`: is needed to log payers in', {
        field: 'appSecret',
      })
    }
    const query = new URLSearchParams({
      appid,
      secret: appSecret,
      js_code,
      grant_type: 'authorization_code',
    })
    return this.#exchange('code2Session', `?${query}`, undefined, options, false, body =>
      session(new TextDecoder().decode(body)),
    )
  }

  /** The five parameters of `wx.requestPayment` for an order of this merchant. */
  miniProgramPay(prepay_id: string): MiniProgramPay {
    const { appid, key, signType } = this.#config
    return miniProgramPay({ appId: appid, prepay_id, signType }, key)
  }

  async #call(
    name: 'unifiedOrder' | 'orderQuery',
    given: Fields,
    options: CallOptions = {},
  ): Promise<Flat> {
    const { appid, mchid, key, signType } = this.#config
    const own: Fields = {
      appid,
      mch_id: mchid,
      nonce_str: nonceStr(),
      ...(signType === 'MD5' ? {} : { sign_type: signType }),
    }
    for (const field of ['appid', 'mch_id', 'sign_type', 'sign'] as const) {
      if (given[field] !== undefined && given[field] !== own[field]) {
        throw new WxPayError(
          'FIELD_RESERVED',
          `\`${field}\`: is set from the client's configuration; make another client for it`,
          { field },
        )
      }
    }
    const fields = { ...given, ...own }
    checkRequest(name, fields)
    const xml = new TextEncoder().encode(signedXml(fields, key, signType))
    return this.#exchange(name, '', xml, options, true, body =>
      acceptAnswer(name, fields, body, key, signType),
    )
  }

  #exchange<T>(
    name: keyof typeof ENDPOINTS,
    query: string,
    body: Uint8Array | undefined,
    { signal, timeout = this.#config.timeout }: CallOptions,
    repeatable: boolean,
    read: (body: Uint8Array) => T,
  ): Promise<T> {
    const { host, path } = ENDPOINTS[name]
    const { baseUrl, backupUrl } = this.#config
    checkTimeout(timeout)
    const backup = baseUrl === undefined ? BACKUPS[host] : BACKUPS[host] && backupUrl
    const call: Call<T> = {
      hosts: backup === undefined ? [baseUrl ?? host] : [baseUrl ?? host, backup],
      path: path + query,
      method: body === undefined ? 'GET' : 'POST',
      headers:
        body === undefined
          ? { accept: 'application/json' }
          : { 'content-type': 'text/xml; charset=utf-8', 'content-length': String(body.length) },
      ...(body === undefined ? {} : { body }),
      maxBytes: MAX_ANSWER,
      repeatable,
      money: false,
      accept: (answer, url) => {
        this.#refuse(answer, url)
        return read(answer.body)
      },
    }
    return deliver(call, this.#policy, this.#transport, { signal, timeout })
  }

  /** Throws unless the answer is the API's. */
  #refuse({ status, headers }: TransportAnswer, url: string): void {
    if (this.#config.production && headers['x-wxpay-gateway'] !== undefined) {
      throw new WxPayError(
        'GATEWAY_REFUSED',
        'the answer comes from a gateway simulator, and this is production',
      )
    }
    if (status !== 200) {
      throw new WxPayError(
        'ANSWER_INVALID',
        `${new URL(url).host} answered HTTP ${status} instead of 200; the outcome is unknown: ` +
          'ask again with the same numbers',
      )
    }
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
}

/** The answer of jscode2session: JSON under any content type, `errcode` absent or 0 on success. */
function session(text: string): Session {
  let answer
  try {
    answer = JSON.parse(text) as Record<string, unknown> | null
  } catch {
    // The parser's own error quotes the text, where a session_key may stand.
    throw new WxPayError('ANSWER_INVALID', 'the answer to the login is not JSON')
  }
  const { errcode, errmsg, openid, session_key, unionid } = answer ?? {}
  if (errcode !== undefined && errcode !== 0) {
    const reason = JSON.stringify(errmsg ?? '(no reason given)').slice(0, 256)
    throw new WxPayError('RESULT_FAIL', `login refused (${Number(errcode)}): ${reason}`, {
      err_code: String(errcode).slice(0, 64),
    })
  }
  const filled = (value: unknown): value is string => typeof value === 'string' && value !== ''
  if (!filled(openid) || !filled(session_key)) {
    throw new WxPayError('ANSWER_INVALID', 'the answer to the login has no openid or no session_key')
  }
  return { openid, session_key, ...(typeof unionid === 'string' ? { unionid } : {}) }
}
