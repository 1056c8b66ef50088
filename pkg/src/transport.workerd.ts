import { WxPayError } from './errors.js'
import type { Transport, TransportSettings } from './transport.js'
import { streamed } from './transport.stream.js'

/**
 * `fetch`, for runtimes without `node:https`. It cannot tell a request that never left from one
 * that arrived, so only calls that may be repeated reach the backup host.
 */
export function defaultTransport({ certificate, ca, agent }: TransportSettings): Transport {
  if (agent !== undefined) {
    throw new WxPayError('CONFIG_INVALID', '`agent`: needs node:https, which is not here', {
      field: 'agent',
    })
  }
  const option = certificate?.[0].option ?? (ca === undefined ? undefined : 'ca')
  if (option !== undefined) {
    throw new WxPayError(
      'CERT_UNSUPPORTED',
      `\`${option}\`: fetch takes none in this runtime; give a \`transport\` that does, over an ` +
        'mTLS binding for instance',
      { field: option },
    )
  }
  return async request => {
    const stop = new AbortController()
    const timeout = setTimeout(() => stop.abort(), request.timeout)
    const signal =
      request.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, request.signal])
    const host = new URL(request.url).host
    try {
      const answer = await fetch(request.url, {
        method: request.method,
        headers: request.headers,
        body: (request.body as Uint8Array<ArrayBuffer> | undefined) ?? null,
        redirect: 'manual',
        signal,
      })
      if (request.stream === true) {
        const headers = Object.fromEntries(answer.headers)
        const source = answer.body ?? new Blob().stream()
        const stream = streamed(source, request, () => stop.abort())
        return { status: answer.status, headers, body: new Uint8Array(), stream }
      }
      const chunks: Uint8Array[] = []
      let size = 0
      for await (const chunk of answer.body ?? []) {
        size += chunk.length
        chunks.push(chunk)
        if (size > request.maxBytes) {
          const most = `larger than ${request.maxBytes} bytes`
          throw new WxPayError('TRANSPORT', `the answer of ${host} is ${most}`)
        }
      }
      const body = new Uint8Array(size)
      let at = 0
      for (const chunk of chunks) {
        body.set(chunk, at)
        at += chunk.length
      }
      return { status: answer.status, headers: Object.fromEntries(answer.headers), body }
    } catch (cause) {
      if (cause instanceof WxPayError) throw cause
      if (request.signal?.aborted === true) {
        throw new WxPayError('ABORTED', `the call to ${host} was aborted`, { cause })
      }
      if (stop.signal.aborted) {
        throw new WxPayError('TIMEOUT', `no complete answer from ${host} in ${request.timeout} ms`)
      }
      throw new WxPayError('TRANSPORT', `no answer from ${host}`, { cause })
    } finally {
      clearTimeout(timeout)
    }
  }
}
