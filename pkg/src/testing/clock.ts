import { BEIJING, beijingTime } from '../beijing.js'

export { beijingTime } from '../beijing.js'

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** The only default source of time in this folder. */
export const systemNow = (): number => Date.now()

/** The two timer functions the gateway uses, so that a test can pass its own. */
export interface Timers {
  setTimeout(callback: () => void, milliseconds: number): unknown
  clearTimeout(handle: unknown): void
}

export const systemTimers: Timers = {
  setTimeout: (callback, milliseconds) => setTimeout(callback, milliseconds),
  clearTimeout: handle => clearTimeout(handle as ReturnType<typeof setTimeout>),
}

/** What is due, and when. */
interface Appointment {
  due: number
  run: () => unknown
  timer: unknown
}

/** The gateway's time, which can be put forward, and what is to happen later. */
export class Clock {
  readonly #now: () => number
  readonly #timers: Timers
  readonly #scale: number
  readonly #appointments = new Set<Appointment>()
  #ahead = 0

  /** `timeScale` divides every pause; it does not touch the time of day. */
  constructor(now: () => number, timers: Timers, timeScale: number) {
    this.#now = now
    this.#timers = timers
    this.#scale = timeScale
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#now() + this.#ahead
  }

  /** Runs something after a pause of so many milliseconds of the gateway's time. */
  after(pause: number, run: () => unknown): void {
    this.#arm({ due: this.now() + pause, run, timer: undefined }, pause)
  }

  /** Puts the clock forward: what falls due on the way happens in its order, each thing at its time. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.now() + milliseconds
    for (let next = this.#first(end); next !== undefined; next = this.#first(end)) {
      this.#cancel(next)
      this.#ahead += Math.max(0, next.due - this.now())
      await next.run()
    }
    this.#ahead += Math.max(0, end - this.now())
    for (const waiting of [...this.#appointments]) {
      this.#cancel(waiting)
      this.#arm(waiting, Math.max(0, waiting.due - this.now()))
    }
  }

  /** Drops whatever is still to happen. */
  clear(): void {
    for (const waiting of [...this.#appointments]) this.#cancel(waiting)
  }

  #arm(appointment: Appointment, pause: number): void {
    this.#appointments.add(appointment)
    appointment.timer = this.#timers.setTimeout(() => {
      this.#appointments.delete(appointment)
      void appointment.run()
    }, pause / this.#scale)
  }

  #cancel(appointment: Appointment): void {
    this.#timers.clearTimeout(appointment.timer)
    this.#appointments.delete(appointment)
  }

  #first(end: number): Appointment | undefined {
    let first: Appointment | undefined
    for (const waiting of this.#appointments)
      if (waiting.due <= end && (first === undefined || waiting.due < first.due)) first = waiting
    return first
  }
}

/** `yyyy-MM-dd HH:mm:ss` in GMT+8, as refunds, payouts and bills write it. */
export function beijingDateTime(milliseconds: number): string {
  return iso(milliseconds).replace('T', ' ').slice(0, 19)
}

/** `yyyyMMdd` in GMT+8. */
export const beijingDay = (milliseconds: number): string => beijingTime(milliseconds).slice(0, 8)

const iso = (milliseconds: number): string => new Date(milliseconds + BEIJING).toISOString()

/** The inverse of `beijingTime`; undefined for anything that is no such time. */
export function parseBeijingTime(text: string): number | undefined {
  const part = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text)?.slice(1).map(Number)
  if (part === undefined) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = part
  const milliseconds = Date.UTC(year, month - 1, day, hour, minute, second) - BEIJING
  // Date.UTC carries 30 February over into March; only real dates come back unchanged.
  return beijingTime(milliseconds) === text ? milliseconds : undefined
}
