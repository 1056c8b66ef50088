import {
  type AdapterOptions,
  type Kept,
  type NodeRequest,
  type NotifyHandler,
  toRequest,
} from './request.js'
import { type NodeResponse, respond } from './respond.js'

const EXPRESS = {
  name: 'Express',
  fix:
    '`express.raw({ type: "*/*" })` on this path, or `verify: (req, res, bytes) => { req.rawBody = ' +
    'bytes }` among the parser\'s options; or give this route `{ fromParsed: true }`',
}

/**
 * A notification route for Express, for Nest on Express, and for what else passes `next`:
 * `app.post('/pay/notify', expressNotify(paymentNotify({ … })))`.
 */
export function expressNotify(handler: NotifyHandler, options?: AdapterOptions) {
  return async (
    req: NodeRequest & Kept,
    res: NodeResponse,
    next: (error: unknown) => void,
  ): Promise<void> => {
    try {
      await respond(await handler(toRequest(req, req, EXPRESS, options)), res)
    } catch (error) {
      next(error)
    }
  }
}
