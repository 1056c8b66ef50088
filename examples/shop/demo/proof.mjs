import { openDatabase } from '../database.mjs'
import { green, red, say } from './terminal.mjs'

/**
 * Opens the database file anew and compares it with what was bought and with
 * what the gateway says. Prints one line per finding; true if all are right.
 */
export async function prove(databaseUrl, bought, gateway) {
  let right = true
  const check = (what, found, expected) => {
    const same = found === expected
    right &&= same
    say(`    ${same ? green('✓') : red('✗')} ${what}: ${found}${same ? '' : red(` 应为 expected ${expected}`)}`)
  }

  const { store, own, close } = await openDatabase(databaseUrl)
  try {
    for (const { out_trade_no, total_fee, refund_fee } of bought) {
      const order = await store.findOrder(out_trade_no)
      const events = await store.listEvents(out_trade_no)
      const refunds = await store.listRefunds(out_trade_no)
      const deliveries = await own.selectFrom('shop_deliveries').selectAll().where('out_trade_no', '=', out_trade_no).execute()
      const payment = gateway.orders().find((one) => one.out_trade_no === out_trade_no)
      const notifications = gateway.notifications().filter((one) => one.out_trade_no === out_trade_no)
      const back = refund_fee > 0
      say(`    ${out_trade_no}`)
      check('状态 state', order?.state, back ? 'REFUND' : 'SUCCESS')
      check('金额 total_fee', order?.total_fee, total_fee)
      check('微信的金额 total_fee at WeChat', payment?.total_fee, total_fee)
      check('微信单号 transaction_id', order?.transaction_id, payment?.transaction_id)
      check('退款 refunds', refunds.map((one) => `${one.state} ${one.refund_fee}`).join(', '), back ? `SUCCESS ${refund_fee}` : '')
      check('微信已退 refund_fee at WeChat', payment?.refund_fee, refund_fee)
      check('事件 events', events.map((event) => event.kind).join(', '), back ? 'paid, refunded' : 'paid')
      check('发货 deliveries', deliveries.length, 1)
      check('付款通知 notifications', notifications.map((one) => (one.accepted ? 'SUCCESS' : 'FAIL')).join(', '), 'SUCCESS')
    }
  } finally {
    await close()
  }
  return right
}
