import type { IncomingMessage } from 'node:http'
import { WxPayError } from '../errors.js'
import type { Answer } from './answer.js'
import { plain } from './answer.js'
import { BODY_LIMIT, readBody } from './body.js'
import { Books } from './books.js'
import { Clock, SECOND, systemNow, systemTimers } from './clock.js'
import type { GatewayContract } from './contracts.js'
import { control } from './control.js'
import type { Delivery } from './courier.js'
import { Courier } from './courier.js'
import type { Desk, Realm } from './desk.js'
import { Dice } from './dice.js'
import type { FaultRule } from './faults.js'
import { Faults } from './faults.js'
import type { Entry } from './ledger.js'
import { Ledger } from './ledger.js'
import { LoginDesk } from './login.js'
import { isFromHere } from './loopback.js'
import { Mail } from './mail.js'
import type { Merchant } from './merchant.js'
import { sandboxKey, testMerchant } from './merchant.js'
import type { Message, RememberedMessage } from './messages.js'
import { Messages, remembered } from './messages.js'
import type { GatewayOrder, Order, PayOptions } from './order.js'
import { shown } from './order.js'
import { Dashboard } from './pages/dashboard.js'
import type { Visit } from './pages/document.js'
import { languageOf } from './pages/language.js'
import type { GatewayRedpack } from './redpacks.js'
import type { GatewayRefund, RefundStatus } from './refunds.js'
import type { GatewayOptions } from './options.js'
import { checkedCount, rulesOf } from './options.js'
import { endpointAt, Router } from './router.js'
import type { Scan } from './scans.js'
import { certificateOf, listen, open, send, sockets } from './server.js'
import { State } from './state.js'
import { Till } from './till.js'
import type { GatewayTransfer } from './transfers.js'

/** What a subscriber hears. */
export type GatewayEvent =
  | { type: 'message'; message: RememberedMessage }
  /** A record of a table was made or changed; null for one that is gone. */
  | { type: 'change'; table: string; key: string; record: unknown }
  /** A fault struck the message of an endpoint, or a `notification`, with these numbers in it. */
  | { type: 'fault'; on: string; numbers: string[]; fault: FaultRule }

/** WeChat Pay on this machine: where it is, what it remembers, and the payer's part. */
export interface Gateway extends Merchant {
  /** `http://127.0.0.1:<port>`: what a client takes as `baseUrl`. */
  url: string
  /**
   * Pays an order; resolves after the first attempt to notify, which is null where nobody is told
   * at once. GATEWAY_REFUSED when it cannot be paid.
   */
  pay(
    out_trade_no: string,
    options?: PayOptions,
  ): Promise<{ order: GatewayOrder; notification: Delivery | null }>
  /** The payer says no: the order stays NOTPAY; a payment by code or contract becomes PAYERROR. */
  decline(out_trade_no: string): GatewayOrder
  /** A js_code for this openid, good for one `jscode2session`. */
  login(openid?: string): string
  /** A user scans a product's code (NATIVE mode 1); `callback` is the merchant's address for it. */
  scan(code: string, callback: string, openid?: string): Promise<Scan>
  /** Ends a refund now, as SUCCESS, CHANGE or REFUNDCLOSE. */
  settleRefund(
    out_refund_no: string,
    status?: Exclude<RefundStatus, 'PROCESSING'>,
  ): Promise<{ refund: GatewayRefund; notification: Delivery | null }>
  /** A user takes a red packet, or one share of a group's. */
  receive(mch_billno: string, openid?: string): GatewayRedpack
  /** The payer signs a contract that was prepared. */
  signContract(
    contract_code: string,
    openid?: string,
  ): Promise<{ contract: GatewayContract; notification: Delivery | null }>
  /** The payer ends a contract. */
  endContract(
    contract_code: string,
  ): Promise<{ contract: GatewayContract; notification: Delivery | null }>
  /** Every order, oldest first. */
  orders(): GatewayOrder[]
  refunds(): GatewayRefund[]
  transfers(): GatewayTransfer[]
  redpacks(): GatewayRedpack[]
  contracts(): GatewayContract[]
  /** The truth about money: each movement once, oldest first. */
  ledger(): Entry[]
  /** The last attempts to notify, oldest first. */
  notifications(): Delivery[]
  /** The last messages, oldest first. */
  messages(): RememberedMessage[]
  /** The faults that are still to strike. */
  faults(): FaultRule[]
  /** Takes these faults in place of the ones before. */
  setFaults(rules: readonly FaultRule[]): void
  /** Gateway time, in milliseconds since 1970. */
  now(): number
  /** Puts the clock forward by so many seconds; resolves when what fell due on the way has happened. */
  advance(seconds: number): Promise<void>
  /** Forgets everything but the options. */
  reset(): void
  /** Hears of every message and every change; returns what ends it. */
  subscribe(listener: (event: GatewayEvent) => void): () => void
  /** Stops listening, ends every connection, drops what was still to be delivered. */
  close(): Promise<void>
}

/**
 * Starts a gateway on 127.0.0.1 that speaks WeChat Pay v2 for one test merchant.
 * Throws GATEWAY_REFUSED for a key that may be real, and for a port it cannot have.
 *
 * ```js
 * const gateway = await createGateway({ timeScale: 1000 })
 * const pay = new WxPay({ appid: gateway.appid, mchid: gateway.mchid, partnerKey: gateway.key, baseUrl: gateway.url })
 * // ... place an order, then pay it as the user would:
 * await gateway.pay('A1001')
 * await gateway.close()
 * ```
 *
 * For tests in other languages it is a process with a URL: `npx wxpay-wasm gateway --json`.
 */
export async function createGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const merchant = testMerchant(options)
  const {
    port = 0,
    host = '127.0.0.1',
    hosts = [],
    allowRemote = false,
    timeScale = 1,
    now = systemNow,
    timers = systemTimers,
    variety = false,
    memory = 1000,
    funds = 10_000_000_000,
  } = options
  if (!['127.0.0.1', '::1', 'localhost'].includes(host) && !allowRemote)
    throw new WxPayError(
      'GATEWAY_REFUSED',
      'the gateway listens on 127.0.0.1 only: whoever reaches it can pay and refund; allowRemote: true if that is meant',
      { field: 'host' },
    )
  if (!(timeScale >= 1 && timeScale < Infinity))
    throw new RangeError('options.timeScale must be a number from 1 up')
  const rules = rulesOf(options)
  const dice = new Dice(options.seed)
  const listeners = new Set<(event: GatewayEvent) => void>()
  const tell = (event: () => GatewayEvent): void => {
    for (const listener of listeners) quietly(() => listener(event()))
  }
  const faults = new Faults(dice, options.faults ?? [], (on, numbers, fault) =>
    tell(() => ({ type: 'fault', on, numbers, fault })),
  )

  const clock = new Clock(now, timers, timeScale)
  const state = new State(options.stateFile, (table, key, record) =>
    tell(() => ({ type: 'change', table, key, record })),
  )
  const messages = new Messages(checkedCount('memory', memory))
  const log = (message: Message, replyTo: number | null = null): number => {
    const kept = messages.add(message, clock.now(), endpointAt(message.url), replyTo)
    tell(() => ({ type: 'message', message: remembered(kept) }))
    quietly(() => options.log?.(message))
    return kept.id
  }
  const courier = new Courier({
    clock,
    timers,
    state,
    memory,
    notified: (url, body) => log({ direction: 'notification', url, body }),
    replied: (to, url, body, status) => log({ direction: 'reply', url, body, status }, to),
  })
  const desk = new LoginDesk(merchant, () => clock.now(), dice)
  const server = open(options.tls)
  const connections = sockets(server)
  const bound = await listen(server, host, port).catch((error: unknown) => {
    state.close()
    throw error
  })
  const scheme = options.tls === undefined ? 'http' : 'https'
  const url = `${scheme}://${host === '::1' ? '[::1]' : host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host}:${bound}`
  const doors = {
    port: bound,
    hosts: hosts.map(name => name.toLowerCase()),
    addresses: allowRemote,
  }
  let closing: Promise<void> | undefined

  const opened = (realm: Realm): Books => {
    const own =
      realm === 'production' ? merchant : { ...merchant, key: sandboxKey(merchant.key, realm) }
    const mail = new Mail(own, courier, clock, dice, faults, variety)
    const ledger = new Ledger(state, funds, realm === 'production' ? 'ledger' : `${realm}/ledger`)
    const realmDesk: Desk = {
      realm,
      merchant: own,
      url,
      rules,
      clock,
      dice,
      faults,
      ledger,
      mail,
      variety,
      state,
    }
    return new Books(realmDesk)
  }
  const realms: Record<Realm, Books> = {
    production: opened('production'),
    sandbox: opened('sandbox'),
    xdc: opened('xdc'),
  }
  const books = realms.production
  const till = new Till(books)
  const router = new Router(realm => realms[realm])
  const awake = (): number => {
    if (closing !== undefined) throw new WxPayError('GATEWAY_REFUSED', 'the gateway is closed')
    return clock.now()
  }
  const paid = async (
    order: Order,
  ): Promise<{ order: GatewayOrder; notification: Delivery | null }> => {
    const notification = await books.notify(order)
    return { order: shown(order), notification }
  }

  const gateway: Gateway = {
    ...merchant,
    url,
    async pay(out_trade_no, payer = {}) {
      return paid(books.orders.pay(out_trade_no, payer, awake()))
    },
    decline(out_trade_no) {
      const order = books.orders.decline(out_trade_no, awake())
      // Of deductions that fail the merchant is told too (chapter 4.8).
      if (order.trade_type === 'PAP') void books.notify(order)
      return shown(order)
    },
    login: openid => desk.issue(openid),
    scan: (code, callback, openid) => books.scans.scan(code, callback, openid),
    settleRefund: async (out_refund_no, status = 'SUCCESS') =>
      books.refunds.settle(out_refund_no, status, awake()),
    receive: (mch_billno, openid) => books.redpacks.receive(mch_billno, openid, awake()),
    signContract: async (contract_code, openid) =>
      books.contracts.sign(contract_code, openid, awake()),
    endContract: async contract_code => books.contracts.terminate(contract_code, awake()),
    orders: () => books.orders.list(clock.now()).map(shown),
    refunds: () => books.refunds.list(clock.now()),
    transfers: () => books.transfers.list(),
    redpacks: () => books.redpacks.list(clock.now()),
    contracts: () => books.contracts.list(),
    ledger: () => books.ledger.list(),
    notifications: () => courier.deliveries(),
    messages: () => messages.list(),
    faults: () => faults.list(),
    setFaults: rules => faults.set(rules),
    now: () => clock.now(),
    async advance(seconds) {
      if (!(seconds >= 0 && seconds <= 400 * 86_400))
        throw new RangeError('seconds must be from 0 to 34560000, which is 400 days')
      awake()
      await clock.advance(seconds * SECOND)
    },
    reset() {
      clock.clear()
      faults.set([])
      dice.reset()
      messages.clear()
      courier.reset()
      state.reset()
      for (const realm of Object.values(realms)) {
        realm.reset()
        realm.ledger.reset()
      }
      dashboard.begin()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close() {
      clock.clear()
      courier.close()
      closing ??= new Promise(resolve => {
        server.close(() => {
          state.close()
          resolve()
        })
      })
      for (const socket of connections) socket.destroy()
      return closing
    },
  }

  const dashboard = new Dashboard({
    gateway,
    timers,
    balance: () => books.ledger.balance,
    waiting: () => courier.waiting(),
  })

  const route = async (request: IncomingMessage, target: URL, body: Buffer): Promise<Answer> => {
    const { method = '', headers } = request
    const { pathname: path, searchParams: query } = target
    const negative = headers['wechatpay-negative-test']
    const called = router.answer(method, path, {
      body,
      query,
      certificate: certificateOf(request, options.tls?.ca !== undefined),
      negative: Array.isArray(negative) ? negative[0] : negative,
    })
    if (called !== null) return called
    const login = desk.answer(path, query)
    if (login !== null) return login
    const accepted = headers['accept-language']
    const visit: Visit = { language: languageOf(query, accepted), query }
    const page = till.answer(method, target, body, visit) ?? dashboard.answer(method, path, query, accepted)
    if (page !== null) return page
    const controlled = await control(gateway, method, path, query, body)
    if (controlled !== null && method !== 'GET') dashboard.touch()
    return controlled ?? plain(404, 'Not found. The dashboard is at /_gateway/')
  }

  const answer = async (request: IncomingMessage, body: Buffer | null): Promise<Answer> => {
    const { url: target = '', headers } = request
    if (!isFromHere(headers.host, headers.origin, doors))
      return plain(403, 'This gateway answers only this machine.')
    if (body === null)
      return plain(413, `A body has at most ${BODY_LIMIT} bytes.`, { connection: 'close' })
    if (!target.startsWith('/')) return plain(400, 'Bad request target.')
    try {
      return await route(request, new URL(`${url}${target}`), body)
    } catch (error) {
      return plain(
        500,
        `The gateway itself failed: ${error instanceof Error ? error.message : 'unknown error'}`,
      )
    }
  }

  server.on('request', (request, response) => {
    const { url: target = '', headers } = request
    const path = masked(target)
    const heard = !isOwn(target)
    const serve = async (): Promise<void> => {
      const received = await readBody(request)
      if (target === EVENTS && isFromHere(headers.host, headers.origin, doors)) return dashboard.stream(response)
      const asked = heard ? log({ direction: 'request', url: path, body: received?.toString('utf8') ?? '' }) : null
      const reply = await answer(request, received)
      if (heard) log({ direction: 'answer', url: path, status: reply.status, body: text(reply.body) }, asked)
      send(response, reply, timers)
    }
    // Fails only when the peer hung up before the end of its request.
    serve().catch(() => response.destroy())
  })
  return gateway
}

/** The stream that keeps the dashboard up to date. */
const EVENTS = '/_gateway/events'

/** What the gateway shows people and tests is no message of the protocol. */
const isOwn = (target: string): boolean =>
  /^\/(_gateway(\/|$|\?)|p\/|papay\/sign|cgi-bin\/mmpayweb-bin\/|favicon\.ico)/.test(target)

const text = (body: string | Buffer): string =>
  typeof body === 'string' ? body : body.toString('utf8')

/** A log or a listener that breaks must not change what the gateway does. */
function quietly(run: () => void): void {
  try {
    run()
  } catch {
    // Its own affair.
  }
}

/** The AppSecret travels in the query of a login; it stays out of the log. */
const masked = (target: string): string => target.replace(/([?&]secret=)[^&]*/gi, '$1***')
