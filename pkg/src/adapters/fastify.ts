import { type Kept, type NodeRequest, type NotifyHandler, toRequest } from './request.js'

/** What is used of the scope that a Fastify plugin gets. */
export interface FastifyScope {
  removeAllContentTypeParsers(): unknown
  addContentTypeParser(
    type: string,
    parser: (request: unknown, payload: unknown, done: (error: Error | null) => void) => void,
  ): unknown
  all(
    path: string,
    handler: (request: Kept & { raw: NodeRequest }, reply: FastifyReply) => Promise<unknown>,
  ): unknown
}

/** What is used of Fastify's reply. */
export interface FastifyReply {
  code(status: number): FastifyReply
  headers(headers: Record<string, string>): FastifyReply
  send(body: string): unknown
}

const FASTIFY = { name: 'Fastify', fix: 'register it without the hook that reads the body' }

/**
 * A notification route for Fastify, as a plugin:
 * `app.register(fastifyNotify('/pay/notify', paymentNotify({ … })))`. Its content type parser leaves
 * the bytes alone and holds for this route only; Fastify knows no XML, and would answer 415.
 */
export function fastifyNotify(path: string, handler: NotifyHandler) {
  return async (scope: FastifyScope): Promise<void> => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
    scope.all(path, async (request, reply) => {
      const response = await handler(toRequest(request.raw, request, FASTIFY))
      reply.code(response.status).headers(Object.fromEntries(response.headers))
      return reply.send(await response.text())
    })
  }
}
