/**
 * Every failure leaves the shop as JSON {code, message} with a proper status.
 * The message is a constant of this file: neither the text of an exception nor
 * an answer from WeChat reaches a client, so no secret can travel in one.
 */
export class ShopError extends Error {
  constructor(status, code, message) {
    super(message)
    this.name = 'ShopError'
    this.status = status
    this.code = code
  }
}

const BUSY = 'WeChat Pay did not answer in time; please try again'
const REFUSED = 'WeChat Pay refused the request'
const CERTIFICATE = 'refunds need the client certificate of the merchant, and it is missing or cannot be used'
const UNTRUSTED = 'the answer of WeChat Pay could not be trusted'

/** What the codes of the library mean for somebody who called this shop. */
const WXPAY = {
  RETURN_FAIL: [502, REFUSED],
  RESULT_FAIL: [502, REFUSED],
  GATEWAY_REFUSED: [502, REFUSED],
  ANSWER_INVALID: [502, UNTRUSTED],
  ANSWER_MISMATCH: [502, UNTRUSTED],
  SIGN_MISSING: [502, UNTRUSTED],
  SIGN_MALFORMED: [502, UNTRUSTED],
  SIGN_MISMATCH: [502, UNTRUSTED],
  SIGN_DOWNGRADE: [502, UNTRUSTED],
  TRANSPORT: [502, 'WeChat Pay cannot be reached; please try again'],
  TIMEOUT: [504, BUSY],
  OUTCOME_UNKNOWN: [504, BUSY],
  STORE_FAILED: [503, 'the shop cannot reach its database; please try again'],
  CERT_MISSING: [500, CERTIFICATE],
  CERT_INVALID: [500, CERTIFICATE],
  CERT_UNSUPPORTED: [500, CERTIFICATE],
}

/** Koa middleware; `report(error)` gets what the client is not told. */
export function errors(report) {
  return async (ctx, next) => {
    try {
      await next()
      if (ctx.status === 404 && ctx.body == null) {
        throw new ShopError(404, 'NOT_FOUND', 'there is nothing at this address')
      }
      if (ctx.status === 405 && ctx.body == null) {
        throw new ShopError(405, 'METHOD', 'this address does not take this method')
      }
    } catch (error) {
      if (error instanceof ShopError) {
        ctx.status = error.status
        ctx.body = { code: error.code, message: error.message }
        return
      }
      report(error)
      const known = WXPAY[error?.code]
      ctx.status = known ? known[0] : 500
      ctx.body = known
        ? { code: error.code, message: known[1] }
        : { code: 'INTERNAL', message: 'the shop made a mistake; it was noted' }
    }
  }
}
