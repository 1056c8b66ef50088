import { Breaker } from './breaker.js'
import { Budget } from './budget.js'
import { chance } from './chance.js'
import { systemClock, type Clock } from './clock.js'

/** A message on the wire, or the failure of one attempt. */
export interface Event {
  direction: 'request' | 'answer' | 'failure'
  url: string
  /** HTTP status of an answer. */
  status?: number
  body: Uint8Array | string | undefined
  /** A failure that must be heard even where nobody watches. */
  loud?: boolean
}

/** What one client's calls have in common: their limits and what they know of the hosts. */
export interface Policy {
  /** Milliseconds. */
  connectTimeout: number
  clock: Clock
  /** At least 0 and below 1; spreads the pauses, decides nothing else. */
  random: () => number
  budget: Budget
  breaker(host: string): Breaker
  watch(event: Event): void
}

/** What one client's calls have in common. */
export function createPolicy(
  connectTimeout: number,
  watch: (event: Event) => void,
  clock: Clock = systemClock,
  random: () => number = chance,
): Policy {
  const breakers = new Map<string, Breaker>()
  return {
    connectTimeout,
    clock,
    random,
    budget: new Budget(),
    breaker: host => {
      const breaker = breakers.get(host) ?? new Breaker(() => clock.now())
      breakers.set(host, breaker)
      return breaker
    },
    watch,
  }
}
