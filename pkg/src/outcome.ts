import { WxPayError, type Query } from './errors.js'

/** One attempt that brought no answer to rely on. */
export interface Failure {
  error: WxPayError
  /** Whether the request may have reached the host. */
  sent: boolean
}

/** `orderQuery with out_trade_no A1`, for a message. */
export function wording({ endpoint, fields }: Query): string {
  const numbers = Object.entries(fields).map(([name, value]) => `${name} ${value.slice(0, 128)}`)
  return `${endpoint} with ${numbers.join(' and ')}`
}

/** The sentence for whoever must not take an unknown outcome for a failure. */
export function unknown(query: Query | undefined): string {
  const how = query === undefined ? 'query it' : `ask ${wording(query)}`
  return `the outcome is unknown: ${how} before anything else`
}

/**
 * The one error of all attempts. A request about money that may have arrived has an unknown
 * outcome, whatever happened to it afterwards (chapter 9.4 and others: query first).
 */
export function outcome(
  failures: readonly Failure[],
  { money, query }: { money: boolean; query?: Query | undefined },
): WxPayError {
  const last = failures.at(-1) as Failure
  const sent = failures.some(failure => failure.sent)
  const aborted = last.error.code === 'ABORTED'
  // Of several the one that may have arrived tells more.
  const { error } = aborted ? last : (failures.filter(failure => failure.sent === sent).at(-1) ?? last)
  const reasons = [...new Set(failures.map(failure => failure.error.message))].join('; ')
  const { field, offset, err_code, action, phase } = error
  const details = { field, offset, err_code, action, phase, sent, cause: error.cause }
  if (!sent) {
    return new WxPayError(error.code, `${reasons} (nothing was sent: calling again is safe)`, details)
  }
  if (!money) return new WxPayError(error.code, reasons, details)
  const message = `${unknown(query)} (${reasons})`
  return aborted
    ? new WxPayError('ABORTED', message, { ...details, query })
    : new WxPayError('OUTCOME_UNKNOWN', message, { ...details, query, cause: error })
}
