import { WxPayError } from '../errors.js'
import { fromParsed } from './parsed.js'
import type { NotifyRequest } from '../receive.js'
import { webRequest } from './web-request.js'

export type { NotifyHandler } from '../receive.js'

/** What a framework on `node:http` has of a request. */
export interface NodeRequest {
  method?: string | undefined
  headers: Record<string, string | string[] | undefined>
  /** Whether somebody read from the stream before. */
  readableDidRead?: boolean
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array>
}

/** What body parsers leave of a request that they read. */
export interface Kept {
  rawBody?: unknown
  body?: unknown
}

/** What the person reads who has to make the bytes reach the route. */
export interface Framework {
  name: string
  /** Completes "let the parser keep the bytes". */
  fix: string
}

/** What a route may be told about the parser in front of it. */
export interface AdapterOptions {
  /**
   * Where only a parsed body is left, builds the message from it again. Every field must be a string
   * of its own: arrays and objects are refused, and the signature is checked over all fields. What
   * the parser changed (trimmed, for instance) makes a genuine notification fail.
   */
  fromParsed?: boolean
}

/**
 * The request as the notification core takes it. Its body is what a parser kept of the bytes,
 * `rawBody` or else a `body` that is bytes or a string, and the stream where nobody read it. A string
 * counts as UTF-8: one that was decoded otherwise fails its signature.
 *
 * @throws WxPayError `NOTIFY_BODY` when a parser ate the bytes; the message names the fix
 */
export function toRequest(
  node: NodeRequest,
  kept: Kept,
  framework: Framework,
  options: AdapterOptions = {},
): NotifyRequest {
  // Every other method is refused alike.
  if (node.method !== 'POST') return webRequest('GET')
  const headers: Record<string, string> = {}
  for (const name of ['content-type', 'content-length', 'content-encoding']) {
    const value = node.headers[name]
    if (typeof value === 'string') headers[name] = value
  }
  const body = bytesOf(kept) ?? (node.readableDidRead === true ? rebuilt(kept, framework, options) : node)
  return webRequest('POST', headers, body)
}

/** What is left of the message as it came. */
export function bytesOf({ rawBody, body }: Kept): Uint8Array | string | undefined {
  const found = [rawBody, body].find(kept => typeof kept === 'string' || ArrayBuffer.isView(kept))
  return found as Uint8Array | string | undefined
}

function rebuilt({ body }: Kept, framework: Framework, options: AdapterOptions): string {
  if (options.fromParsed === true) return fromParsed(body)
  throw eaten(body, framework)
}

/** The bytes are gone: what was found in their place, and what helps. */
export function eaten(body: unknown, { name, fix }: Framework): WxPayError {
  return new WxPayError(
    'NOTIFY_BODY',
    `${name}: a body parser read the notification before this route, and its raw bytes are gone (it ` +
      `left ${left(body)}); mount this route before the parser, or let the parser keep the bytes: ${fix}`,
  )
}

/** What is there in place of the bytes, for an error. */
export function left(body: unknown): string {
  const fields = typeof body === 'object' && body !== null ? Object.keys(body) : []
  if (fields.length === 0) return 'nothing'
  return `an object with ${JSON.stringify(fields.slice(0, 5).join(', ').slice(0, 80))}`
}
