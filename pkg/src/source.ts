import { WxPayError } from './errors.js'

/** Bytes that are there, or that arrive: a Node stream, a web stream, an async generator. */
export type ByteSource = Uint8Array | AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>

/**
 * The bytes in pieces. Whoever stops reading, or aborts, lets go of the source.
 *
 * @throws WxPayError `ABORTED`, `TRANSPORT` with what the source threw as the cause
 */
export async function* chunks(
  source: ByteSource,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const iterator = iterate(source)
  let done = false
  try {
    for (;;) {
      const next = await unlessAborted(iterator.next(), signal).catch((cause: unknown) => {
        if (cause instanceof WxPayError) throw cause
        throw new WxPayError('TRANSPORT', 'the source broke off before its end', { cause })
      })
      if (next.done === true) {
        done = true
        return
      }
      if (!(next.value instanceof Uint8Array)) {
        throw new TypeError('the source must give bytes (Uint8Array): no encoding, no object mode')
      }
      yield next.value
    }
  } finally {
    // Not waited for: a source that does not answer would not answer to this either.
    if (!done) void Promise.resolve(iterator.return?.()).catch(() => {})
  }
}

function iterate(source: ByteSource): AsyncIterator<Uint8Array> {
  if (source instanceof Uint8Array) return whole(source)
  // A text is refused below; JavaScript's own error would show it.
  if (Symbol.asyncIterator in Object(source)) {
    return (source as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
  }
  if (typeof (source as ReadableStream | undefined)?.getReader !== 'function') {
    throw new TypeError('source must be a Uint8Array, an async iterable of them, or a stream')
  }
  const reader = (source as ReadableStream<Uint8Array>).getReader()
  return {
    next: () => reader.read() as Promise<IteratorResult<Uint8Array>>,
    async return() {
      await reader.cancel()
      return { done: true, value: undefined }
    },
  }
}

async function* whole(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const size = 65536
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** Listens only while it waits: a listener for each of a million pieces would stay in memory. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(new WxPayError('ABORTED', 'the reading was aborted', { cause: signal.reason }))
    }
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
