import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { describe, test } from 'node:test'
import {
  KEY,
  APPID,
  MCHID,
  NOON,
  SUCCESS,
  FAIL,
  signature,
  toFields,
  order,
  withGateway,
  onGateway,
  withShop,
  until,
  handTimers,
} from './merchant.mjs'

describe('notifications', () => {
  for (const [name, changes, type] of [
    ['MD5, no sign_type', {}, 'MD5'],
    ['MD5, sign_type in the order', { sign_type: 'MD5' }, 'MD5'],
    ['HMAC-SHA256', { sign_type: 'HMAC-SHA256' }, 'HMAC-SHA256'],
  ]) {
    onGateway(`all fields, signed: ${name}`, {}, gateway =>
      withShop([SUCCESS], async (notify_url, received) => {
        await order(gateway, { notify_url, attach: 'a=1&b=<2>', ...changes })
        const { order: paid, notification } = await gateway.pay('A1001', { coupon_fee: 34 })
        assert.equal(received.length, 1)
        assert.equal(received[0].method, 'POST')
        assert.equal(received[0].url, '/pay/notify')
        assert.equal(received[0].headers['x-wxpay-gateway'], 'simulator')
        const { nonce_str, sign, ...fields } = toFields(received[0].body)
        assert.equal(sign, signature({ nonce_str, ...fields }, KEY, type))
        assert.match(nonce_str, /^[0-9A-Za-z]{32}$/)
        assert.deepEqual(fields, {
          appid: APPID,
          mch_id: MCHID,
          return_code: 'SUCCESS',
          result_code: 'SUCCESS',
          openid: paid.payer_openid,
          is_subscribe: 'N',
          trade_type: 'NATIVE',
          bank_type: 'OTHERS',
          total_fee: '1234',
          fee_type: 'CNY',
          cash_fee: '1200',
          cash_fee_type: 'CNY',
          coupon_fee: '34',
          coupon_count: '1',
          coupon_id_0: '10000',
          coupon_type_0: 'CASH',
          coupon_fee_0: '34',
          transaction_id: paid.transaction_id,
          out_trade_no: 'A1001',
          attach: 'a=1&b=<2>',
          time_end: '20260304120000',
          ...changes,
        })
        assert.match(received[0].body, /<total_fee>1234<\/total_fee>/)
        assert.deepEqual(notification, {
          out_trade_no: 'A1001',
          url: notify_url,
          attempt: 1,
          time: NOON,
          status: 200,
          reply: SUCCESS,
          accepted: true,
          error: null,
        })
        assert.deepEqual(gateway.notifications(), [notification])
      }),
    )
  }

  onGateway(
    'again until SUCCESS, then no more, on a scaled schedule',
    { timeScale: 10_000 },
    gateway =>
      withShop([FAIL, { status: 500, body: SUCCESS }, SUCCESS], async (notify_url, received) => {
        await order(gateway, { notify_url })
        const { notification } = await gateway.pay('A1001')
        assert.equal(notification.accepted, false)
        await until(() => gateway.notifications().length === 3)
        await new Promise(resolve => setTimeout(resolve, 60)) // the next pauses would be 3 ms and 18 ms
        assert.deepEqual(
          gateway
            .notifications()
            .map(({ attempt, status, accepted }) => [attempt, status, accepted]),
          [
            [1, 200, false],
            [2, 500, false],
            [3, 200, true],
          ],
        )
        assert.equal(
          new Set(received.map(({ body }) => body)).size,
          1,
          'the same message every time',
        )
      }),
  )

  for (const [name, reply] of [
    ['HTML', '<!doctype html><html><body>SUCCESS</body></html>'],
    ['a well-formed HTML page', '<html><return_code>SUCCESS</return_code></html>'],
    ['JSON', '{"return_code":"SUCCESS"}'],
    ['the bare word', 'success'],
    ['nothing', ''],
    ['a byte order mark', `\ufeff${SUCCESS}`],
    ['text before', `ok ${SUCCESS}`],
    ['text after', `${SUCCESS}ok`],
    ['lower case', SUCCESS.replace('SUCCESS', 'success')],
    ['a blank after it', SUCCESS.replace('SUCCESS', 'SUCCESS ')],
    ['FAIL', FAIL],
    ['another status', { status: 201, body: SUCCESS }],
    ['a redirect', { status: 302, headers: { location: '/pay/notify' }, body: SUCCESS }],
    ['more than 64 KB', SUCCESS + ' '.repeat(65_536)],
  ]) {
    test(`not SUCCESS: ${name}`, async () => {
      const timers = handTimers()
      await withGateway({ timers }, gateway =>
        withShop([reply, SUCCESS], async (notify_url, received) => {
          await order(gateway, { notify_url })
          const { notification } = await gateway.pay('A1001')
          assert.equal(notification.accepted, false)
          assert.equal(received.length, 1)
          timers.fire(15_000)
          await until(() => gateway.notifications().length === 2)
          assert.equal(gateway.notifications()[1].accepted, true)
          assert.equal(timers.pending.size, 0)
        }),
      )()
    })
  }

  test('the documented pauses, and an end after sixteen attempts', async () => {
    const timers = handTimers()
    await withGateway({ timers, timeScale: 2 }, async gateway => {
      const unused = net.createServer().listen(0, '127.0.0.1')
      await once(unused, 'listening')
      const { port } = unused.address()
      unused.close()
      await order(gateway, { notify_url: `http://127.0.0.1:${port}/` })
      const { notification } = await gateway.pay('A1001')
      assert.equal(notification.status, null)
      assert.match(notification.error, /ECONNREFUSED/)
      const pauses = []
      for (let attempt = 2; attempt <= 16; attempt += 1) {
        assert.equal(timers.pending.size, 1)
        const [{ delay }] = timers.pending.values()
        pauses.push((delay * 2) / 1000)
        timers.fire(delay)
        await until(() => gateway.notifications().length === attempt)
      }
      assert.deepEqual(
        pauses,
        [
          15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10_800, 10_800, 10_800, 21_600,
          21_600,
        ],
      )
      assert.equal(timers.pending.size, 0)
    })()
  })

  test('five seconds for a reply, not scaled', async () => {
    const timers = handTimers()
    await withGateway({ timers, timeScale: 1000 }, gateway =>
      withShop(['hang'], async (notify_url, received) => {
        await order(gateway, { notify_url })
        const paying = gateway.pay('A1001')
        await until(() => received.length === 1)
        timers.fire(5000)
        const { notification } = await paying
        assert.equal(notification.status, null)
        assert.equal(notification.error, 'no complete reply within 5 s')
        assert.deepEqual(
          [...timers.pending.values()].map(({ delay }) => delay),
          [15],
        )
      }),
    )()
  })

  test('a reply that begins and never ends', async () => {
    const timers = handTimers()
    const server = http
      .createServer((_request, response) => void response.write('<xml>'))
      .listen(0, '127.0.0.1')
    await once(server, 'listening')
    await withGateway({ timers }, async gateway => {
      let replied
      server.on('request', (_request, response) => {
        replied = response
      })
      await order(gateway, { notify_url: `http://127.0.0.1:${server.address().port}/` })
      const paying = gateway.pay('A1001')
      await until(() => replied !== undefined)
      await new Promise(resolve => setTimeout(resolve, 50))
      timers.fire(5000)
      const { notification } = await paying
      assert.equal(notification.status, 200)
      assert.equal(notification.error, 'no complete reply within 5 s')
    })()
    server.closeAllConnections()
    server.close()
  })

  test('a remote notify_url is refused, unless allowed', async () => {
    await withGateway({}, async gateway => {
      for (const notify_url of [
        'https://pay.example.com/notify',
        'http://127.0.0.1.example.com/',
        'http://192.168.0.1/',
        'http://localhost.example/',
        'http://0.0.0.0/',
      ]) {
        const { fields } = await order(gateway, { notify_url })
        assert.equal(fields.return_code, 'FAIL')
        assert.match(fields.return_msg, /loopback/)
        assert.equal(fields.sign, undefined)
      }
      for (const [index, notify_url] of [
        'http://localhost:3000/n',
        'http://[::1]:3000/n',
        'http://127.0.0.2/n',
      ].entries()) {
        assert.equal(
          (await order(gateway, { out_trade_no: `N${index}`, notify_url })).fields.result_code,
          'SUCCESS',
        )
      }
    })()
    await withGateway({ allowRemoteNotify: true }, async gateway => {
      assert.equal(
        (await order(gateway, { notify_url: 'https://pay.example.com/notify' })).fields.result_code,
        'SUCCESS',
      )
    })()
  })
})
