import { once } from 'node:events'
import { createServer } from 'node:http'
import Koa from 'koa'
import { WxPay } from 'wxpay-wasm/client'
import { paymentNotify } from 'wxpay-wasm/notify'
import { catalogue as teas } from './catalogue.mjs'
import { openStore } from './database.mjs'
import { errors } from './errors.mjs'
import { orderQuery } from './order-query.mjs'
import { headers, page } from './page.mjs'
import { routes } from './routes.mjs'
import { sessions } from './session.mjs'

/**
 * Starts the shop.
 *
 * @param options
 *   appid, mchid, partnerKey, appSecret   the merchant
 *   databaseUrl   where orders live (sqlite:./shop.db)
 *   gatewayUrl    base URL of the gateway simulator; absent: the hosts of WeChat
 *   production    false lets the gateway simulator in; absent: the library decides by NODE_ENV
 *   publicUrl     under which WeChat reaches this shop; absent: the shop's own URL
 *   port, host    0 takes a free port; 127.0.0.1
 *   catalogue, now          the world, for tests
 *   log(message)            each message to and from WeChat, masked by the library
 *   onOutcome(event)        what became of each notification
 *   report(error)           errors the client is not told about
 * @returns { url, store, close() }
 */
export async function startShop(options) {
  const { appid, mchid, partnerKey, appSecret, catalogue = teas, now = Date.now } = options
  const { log, onOutcome, report = () => {} } = options
  const store = await openStore(options.databaseUrl ?? 'sqlite:./shop.db', { now })

  const server = createServer()
  try {
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1')
    await once(server, 'listening')
  } catch (error) {
    await store.close()
    throw error
  }
  // Only now a free port is known, and with it the notify_url.
  const url = `http://${options.host ?? '127.0.0.1'}:${server.address().port}`
  const publicUrl = (options.publicUrl ?? url).replace(/\/+$/, '')

  async function close() {
    const closed = once(server, 'close')
    server.close()
    // A notification under way may finish; a client that only waits may not hold us.
    const patience = setTimeout(() => server.closeAllConnections(), 2000)
    await closed
    clearTimeout(patience)
    await store.close()
  }

  try {
    const { gatewayUrl: baseUrl, production } = options
    const pay = new WxPay({ appid, mchid, partnerKey, appSecret, baseUrl, production, log })
    const router = routes({
      pay,
      store,
      catalogue,
      now,
      merchant: { appid, mch_id: mchid },
      notify_url: `${publicUrl}/pay/notify`,
      notify: paymentNotify({ appid, mchid, partnerKey, store, onOutcome }),
      sessions: sessions({ secure: publicUrl.startsWith('https:'), now }),
      query: orderQuery({ pay, store, now, report }),
    })
    await page(router)

    const app = new Koa()
    app.silent = true // errors go to `report`, not past it to the console
    app.use(headers).use(errors(report)).use(router.routes()).use(router.allowedMethods())
    server.on('request', app.callback())
    return { url, store, close }
  } catch (error) {
    await close()
    throw error
  }
}
