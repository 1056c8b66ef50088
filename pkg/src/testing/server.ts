import { constants } from 'node:crypto'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { WxPayError } from '../errors.js'
import type { Answer } from './answer.js'
import type { Timers } from './clock.js'
import type { Certificate } from './wire.js'

/** The certificate and key the gateway shows, and who vouches for those of merchants; PEM. */
export interface TlsOptions {
  cert: string | Buffer
  key: string | Buffer
  /** Without it any certificate of a merchant is taken. */
  ca?: string | Buffer | undefined
}

/** Listens, and resolves with the port. */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', cause => {
      reject(
        new WxPayError('GATEWAY_REFUSED', `cannot listen on ${host}:${port}`, {
          field: 'port',
          cause,
        }),
      )
    })
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })
}

/** A server that asks for a certificate on TLS, and leaves to the endpoint whether there must be one. */
export function open(tls: TlsOptions | undefined): Server {
  if (tls === undefined) return http.createServer()
  const { cert, key, ca } = tls
  return https.createServer({
    cert,
    key,
    ...(ca === undefined ? {} : { ca }),
    requestCert: true,
    rejectUnauthorized: false,
    // A session that is taken up again does not show its certificate.
    secureOptions: constants.SSL_OP_NO_TICKET,
  })
}

/** The certificate of the caller; null on plain HTTP. The merchant's number is its common name. */
export function certificateOf({ socket }: IncomingMessage, vouched: boolean): Certificate {
  if (!('getPeerCertificate' in socket)) return null
  const secure = socket as TLSSocket
  const subject = secure.getPeerCertificate().subject as { CN?: string } | undefined
  const name = subject?.CN ?? ''
  return {
    shown: subject !== undefined,
    valid: !vouched || secure.authorized,
    mchid: /^\d{6,32}$/.test(name) ? name : undefined,
  }
}

/** Sends an answer, in its manner. */
export function send(response: ServerResponse, answer: Answer, timers: Timers): void {
  const { status, headers, body, manner } = answer
  if (manner === undefined) {
    // One string with the head, in one write.
    response.writeHead(status, headed(headers, Buffer.byteLength(body))).end(body)
    return
  }
  if (manner.silent === true) return
  if (manner.delay !== undefined) {
    const { delay, ...rest } = manner
    timers.setTimeout(() => send(response, { ...answer, manner: rest }, timers), delay)
    return
  }
  const whole = typeof body === 'string' ? Buffer.from(body) : body
  const half = Math.ceil(whole.length / 2)
  const bytes = manner.truncated === true ? whole.subarray(0, half) : whole
  response.writeHead(status, headed(headers, bytes.length))
  if (manner.reset === true) {
    response.write(bytes.subarray(0, half), () => response.socket?.resetAndDestroy())
  } else if (manner.drip === undefined) {
    response.end(bytes)
  } else {
    drip(response, bytes, manner.drip, timers)
  }
}

const headed = (headers: Record<string, string>, length: number): Record<string, string> => ({
  ...headers,
  'content-length': String(length),
  'x-content-type-options': 'nosniff',
  'x-wxpay-gateway': 'simulator',
})

function drip(response: ServerResponse, bytes: Buffer, pause: number, timers: Timers): void {
  if (response.destroyed) return
  if (bytes.length <= 1) return void response.end(bytes)
  response.write(bytes.subarray(0, 1))
  timers.setTimeout(() => drip(response, bytes.subarray(1), pause, timers), pause)
}

/** Every connection, so that closing ends them. */
export function sockets(server: Server): Set<Socket> {
  const open = new Set<Socket>()
  const keep = (socket: Socket): void => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
  }
  server.on('connection', keep)
  server.on('secureConnection', keep)
  server.on('clientError', (_error, socket) => {
    if (socket.writable)
      socket.end(
        'HTTP/1.1 400 Bad Request\r\nx-wxpay-gateway: simulator\r\nconnection: close\r\n\r\n',
      )
  })
  return open
}
