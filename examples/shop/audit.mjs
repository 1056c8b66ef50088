/**
 * One flat record of what became of a notification, fit for a log: no openid
 * and no message, only numbers, the amount and the reason.
 */
export function audit({ outcome, payment, result, error }) {
  if (outcome === 'refused') return { outcome, code: error.code, message: error.message }
  if (result) {
    const { out_trade_no, out_refund_no, refund_status, refund_fee } = result
    return { outcome, out_trade_no, out_refund_no, refund_status, refund_fee }
  }
  const { out_trade_no, transaction_id, total_fee } = payment
  return { outcome, out_trade_no, transaction_id, total_fee }
}
