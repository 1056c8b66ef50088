import { Allowance } from './allowance.js'
import { systemClock, type Clock } from './clock.js'
import type { LogEntry } from './config.js'
import { within } from './deadline.js'
import { WxPayError } from './errors.js'
import type { OrderStore, StoreHealth } from './stores/store.js'

/** What a person should hear of; each is counted. */
export type AlarmKind =
  /** A message on a notification route that was not taken, and why. */
  | 'refused'
  /** The store did not take something: WeChat, or the worker, comes back. */
  | 'store_failed'
  /** A payment or refund of an order that is not in the store; the audit has it. */
  | 'unknown_order'
  /** Amount or currency differ from the order. */
  | 'amount_mismatch'
  /** The order is paid by another transaction: a refund may be due. */
  | 'other_transaction'
  /** The transaction has paid another order. */
  | 'transaction_reused'
  /** Paid after it was given up: a refund may be due. */
  | 'paid_late'
  /** Somebody else paid than who was asked to. */
  | 'openid_differs'
  /** `time_end` is no time, or far from now. */
  | 'time_end_odd'
  /** WeChat, asked about a notification, did not say the same. */
  | 'unconfirmed'
  /** A refund that nobody here asked for. */
  | 'unknown_refund'
  /** Numbers or amounts differ from the refund: ask `refundQuery`. */
  | 'refund_mismatch'
  /** A refund of an order whose payment is not known here. */
  | 'unpaid_order'
  /** The money of a refund came back to the merchant. */
  | 'refund_changed'
  /** WeChat does not know a refund that was asked for: repeat it with the same number, or close it. */
  | 'refund_missing'
  /** An event whose handler failed too often. */
  | 'event_parked'

/** What a person should hear of. */
export interface Alarm {
  alarm: AlarmKind
  /** What happened, for people; holds no key, signature or openid. */
  message: string
  out_trade_no?: string | undefined
  transaction_id?: string | undefined
  out_refund_no?: string | undefined
  /** Of an event. */
  id?: number | undefined
  error?: WxPayError | undefined
  /** Alarms of this kind that were counted and not told since the last. */
  suppressed?: number | undefined
}

/** What a {@link Monitor} looks at, and whom it tells. */
export interface MonitorOptions {
  store?: Pick<OrderStore, 'health'>
  /** Hears each alarm; one line on `console.warn` by default. */
  onAlarm?: (alarm: Alarm) => unknown
  /** When the client certificate ends: ms UTC, or a date. */
  certificateEnds?: number | Date
  /** ms UTC. */
  now?: () => number
  clock?: Clock
}

/** How things stand; `ok` is for the health URL: 200, or 503. */
export interface Health {
  /** Whether the store can keep a payment now. */
  ok: boolean
  store: StoreHealth | null
  gateway: {
    /** ms UTC of the last answer; `null` before the first. */
    last_success: number | null
    /** Calls without an answer since then. */
    failures: number
  }
  /** Whole days until the client certificate ends; `null` when that is not known. */
  certificate_days: number | null
  /** Since the start of the process: `notifications{kind="payment",outcome="paid"}`. */
  counters: Record<string, number>
}

/** Different counters; above that, a label becomes `other`. */
const MOST_SERIES = 300
/** What strangers can cause in floods: so many at once, then one a minute. */
const FLOODS: readonly AlarmKind[] = ['refused', 'store_failed']
const BURST = 10
const MINUTE = 60_000
const DAY = 86_400_000
/** Milliseconds for the store to say how it is. */
const PATIENCE = 3000

/**
 * Counts, alarms, health and metrics of one merchant's routes and workers: give the same monitor to
 * all of them.
 */
export class Monitor {
  readonly #options: MonitorOptions
  readonly #now: () => number
  readonly #counters = new Map<string, number>()
  readonly #floods: Map<AlarmKind, Allowance>
  #last: number | null = null
  #failures = 0

  constructor(options: MonitorOptions = {}) {
    this.#options = options
    this.#now = options.now ?? Date.now
    const { clock = systemClock } = options
    const allowance = () => new Allowance(BURST, MINUTE, () => clock.now())
    this.#floods = new Map(FLOODS.map(kind => [kind, allowance()]))
    this.log = this.log.bind(this)
  }

  /** Adds one. Labels are words of a closed list, never something that came in. */
  count(name: string, labels: Record<string, string> = {}): void {
    const texts = Object.entries(labels).map(([label, value]) => `${label}="${word(value)}"`)
    const key = texts.length === 0 ? name : `${name}{${texts.join(',')}}`
    const full = this.#counters.size >= MOST_SERIES && !this.#counters.has(key)
    const series = full ? 'other' : key
    this.#counters.set(series, (this.#counters.get(series) ?? 0) + 1)
  }

  /** Counts, and tells whoever listens; never throws. `flood`: strangers can cause it. */
  alarm(alarm: Alarm, flood = false): void {
    this.count('alarms', { alarm: alarm.alarm })
    const suppressed = flood ? this.#floods.get(alarm.alarm)?.take() : 0
    if (suppressed === undefined) return
    const { onAlarm = warn } = this.#options
    const told = suppressed > 0 ? { ...alarm, suppressed } : alarm
    void (async () => onAlarm(told))().catch(() => {})
  }

  /** Whether a call to the gateway was answered. */
  gateway(answered: boolean): void {
    this.count('gateway', { result: answered ? 'answered' : 'failed' })
    this.#failures = answered ? 0 : this.#failures + 1
    if (answered) this.#last = this.#now()
  }

  /** The client's `log`: `new WxPay({ …, log: monitor.log })`. */
  log({ direction }: Pick<LogEntry, 'direction'>): void {
    if (direction !== 'request') this.gateway(direction === 'answer')
  }

  /** Never throws, and answers within three seconds. */
  async health(): Promise<Health> {
    const { store, certificateEnds } = this.#options
    const late = () => new WxPayError('STORE_FAILED', `the store did not answer in ${PATIENCE} ms`)
    const found = store && (await within(PATIENCE, store.health(), late).catch(unwell))
    const days = certificateEnds === undefined ? null : (Number(certificateEnds) - this.#now()) / DAY
    return {
      ok: found?.ok ?? true,
      store: found ?? null,
      gateway: { last_success: this.#last, failures: this.#failures },
      certificate_days: days === null ? null : Math.floor(days),
      counters: Object.fromEntries(this.#counters),
    }
  }

  /** The same for Prometheus, text format 0.0.4. */
  async metrics(): Promise<string> {
    const { store, gateway, certificate_days, counters } = await this.health()
    const lines: string[] = []
    const gauge = (name: string, value: number | null | undefined) => {
      if (value === null || value === undefined) return
      lines.push(`# TYPE wxpay_${name} gauge`, `wxpay_${name} ${value}`)
    }
    gauge('store_up', store === null ? null : Number(store.ok))
    gauge('store_latency_seconds', store === null ? null : store.latency / 1000)
    gauge('event_lag_seconds', store?.lag == null ? null : store.lag / 1000)
    for (const [name, value] of Object.entries(store?.counts ?? {})) gauge(name, value)
    gauge('gateway_last_success_timestamp_seconds', gateway.last_success && gateway.last_success / 1000)
    gauge('gateway_failures', gateway.failures)
    gauge('certificate_days', certificate_days)
    let before = ''
    for (const [series, value] of Object.entries(counters).sort(([a], [b]) => (a < b ? -1 : 1))) {
      const [name = ''] = series.split('{')
      if (name !== before) lines.push(`# TYPE wxpay_${name}_total counter`)
      before = name
      lines.push(`wxpay_${name}_total${series.slice(name.length)} ${value}`)
    }
    return `${lines.join('\n')}\n`
  }
}

const word = (value: string): string => (/^[\w-]{1,40}$/.test(value) ? value : 'other')

function unwell(cause: unknown): StoreHealth {
  const error =
    cause instanceof WxPayError
      ? cause
      : new WxPayError('STORE_FAILED', 'the store could not say how it is', { cause })
  return { ok: false, latency: PATIENCE, schema: null, lag: null, counts: null, error }
}

/** One line, whatever stands in it. */
function warn({ error, ...alarm }: Alarm): void {
  const text = JSON.stringify({ ...alarm, ...(error && { code: error.code }) })
  const escape = (c: string) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`
  console.warn(`wxpay-wasm: ${text.replace(/[\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g, escape)}`)
}
