import { WxPayError } from './errors.js'
import type { Transport, TransportSettings } from './transport.js'

/** `fetch`, for runtimes without `node:https`. */
export function defaultTransport({ certificate, ca }: TransportSettings): Transport {
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
    const timeout = AbortSignal.timeout(request.timeout)
    const signal =
      request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal])
    const host = new URL(request.url).host
    try {
      const answer = await fetch(request.url, {
        method: request.method,
        headers: request.headers,
        body: (request.body as Uint8Array<ArrayBuffer> | undefined) ?? null,
        redirect: 'manual',
        signal,
      })
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
      if (timeout.aborted) {
        throw new WxPayError('TIMEOUT', `no complete answer from ${host} in ${request.timeout} ms`)
      }
      throw new WxPayError('TRANSPORT', `no answer from ${host}`, { cause })
    }
  }
}
