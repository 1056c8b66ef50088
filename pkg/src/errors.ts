import type { ErrorCode } from '../dist/generated/codes.js'

export { ERROR_CODES } from '../dist/generated/codes.js'
export type { ErrorCode }

/**
 * What to do about an `err_code`: the same request after a pause, ask for the outcome, change the
 * data, or go on because it is done.
 */
export type Action = 'retry' | 'query' | 'final' | 'done'

/**
 * How far an exchange came: waiting for a free connection, resolving the name, connecting,
 * negotiating TLS; then the request may have left: over a kept connection that ended without a
 * byte of an answer, over any connection, or until the answer had begun.
 */
export type Phase = 'queue' | 'dns' | 'connect' | 'tls' | 'reused' | 'sent' | 'answering'

/** The call that tells an unknown outcome. */
export interface Query {
  /** The client's method: `refundQuery`. */
  endpoint: string
  /** What to ask it for: `{ out_refund_no: 'R1' }`. */
  fields: Record<string, string>
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
  /** Where the exchange failed; absent where the transport cannot tell. */
  phase?: Phase | undefined
  /** `false`: nothing left this machine, calling again is safe. `true`: the request may have arrived. */
  sent?: boolean | undefined
  /** What to ask before anything else. */
  query?: Query | undefined
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
  declare readonly phase?: Phase
  declare readonly sent?: boolean
  declare readonly query?: Query

  constructor(code: ErrorCode, message: string, { cause, ...said }: ErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    for (const [name, value] of Object.entries(said)) {
      if (value !== undefined) (this as Record<string, unknown>)[name] = value
    }
  }

  override get name(): string {
    return 'WxPayError'
  }
}
