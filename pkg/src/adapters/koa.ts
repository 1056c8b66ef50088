import { type AdapterOptions, type NodeRequest, type NotifyHandler, toRequest } from './request.js'

/** What is used of Koa's context. */
export interface KoaContext {
  req: NodeRequest
  request: { rawBody?: unknown; body?: unknown }
  status: number
  body: unknown
  set(headers: Record<string, string>): void
}

const KOA = {
  name: 'Koa',
  fix:
    'koa-bodyparser with `enableTypes: ["text"], extendTypes: { text: ["text/xml"] }`, koa-body with ' +
    '`includeUnparsed: true`; or give this route `{ fromParsed: true }`',
}

/**
 * A notification route for Koa and Egg:
 * `router.post('/pay/notify', koaNotify(paymentNotify({ … })))`. In Egg the path must be in
 * `config.security.csrf.ignore`; WeChat gets 403 otherwise.
 */
export function koaNotify(handler: NotifyHandler, options?: AdapterOptions) {
  return async (ctx: KoaContext): Promise<void> => {
    const response = await handler(toRequest(ctx.req, ctx.request, KOA, options))
    ctx.status = response.status
    ctx.set(Object.fromEntries(response.headers))
    ctx.body = await response.text()
  }
}
