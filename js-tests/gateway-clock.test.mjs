import assert from 'node:assert/strict'
import { describe } from 'node:test'
import {
  FAIL,
  NOON,
  SUCCESS,
  assertDone,
  buy,
  control,
  onGateway,
  order,
  withShop,
} from './merchant.mjs'

describe('the clock', () => {
  onGateway('put forward: notifications fall due on the way, at their times', {}, gateway =>
    withShop([FAIL, FAIL, FAIL, FAIL, SUCCESS], async (notify_url, received) => {
      await buy(gateway, { notify_url })
      await gateway.advance(24 * 3600)
      assert.equal(received.length, 5)
      assert.deepEqual(
        gateway.notifications().map(({ time }) => (time - NOON) / 1000),
        [0, 15, 30, 60, 240],
      )
      assert.equal(gateway.now(), NOON + 24 * 3_600_000)
    }),
  )

  onGateway('all sixteen attempts in a day, and no more', {}, gateway =>
    withShop([FAIL], async (notify_url, received) => {
      await buy(gateway, { notify_url })
      await gateway.advance(24 * 3600 + 4 * 60)
      assert.equal(received.length, 16)
      await gateway.advance(24 * 3600)
      assert.equal(received.length, 16)
    }),
  )

  onGateway('over HTTP', {}, async gateway => {
    assert.deepEqual((await control(gateway, 'GET', 'clock')).value, { now: NOON })
    const { value } = await control(gateway, 'POST', 'clock?seconds=60')
    assert.deepEqual(value, { now: NOON + 60_000 })
    for (const seconds of ['', '-1', '1.5', 'x', '99999999'])
      assert.equal(
        (await control(gateway, 'POST', `clock?seconds=${seconds}`)).status,
        400,
        seconds,
      )
    assert.equal((await control(gateway, 'POST', 'reset')).status, 200)
  })

  onGateway(
    'an H5 page is good for five minutes, the prepay_id for two hours',
    {},
    async gateway => {
      const place = () => order(gateway, { trade_type: 'MWEB', scene_info: '{"h5_info":{}}' })
      const first = (await place()).fields
      assert.match(first.mweb_url, /\/checkmweb\?prepay_id=wx\w+&package=\w+$/)
      const shown = await fetch(`${first.mweb_url}&redirect_url=http%3A%2F%2Fshop`)
      assert.equal(shown.status, 200)
      await gateway.advance(300)
      assert.equal((await fetch(first.mweb_url)).status, 410)
      const second = await place()
      assertDone(second)
      assert.equal(second.fields.prepay_id, first.prepay_id)
      assert.notEqual(second.fields.mweb_url, first.mweb_url)
      assert.equal((await fetch(second.fields.mweb_url)).status, 200)
    },
  )
})
