import type { ErrorCode } from '../dist/generated/codes.js'

export { ERROR_CODES } from '../dist/generated/codes.js'
export type { ErrorCode }

/**
 * What to do about an `err_code`: the same request after a pause, ask for the outcome, change the
 * data, or go on because it is done.
 */
export type Action = 'retry' | 'query' | 'final' | 'done'

/** A call of the client that tells the outcome of another. */
export interface OutcomeQuery {
  /** The method, `refundQuery` for instance. */
  endpoint: string
  /** What to call it with. */
  fields: Readonly<Record<string, string>>
}

/** What an error can say beside its code and message. */
export interface ErrorDetails {
  /** The field that is at fault, in WeChat's spelling. */
  field?: string | undefined
  /** Where in the body the reader stopped, in bytes. */
  offset?: number | undefined
  /** WeChat's own `err_code`, where its answer had one. */
  err_code?: string | undefined
  /** What the table of endpoints says to do about the `err_code`. */
  action?: Action | undefined
  /** Which call tells the outcome, where money may have moved. */
  query?: OutcomeQuery | undefined
  cause?: unknown
}

/**
 * Every error of this package: `code` is for programs, from the closed list {@link ErrorCode};
 * `message` is for people and says what was expected, what came and what to do.
 * Neither ever holds a key or a computed signature.
 */
export class WxPayError extends Error {
  readonly code: ErrorCode
  declare readonly field?: string
  declare readonly offset?: number
  declare readonly err_code?: string
  declare readonly action?: Action
  declare readonly query?: OutcomeQuery

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    if (details.field !== undefined) this.field = details.field
    if (details.offset !== undefined) this.offset = details.offset
    if (details.err_code !== undefined) this.err_code = details.err_code
    if (details.action !== undefined) this.action = details.action
    if (details.query !== undefined) this.query = details.query
  }

  override get name(): string {
    return 'WxPayError'
  }
}
