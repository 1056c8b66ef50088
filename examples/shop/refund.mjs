import { ShopError } from './errors.mjs'

/** What `unifiedorder`'s counterpart allows: refund_desc, String(80). */
const DESC_LETTERS = 40

/**
 * The number of an order's nth refund. It is made from the order, not from the click: a second
 * click, a second tab and a second colleague send the same number, and WeChat pays back once.
 */
export const refundNumber = (out_trade_no, nth) => `${out_trade_no}-${nth}`

/** Of the order's amount, in fen: what is neither paid back nor on its way. */
export const refundable = ({ total_fee, refunds }) =>
  refunds.filter(({ state }) => state !== 'REFUNDCLOSE').reduce((left, { refund_fee }) => left - refund_fee, total_fee)

/** WeChat has it, and says how it ended in the notification, or when `reconcileOrders` asks. */
const accepted = ({ refund_id }, { out_refund_no, out_trade_no, transaction_id, total_fee, refund_fee }) => ({
  out_refund_no, out_trade_no, transaction_id, total_fee, refund_fee, refund_id: String(refund_id),
  refund_status: 'PROCESSING',
  settlement_refund_fee: null,
  refund_recv_accout: null,
  refund_request_source: null,
  success_time: null,
})

/**
 * Refunds an order, or a part of it.
 *
 * @returns (request) => { refund, known }; `known` is false while nobody can say whether WeChat has
 *   the refund. Then the same request is safe, and the reconciler asks too.
 */
export function refunding({ pay, store, refund_url, report }) {
  /** The row comes before the call: its number is what the call can be repeated with. */
  async function stored(request) {
    try {
      return { refund: await store.createRefund(request), fresh: true }
    } catch (error) {
      if (error.code === 'FIELD_VALUE' && error.field === 'refund_fee') {
        throw new ShopError(409, 'REFUND_LIMIT', 'refund_fee: the order has less left to refund')
      }
      if (error.code === 'FIELD_VALUE' && error.field === 'out_trade_no') {
        throw new ShopError(409, 'NOT_PAID', 'the order is not paid: there is nothing to refund')
      }
      if (error.code !== 'STORE_DUPLICATE') throw error
      const known = await store.findRefund(request.out_refund_no)
      if (known?.refund_fee === request.refund_fee) return { refund: known, fresh: false }
      throw new ShopError(409, 'REFUND_CHANGED', 'this refund was asked for with another amount: look at the order again')
    }
  }

  return async ({ out_trade_no, out_refund_no, refund_fee, refund_desc }) => {
    if (!Number.isSafeInteger(refund_fee) || refund_fee < 1) {
      throw new ShopError(400, 'REFUND_FEE', 'refund_fee: expected an integer of at least 1 (fen)')
    }
    if (refund_desc !== undefined && (typeof refund_desc !== 'string' || refund_desc.length > DESC_LETTERS || /\p{C}/u.test(refund_desc))) {
      throw new ShopError(400, 'REFUND_DESC', `refund_desc: expected one line of at most ${DESC_LETTERS} letters`)
    }
    const order = typeof out_trade_no === 'string' ? await store.findOrder(out_trade_no) : null
    if (!order) throw new ShopError(404, 'ORDER', 'there is no such order')
    const refunds = await store.listRefunds(out_trade_no)
    const numbers = Array.from({ length: refunds.length + 1 }, (_, before) => refundNumber(out_trade_no, before + 1))
    if (!numbers.includes(out_refund_no)) {
      throw new ShopError(400, 'REFUND_NUMBER', 'out_refund_no: expected the next_refund_no of the order')
    }

    const { refund, fresh } = await stored({ out_trade_no, out_refund_no, refund_fee, refund_desc: refund_desc || undefined })
    if (refund.refund_id !== null || refund.state !== 'PROCESSING') return { refund, known: true }
    const { total_fee } = refund
    try {
      const answer = await pay.refund({
        out_trade_no, out_refund_no, total_fee, refund_fee,
        refund_desc: refund.refund_desc ?? undefined,
        notify_url: refund_url,
      })
      return { refund: (await store.recordRefund(accepted(answer, refund))).refund, known: true }
    } catch (error) {
      report(error)
      if (error.code?.startsWith('CERT_')) {
        // Nothing was sent, and nothing before it under this number.
        if (fresh) await store.closeRefund(out_refund_no)
        throw error
      }
      if (error.code === 'RESULT_FAIL' && error.action === 'final') {
        // Short of funds it is repeated with the same number; every other no ends it, and frees its amount.
        if (error.err_code !== 'NOTENOUGH') await store.closeRefund(out_refund_no)
        throw new ShopError(409, error.err_code, 'WeChat Pay refused the refund')
      }
      // Not known is not refused: the money may be on its way.
      return { refund: await store.findRefund(out_refund_no), known: false }
    }
  }
}
