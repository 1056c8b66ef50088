import { findProduct } from './catalogue.mjs'
import { ShopError } from './errors.mjs'
import { jsonBody } from './json-body.mjs'
import { orderNumber } from './order-number.mjs'
import { qrPath } from './order-view.mjs'

const ATTACH_BYTES = 127 // unifiedorder: attach, String(127)

/** The buyer's own words for the shop, which WeChat hands back in the notification. */
function attachOf(value) {
  if (value === undefined || value === '') return undefined
  const good = typeof value === 'string' && value.isWellFormed() && !/\p{Cc}|[\uFFFE\uFFFF]/u.test(value)
  if (!good || Buffer.byteLength(value) > ATTACH_BYTES) {
    throw new ShopError(400, 'ATTACH', `attach: expected one line of at most ${ATTACH_BYTES} bytes`)
  }
  return value
}

/** What unifiedorder wants to know beside the order, and what the client gets of its answer. */
const TRADES = {
  /** A QR code for the phone to scan. */
  NATIVE: {
    fields: (shop, order) => ({ product_id: order.product_id }),
    answer: (shop, { out_trade_no }, { code_url }) => ({ code_url, qr: qrPath(out_trade_no) }),
  },
  /** The five parameters of wx.requestPayment. */
  JSAPI: {
    fields: (shop, order) => ({ openid: order.openid }),
    answer: (shop, order, { prepay_id }) => ({ payment: shop.pay.miniProgramPay(prepay_id) }),
  },
  /** H5: a cashier to open in the phone's browser, which comes back to the page of the order. */
  MWEB: {
    fields: (shop) => ({
      scene_info: JSON.stringify({ h5_info: { type: 'Wap', wap_url: shop.publicUrl, wap_name: '半日茶' } }),
    }),
    async answer(shop, { out_trade_no }, prepay) {
      const mweb_url = shop.pay.h5Url(prepay.mweb_url, `${shop.publicUrl}/?order=${out_trade_no}`)
      await shop.ownOrders.setCashier(out_trade_no, mweb_url)
      return { mweb_url }
    },
  },
}

/** POST /order { product_id, trade_type, attach }: 201 with what is needed to pay. */
export const order = (shop) => async (ctx) => {
  const { product_id, trade_type, attach: given } = await jsonBody(ctx)
  const product = findProduct(shop.catalogue, product_id)
  if (!product) throw new ShopError(404, 'PRODUCT', 'product_id: there is no such product')
  if (!Object.hasOwn(TRADES, trade_type)) {
    throw new ShopError(400, 'TRADE_TYPE', `trade_type: expected one of ${Object.keys(TRADES).join(', ')}`)
  }
  const trade = TRADES[trade_type]
  const attach = attachOf(given)
  const openid = trade_type === 'JSAPI' ? (await shop.sessions.find(ctx))?.openid : undefined
  if (trade_type === 'JSAPI' && !openid) {
    throw new ShopError(401, 'LOGIN_FIRST', 'a JSAPI order belongs to an openid: POST /login first')
  }

  // Stored before WeChat hears of it: a notification never meets an unknown order.
  const { body, total_fee } = product
  const out_trade_no = orderNumber(shop.now())
  const { appid, mchid: mch_id } = shop.pay
  const stored = await shop.store.createOrder({
    appid, mch_id, out_trade_no, trade_type, body, total_fee, product_id, attach, openid,
  })
  await shop.ownOrders.add(await shop.sessions.open(ctx), out_trade_no)
  const prepay = await shop.pay.unifiedOrder({
    body, out_trade_no, total_fee, trade_type, attach,
    notify_url: shop.notify_url,
    spbill_create_ip: ctx.ip.replace(/^::ffff:/, ''), // H5 asks for the buyer's own
    ...trade.fields(shop, stored),
  })
  await shop.store.setPrepay(out_trade_no, { prepay_id: prepay.prepay_id, code_url: prepay.code_url })

  ctx.status = 201
  ctx.body = { out_trade_no, total_fee, ...(await trade.answer(shop, stored, prepay)) }
}
