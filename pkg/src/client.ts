import { ENDPOINTS } from '../dist/generated/endpoints.js'
import { certificateMissing, checkCertificateAccepted } from './certificate-missing.js'
import {
  checkTimeout,
  configure,
  type Config,
  type LogEntry,
  type WxPayOptions,
} from './config.js'
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
import type { TransportAnswer } from './transport.js'

export type { CertificateOptions } from './certificate-options.js'
export type { LogEntry, WxPayOptions } from './config.js'
export { mask } from './mask.js'
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

/** What a call needs to know of its endpoint. */
interface Reach {
  host: string
  path: string
  certificate?: boolean
}

/** The largest answer to a signed call, in bytes. */
const MAX_ANSWER = 65536

/** One merchant's client. Nothing is shared between clients. */
export class WxPay {
  readonly #config: Config

  /** @throws WxPayError `CONFIG_INVALID`, `KEY_*`, `CERT_*`, `GATEWAY_REFUSED` */
  constructor(options: WxPayOptions) {
    this.#config = configure(options)
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
    const { body } = await this.#exchange('code2Session', `?${query}`, undefined, options)
    return session(new TextDecoder().decode(body))
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
    const { body } = await this.#exchange(name, '', xml, options)
    return acceptAnswer(name, fields, body, key, signType)
  }

  async #exchange(
    name: keyof typeof ENDPOINTS,
    query: string,
    body: Uint8Array | undefined,
    { signal, timeout }: CallOptions,
  ): Promise<TransportAnswer> {
    const { host, path, certificate = false }: Reach = ENDPOINTS[name]
    const { baseUrl, production, log, hasCertificate, transport } = this.#config
    const url = (baseUrl ?? host) + path + query
    if (timeout !== undefined) checkTimeout(timeout)
    // A gateway on this machine may speak plain HTTP, where there is no certificate.
    if (certificate && !hasCertificate && !url.startsWith('http:')) throw certificateMissing(name)
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
      answer = await transport({
        method: body === undefined ? 'GET' : 'POST',
        url,
        headers:
          body === undefined
            ? { accept: 'application/json' }
            : { 'content-type': 'text/xml; charset=utf-8', 'content-length': String(body.length) },
        ...(body === undefined ? {} : { body }),
        timeout: timeout ?? this.#config.timeout,
        maxBytes: MAX_ANSWER,
        ...(signal === undefined ? {} : { signal }),
        ...(certificate ? { certificate } : {}),
      })
    } catch (cause) {
      if (cause instanceof WxPayError) throw cause
      throw new WxPayError('TRANSPORT', `no answer from ${new URL(url).host}`, { cause })
    }
    show('answer', answer.body, answer.status)
    if (production && answer.headers['x-wxpay-gateway'] !== undefined) {
      throw new WxPayError(
        'GATEWAY_REFUSED',
        'the answer comes from a gateway simulator, and this is production',
      )
    }
    if (answer.status === 400) checkCertificateAccepted(answer.body)
    if (answer.status !== 200) {
      throw new WxPayError(
        'ANSWER_INVALID',
        `${new URL(url).host} answered HTTP ${answer.status} instead of 200; the outcome is ` +
          'unknown: ask again with the same numbers',
      )
    }
    return answer
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
