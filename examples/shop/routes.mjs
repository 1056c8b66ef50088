import { Router } from '@koa/router'
import { renderSVG } from 'uqr'
import { koaNotify } from 'wxpay-wasm/koa'
import { findProduct } from './catalogue.mjs'
import { ShopError } from './errors.mjs'
import { jsonBody } from './json-body.mjs'
import { orderNumber } from './order-number.mjs'

const ATTACH_BYTES = 127 // unifiedorder: attach, String(127)
const CODE_VALID = 2 * 60 * 60 * 1000 // a code_url lives two hours (native, chapter 6.5)

/** What a buyer may see of an order: no openid, no merchant. */
function shown(order, now) {
  const { out_trade_no, trade_type, product_id, body, attach, total_fee, fee_type } = order
  const { state, code_url, transaction_id, time_end, created_at, paid_at } = order
  const qr = code_url === null ? null : `/order/${out_trade_no}/qr.svg`
  return {
    out_trade_no, trade_type, product_id, body, attach, total_fee, fee_type,
    state, code_url, qr, transaction_id, time_end, created_at, paid_at,
    expired: order.state === 'NOTPAY' && now - created_at > CODE_VALID,
  }
}

/** The buyer's own words for the shop, which WeChat hands back in the notification. */
function attachOf(value) {
  if (value === undefined || value === '') return undefined
  const good = typeof value === 'string' && value.isWellFormed() && !/\p{Cc}|[\uFFFE\uFFFF]/u.test(value)
  if (!good || Buffer.byteLength(value) > ATTACH_BYTES) {
    throw new ShopError(400, 'ATTACH', `attach: expected one line of at most ${ATTACH_BYTES} bytes`)
  }
  return value
}

/**
 * The routes of the shop.
 * @param shop { pay, store, notify, notify_url, merchant, catalogue, sessions, query, now }
 */
export function routes(shop) {
  const { pay, store, catalogue, sessions } = shop
  const router = new Router()

  router.get('/products', (ctx) => {
    ctx.body = catalogue.map(({ product_id, name, about, total_fee }) => ({ product_id, name, about, total_fee }))
  })

  // wx.login gives the code; the openid stays on the server, the session_key is dropped.
  router.post('/login', async (ctx) => {
    const { code } = await jsonBody(ctx)
    if (typeof code !== 'string' || !/^[\x21-\x7e]{1,128}$/.test(code)) {
      throw new ShopError(400, 'CODE', 'code: expected the code of wx.login')
    }
    const { openid } = await pay.code2Session(code)
    sessions.login(ctx, openid)
    ctx.body = { login: true }
  })

  router.post('/order', async (ctx) => {
    const { product_id, trade_type, attach } = await jsonBody(ctx)
    const product = findProduct(catalogue, product_id)
    if (!product) throw new ShopError(404, 'PRODUCT', 'product_id: there is no such product')
    if (trade_type !== 'NATIVE' && trade_type !== 'JSAPI') {
      throw new ShopError(400, 'TRADE_TYPE', 'trade_type: expected NATIVE or JSAPI')
    }
    const words = attachOf(attach)
    const openid = sessions.find(ctx)?.openid
    if (trade_type === 'JSAPI' && !openid) {
      throw new ShopError(401, 'LOGIN_FIRST', 'a JSAPI order belongs to an openid: POST /login first')
    }

    // Stored before WeChat hears of it: a notification never meets an unknown order.
    const order = await store.createOrder({
      ...shop.merchant,
      out_trade_no: orderNumber(shop.now()),
      trade_type,
      body: product.body,
      total_fee: product.total_fee,
      product_id: product.product_id,
      ...(words === undefined ? {} : { attach: words }),
      ...(trade_type === 'JSAPI' ? { openid } : {}),
    })
    const { out_trade_no, total_fee } = order
    const prepay = await pay.unifiedOrder({
      body: order.body,
      out_trade_no,
      total_fee,
      trade_type,
      notify_url: shop.notify_url,
      spbill_create_ip: ctx.ip.replace(/^::ffff:/, ''),
      ...(words === undefined ? {} : { attach: words }),
      ...(trade_type === 'JSAPI' ? { openid } : { product_id: product.product_id }),
    })
    await store.setPrepay(out_trade_no, { prepay_id: prepay.prepay_id, code_url: prepay.code_url })
    sessions.open(ctx).orders.add(out_trade_no)

    ctx.status = 201
    ctx.body = trade_type === 'NATIVE'
      ? { out_trade_no, total_fee, code_url: prepay.code_url, qr: `/order/${out_trade_no}/qr.svg` }
      : { out_trade_no, total_fee, payment: pay.miniProgramPay(prepay.prepay_id) }
  })

  // An order of another session and an order that never was look the same.
  async function ownOrder(ctx) {
    const { out_trade_no } = ctx.params
    const order = sessions.find(ctx)?.orders.has(out_trade_no) ? await store.findOrder(out_trade_no) : null
    if (!order) throw new ShopError(404, 'ORDER', 'this session has no such order')
    return order
  }

  router.get('/order/:out_trade_no', async (ctx) => {
    ctx.body = shown(await shop.query(await ownOrder(ctx)), shop.now())
  })

  router.get('/order/:out_trade_no/qr.svg', async (ctx) => {
    const { code_url } = await ownOrder(ctx)
    if (code_url === null) throw new ShopError(404, 'QR', 'this order has no QR code')
    ctx.type = 'image/svg+xml'
    // Four modules of quiet zone, as the QR standard asks; cameras need it.
    ctx.body = renderSVG(code_url, { ecc: 'M', border: 4 })
  })

  // No session and no parser here: the signature is the only proof of who sends.
  router.post('/pay/notify', koaNotify(shop.notify))

  return router
}
