import { createHash, timingSafeEqual } from 'node:crypto'
import { ShopError } from './errors.mjs'
import { jsonBody } from './json-body.mjs'
import { refundable, refunding, refundNumber } from './refund.mjs'

const PAGE = 20

/**
 * Koa middleware for what is the shopkeeper's: `authorization: Bearer <ADMIN_TOKEN>`. No cookie, so
 * no other site can make a browser send it. Without a token there is nothing here.
 */
export function shopkeeper(token) {
  const digest = (text) => createHash('sha256').update(text).digest()
  const expected = token === undefined ? null : digest(token)
  return async (ctx, next) => {
    if (expected === null) throw new ShopError(404, 'NOT_FOUND', 'there is nothing at this address')
    const [, given = ''] = /^Bearer ([\x21-\x7e]{1,256})$/i.exec(ctx.get('authorization')) ?? []
    // Digests are of one length, and how long they take to compare tells nothing about the token.
    if (!timingSafeEqual(digest(given), expected)) {
      ctx.set('www-authenticate', 'Bearer')
      throw new ShopError(401, 'ADMIN_TOKEN', 'authorization: expected Bearer and the ADMIN_TOKEN of this shop')
    }
    await next()
  }
}

/** GET /admin/orders?out_trade_no=: the newest orders, or the one with this number. */
export function orders({ store, ownOrders, view }) {
  async function row(order) {
    const shown = await view(order)
    const { refunds } = shown
    const unheard = refunds.filter(({ state, refund_id }) => state === 'PROCESSING' && refund_id === null)
    return {
      ...shown,
      left: shown.transaction_id === null ? 0 : refundable(shown),
      next_refund_no: refundNumber(shown.out_trade_no, refunds.length + 1),
      // Asked for, and no word from WeChat: to be sent again under the same number.
      unconfirmed: unheard.map(({ out_refund_no }) => out_refund_no),
    }
  }

  return async (ctx) => {
    const { out_trade_no } = ctx.query
    const numbers = typeof out_trade_no === 'string' && out_trade_no !== '' ? [out_trade_no] : await ownOrders.newest(PAGE)
    const found = new Map((await store.findOrders(numbers)).map((order) => [order.out_trade_no, order]))
    ctx.body = await Promise.all(numbers.filter((number) => found.has(number)).map((number) => row(found.get(number))))
  }
}

/** POST /admin/refund { out_trade_no, out_refund_no, refund_fee, refund_desc }: 200, or 202 while nobody knows. */
export function refund(shop) {
  const refundOrder = refunding(shop)
  return async (ctx) => {
    const { refund, known } = await refundOrder(await jsonBody(ctx))
    const { out_refund_no, refund_fee, state } = refund
    ctx.status = known ? 200 : 202
    ctx.body = { out_refund_no, refund_fee, state, known }
  }
}
