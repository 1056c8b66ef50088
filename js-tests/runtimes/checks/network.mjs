// The client's own transport, the gateway of `wxpay-wasm/testing` and a route: an order is paid.
import { holds, same } from '../expect.mjs'
import { ORDER } from './merchant.mjs'

export const network = {
  async 'ordered, paid, notified'(doors) {
    const { client, http, node, notify, store, testing } = doors
    const gateway = await testing.createGateway()
    const { appid, mchid, key: partnerKey } = gateway
    const orders = store.memoryStore()
    const route = node.nodeNotify(notify.paymentNotify({ appid, mchid, partnerKey, store: orders }))
    const server = http.createServer(route)
    await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
    try {
      const notify_url = `http://127.0.0.1:${server.address().port}/`
      const pay = new client.WxPay({ appid, mchid, partnerKey, notify_url, baseUrl: gateway.url })
      const { out_trade_no, body, total_fee } = ORDER
      await orders.createOrder({ ...ORDER, appid, mch_id: mchid, trade_type: 'NATIVE' })
      const order = { out_trade_no, body, total_fee, trade_type: 'NATIVE', product_id: 'P1' }
      const { code_url } = await pay.unifiedOrder(order)
      holds(code_url.startsWith(gateway.url), code_url)
      await gateway.pay(out_trade_no)
      same((await orders.findOrder(out_trade_no)).state, 'SUCCESS', 'the order')
      same((await pay.orderQuery({ out_trade_no })).trade_state, 'SUCCESS', 'the query')
    } finally {
      server.close()
      await gateway.close()
    }
  },
}
