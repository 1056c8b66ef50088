import { ShopError } from './errors.mjs'

/** What `orderNumber` makes; in a request it may be anything. */
const NUMBER = /^[0-9A-Za-z]{1,32}$/

/** Whose order it is, and where its H5 cashier is: what the order store does not know. */
export function ownOrders({ own, store, sessions }) {
  const row = (out_trade_no) =>
    own.selectFrom('shop_orders').selectAll().where('out_trade_no', '=', out_trade_no).executeTakeFirst()

  return {
    async add(session, out_trade_no) {
      await own.insertInto('shop_orders').values({ out_trade_no, session: session.id, mweb_url: null }).execute()
    },

    async setCashier(out_trade_no, mweb_url) {
      await own.updateTable('shop_orders').set({ mweb_url }).where('out_trade_no', '=', out_trade_no).execute()
    },

    /** The address of the H5 cashier, or null. */
    cashier: async (out_trade_no) => (await row(out_trade_no))?.mweb_url ?? null,

    /**
     * The order that a request names, if it is the visitor's: made in his session, or by his openid.
     * An order of somebody else and an order that never was look the same.
     */
    async find(ctx, out_trade_no) {
      const session = NUMBER.test(out_trade_no) ? await sessions.find(ctx) : undefined
      const order = session ? await store.findOrder(out_trade_no) : null
      const byOpenid = order !== null && order.openid !== null && order.openid === session.openid
      if (byOpenid || (order !== null && (await row(out_trade_no))?.session === session.id)) return order
      throw new ShopError(404, 'ORDER', 'this session has no such order')
    },

    /** The numbers of the newest orders, newest first. */
    async newest(limit) {
      const rows = await own.selectFrom('shop_orders').select('out_trade_no').orderBy('id', 'desc').limit(limit).execute()
      return rows.map(({ out_trade_no }) => out_trade_no)
    },
  }
}
