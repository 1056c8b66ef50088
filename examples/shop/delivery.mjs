/**
 * What happens after a payment, for `handleEvents`. It may be called twice with the same event, after
 * a crash for instance: the event's id is the key of the row, so nothing is sent twice.
 */
export function delivery({ own, now }) {
  return {
    async onPaid({ id, out_trade_no }, { order }) {
      if (order?.state !== 'SUCCESS') return // paid back before anybody packed it
      await own.insertInto('shop_deliveries').ignore().values({ event: id, out_trade_no, delivered_at: now() }).execute()
    },
  }
}
