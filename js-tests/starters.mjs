// The notification route behind each framework as its users mount it: `(notify) => http.Server`.
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Hapi from '@hapi/hapi'
import { createAdaptorServer } from '@hono/node-server'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import { cloudNotify } from 'wxpay-wasm/cloud'
import { expressNotify } from 'wxpay-wasm/express'
import { fastifyNotify } from 'wxpay-wasm/fastify'
import { hapiNotify } from 'wxpay-wasm/hapi'
import { koaNotify } from 'wxpay-wasm/koa'
import { nodeNotify } from 'wxpay-wasm/node'

export const PATH = '/pay/notify'

/** Koa 3; `before` stands in front of the route, `errors` hears what it throws. */
export function koa(notify, _t, { before = [], errors = [], options } = {}) {
  const app = new Koa()
  app.on('error', error => errors.push(error))
  for (const middleware of before) app.use(middleware)
  const route = koaNotify(notify, options)
  app.use(ctx => (ctx.path === PATH ? route(ctx) : undefined))
  return http.createServer(app.callback())
}

/** Express 5, alike. */
export function expressApp(notify, _t, { before = [], errors = [], options } = {}) {
  const app = express()
  for (const middleware of before) app.use(middleware)
  app.all(PATH, expressNotify(notify, options))
  app.use((error, _req, res, _next) => {
    errors.push(error)
    res.sendStatus(500)
  })
  return http.createServer(app)
}

export function node(notify) {
  const route = nodeNotify(notify)
  return http.createServer((req, res) => (req.url === PATH ? void route(req, res) : res.writeHead(404).end()))
}

export async function fastifyApp(notify, t) {
  const app = fastify()
  t.after(() => app.close())
  app.register(fastifyNotify(PATH, notify))
  app.post('/json', async request => ({ seen: request.body }))
  await app.ready()
  return app.server
}

export async function hapi(notify, t) {
  const server = Hapi.server()
  t.after(() => server.stop())
  // As in a shop whose other routes want a token.
  server.auth.scheme('token', () => ({ authenticate: () => { throw new Error('no token') } }))
  server.auth.strategy('token', 'token')
  server.auth.default('token')
  server.route(hapiNotify(PATH, notify))
  await server.initialize()
  return server.listener
}

/** No adapter: the core takes what Hono has. */
export function hono(notify) {
  const app = new Hono()
  app.all(PATH, c => notify(c.req.raw))
  return createAdaptorServer({ fetch: app.fetch })
}

/** Nest on Express, the route in a controller behind Nest's own parsers. */
export async function nest(notify, t) {
  await import('reflect-metadata')
  const { All, Controller, Module, Next, Req, Res } = await import('@nestjs/common')
  const { NestFactory } = await import('@nestjs/core')
  const route = expressNotify(notify)
  class PayController {
    notify(req, res, next) {
      return route(req, res, next)
    }
  }
  // What the decorators do, without a compiler.
  const method = Object.getOwnPropertyDescriptor(PayController.prototype, 'notify')
  All('notify')(PayController.prototype, 'notify', method)
  ;[Req, Res, Next].forEach((given, index) => given()(PayController.prototype, 'notify', index))
  Controller('pay')(PayController)
  class AppModule {}
  Module({ controllers: [PayController] })(AppModule)
  const app = await NestFactory.create(AppModule, { logger: false })
  await app.init()
  t.after(() => app.close())
  return app.getHttpServer()
}

/** Egg; the route may be left to Egg's guard against forged forms. */
export async function egg(notify, t, { guarded = false } = {}) {
  const { start } = await import('egg')
  const baseDir = await mkdtemp(join(tmpdir(), 'wxpay-egg-'))
  await mkdir(join(baseDir, 'config'))
  await writeFile(join(baseDir, 'package.json'), '{ "name": "shop", "egg": {} }')
  const config = {
    keys: 'only for this test',
    security: { csrf: guarded ? {} : { ignore: PATH } },
    logger: { consoleLevel: 'NONE', level: 'NONE' },
  }
  await writeFile(join(baseDir, 'config/config.default.js'), `module.exports = ${JSON.stringify(config)}`)
  // Timers that outlive the application.
  await writeFile(join(baseDir, 'config/plugin.js'), 'module.exports = { schedule: false, logrotator: false }')
  const framework = dirname(dirname(dirname(fileURLToPath(import.meta.resolve('egg')))))
  const app = await start({ baseDir, framework, mode: 'single' })
  t.after(async () => {
    await app.close()
    await rm(baseDir, { recursive: true, force: true })
  })
  app.router.all(PATH, koaNotify(notify))
  return http.createServer(app.callback())
}

/** What the gateways in front of cloud functions make of a request. */
export const EVENTS = {
  'CloudBase, text': ({ method, headers, body }) => ({
    path: PATH,
    httpMethod: method,
    headers,
    body: body.toString(),
    isBase64Encoded: false,
    requestContext: { appId: '1', envId: 'shop', uin: '1' },
  }),
  'CloudBase, base64': ({ method, headers, body }) => ({
    path: PATH,
    httpMethod: method,
    headers,
    body: body.toString('base64'),
    isBase64Encoded: true,
  }),
  'Tencent SCF, API gateway': ({ method, headers, body }) => ({
    requestContext: { serviceId: 'service-f94sy04v', path: PATH, httpMethod: method, stage: 'release' },
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.replace(/\b[a-z]/g, a => a.toUpperCase()), value]),
    ),
    body: body.toString(),
    path: PATH,
    queryString: {},
  }),
  'Aliyun FC 3, bytes': ({ method, headers, body }) =>
    Buffer.from(
      JSON.stringify({
        version: 'v1',
        rawPath: PATH,
        headers,
        body: body.toString('base64'),
        isBase64Encoded: true,
        requestContext: { http: { method, path: PATH, protocol: 'HTTP/1.1' } },
      }),
    ),
  'Aliyun FC, text': ({ method, headers, body }) =>
    JSON.stringify({ httpMethod: method, path: PATH, headers, body: body.toString(), isBase64Encoded: 'false' }),
}

/** A gateway in front of a cloud function. */
export function cloud(notify, event) {
  const main = cloudNotify(notify)
  return http.createServer(async (req, res) => {
    const chunks = []
    for await (const chunk of req) chunks.push(chunk)
    const answer = await main(event({ method: req.method, headers: req.headers, body: Buffer.concat(chunks) }))
    res.writeHead(answer.statusCode, answer.headers)
    res.end(Buffer.from(answer.body, answer.isBase64Encoded ? 'base64' : 'utf8'))
  })
}
