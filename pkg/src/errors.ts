import type { ErrorCode } from '../dist/generated/codes.js'

export { ERROR_CODES } from '../dist/generated/codes.js'
export type { ErrorCode }

/** What an error can say beside its code and message. */
export interface ErrorDetails {
  /** The field that is at fault, in WeChat's spelling. */
  field?: string | undefined
  /** Where in the body the reader stopped, in bytes. */
  offset?: number | undefined
  /** WeChat's own `err_code`, where its answer had one. */
  err_code?: string | undefined
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

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    if (details.field !== undefined) this.field = details.field
    if (details.offset !== undefined) this.offset = details.offset
    if (details.err_code !== undefined) this.err_code = details.err_code
  }

  override get name(): string {
    return 'WxPayError'
  }
}
