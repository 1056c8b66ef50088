import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { ask, assertDone, assertFault, buy, onGateway, order, query } from './merchant.mjs'

const close = (gateway, out_trade_no = 'A1001') => ask(gateway, '/pay/closeorder', { out_trade_no })

describe('closing an order', () => {
  onGateway('five minutes after it was placed', {}, async gateway => {
    await order(gateway)
    await gateway.advance(299)
    assertFault(await close(gateway), 'TRADE_STATE_ERROR')
    await gateway.advance(1)
    const answer = await close(gateway)
    assertDone(answer)
    assert.equal(answer.fields.result_msg, 'OK')
    assert.equal((await query(gateway, { out_trade_no: 'A1001' })).fields.trade_state, 'CLOSED')
    assertFault(await close(gateway), 'ORDERCLOSED')
    assertFault(await order(gateway), 'ORDERCLOSED')
    await assert.rejects(gateway.pay('A1001'), { code: 'GATEWAY_REFUSED' })
  })

  onGateway('at once, where the gateway is told so', { closeAfter: 0 }, async gateway => {
    await order(gateway)
    assertDone(await close(gateway))
  })

  onGateway('what cannot be closed', { closeAfter: 0 }, async gateway => {
    assertFault(await close(gateway), 'ORDERNOTEXIST')
    await buy(gateway)
    assertFault(await close(gateway), 'ORDERPAID')
  })
})
