import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { WxPayError } from '../errors.js'
import type { Answer } from './answer.js'
import { plain, refuse } from './answer.js'
import { BODY_LIMIT, readBody } from './body.js'
import type { Timers } from './clock.js'
import { systemNow, systemTimers } from './clock.js'
import { control } from './control.js'
import type { Delivery } from './courier.js'
import { Courier } from './courier.js'
import { answerTo } from './endpoint.js'
import { LoginDesk } from './login.js'
import { isFromHere } from './loopback.js'
import type { Merchant, MerchantOptions } from './merchant.js'
import { testMerchant } from './merchant.js'
import { signedNotification } from './notification.js'
import type { GatewayOrder, Order, PayOptions } from './orders.js'
import { OrderBook, paymentFields, shown } from './orders.js'
import { payPage } from './page.js'

/** One message on the wire, bodies as sent. The AppSecret of a login is masked. */
export interface Message {
  /** Received and answered by the gateway, or sent by it to a notify_url and replied to. */
  direction: 'request' | 'answer' | 'notification' | 'reply'
  /** Path and query for request and answer, the whole notify_url for the other two. */
  url: string
  body: string
  /** HTTP status, for an answer and a reply. */
  status?: number
}

/** The merchant's part: `key` only with `testKey: true`; the default is the merchant of the official documents. */
export interface GatewayOptions extends MerchantOptions {
  /** 0, the default, takes a free one. */
  port?: number | undefined
  host?: '127.0.0.1' | undefined
  /** Divides the pauses between the attempts of a notification: 3600 makes an hour a second. */
  timeScale?: number | undefined
  /** Let orders name a notify_url on another machine. */
  allowRemoteNotify?: boolean | undefined
  /** Gateway time, in milliseconds since 1970. */
  now?: (() => number) | undefined
  timers?: Timers | undefined
  log?: ((message: Message) => void) | undefined
}

export interface Gateway extends Merchant {
  /** `http://127.0.0.1:<port>`: what a client takes as `baseUrl`. */
  url: string
  /** Pays an order; resolves after the first attempt to notify. GATEWAY_REFUSED when it cannot be paid. */
  pay(
    out_trade_no: string,
    options?: PayOptions,
  ): Promise<{ order: GatewayOrder; notification: Delivery }>
  /** The payer says no: the order stays NOTPAY. */
  decline(out_trade_no: string): GatewayOrder
  /** A js_code for this openid, good for one `jscode2session`. */
  login(openid?: string): string
  /** Every order, oldest first. */
  orders(): GatewayOrder[]
  /** Every attempt to notify, oldest first. */
  notifications(): Delivery[]
  /** Stops listening, ends every connection, drops what was still to be delivered. */
  close(): Promise<void>
}

/**
 * Starts a gateway on 127.0.0.1 that speaks WeChat Pay v2 for one test merchant.
 * Throws GATEWAY_REFUSED for a key that may be real, and for a port it cannot have.
 *
 * ```js
 * const gateway = await createGateway({ timeScale: 1000 })
 * const pay = new WxPay({ appid: gateway.appid, mchid: gateway.mchid, partnerKey: gateway.key, baseUrl: gateway.url })
 * // ... place an order, then pay it as the user would:
 * await gateway.pay('A1001')
 * await gateway.close()
 * ```
 */
export async function createGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const merchant = testMerchant(options)
  const {
    port = 0,
    host = '127.0.0.1',
    timeScale = 1,
    allowRemoteNotify = false,
    now = systemNow,
    timers = systemTimers,
  } = options
  if (host !== '127.0.0.1')
    throw new WxPayError('GATEWAY_REFUSED', 'the gateway listens on 127.0.0.1 only', {
      field: 'host',
    })
  if (!(timeScale >= 1 && timeScale < Infinity))
    throw new RangeError('options.timeScale must be a number from 1 up')

  const log = (message: Message): void => {
    try {
      options.log?.(message)
    } catch {
      // A log that breaks must not change what the gateway does.
    }
  }
  const courier = new Courier({
    timeScale,
    now,
    timers,
    log: (direction, url, body, status) =>
      log({ direction, url, body, ...(status === undefined ? {} : { status }) }),
  })
  const desk = new LoginDesk(merchant, now)
  const server = createServer()
  const bound = await listen(server, port)
  const url = `http://127.0.0.1:${bound}`
  const book = new OrderBook(url, now)
  let closing: Promise<void> | undefined

  const notify = (order: Order): Promise<Delivery> => {
    // sign_type comes back only when the order carried it (chapter 9.7).
    const fields = { ...paymentFields(order), sign_type: order.request['sign_type'] }
    const body = signedNotification(fields, { ...merchant, signType: order.signType, now })
    return courier.deliver({ out_trade_no: order.out_trade_no, url: order.notify_url, body })
  }

  const gateway: Gateway = {
    ...merchant,
    url,
    async pay(out_trade_no, payer) {
      if (closing !== undefined) throw new WxPayError('GATEWAY_REFUSED', 'the gateway is closed')
      const order = book.pay(out_trade_no, payer)
      const notification = await notify(order)
      return { order: shown(order), notification }
    },
    decline: out_trade_no => shown(book.decline(out_trade_no)),
    login: openid => desk.issue(openid),
    orders: () => book.list().map(shown),
    notifications: () => courier.deliveries(),
    close() {
      courier.close()
      closing ??= new Promise(resolve => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      return closing
    },
  }

  const route = async (
    method: string,
    path: string,
    query: URLSearchParams,
    body: Buffer,
  ): Promise<Answer> => {
    const endpoint = /^\/pay\/(unifiedorder|orderquery)$/.exec(path)?.[1]
    if (endpoint === 'unifiedorder' || endpoint === 'orderquery') {
      return method === 'POST'
        ? answerTo(endpoint, body, { merchant, book, allowRemoteNotify })
        : refuse('请使用post方法')
    }
    if (path === '/sns/jscode2session') return desk.exchange(query)
    const code = /^\/p\/([0-9A-Za-z]{8})$/.exec(path)?.[1]
    if (code !== undefined) return payAt(code, method, body)
    return (await control(gateway, method, path, query)) ?? plain(404, 'Not found')
  }

  const payAt = (code: string, method: string, body: Buffer): Answer => {
    const order = book.atCode(code)
    const action =
      method === 'POST' ? new URLSearchParams(body.toString('utf8')).get('action') : null
    if (typeof order !== 'object' || order.state !== 'NOTPAY') return payPage(order, merchant.mchid)
    if (action === 'pay') void notify(book.pay(order.out_trade_no))
    else if (action === 'decline') book.decline(order.out_trade_no)
    else return payPage(order, merchant.mchid)
    // The browser fetches the result, so that a reload repeats nothing.
    return { status: 303, headers: { location: `/p/${code}` }, body: '' }
  }

  const answer = async (
    { method = '', url: target = '', headers }: IncomingMessage,
    body: Buffer | null,
  ): Promise<Answer> => {
    if (!isFromHere(headers.host, headers.origin, bound))
      return plain(403, 'This gateway answers only this machine.')
    if (body === null)
      return plain(413, `A body has at most ${BODY_LIMIT} bytes.`, { connection: 'close' })
    if (!target.startsWith('/')) return plain(400, 'Bad request target.')
    const { pathname, searchParams } = new URL(`${url}${target}`)
    try {
      return await route(method, pathname, searchParams, body)
    } catch (error) {
      return plain(
        500,
        `The gateway itself failed: ${error instanceof Error ? error.message : 'unknown error'}`,
      )
    }
  }

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = masked(request.url ?? '')
    const received = await readBody(request)
    log({ direction: 'request', url: path, body: received?.toString('utf8') ?? '' })
    const { status, headers, body } = await answer(request, received)
    log({ direction: 'answer', url: path, status, body })
    response.writeHead(status, {
      ...headers,
      'content-length': Buffer.byteLength(body),
      'x-content-type-options': 'nosniff',
      'x-wxpay-gateway': 'simulator',
    })
    response.end(body)
  }

  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('clientError', (_error, socket) => {
    if (socket.writable)
      socket.end(
        'HTTP/1.1 400 Bad Request\r\nx-wxpay-gateway: simulator\r\nconnection: close\r\n\r\n',
      )
  })
  server.on('request', (request, response) => {
    // Fails only when the peer hung up before the end of its request.
    serve(request, response).catch(() => response.destroy())
  })
  return gateway
}

function listen(server: ReturnType<typeof createServer>, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', cause => {
      reject(
        new WxPayError('GATEWAY_REFUSED', `cannot listen on 127.0.0.1:${port}`, {
          field: 'port',
          cause,
        }),
      )
    })
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

/** The AppSecret travels in the query of a login; it stays out of the log. */
const masked = (target: string): string => target.replace(/([?&]secret=)[^&]*/gi, '$1***')
