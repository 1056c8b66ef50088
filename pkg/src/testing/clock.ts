import { BEIJING, beijingTime } from '../beijing.js'

export { beijingTime } from '../beijing.js'

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

/** The inverse of `beijingTime`; undefined for anything that is no such time. */
export function parseBeijingTime(text: string): number | undefined {
  const part = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text)?.slice(1).map(Number)
  if (part === undefined) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = part
  const milliseconds = Date.UTC(year, month - 1, day, hour, minute, second) - BEIJING
  // Date.UTC carries 30 February over into March; only real dates come back unchanged.
  return beijingTime(milliseconds) === text ? milliseconds : undefined
}
