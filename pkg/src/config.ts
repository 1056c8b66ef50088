import { certificateParts, isPrivateKey, type CertificateOptions } from './certificate-options.js'
import type { Clock } from './clock.js'
import { WxPayError } from './errors.js'
import { checkMerchant, type SignType } from './facade.js'
import { Key } from './key.js'
import { defaultTransport } from './transport.default.js'
import type { Transport } from './transport.js'

/** A message on the wire, its secrets masked; or what went wrong or should be looked after. */
export type LogEntry =
  | {
      direction: 'request' | 'answer' | 'failure'
      url: string
      /** HTTP status of an answer. */
      status?: number
      body: string
    }
  | { direction: 'warning'; message: string }

/** What a merchant's client needs. The usual other spellings of the names are accepted too. */
export interface WxPayOptions extends CertificateOptions {
  /** The app id: `wx` and 16 more. */
  appid: string
  /** The merchant id: 8 to 10 digits, as a string. */
  mchid: string
  /** The API v2 key: 32 characters. */
  partnerKey: string | Key
  /** Where payment notifications go: a public address without a query. */
  notify_url?: string
  /** Where refund notifications go. */
  refund_url?: string
  /** Service provider: the sub-merchant's app id, for every call that takes it. */
  sub_appid?: string
  /** Service provider: the sub-merchant, for every call that takes it. */
  sub_mch_id?: string
  /** The IP address for orders that give none; `127.0.0.1` where absent. */
  spbill_create_ip?: string
  /** The app's secret, for {@link WxPay.code2Session} alone. */
  appSecret?: string
  /** The algorithm of requests, and the weakest that is accepted in answers. `MD5` by default. */
  signType?: SignType
  /** Replaces every WeChat host, for a local gateway: `http://127.0.0.1:8080`. */
  baseUrl?: string
  /** Takes the paths of the old sandbox; its key comes with {@link WxPay.sandbox}. */
  sandbox?: boolean
  /** Stands in for WeChat's backup host where `baseUrl` stands in for the others. */
  backupUrl?: string
  /** Milliseconds for one call, all its attempts together; 10 000 by default. */
  timeout?: number
  /** Milliseconds until there is a connection; 3 000 by default. */
  connectTimeout?: number
  /** An agent of `node:https`, a proxy's for instance; the environment names none. */
  agent?: object
  /** The most connections to one host; 50 by default. */
  maxSockets?: number
  /**
   * The authorities to trust instead of the platform's, as PEM: for a gateway of one's own, or
   * behind a proxy that signs for all hosts. Node only.
   */
  ca?: string | Uint8Array
  /**
   * Performs the HTTP exchange; `node:https` (or `fetch`) by default. It brings its own client
   * certificate for the requests that say `certificate`.
   */
  transport?: Transport
  /** Refuses test gateways. By default: whether `NODE_ENV` is `production`. */
  production?: boolean
  /** Sees every message on the wire, masked, every attempt that failed, and warnings: a certificate that ends soon. */
  log?: (entry: LogEntry) => void
  /** Measures deadlines and sleeps between attempts; the platform's by default. */
  clock?: Clock
  /** At least 0 and below 1; spreads the pauses between attempts. */
  random?: () => number
}

/** The checked configuration. */
export interface Config {
  appid: string
  mchid: string
  key: Key
  /** What rows of the table of endpoints take from the configuration, by name. */
  defaults: Readonly<Record<string, string | undefined>>
  appSecret: string | undefined
  signType: SignType
  baseUrl: string | undefined
  sandbox: boolean
  backupUrl: string | undefined
  timeout: number
  connectTimeout: number
  production: boolean
  transport: Transport
  /** Whether a call can show a client certificate. */
  hasCertificate: boolean
  log: ((entry: LogEntry) => void) | undefined
  clock: Clock | undefined
  random: (() => number) | undefined
}

/** The spellings of other libraries, by ours. */
const ALIASES: Record<string, readonly string[]> = {
  appid: ['appId', 'app_id'],
  mchid: ['mch_id', 'mchId'],
  partnerKey: ['partner_key', 'key', 'apiKey', 'api_key', 'secret', 'mchKey'],
  notify_url: ['notifyUrl'],
  refund_url: ['refundUrl'],
  sub_appid: ['subAppid', 'subAppId', 'sub_app_id'],
  sub_mch_id: ['subMchId', 'subMchid', 'sub_mchid'],
  spbill_create_ip: ['spbillCreateIp'],
  signType: ['sign_type'],
  appSecret: ['appsecret', 'app_secret'],
}

/** Under which names an option is given. */
const namesOf = (given: Record<string, unknown>, name: string): string[] =>
  [name, ...(ALIASES[name] ?? [])].filter(
    n => given[n] !== undefined && !(n === 'key' && isPrivateKey(given[n])),
  )

/** The options with some of them replaced, whatever they are called there. */
export function replaced(options: WxPayOptions, others: Partial<WxPayOptions>): WxPayOptions {
  const rest = { ...options } as unknown as Record<string, unknown>
  for (const option of Object.keys(others)) for (const name of namesOf(rest, option)) delete rest[name]
  return { ...rest, ...others } as WxPayOptions
}

/** Checks the options, so that a wrong setting stops the start and not the first payment. */
export function configure(options: WxPayOptions): Config {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError('options must be an object: { appid, mchid, partnerKey, … }')
  }
  const given = options as unknown as Record<string, unknown>
  const pick = (name: string): unknown => {
    const names = namesOf(given, name)
    const [value, ...others] = new Set(names.map(n => given[n]))
    if (others.length > 0) throw invalid(name, `is given as ${names.join(' and ')}, with different values`)
    return value
  }
  const text = (name: string): string | undefined => {
    const value = pick(name)
    if (value !== undefined && typeof value !== 'string') throw invalid(name, 'must be a string')
    return value
  }
  const appid = text('appid') ?? ''
  const mchid = text('mchid') ?? ''
  checkMerchant(appid, mchid)
  const partnerKey = pick('partnerKey')
  const key = partnerKey instanceof Key ? partnerKey : new Key(partnerKey as string)
  const signType = text('signType') ?? 'MD5'
  if (signType !== 'MD5' && signType !== 'HMAC-SHA256') {
    throw invalid('signType', 'is MD5 or HMAC-SHA256')
  }
  const production = options.production ?? globalThis.process?.env?.['NODE_ENV'] === 'production'
  const sandbox = options.sandbox ?? false
  for (const [name, value] of Object.entries({ production, sandbox })) {
    // 'false' from an environment variable is true, and '' is not.
    if (typeof value !== 'boolean') throw invalid(name, 'is true or false')
  }
  const baseUrl = text('baseUrl')?.replace(/\/+$/, '')
  if (baseUrl !== undefined) checkBase(baseUrl, production)
  const backupUrl = text('backupUrl')?.replace(/\/+$/, '')
  if (backupUrl !== undefined) {
    if (baseUrl === undefined) throw invalid('backupUrl', 'goes with `baseUrl`; WeChat has its own')
    checkBase(backupUrl, production, 'backupUrl')
  }
  const timeout = options.timeout ?? 10_000
  checkTimeout(timeout)
  const connectTimeout = options.connectTimeout ?? 3000
  checkTimeout(connectTimeout, 'connectTimeout')
  const { agent, maxSockets } = options
  if (agent !== undefined && (typeof agent !== 'object' || agent === null)) {
    throw invalid('agent', 'must be an agent of node:https')
  }
  if (maxSockets !== undefined && (!Number.isSafeInteger(maxSockets) || maxSockets < 1)) {
    throw invalid('maxSockets', 'is a number of connections, from 1 on')
  }
  for (const [name, value] of Object.entries({ agent, maxSockets })) {
    if (value !== undefined && options.transport !== undefined) {
      throw invalid(name, 'is for the default transport, and `transport` is given too')
    }
  }
  const notify_url = text('notify_url')
  if (production && notify_url !== undefined && LOOPBACK.test(hostOf(notify_url))) {
    throw invalid('notify_url', 'is on this machine, and this is production: WeChat cannot reach it')
  }
  const appSecret = text('appSecret')
  if (appSecret?.trim() === '') throw invalid('appSecret', 'is empty')
  for (const name of ['transport', 'log', 'random'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'function') {
      throw invalid(name, 'must be a function')
    }
  }
  const { ca } = options
  const certificate = certificateParts(options)
  if (options.transport !== undefined) {
    const given = certificate?.[0].option ?? (ca === undefined ? undefined : 'ca')
    if (given !== undefined) {
      throw invalid(given, 'is for the default transport; a `transport` of your own brings its own')
    }
  }
  return {
    appid,
    mchid,
    key,
    defaults: {
      notify_url,
      refund_url: text('refund_url'),
      sub_appid: text('sub_appid'),
      sub_mch_id: text('sub_mch_id'),
      spbill_create_ip: text('spbill_create_ip') ?? '127.0.0.1',
    },
    appSecret,
    signType,
    baseUrl,
    sandbox,
    backupUrl,
    timeout,
    connectTimeout,
    production,
    transport:
      options.transport ??
      defaultTransport({
        ...{ mchid, certificate, ca, agent, maxSockets },
        now: Date.now,
        warn: warnings(options.log),
      }),
    // A transport or an agent of one's own brings its own.
    hasCertificate: [certificate, agent, options.transport].some(own => own !== undefined),
    log: options.log,
    clock: options.clock,
    random: options.random,
  }
}

/** Apart from the options, so that nothing keeps a certificate's content alive. */
function warnings(log: WxPayOptions['log']): (message: string) => void {
  return message => {
    try {
      log?.({ direction: 'warning', message })
    } catch {
      // A full log stops no payment.
    }
  }
}

/** Throws unless the number is a time that timers can wait. */
export function checkTimeout(timeout: unknown, name = 'timeout'): void {
  if (!Number.isSafeInteger(timeout) || (timeout as number) < 1 || (timeout as number) >= 2 ** 31) {
    throw invalid(name, 'is a number of milliseconds, from 1 on and below 2^31')
  }
}

function hostOf(address: string): string {
  try {
    return new URL(address).hostname
  } catch {
    // Whether it is an address at all is asked with the order.
    return ''
  }
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/

function checkBase(baseUrl: string, production: boolean, name = 'baseUrl'): void {
  let url
  try {
    url = new URL(baseUrl)
  } catch {
    throw invalid(name, 'is no address; expected for instance http://127.0.0.1:8080')
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw invalid(name, 'is scheme, host and port, without user, query or fragment')
  }
  const loopback = LOOPBACK.test(url.hostname)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback)) {
    throw invalid(name, 'must be https, or http on loopback')
  }
  if (production && loopback) {
    throw new WxPayError(
      'GATEWAY_REFUSED',
      `\`${name}\` is a test gateway, and this is production; leave ${name} out`,
      { field: name },
    )
  }
}

function invalid(field: string, reason: string): WxPayError {
  return new WxPayError('CONFIG_INVALID', `\`${field}\`: ${reason}`, { field })
}
