import http from 'node:http'
import https from 'node:https'
import { parseXml } from '../facade.js'
import { BODY_LIMIT, readBody } from './body.js'
import type { Clock, Timers } from './clock.js'
import { SECOND } from './clock.js'
import { Ring } from './ring.js'
import type { State, Table } from './state.js'

/** Seconds between the attempts; the first is made at once (chapter 9.7, as the current pages have it: 24 h 4 min in all). */
const SCHEDULE = [
  15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10_800, 10_800, 10_800, 21_600, 21_600,
]

/** Milliseconds a merchant has for the whole reply (chapter 9.7). It is not scaled: a handler runs in real time. */
const PATIENCE = 5_000

/** One attempt to deliver one notification. */
export interface Delivery {
  out_trade_no: string
  url: string
  /** 1 for the first. */
  attempt: number
  /** Gateway time at which the attempt began, in milliseconds since 1970. */
  time: number
  /** HTTP status of the reply, or null when none came. */
  status: number | null
  /** Body of the reply as text; empty when none came. */
  reply: string
  /** True when the reply was SUCCESS, exactly; then there is no further attempt. */
  accepted: boolean
  /** Why there is no usable reply, or null. */
  error: string | null
}

/** What a courier carries. */
export interface Parcel {
  out_trade_no: string
  url: string
  body: string
}

/** What is to be tried again, and when, in gateway time. */
export type Waiting = Pick<Journey, 'out_trade_no' | 'url' | 'attempts' | 'due'>

/** A parcel on its way: what a gateway that starts again goes on with. */
interface Journey extends Parcel {
  id: string
  /** The attempts made so far. */
  attempts: number
  /** When the next one is made, in gateway time. */
  due: number
}

export interface CourierOptions {
  clock: Clock
  /** For the five seconds of a reply, which are real ones. */
  timers: Timers
  state: State
  /** How many attempts are remembered. */
  memory: number
  /** Told of what is sent; returns its number, by which a reply names it. */
  notified: (url: string, body: string) => number
  replied: (to: number, url: string, body: string, status: number) => void
}

type Reply = Pick<Delivery, 'status' | 'reply' | 'accepted' | 'error'>

const nothing = (error: string, status: number | null = null): Reply => ({
  status,
  reply: '',
  accepted: false,
  error,
})

/**
 * Anything but HTTP 200 with a well-formed document that says SUCCESS asks for
 * redelivery: JSON, HTML, the bare word, a byte order mark, a redirect (chapter 9.7).
 */
function isAccepted(status: number | undefined, body: Uint8Array): boolean {
  const opening = 0x3c // '<'
  if (status !== 200 || body[0] !== opening) return false
  try {
    return parseXml(body)['return_code'] === 'SUCCESS'
  } catch {
    return false
  }
}

/** Delivers notifications until the merchant says SUCCESS or the schedule ends. */
export class Courier {
  readonly #options: CourierOptions
  readonly #deliveries: Ring<Delivery>
  readonly #journeys: Table<Journey>
  readonly #aborts = new Set<(why: string) => void>()
  #serial = 0
  #closed = false

  constructor(options: CourierOptions) {
    this.#options = options
    this.#deliveries = new Ring(options.memory)
    this.#journeys = options.state.table('journeys')
    for (const journey of this.#journeys.values()) {
      this.#serial = Math.max(this.#serial, Number(journey.id))
      this.#await(journey)
    }
  }

  /** Begins the delivery; resolves after the first attempt, whatever became of it. */
  deliver(parcel: Parcel): Promise<Delivery> {
    this.#serial += 1
    const id = String(this.#serial)
    const journey = { ...parcel, id, attempts: 0, due: this.#options.clock.now() }
    return this.#attempt(this.#journeys.put(id, journey))
  }

  /** The last attempts, oldest first. */
  deliveries(): Delivery[] {
    return this.#deliveries.list().map(delivery => ({ ...delivery }))
  }

  /** What is to be tried again, the oldest first. */
  waiting(): Waiting[] {
    return Array.from(this.#journeys.values())
      .filter(({ attempts }) => attempts > 0)
      .map(({ out_trade_no, url, attempts, due }) => ({ out_trade_no, url, attempts, due }))
  }

  /** Forgets the attempts; what waits is dropped with the clock's other appointments. */
  reset(): void {
    this.#deliveries.clear()
  }

  /** Breaks off what is under way. */
  close(): void {
    this.#closed = true
    for (const abort of this.#aborts) abort('the gateway was closed')
  }

  async #attempt(journey: Journey): Promise<Delivery> {
    const time = this.#options.clock.now()
    const reply = this.#closed ? nothing('the gateway was closed') : await this.#post(journey)
    const { out_trade_no, url } = journey
    const attempt = journey.attempts + 1
    const delivery = { out_trade_no, url, attempt, time, ...reply }
    this.#deliveries.push(delivery)
    if (this.#closed) return { ...delivery }
    const pause = SCHEDULE[attempt - 1]
    if (delivery.accepted || pause === undefined) {
      this.#journeys.delete(journey.id)
    } else {
      const due = this.#options.clock.now() + pause * SECOND
      this.#await(this.#journeys.put(journey.id, { ...journey, attempts: attempt, due }))
    }
    return { ...delivery }
  }

  #await(journey: Journey): void {
    const { clock } = this.#options
    clock.after(Math.max(0, journey.due - clock.now()), () => this.#attempt(journey))
  }

  /** Never rejects: a failure is a reply too. */
  #post({ url, body }: Parcel): Promise<Reply> {
    const { timers, notified, replied } = this.#options
    return new Promise(resolve => {
      const send = url.startsWith('https:') ? https.request : http.request
      const headers = {
        'content-type': 'text/xml',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'Mozilla/4.0', // what production sends (chapter 9.7)
        'x-wxpay-gateway': 'simulator',
      }
      let status: number | null = null
      // No agent: a connection kept for later would outlive close().
      const request = send(url, { method: 'POST', agent: false, headers }, response => {
        status = response.statusCode ?? null
        readBody(response).then(bytes => {
          if (bytes === null)
            return finish(nothing(`a reply longer than ${BODY_LIMIT} bytes`, status))
          const reply = bytes.toString('utf8')
          replied(sent, url, reply, response.statusCode ?? 0)
          finish({ status, reply, accepted: isAccepted(response.statusCode, bytes), error: null })
        }, fail)
      })
      const abort = (why: string): void => void request.destroy(new Error(why))
      const timer = timers.setTimeout(
        () => abort(`no complete reply within ${PATIENCE / 1000} s`),
        PATIENCE,
      )
      const finish = (reply: Reply): void => {
        timers.clearTimeout(timer)
        this.#aborts.delete(abort)
        request.destroy()
        resolve(reply)
      }
      const fail = (error: Error): void => finish(nothing(error.message, status))
      this.#aborts.add(abort)
      request.on('error', fail)
      const sent = notified(url, body)
      request.end(body)
    })
  }
}
