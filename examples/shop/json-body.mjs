import { ShopError } from './errors.mjs'

const LIMIT = 4096

/**
 * Reads one small JSON object from a request.
 *
 * The route calls it itself instead of a parser in front of all routes: such a
 * parser would also eat the XML of /pay/notify, whose signature needs the
 * bytes as they came. Asking for application/json also keeps forms of other
 * sites out, which cannot send that type without asking first.
 */
export async function jsonBody(ctx) {
  if (!ctx.is('application/json')) {
    throw new ShopError(415, 'NOT_JSON', 'send application/json')
  }
  const parts = []
  let length = 0
  for await (const part of ctx.req) {
    length += part.length
    if (length > LIMIT) throw new ShopError(413, 'TOO_LARGE', `send at most ${LIMIT} bytes`)
    parts.push(part)
  }
  let value
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts)))
  } catch {
    throw new ShopError(400, 'NOT_JSON', 'the body is not JSON in UTF-8')
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new ShopError(400, 'NOT_JSON', 'send one JSON object')
  }
  return value
}
