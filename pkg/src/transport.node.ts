import http from 'node:http'
import https from 'node:https'
import { WxPayError } from './errors.js'
import type { Transport, TransportAnswer } from './transport.js'
import { streamed } from './transport.stream.js'

/** Two keep-alive pools over `node:http` and `node:https`, made on the first request. */
export function defaultTransport(): Transport {
  const settings = { keepAlive: true, maxSockets: 64 }
  let plain: http.Agent | undefined
  let secure: https.Agent | undefined
  return request =>
    new Promise<TransportAnswer>((resolve, reject) => {
      const url = new URL(request.url)
      const aborted = () => new WxPayError('ABORTED', `the call to ${url.host} was aborted`)
      // Before there is a request: one that is destroyed unheard would crash the process.
      if (request.signal?.aborted === true) return reject(aborted())
      const options = { method: request.method, headers: request.headers, maxHeaderSize: 16384 }
      const call =
        url.protocol === 'http:'
          ? http.request(url, { ...options, agent: (plain ??= new http.Agent(settings)) })
          : https.request(url, { ...options, agent: (secure ??= new https.Agent(settings)) })

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
        if (request.stream === true) {
          clearTimeout(deadline)
          request.signal?.removeEventListener('abort', abort)
          const headers = answer.headers as TransportAnswer['headers']
          const stream = streamed(answer, request, () => call.destroy())
          return resolve({ status: answer.statusCode ?? 0, headers, body: new Uint8Array(), stream })
        }
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
