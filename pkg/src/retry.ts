import type { TransportAnswer } from './transport.js'

/** How often a request is sent for one call, the first time included. */
export const MOST_TRIES = 3
/** Milliseconds: the longest pause after the first failure, and after any. */
const FIRST = 200
const LONGEST = 2000

/** Milliseconds to wait after so many failures: anything up to a limit that doubles (full jitter). */
export function pause(failures: number, random: () => number): number {
  return random() * Math.min(LONGEST, FIRST * 2 ** (failures - 1))
}

/** What `Retry-After` demands, in milliseconds; a date counts from the answer's own. */
export function retryAfter({ headers }: TransportAnswer): number {
  const demand = headers['retry-after'] ?? ''
  if (/^\d+$/.test(demand)) return Number(demand) * 1000
  const until = Date.parse(demand) - Date.parse(headers['date'] ?? '')
  return until > 0 ? until : 0
}
