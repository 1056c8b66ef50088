import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { hostname } from 'node:os'
import Koa from 'koa'
import { WxPay } from 'wxpay-wasm/client'
import { paymentNotify, refundNotify } from 'wxpay-wasm/notify'
import { handleEvents, Monitor, reconcileOrders, shutdown } from 'wxpay-wasm/worker'
import { shopkeeper } from './admin.mjs'
import { catalogue as teas } from './catalogue.mjs'
import { openDatabase } from './database.mjs'
import { delivery } from './delivery.mjs'
import { errors } from './errors.mjs'
import { orderView } from './order-view.mjs'
import { ownOrders } from './own-orders.mjs'
import { headers, page } from './page.mjs'
import { routes } from './routes.mjs'
import { sessions } from './session.mjs'

/** When the client certificate ends, which refunds need; undefined where there is none. */
async function certificateEnds(file) {
  return file === undefined ? undefined : new Date(new X509Certificate(await readFile(file)).validTo)
}

/**
 * Starts the shop.
 *
 * @param options
 *   wxpay         the merchant, as `new WxPay` takes it: appid, mchid, partnerKey; baseUrl for a gateway
 *   env           where `WxPay.fromEnv` finds the rest
 *   databaseUrl   where orders live (sqlite:./shop.db)
 *   publicUrl     under which WeChat and buyers reach this shop; absent: the shop's own URL
 *   adminToken    opens /admin and /metrics; absent: they are closed
 *   trustProxy    whether X-Forwarded-For, as the proxy before this shop writes it, says who the buyer is
 *   port, host    0 takes a free port; 127.0.0.1
 *   look, pages   how often (ms) an open page's order is looked at, and how many pages may be told so
 *   catalogue, now, events, reconciler    the world and the workers' options, for tests
 *   log(message)            each message to and from WeChat, masked by the library
 *   onOutcome(event)        what became of each notification
 *   onAlarm(alarm)          what a person should look at
 *   report(error)           errors the client is not told about
 * @returns { url, store, own, close() }
 */
export async function startShop(options) {
  const { wxpay, env = {}, catalogue = teas, now = Date.now, look = 1000, pages = 200, host = '127.0.0.1' } = options
  const { log, onOutcome, onAlarm, report = () => {} } = options
  // First what can be wrong in the settings: nothing is opened for a shop that cannot take money.
  let watch = log
  const pay = WxPay.fromEnv({ ...wxpay, log: (message) => watch?.(message) }, env)
  const ends = await certificateEnds(env.WXPAY_CERT_FILE)
  const database = await openDatabase(options.databaseUrl ?? 'sqlite:./shop.db', { now })
  const { store, own } = database

  const server = createServer()
  const stopping = new AbortController()
  const workers = []

  let closing
  function close() {
    stopping.abort()
    // A notification and a delivery under way may finish; a client that only waits may not hold us.
    return (closing ??= shutdown({ server, workers, store: database }))
  }

  try {
    // Hundreds may connect at once; Node's own limit for those who wait is 511.
    server.listen({ port: options.port ?? 0, host, backlog: 4096 })
    await once(server, 'listening')
    // Only now a free port is known, and with it the notify_url.
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${server.address().port}`
    const publicUrl = (options.publicUrl ?? url).replace(/\/+$/, '')

    const monitor = new Monitor({ store, onAlarm, now, certificateEnds: ends })
    watch = (message) => {
      monitor.log(message)
      log?.(message)
    }

    const shop = {
      pay, store, own, catalogue, monitor, publicUrl, now, look, pages, report,
      stopping: stopping.signal,
      notify_url: `${publicUrl}/pay/notify`,
      refund_url: `${publicUrl}/pay/refunded`,
      shopkeeper: shopkeeper(options.adminToken),
    }
    shop.sessions = sessions({ own, secure: publicUrl.startsWith('https:'), now })
    shop.ownOrders = ownOrders(shop)
    shop.view = orderView(shop)

    const merchant = { appid: pay.appid, mchid: pay.mchid, partnerKey: wxpay.partnerKey, signType: wxpay.signType }
    const worker = `${hostname()} ${process.pid}`
    const handled = handleEvents(store, delivery(shop), { worker, monitor, now, ...options.events })
    workers.push(handled, reconcileOrders(store, pay, { monitor, now, ...options.reconciler }))
    // The handlers look once a second; after a genuine notification there is something to do now.
    const told = (event) => {
      if (event.outcome !== 'refused') handled.wake()
      onOutcome?.(event)
    }
    shop.paid = paymentNotify({ ...merchant, store, monitor, now, onOutcome: told })
    shop.refunded = refundNotify({ ...merchant, store, monitor, now, onOutcome: told })

    const router = routes(shop)
    await page(router)
    const app = new Koa({ proxy: options.trustProxy === true, maxIpsCount: 1 })
    app.silent = true // errors go to `report`, not past it to the console
    app.use(headers).use(errors(report)).use(router.routes()).use(router.allowedMethods())
    server.on('request', app.callback())
    return { url, store, own, close }
  } catch (error) {
    await close()
    throw error
  }
}
