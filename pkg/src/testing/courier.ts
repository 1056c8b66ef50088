import http from 'node:http'
import https from 'node:https'
import { parseXml } from '../facade.js'
import { BODY_LIMIT, readBody } from './body.js'
import type { Timers } from './clock.js'

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

export interface CourierOptions {
  timeScale: number
  now: () => number
  timers: Timers
  log: (direction: 'notification' | 'reply', url: string, body: string, status?: number) => void
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
  readonly #deliveries: Delivery[] = []
  readonly #waiting = new Set<unknown>()
  readonly #aborts = new Set<(why: string) => void>()
  #closed = false

  constructor(options: CourierOptions) {
    this.#options = options
  }

  /** Begins the delivery; resolves after the first attempt, whatever became of it. */
  deliver(parcel: Parcel): Promise<Delivery> {
    return this.#attempt(parcel, 1)
  }

  /** Every attempt so far, oldest first. */
  deliveries(): Delivery[] {
    return this.#deliveries.map(delivery => ({ ...delivery }))
  }

  /** Drops what waits and breaks off what is under way. */
  close(): void {
    this.#closed = true
    for (const timer of this.#waiting) this.#options.timers.clearTimeout(timer)
    this.#waiting.clear()
    for (const abort of this.#aborts) abort('the gateway was closed')
  }

  async #attempt(parcel: Parcel, attempt: number): Promise<Delivery> {
    const { now, timers, timeScale } = this.#options
    const time = now()
    const reply = this.#closed ? nothing('the gateway was closed') : await this.#post(parcel)
    const delivery = { out_trade_no: parcel.out_trade_no, url: parcel.url, attempt, time, ...reply }
    this.#deliveries.push(delivery)
    const pause = SCHEDULE[attempt - 1]
    if (!delivery.accepted && pause !== undefined && !this.#closed) {
      const timer = timers.setTimeout(
        () => {
          this.#waiting.delete(timer)
          void this.#attempt(parcel, attempt + 1)
        },
        (pause * 1000) / timeScale,
      )
      this.#waiting.add(timer)
    }
    return { ...delivery }
  }

  /** Never rejects: a failure is a reply too. */
  #post({ url, body }: Parcel): Promise<Reply> {
    const { timers, log } = this.#options
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
          log('reply', url, reply, response.statusCode)
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
      log('notification', url, body)
      request.end(body)
    })
  }
}
