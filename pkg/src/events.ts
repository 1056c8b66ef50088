import { chance } from './chance.js'
import { systemClock, type Clock } from './clock.js'
import { Monitor } from './monitor.js'
import type { EventKind, EventTask, Order, OrderStore } from './stores/store.js'

/** What a handler gets beside the event. */
export interface EventContext {
  /** The order as it stands now, which may be further than the event. */
  order: Order | null
  /** Aborts when the handler has run too long, or the process ends. */
  signal: AbortSignal
}

/**
 * Acts on an event: deliver, send a message, write to a book. It runs at least once, again after a
 * failure or a crash with the same `event.id`: do each `id` once.
 */
export type EventHandler = (event: EventTask, context: EventContext) => unknown

/** What to do about each kind of event; kinds without a handler are finished unseen. */
export interface EventHandlers {
  /** `paid`. */
  onPaid?: EventHandler
  /** `refunded`. */
  onRefunded?: EventHandler
  /** `closed`: given up before it was paid. */
  onClosed?: EventHandler
  /** `refund_closed`: no money moves. */
  onRefundClosed?: EventHandler
  /** What a person must look at: `paid_late`, `revoked`, `refund_changed`. */
  onAlarm?: EventHandler
}

/** How {@link handleEvents} goes about it. */
export interface EventOptions {
  /** Handlers that run at the same time, at most; 8 by default. Events of one order never do. */
  concurrency?: number
  /** Milliseconds for one run of a handler; 30 000 by default. */
  timeout?: number
  /** Milliseconds from one look at the store to the next, when there is nothing to do; 1 000 by default. */
  poll?: number
  /** Failures after which an event is parked, with an alarm; 15 by default, some five hours. */
  maxAttempts?: number
  /** Who takes the events, for people: host and process for instance. */
  worker?: string
  monitor?: Monitor
  clock?: Clock
  /** ms UTC, as the store has it. */
  now?: () => number
  /** At least 0 and below 1; spreads the pauses. */
  random?: () => number
}

/** What runs until it is stopped. */
export interface Worker {
  /** Looks at the store now. */
  wake(): void
  /**
   * Takes nothing new, and resolves when what is under way has ended, or after so many milliseconds
   * (10 000 by default): how many have not ended. Their leases run out, and they come again.
   */
  stop(deadline?: number): Promise<{ unfinished: number }>
}

const HANDLERS: Record<EventKind, keyof EventHandlers> = {
  paid: 'onPaid',
  paid_late: 'onAlarm',
  closed: 'onClosed',
  revoked: 'onAlarm',
  refunded: 'onRefunded',
  refund_changed: 'onAlarm',
  refund_closed: 'onRefundClosed',
}

/** Milliseconds: after the first failure, and at most. */
const FIRST = 1000
const LONGEST = 3_600_000
/** How much of an error's text is kept. */
const KEPT = 500

/** The pause after so many failures: between half and all of a time that doubles. */
export const backoff = (failures: number, random: () => number): number =>
  Math.min(LONGEST, FIRST * 2 ** (failures - 1)) * (0.5 + random() / 2)

/**
 * Runs handlers for the events that payments and refunds leave in the store. Start it in every
 * process: an event is leased to one of them at a time. Handlers that are slow, throw or hang delay
 * no reply and no other order.
 *
 * @example
 * const events = handleEvents(store, { onPaid: event => deliver(event.out_trade_no, event.id) })
 * process.once('SIGTERM', () => events.stop())
 */
export function handleEvents(
  store: Pick<OrderStore, 'takeEvents' | 'finishEvent' | 'failEvent' | 'findOrder'>,
  handlers: EventHandlers,
  options: EventOptions = {},
): Worker {
  const { concurrency = 8, timeout = 30_000, poll = 1000, maxAttempts = 15 } = options
  const { worker = 'wxpay-wasm', monitor = new Monitor(), clock = systemClock } = options
  const { now = Date.now, random = chance } = options
  for (const [name, value] of Object.entries({ concurrency, timeout, poll, maxAttempts })) {
    if (!Number.isSafeInteger(value) || value < 1 || value >= 2 ** 30) {
      throw new RangeError(`${name} must be an integer from 1 to 2^30, got ${value}`)
    }
  }
  for (const [name, handler] of Object.entries(handlers)) {
    if (!Object.values(HANDLERS).includes(name as keyof EventHandlers)) {
      throw new TypeError(`${name} is no handler; there are ${[...new Set(Object.values(HANDLERS))].join(', ')}`)
    }
    if (typeof handler !== 'function') throw new TypeError(`${name} must be a function`)
  }
  // Long enough for an event that waits for another one of its order.
  const lease = 2 * timeout + 10_000
  const running = new Set<Promise<void>>()
  const orders = new Map<string, Promise<void>>()
  const ending = new AbortController()
  let sleeping = new AbortController()
  let awake = false
  let stopping = false
  let failures = 0

  const loop = run()
  return {
    wake,
    async stop(deadline = 10_000) {
      stopping = true
      wake()
      const over = new AbortController()
      const all = loop.then(() => Promise.all(running)).finally(() => over.abort())
      await Promise.race([all, clock.sleep(deadline, over.signal)])
      ending.abort()
      return { unfinished: running.size }
    },
  }

  function wake(): void {
    awake = true
    sleeping.abort()
  }

  async function run(): Promise<void> {
    while (!stopping) {
      awake = false
      let taken: EventTask[] = []
      const free = concurrency - running.size
      try {
        if (free > 0) taken = await store.takeEvents(free, lease, worker)
        failures = 0
      } catch {
        failures++
        monitor.count('event_failures', { step: 'take' })
      }
      for (const event of taken) start(event)
      // More may be due; a slot that becomes free wakes too.
      if (taken.length > 0 && running.size < concurrency) continue
      if (awake || stopping) continue
      sleeping = new AbortController()
      await clock.sleep(failures > 0 ? Math.max(poll, Math.min(60_000, backoff(failures, random))) : poll, sleeping.signal)
    }
  }

  function start(event: EventTask): void {
    const { out_trade_no } = event
    const since = clock.now()
    const full = running.size + 1 >= concurrency
    const before = orders.get(out_trade_no) ?? Promise.resolve()
    const task = before.then(() => handle(event, clock.now() - since))
    orders.set(out_trade_no, task)
    running.add(task)
    void task.then(() => {
      running.delete(task)
      if (orders.get(out_trade_no) === task) orders.delete(out_trade_no)
      if (full) wake()
    })
  }

  /** Never rejects: what does not end well comes again when its lease is over. */
  async function handle(event: EventTask, waited: number): Promise<void> {
    const { id, kind, attempts, out_trade_no } = event
    const handler = handlers[HANDLERS[kind]]
    const result = (text: string) => monitor.count('events', { kind, result: text })
    try {
      try {
        // Others may take it before this run would end, or nobody waits for it any more.
        if (waited + timeout > lease || (stopping && waited > 0)) {
          return await store.failEvent(event, 'waited for another event of its order', now())
        }
        if (handler !== undefined) await attempt(handler, event)
      } catch (thrown) {
        const parked = attempts >= maxAttempts
        const retryAt = parked ? null : Math.round(now() + backoff(attempts, random))
        await store.failEvent(event, said(thrown), retryAt)
        result(parked ? 'parked' : 'failed')
        if (parked) {
          const message = `the handler of ${kind} failed ${attempts} times; the event waits for retryEvent`
          monitor.alarm({ alarm: 'event_parked', message, out_trade_no, id })
        }
        return
      }
      await store.finishEvent(event)
      result('finished')
    } catch {
      monitor.count('event_failures', { step: 'settle' })
    }
  }

  async function attempt(handler: EventHandler, event: EventTask): Promise<void> {
    const order = await store.findOrder(event.out_trade_no)
    const limit = new AbortController()
    const abort = () => limit.abort()
    ending.signal.addEventListener('abort', abort)
    const over = new AbortController()
    try {
      const work = (async () => handler(event, { order, signal: limit.signal }))()
      const late = clock.sleep(timeout, over.signal).then(() => {
        if (!over.signal.aborted) throw new Error(`no end after ${timeout} ms`)
      })
      late.catch(() => {})
      await Promise.race([work, late])
    } finally {
      over.abort()
      limit.abort()
      ending.signal.removeEventListener('abort', abort)
    }
  }
}

function said(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : thrown).slice(0, KEPT)
  } catch {
    return 'an error without a text'
  }
}
