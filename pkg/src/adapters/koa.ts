import { type NodeRequest, toRequest } from './request.js'

/** What is used of Koa's context. */
export interface KoaContext {
  req: NodeRequest
  request: { rawBody?: unknown; body?: unknown }
  status: number
  body: unknown
  set(headers: Record<string, string>): void
}

/**
 * A notification route for Koa: `router.post('/pay/notify', koaNotify(paymentNotify({ … })))`.
 * Mount it before body parsers.
 */
export function koaNotify(handler: (request: Request) => Promise<Response>) {
  return async (ctx: KoaContext): Promise<void> => {
    const response = await handler(toRequest(ctx.req, ctx.request))
    ctx.status = response.status
    ctx.set(Object.fromEntries(response.headers))
    ctx.body = await response.text()
  }
}
