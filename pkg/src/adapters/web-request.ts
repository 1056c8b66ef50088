import type { NotifyRequest } from '../receive.js'

/** The body of a request: what a parser kept of it, or the stream. */
export type Body = string | Uint8Array | AsyncIterable<Uint8Array>

/** A request, in the shape of `Request`. */
export function webRequest(
  method: string,
  headers: Record<string, string> = {},
  body: Body = '',
): NotifyRequest {
  return {
    method,
    headers: { get: name => headers[name] ?? null },
    body: {
      locked: false,
      getReader() {
        const iterator = pieces(body)
        return { read: () => iterator.next() }
      },
    },
    bodyUsed: false,
  }
}

function pieces(body: Body): AsyncIterator<Uint8Array> {
  if (typeof body === 'string') return once(new TextEncoder().encode(body))
  return ArrayBuffer.isView(body) ? once(body) : body[Symbol.asyncIterator]()
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
