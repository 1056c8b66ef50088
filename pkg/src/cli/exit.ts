import { WxPayError } from '../errors.js'
import { UsageError } from './command.js'

/** Every exit code, and what it means. */
export const EXITS = {
  0: 'done; the answer is yes',
  1: 'the answer is no, or it failed: standard error has the code',
  2: 'wrong usage: nothing was done',
  3: 'the outcome is unknown and money may have moved: run the query that is printed',
  4: 'no answer came from the gateway',
  130: 'interrupted',
} as const

export type Exit = keyof typeof EXITS

export function exitOf(error: unknown): Exit {
  if (error instanceof UsageError) return 2
  if (!(error instanceof WxPayError)) return 1
  const { code, query, sent } = error
  // An interruption does not call back what was sent.
  if (code === 'OUTCOME_UNKNOWN' || (code === 'ABORTED' && query && sent !== false)) return 3
  if (code === 'ABORTED') return 130
  return code === 'TRANSPORT' || code === 'TIMEOUT' ? 4 : 1
}
