// WeChat sends no notification at all: the reconciler asks, and every order reaches its end.
import { WxPay } from 'wxpay-wasm/client'
import { createGateway } from 'wxpay-wasm/testing'
import { handleEvents, Monitor, reconcileOrders } from 'wxpay-wasm/worker'
import { until } from '../js-tests/manual-clock.mjs'

/** Nobody listens there. */
const NOBODY = 'http://127.0.0.1:9/none'
/** Orders are closed after this, ms. */
const CLOSE_AFTER = 300_000

export async function noNotifications(kind, { orders, say = () => {} }) {
  const database = await kind.fresh()
  const store = await database.store()
  const result = await silence(store, orders, text => say(`${kind.name}: ${text}`))
  await store.close()
  const whole = await database.using(({ intact }) => intact())
  await database.close()
  return { ...result, checks: [...result.checks, [`the database is intact (${whole})`, whole === 'ok']] }
}

async function silence(store, count, say) {
  const gateway = await createGateway({ closeAfter: 0, maxOrders: count + 1 })
  const { appid, mchid, key } = gateway
  const alarms = []
  let ahead = 0
  const now = () => Date.now() + ahead
  const monitor = new Monitor({ store, onAlarm: alarm => alarms.push(alarm.message) })
  const pay = new WxPay({ appid, mchid, partnerKey: key, baseUrl: gateway.url, production: false, log: monitor.log })
  const seen = { paid: [], closed: [] }
  const hear = name => ({ out_trade_no }) => void seen[name].push(out_trade_no)
  const events = handleEvents(store, { onPaid: hear('paid'), onClosed: hear('closed') }, { poll: 10, monitor })
  const pace = [{ age: 1, every: 50 }]
  const reconciler = reconcileOrders(store, pay, { pace, perSecond: 1000, poll: 20, closeAfter: CLOSE_AFTER, monitor, now })
  const began = performance.now()
  try {
    const numbers = Array.from({ length: count }, (_, index) => `S${1000 + index}`)
    for (const out_trade_no of numbers) {
      const order = { out_trade_no, body: 'tea', total_fee: 101, trade_type: 'NATIVE' }
      await store.createOrder({ ...order, appid, mch_id: mchid })
      await store.setPrepay(out_trade_no, await pay.unifiedOrder({ ...order, product_id: '1', notify_url: NOBODY }))
    }
    say(`${count} orders placed`)
    // Every tenth nobody pays.
    const bought = numbers.filter((_, index) => index % 10 !== 9)
    await Promise.all(bought.map(number => gateway.pay(number)))
    const pending = async () => (await store.health()).counts?.pending_orders
    await until(async () => (await pending()) === count - bought.length, 'every payment found', 120_000)
    say(`${bought.length} payments found`)
    ahead = CLOSE_AFTER + 1000
    await until(async () => (await pending()) === 0, 'every order at its end', 120_000)
    await until(() => seen.paid.length + seen.closed.length >= count, 'every event handled', 120_000)
    const wrong = []
    for (const { out_trade_no, transaction_id } of gateway.orders()) {
      const order = await store.findOrder(out_trade_no)
      const state = bought.includes(out_trade_no) ? 'SUCCESS' : 'CLOSED'
      if (order.state !== state || order.transaction_id !== (transaction_id ?? null)) wrong.push(out_trade_no)
    }
    const delivered = gateway.notifications().filter(({ accepted }) => accepted).length
    const sorted = names => [...names].sort().join()
    const others = numbers.filter(number => !bought.includes(number))
    return {
      figures: { orders: count, paid: bought.length, closed: others.length, seconds: Math.round((performance.now() - began) / 100) / 10 },
      checks: [
        [`no notification arrived (${delivered} did)`, delivered === 0],
        [`every order is as WeChat has it (${wrong.length} are not)`, wrong.length === 0],
        ['each payment was handled once', sorted(seen.paid) === sorted(bought)],
        ['each order that nobody paid was closed, once', sorted(seen.closed) === sorted(others)],
        [`no alarm (${alarms[0] ?? 'none'})`, alarms.length === 0],
      ],
    }
  } finally {
    await Promise.all([events.stop(), reconciler.stop()])
    await gateway.close()
  }
}
