import { Router } from '@koa/router'
import { koaNotify } from 'wxpay-wasm/koa'
import * as admin from './admin.mjs'
import { health, metrics } from './health.mjs'
import { login } from './login.mjs'
import { orderQuery } from './order-query.mjs'
import { order } from './order.mjs'
import { events, qr, status } from './status.mjs'

/** Every address of the shop, but its pages (`page.mjs`). */
export function routes(shop) {
  const { catalogue, paid, refunded, shopkeeper } = shop
  const router = new Router()

  router.get('/products', (ctx) => {
    ctx.body = catalogue.map(({ product_id, name, about, total_fee }) => ({ product_id, name, about, total_fee }))
  })
  router.post('/login', login(shop))
  router.post('/order', order(shop))
  router.get('/order/:out_trade_no', status(shop))
  router.get('/order/:out_trade_no/events', events(shop))
  router.get('/order/:out_trade_no/qr.svg', qr(shop))
  router.post('/queryOrder', orderQuery(shop))

  // No session and no parser here: the signature is the only proof of who sends.
  router.post('/pay/notify', koaNotify(paid))
  router.post('/pay/refunded', koaNotify(refunded))

  router.get('/admin/orders', shopkeeper, admin.orders(shop))
  router.post('/admin/refund', shopkeeper, admin.refund(shop))

  router.get('/health', health(shop))
  router.get('/metrics', shopkeeper, metrics(shop))
  return router
}
