import { type NodeRequest, type NotifyHandler, toRequest } from './request.js'

/** What is used of hapi's response toolkit. */
export interface HapiToolkit {
  response(body: string): HapiResponse
}

/** What is used of hapi's response. */
export interface HapiResponse {
  code(status: number): HapiResponse
  header(name: string, value: string): HapiResponse
}

const HAPI = { name: 'hapi', fix: 'leave out the `onRequest` extension that reads the payload' }

/**
 * A notification route for hapi: `server.route(hapiNotify('/pay/notify', paymentNotify({ … })))`. It
 * needs no authentication, because the signature is one, and takes the payload unparsed.
 */
export function hapiNotify(path: string, handler: NotifyHandler) {
  return {
    method: '*' as const,
    path,
    options: {
      auth: false as const,
      // The bytes decide what it is, not the content type.
      payload: { parse: false, output: 'stream' as const, override: 'text/xml' },
    },
    async handler({ raw }: { raw: { req: NodeRequest } }, h: HapiToolkit): Promise<HapiResponse> {
      const response = await handler(toRequest(raw.req, {}, HAPI))
      const answer = h.response(await response.text()).code(response.status)
      response.headers.forEach((value, name) => answer.header(name, value))
      return answer
    },
  }
}
