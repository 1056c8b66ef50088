/** The body of a request: what a parser kept of it, or the stream. */
export type Body = string | Uint8Array | AsyncIterable<Uint8Array>

/** A `Request`; where there is none (Node 16), what the notification routes use of one. */
export function webRequest(
  method: string,
  headers: Record<string, string> = {},
  body?: Body,
): Request {
  if (typeof Request === 'function') {
    const init = { method, headers, body, duplex: 'half' }
    return new Request('http://notify.invalid/', init as unknown as RequestInit)
  }
  const reader = () => {
    const iterator = pieces(body ?? '')
    return { read: () => iterator.next() }
  }
  const bare = {
    method,
    headers: { get: (name: string) => headers[name] ?? null },
    body: { locked: false, getReader: reader },
    bodyUsed: false,
  }
  return bare as unknown as Request
}

function pieces(body: Body): AsyncIterator<Uint8Array> {
  if (typeof body === 'string') return once(new TextEncoder().encode(body))
  return ArrayBuffer.isView(body) ? once(body) : body[Symbol.asyncIterator]()
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
