import type { ServerResponse } from 'node:http'
import type { Timers } from '../clock.js'
import type { Delivery, Waiting } from '../courier.js'
import type { FaultRule } from '../faults.js'
import type { Gateway, GatewayEvent } from '../gateway.js'
import type { Entry } from '../ledger.js'
import type { RememberedMessage } from '../messages.js'
import type { GatewayOrder, Order } from '../order.js'
import { shown } from '../order.js'
import type { GatewayRefund } from '../refunds.js'

/** What the dashboard is told at once; a list that is absent has not changed. */
export interface News {
  /** Gateway time, in milliseconds since 1970. */
  now: number
  /** What the merchant has, in fen. */
  balance: number
  faults: FaultRule[]
  /** Everything that was told before is over. */
  fresh?: true
  /** New and changed ones, oldest first. */
  orders?: GatewayOrder[]
  refunds?: GatewayRefund[]
  ledger?: Entry[]
  messages?: RememberedMessage[]
  /** The last attempts to notify, and what is to be tried again: all of them. */
  notifications?: { attempts: Delivery[]; waiting: Waiting[] }
}

/** Where the news come from. */
export interface Source {
  gateway: Gateway
  timers: Timers
  balance: () => number
  waiting: () => Waiting[]
}

/** Nobody reads more than the last so many of a list; under load the rest is not sent. */
const MOST = 200

/** Milliseconds between one piece of news and the next, and the longest silence. */
const PAUSE = 150
const SILENCE = 5_000

/** The last ones of a list that only grows. */
class Latest<T> {
  #entries = new Map<unknown, T>()

  put(key: unknown, entry: T): void {
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    if (this.#entries.size > MOST) this.#entries.delete(this.#entries.keys().next().value)
  }

  take(): T[] | undefined {
    if (this.#entries.size === 0) return undefined
    const taken = [...this.#entries.values()]
    this.#entries = new Map()
    return taken
  }
}

/** One dashboard's stream of server-sent events. It begins with all there is, so a browser may reconnect. */
export class Feed {
  readonly #source: Source
  readonly #response: ServerResponse
  readonly #end: () => void
  readonly #orders = new Latest<Order>()
  readonly #refunds = new Latest<GatewayRefund>()
  readonly #ledger = new Latest<Entry>()
  readonly #messages = new Latest<RememberedMessage>()
  #notified = false
  #timer: unknown

  constructor(source: Source, response: ServerResponse) {
    this.#source = source
    this.#response = response
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-wxpay-gateway': 'simulator',
    })
    this.begin()
    this.#end = source.gateway.subscribe(event => this.#hear(event))
    response.on('close', () => {
      this.#end()
      source.timers.clearTimeout(this.#timer)
    })
  }

  /** All there is. */
  begin(): void {
    const { gateway } = this.#source
    this.#forget()
    this.#send({
      fresh: true,
      orders: gateway.orders().slice(-MOST),
      refunds: gateway.refunds().slice(-MOST),
      ledger: gateway.ledger().slice(-MOST),
      messages: gateway.messages().slice(-MOST),
      notifications: this.#deliveries(),
    })
  }

  /** Something may be new that is no event. */
  touch(): void {
    this.#soon(PAUSE)
  }

  #hear(event: GatewayEvent): void {
    if (event.type === 'message') {
      this.#messages.put(event.message.id, event.message)
    } else if (event.type === 'change') {
      const { table, key, record } = event
      if (table === 'journeys') this.#notified = true
      else if (record === null) return
      else if (table === 'orders') this.#orders.put(key, record as Order)
      else if (table === 'refunds') this.#refunds.put(key, record as GatewayRefund)
      else if (table === 'ledger') this.#ledger.put(key, record as Entry)
      else return
    }
    this.touch()
  }

  #deliveries(): NonNullable<News['notifications']> {
    const { gateway, waiting } = this.#source
    return { attempts: gateway.notifications().slice(-MOST), waiting: waiting().slice(-MOST) }
  }

  #forget(): void {
    for (const list of [this.#orders, this.#refunds, this.#ledger, this.#messages]) list.take()
    this.#notified = false
  }

  #due = Infinity

  /** Sends after at most so many milliseconds. */
  #soon(pause: number): void {
    if (pause >= this.#due) return
    const { timers } = this.#source
    timers.clearTimeout(this.#timer)
    this.#due = pause
    this.#timer = timers.setTimeout(() => this.#flush(), pause)
  }

  #flush(): void {
    this.#due = Infinity
    // A reader that is slower than the news hears the last of them, not all.
    if (this.#response.writableNeedDrain) return this.#soon(PAUSE)
    const news: Partial<News> = {}
    const orders = this.#orders.take()
    if (orders !== undefined) news.orders = orders.map(shown)
    const refunds = this.#refunds.take()
    if (refunds !== undefined) news.refunds = refunds
    const ledger = this.#ledger.take()
    if (ledger !== undefined) news.ledger = ledger
    const messages = this.#messages.take()
    if (messages !== undefined) news.messages = messages
    if (this.#notified) news.notifications = this.#deliveries()
    this.#notified = false
    this.#send(news)
  }

  #send(news: Partial<News>): void {
    const { gateway, balance } = this.#source
    const whole: News = { now: gateway.now(), balance: balance(), faults: gateway.faults(), ...news }
    this.#response.write(`data: ${JSON.stringify(whole)}\n\n`)
    this.#soon(SILENCE)
  }
}
