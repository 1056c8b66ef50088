import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  SUCCESS,
  toXml,
  orderFields,
  withSign,
  post,
  order,
  withGateway,
  onGateway,
  withShop,
} from './merchant.mjs'

describe('log', () => {
  test('one entry per message, bodies as sent, no AppSecret', async () => {
    const log = []
    await withGateway({ log: entry => log.push(entry) }, gateway =>
      withShop([SUCCESS], async (notify_url, received) => {
        const sent = toXml(withSign(orderFields({ notify_url })))
        const { text } = await post(gateway, '/pay/unifiedorder', sent)
        await gateway.pay('A1001')
        await fetch(
          `${gateway.url}/sns/jscode2session?appid=x&secret=${gateway.appSecret}&js_code=y`,
        )
        assert.deepEqual(log.slice(0, 4), [
          { direction: 'request', url: '/pay/unifiedorder', body: sent },
          { direction: 'answer', url: '/pay/unifiedorder', status: 200, body: text },
          { direction: 'notification', url: notify_url, body: received[0].body },
          { direction: 'reply', url: notify_url, status: 200, body: SUCCESS },
        ])
        assert.equal(log[4].url, '/sns/jscode2session?appid=x&secret=***&js_code=y')
        assert.equal(log.length, 6)
        assert.ok(!JSON.stringify(log).includes(gateway.appSecret))
      }),
    )()
  })

  onGateway(
    'a log that throws changes nothing',
    {
      log: () => {
        throw new Error('disk full')
      },
    },
    gateway =>
      withShop([SUCCESS], async notify_url => {
        await order(gateway, { notify_url })
        assert.equal((await gateway.pay('A1001')).notification.accepted, true)
      }),
  )
})
