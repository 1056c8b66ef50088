import { openStore } from '../database.mjs'
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

  const store = await openStore(databaseUrl)
  try {
    for (const { out_trade_no, total_fee } of bought) {
      const order = await store.findOrder(out_trade_no)
      const events = await store.listEvents(out_trade_no)
      const payment = gateway.orders().find((one) => one.out_trade_no === out_trade_no)
      const notifications = gateway.notifications().filter((one) => one.out_trade_no === out_trade_no)
      say(`    ${out_trade_no}`)
      check('状态 state', order?.state, 'SUCCESS')
      check('金额 total_fee', order?.total_fee, total_fee)
      check('微信的金额 total_fee at WeChat', payment?.total_fee, total_fee)
      check('微信单号 transaction_id', order?.transaction_id, payment?.transaction_id)
      check('事件 events', events.map((event) => `${event.kind} ${event.total_fee}`).join(', '), `paid ${total_fee}`)
      check('通知 notifications', notifications.map((one) => (one.accepted ? 'SUCCESS' : 'FAIL')).join(', '), 'SUCCESS')
    }
  } finally {
    await store.close()
  }
  return right
}
