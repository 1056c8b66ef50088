import http from 'node:http'
import https from 'node:https'
import { isIP, type Socket } from 'node:net'
import { agents } from './agents.js'
import { WxPayError, type ErrorCode, type Phase } from './errors.js'
import type { Transport, TransportAnswer, TransportSettings } from './transport.js'
import { streamed } from './transport.stream.js'

/**
 * One exchange over `node:http` or `node:https`, from this client's own pools. Variables of the
 * environment that name a proxy are not read: whoever wants one passes its agent.
 */
export function defaultTransport(settings: TransportSettings): Transport {
  const { plain, secure } = agents(settings)
  const used = new WeakSet<Socket>()
  return request =>
    new Promise<TransportAnswer>((resolve, reject) => {
      const url = new URL(request.url)
      let phase: Phase = 'queue'
      const refused = (code: ErrorCode, message: string, cause?: unknown) =>
        new WxPayError(code, message, { phase, cause })
      const aborted = () => refused('ABORTED', `the call to ${url.host} was aborted`)
      // Before there is a request: one that is destroyed unheard would crash the process.
      if (request.signal?.aborted === true) return reject(aborted())
      const isPlain = url.protocol === 'http:'
      const { method, headers } = request
      let agent: http.Agent
      let call: http.ClientRequest
      try {
        agent = isPlain ? plain() : secure(request.certificate)
        const options = { method, headers, maxHeaderSize: 16384, agent }
        call = (isPlain ? http : https).request(url, options)
      } catch (cause) {
        // The certificate's own errors are about configuration, not about the network.
        if (cause instanceof WxPayError) return reject(cause)
        return reject(refused('TRANSPORT', `no request to ${url.host}: ${String(cause)}`, cause))
      }

      let over = false
      let connecting: ReturnType<typeof setTimeout> | undefined
      const settle = () => {
        over = true
        clearTimeout(deadline)
        clearTimeout(connecting)
        request.signal?.removeEventListener('abort', abort)
      }
      const fail = (error: WxPayError) => {
        settle()
        call.destroy()
        reject(error)
      }
      const abort = () => fail(aborted())
      const deadline = setTimeout(() => {
        const late = `no complete answer from ${url.host} in ${request.timeout} ms`
        fail(refused('TIMEOUT', late))
      }, request.timeout)
      request.signal?.addEventListener('abort', abort)

      let kept: Socket | undefined
      let before = 0
      call.on('socket', socket => {
        // Nothing is written before the certificate is accepted: what failed until then was
        // provably not sent, and nobody in between has read it.
        const send = () => {
          clearTimeout(connecting)
          phase = 'sent'
          used.add(socket)
          call.end(request.body)
        }
        if (!socket.connecting && (socket as Handshaking).secureConnecting !== true) {
          if (used.has(socket)) kept = socket
          before = socket.bytesRead
          return send()
        }
        phase = isIP(url.hostname.replace(/^\[|\]$/g, '')) === 0 ? 'dns' : 'connect'
        socket.once('lookup', error => {
          if (error === null) phase = 'connect'
        })
        if (!isPlain) socket.once('connect', () => (phase = 'tls'))
        socket.once(isPlain ? 'connect' : 'secureConnect', send)
        connecting = setTimeout(() => {
          const late = `no connection to ${url.host} in ${request.connectTimeout} ms`
          fail(refused('TRANSPORT', late))
        }, request.connectTimeout)
      })
      call.on('error', cause => {
        if (over) return
        if (phase === 'sent' && kept !== undefined && kept.bytesRead === before) {
          phase = 'reused'
          // The others are as old: what is tried next gets a fresh connection.
          for (const idle of Object.values(agent.freeSockets ?? {})) idle?.forEach(s => s.destroy())
        }
        const reason = (cause as NodeJS.ErrnoException).code ?? cause.message
        const what = WANTING[phase] ?? 'answer from'
        fail(refused('TRANSPORT', `no ${what} ${url.host}: ${reason}`, cause))
      })
      call.on('response', answer => {
        phase = 'answering'
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
            const most = `larger than ${request.maxBytes} bytes`
            fail(refused('TRANSPORT', `the answer of ${url.host} is ${most}`))
          }
        })
        answer.on('error', cause => {
          fail(refused('TRANSPORT', `the answer of ${url.host} broke off`, cause))
        })
        answer.on('end', () => {
          settle()
          const headers = answer.headers as TransportAnswer['headers']
          resolve({ status: answer.statusCode ?? 0, headers, body: Buffer.concat(chunks) })
        })
      })
    })
}

/** What `node:tls` tells of its sockets beyond its types. */
type Handshaking = Socket & { secureConnecting?: boolean }

/** What there was none of, where the request did not leave. */
const WANTING: Partial<Record<Phase, string>> = {
  queue: 'connection to',
  dns: 'address of',
  connect: 'connection to',
  tls: 'secure connection to',
}
