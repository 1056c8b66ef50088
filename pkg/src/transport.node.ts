import http from 'node:http'
import https from 'node:https'
import { agents } from './agents.js'
import { WxPayError } from './errors.js'
import type { Transport, TransportAnswer, TransportSettings } from './transport.js'

/** One exchange over `node:http` or `node:https`, from this client's own pools. */
export function defaultTransport(settings: TransportSettings): Transport {
  const { plain, secure } = agents(settings)
  return request =>
    new Promise<TransportAnswer>((resolve, reject) => {
      const url = new URL(request.url)
      const aborted = () => new WxPayError('ABORTED', `the call to ${url.host} was aborted`)
      // Before there is a request: one that is destroyed unheard would crash the process.
      if (request.signal?.aborted === true) return reject(aborted())
      const options = { method: request.method, headers: request.headers, maxHeaderSize: 16384 }
      const call =
        url.protocol === 'http:'
          ? http.request(url, { ...options, agent: plain() })
          : https.request(url, { ...options, agent: secure(request.certificate) })

      const fail = (error: unknown) => {
        clearTimeout(deadline)
        request.signal?.removeEventListener('abort', abort)
        call.destroy()
        reject(error)
      }
      const abort = () => fail(aborted())
      const deadline = setTimeout(() => {
        fail(
          new WxPayError('TIMEOUT', `no complete answer from ${url.host} in ${request.timeout} ms`),
        )
      }, request.timeout)
      request.signal?.addEventListener('abort', abort)

      call.on('error', cause => {
        const reason = (cause as NodeJS.ErrnoException).code ?? cause.message
        fail(new WxPayError('TRANSPORT', `no answer from ${url.host}: ${reason}`, { cause }))
      })
      call.on('response', answer => {
        const chunks: Buffer[] = []
        let size = 0
        answer.on('data', (chunk: Buffer) => {
          size += chunk.length
          chunks.push(chunk)
          if (size > request.maxBytes) {
            fail(
              new WxPayError(
                'TRANSPORT',
                `the answer of ${url.host} is larger than ${request.maxBytes} bytes`,
              ),
            )
          }
        })
        answer.on('error', cause => {
          fail(new WxPayError('TRANSPORT', `the answer of ${url.host} broke off`, { cause }))
        })
        answer.on('end', () => {
          clearTimeout(deadline)
          request.signal?.removeEventListener('abort', abort)
          const headers = answer.headers as TransportAnswer['headers']
          resolve({ status: answer.statusCode ?? 0, headers, body: Buffer.concat(chunks) })
        })
      })
      call.end(request.body)
    })
}
