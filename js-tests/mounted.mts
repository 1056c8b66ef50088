// Compiled, never run: each adapter where its framework's own types want it.
import http from 'node:http'
import Hapi from '@hapi/hapi'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import { expressNotify } from 'wxpay-wasm/express'
import { fastifyNotify } from 'wxpay-wasm/fastify'
import { hapiNotify } from 'wxpay-wasm/hapi'
import { koaNotify } from 'wxpay-wasm/koa'
import { nodeNotify } from 'wxpay-wasm/node'
import { paymentNotify } from 'wxpay-wasm/notify'
import { memoryStore } from 'wxpay-wasm/store'

const notify = paymentNotify({ appid: 'x', mchid: 'y', partnerKey: 'z', store: memoryStore() })

new Koa().use(koaNotify(notify))
express().post('/pay/notify', expressNotify(notify, { fromParsed: true }))
Fastify().register(fastifyNotify('/pay/notify', notify))
Hapi.server().route(hapiNotify('/pay/notify', notify))
new Hono().post('/pay/notify', c => notify(c.req.raw))
http.createServer(nodeNotify(notify))
