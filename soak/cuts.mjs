// The connection to the database breaks at COMMIT: before it arrives, right after, and after its answer,
// which then arrives nowhere. The caller hears what is true, and nothing is there twice.
import { paymentNotify, refundNotify } from 'wxpay-wasm/notify'
import { sqlStore } from 'wxpay-wasm/store/sql'
import { refundNotification } from 'wxpay-wasm/testing'
import { Monitor } from 'wxpay-wasm/worker'
import { commitProxy } from '../js-tests/mariadb.mjs'
import { account } from './books.mjs'
import { MERCHANT, notificationOf, TOTAL_FEE, transactionOf } from './sender.mjs'

export const MODES = ['before', 'after', 'answered']

export async function cutCommits(kind, { count, say = () => {} }) {
  const { appid, mchid, partnerKey: key } = MERCHANT
  const database = await kind.fresh()
  const proxy = await commitProxy(kind.server.port)
  const store = await sqlStore({ db: kind.server.kysely(database.settings.database.pool.database, { port: proxy.port }), dialect: 'mysql' })
  const outcomes = []
  const monitor = new Monitor({ onAlarm() {} })
  const options = { ...MERCHANT, store, monitor, onOutcome: ({ outcome }) => outcomes.push(outcome) }
  const paid = paymentNotify(options)
  const refunded = refundNotify(options)
  const post = async (notify, body) => (await (await notify(new Request('http://shop.test/', { method: 'POST', body }))).text()).includes('SUCCESS')
  const code = work => work.then(() => null, error => error.code)
  const wrong = []
  const numbers = []
  for (const mode of MODES) {
    const cut = async (what, work, expected) => {
      const { cuts } = proxy
      proxy.cut(mode)
      const found = await work()
      if (found !== expected || proxy.cuts !== cuts + 1) wrong.push(`${what}, cut ${mode}: ${found}`)
    }
    const then = async (what, work, expected) => {
      const found = await work()
      if (found !== expected) wrong.push(`${what} again: ${found}`)
    }
    for (let index = 0; index < count; index++) {
      const out_trade_no = `${mode}${index}`
      const out_refund_no = `R${out_trade_no}`
      numbers.push(out_trade_no)
      const order = { out_trade_no, appid, mch_id: mchid, trade_type: 'NATIVE', body: 'tea', total_fee: TOTAL_FEE }
      await cut('createOrder', () => code(store.createOrder(order)), null)
      await then('createOrder', () => code(store.createOrder(order)), 'STORE_DUPLICATE')
      const payment = notificationOf(out_trade_no)
      await cut('payment', () => post(paid, payment), true)
      await then('payment', () => post(paid, payment), true)
      const refund = { out_refund_no, out_trade_no, refund_fee: 60 }
      await cut('createRefund', () => code(store.createRefund(refund)), null)
      await then('createRefund', () => code(store.createRefund(refund)), 'STORE_DUPLICATE')
      const facts = { ...refund, transaction_id: transactionOf(out_trade_no), total_fee: TOTAL_FEE }
      const message = refundNotification(facts, { appid, mchid, key })
      await cut('refund', () => post(refunded, message), true)
      await then('refund', () => post(refunded, message), true)
      const said = outcomes.splice(0).join()
      if (said !== 'paid,duplicate,refunded,duplicate') wrong.push(`${out_trade_no}: ${said}`)
      const left = await database.using(async ({ db }) => {
        const rows = table => db.selectFrom(table).selectAll().where('out_trade_no', '=', out_trade_no).execute()
        const events = (await rows('wxpay_events')).map(({ kind }) => String(kind)).sort()
        return `${events}; ${(await rows('wxpay_refunds')).length} refunds; ${(await rows('wxpay_notifications')).length} lines`
      })
      if (left !== 'paid,refunded; 1 refunds; 4 lines') wrong.push(`${out_trade_no}: ${left}`)
      if (index % 50 === 49) say(`${proxy.cuts} connections cut`)
    }
  }
  await store.close()
  await proxy.close()
  const checks = await account(database, numbers)
  await database.close()
  return {
    figures: { 'connections cut': proxy.cuts, 'of each kind': count, kinds: MODES.length * 4 },
    checks: [[`every caller was told what is true, and every message left one line (${wrong.slice(0, 3).join('; ') || 'nothing wrong'})`, wrong.length === 0], ...checks],
  }
}
