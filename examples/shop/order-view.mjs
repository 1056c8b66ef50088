const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** How long there is something to pay with: code_url and prepay_id two hours, mweb_url five minutes (chapter 9.1). */
const VALID = { NATIVE: 2 * HOUR, JSAPI: 2 * HOUR, MWEB: 5 * MINUTE }

export const qrPath = (out_trade_no) => `/order/${out_trade_no}/qr.svg`

const sum = (refunds) => refunds.reduce((total, { refund_fee }) => total + refund_fee, 0)
const STATUS = { NOTPAY: 'waiting', USERPAYING: 'paying', SUCCESS: 'paid', CLOSED: 'closed', REVOKED: 'revoked', PAYERROR: 'failed' }

/** One word for the page. What WeChat knows of the order is in `state`; this is what a person wants to know. */
function statusOf(order, refunds, now) {
  const going = refunds.filter(({ state }) => state === 'PROCESSING' || state === 'CHANGE')
  const back = sum(refunds.filter(({ state }) => state === 'SUCCESS'))
  if (going.length > 0) return 'refunding'
  if (back > 0) return back < order.total_fee ? 'partly_refunded' : 'refunded'
  if (order.state === 'REFUND') return 'refunding'
  if (order.state === 'NOTPAY' && now - order.created_at > VALID[order.trade_type]) return 'expired'
  return STATUS[order.state]
}

/** Nothing can happen to the order any more. */
const OVER = ['refunded', 'closed', 'revoked']

/**
 * An order as the buyer sees it: no openid, no merchant. Amounts in fen, times in ms UTC, but
 * `time_end` and `success_time`, which are WeChat's text in GMT+8.
 */
export function orderView({ store, own, ownOrders, now }) {
  async function deliveredAt(out_trade_no) {
    const row = await own.selectFrom('shop_deliveries').select('delivered_at').where('out_trade_no', '=', out_trade_no).executeTakeFirst()
    return row ? Number(row.delivered_at) : null
  }

  return async (order) => {
    const { out_trade_no, trade_type, product_id, body, attach, total_fee, fee_type } = order
    const { state, code_url, transaction_id, time_end, created_at, paid_at } = order
    const paid = transaction_id !== null
    const refunds = paid ? await store.listRefunds(out_trade_no) : []
    const status = statusOf(order, refunds, now())
    return {
      out_trade_no, trade_type, product_id, body, attach, total_fee, fee_type,
      state, status, over: OVER.includes(status),
      code_url, qr: code_url === null ? null : qrPath(out_trade_no),
      mweb_url: trade_type === 'MWEB' && !paid ? await ownOrders.cashier(out_trade_no) : null,
      transaction_id, time_end, created_at, paid_at,
      delivered_at: paid ? await deliveredAt(out_trade_no) : null,
      refunds: refunds.map(({ out_refund_no, refund_id, refund_fee, refund_desc, state, success_time }) => ({
        out_refund_no, refund_id, refund_fee, refund_desc, state, success_time,
      })),
    }
  }
}
