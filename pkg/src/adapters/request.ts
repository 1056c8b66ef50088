import { WxPayError } from '../errors.js'

/** What a framework on `node:http` has of a request. */
export interface NodeRequest {
  method?: string | undefined
  headers: Record<string, string | string[] | undefined>
  /** Whether somebody read from the stream before. */
  readableDidRead?: boolean
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array>
}

/**
 * The request as the notification core takes it: the raw bytes where nobody read them, else what a
 * body parser kept of them (`rawBody`, or a body that is a Buffer or a string).
 *
 * @throws WxPayError `NOTIFY_BODY` when a parser ate the bytes; the message names the fix
 */
export function toRequest(
  node: NodeRequest,
  parsed: { rawBody?: unknown; body?: unknown } = {},
): Request {
  const headers = new Headers()
  for (const name of ['content-type', 'content-length', 'content-encoding']) {
    const value = node.headers[name]
    if (typeof value === 'string') headers.set(name, value)
  }
  const method = node.method ?? 'POST'
  if (method === 'GET' || method === 'HEAD') return new Request('http://notify.invalid/', { method })
  const init = { method, headers, body: body(node, parsed), duplex: 'half' }
  return new Request('http://notify.invalid/', init as RequestInit)
}

function body(node: NodeRequest, { rawBody, body }: { rawBody?: unknown; body?: unknown }): unknown {
  if (node.readableDidRead !== true) return node
  for (const kept of [rawBody, body]) {
    if (typeof kept === 'string' || kept instanceof Uint8Array) return kept
  }
  const fields =
    typeof body === 'object' && body !== null
      ? Object.keys(body).slice(0, 5).join(', ').slice(0, 80)
      : ''
  throw new WxPayError(
    'NOTIFY_BODY',
    'a body parser read the notification before this route, and its raw bytes are gone (it left ' +
      `${fields === '' ? 'nothing' : `an object with ${JSON.stringify(fields)}`}); mount this route ` +
      'before the parser, or let the parser keep the bytes (koa-body: `includeUnparsed`, ' +
      'koa-bodyparser: `enableTypes` with "text", express: `express.raw({ type: "*/*" })` on this path)',
  )
}
