// `wxpay-wasm/notify` and `/store`: a payment is recorded once, and a forgery not at all.
import { holds, same } from '../expect.mjs'
import { KEY, MERCHANT, ORDER, PAID } from './merchant.mjs'

/** A shop with one order, and its route. */
export async function shop({ notify, store }) {
  const orders = store.memoryStore()
  await orders.createOrder(ORDER)
  const alarms = []
  const onOutcome = ({ outcome }) => alarms.push(outcome)
  return { orders, alarms, route: notify.paymentNotify({ ...MERCHANT, store: orders, onOutcome }) }
}

/** What is replied to a message. */
async function send({ cloud }, route, body) {
  // Where there is no Request, an adapter makes do without.
  if (typeof Request !== 'function') {
    return (await cloud.cloudNotify(route)({ httpMethod: 'POST', headers: {}, body })).body
  }
  return (await route(new Request('https://shop.example/', { method: 'POST', body }))).text()
}

export const notify = {
  async 'a payment, twice'(doors) {
    const { orders, alarms, route } = await shop(doors)
    const xml = doors.core.signedXml(PAID, KEY)
    for (const outcome of ['paid', 'duplicate']) {
      holds((await send(doors, route, xml)).includes('SUCCESS'), 'the reply')
      await Promise.resolve()
      same(alarms.pop(), outcome, 'the outcome')
    }
    same((await orders.findOrder('A1001')).state, 'SUCCESS', 'the order')
    same((await orders.listEvents('A1001')).length, 1, 'the events')
  },
  async 'a forgery'(doors) {
    const { orders, alarms, route } = await shop(doors)
    const xml = doors.core.signedXml({ ...PAID, total_fee: '1' }, KEY).replace('CDATA[1]]', 'CDATA[101]]')
    holds((await send(doors, route, xml)).includes('FAIL'), 'the reply')
    same(alarms, ['refused'], 'the outcome')
    same((await orders.findOrder('A1001')).state, 'NOTPAY', 'the order')
  },
}

export const worker = {
  async 'an event reaches its handler'(doors) {
    const { orders, route } = await shop(doors)
    await send(doors, route, doors.core.signedXml(PAID, KEY))
    const workers = []
    const seen = await new Promise(resolve => {
      const onPaid = async (event, { order }) => resolve([event.out_trade_no, order.state])
      workers.push(doors.worker.handleEvents(orders, { onPaid }))
    })
    same(seen, ['A1001', 'SUCCESS'], 'what the handler saw')
    const { unfinished } = await doors.worker.shutdown({ workers, store: orders })
    same(unfinished, 0, 'unfinished')
  },
}
