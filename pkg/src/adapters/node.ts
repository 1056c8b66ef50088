import { type Kept, type NodeRequest, type NotifyHandler, toRequest } from './request.js'
import { type NodeResponse, respond } from './respond.js'

const NODE = { name: 'node:http', fix: 'what was read goes into `req.rawBody`, as a Buffer' }

/**
 * A notification route for `node:http`:
 * `http.createServer((req, res) => req.url === '/pay/notify' ? notify(req, res) : …)` with
 * `notify = nodeNotify(paymentNotify({ … }))`.
 *
 * Rejects with `NOTIFY_BODY`, after an answer of 500, where the request was read before.
 */
export function nodeNotify(handler: NotifyHandler) {
  return async (req: NodeRequest & Kept, res: NodeResponse): Promise<void> => {
    try {
      await respond(await handler(toRequest(req, req, NODE)), res)
    } catch (error) {
      res.writeHead(500)
      res.end()
      throw error
    }
  }
}
