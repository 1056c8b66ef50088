import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { describe, test } from 'node:test'
import { WxPayError } from 'wxpay-wasm'
import { createGateway } from 'wxpay-wasm/testing'
import {
  KEY,
  OTHER_KEY,
  FAIL,
  order,
  withGateway,
  onGateway,
  withShop,
  until,
  handTimers,
} from './merchant.mjs'

describe('safety', () => {
  const raw = (gateway, headers, { method = 'GET', path = '/_gateway/orders' } = {}) =>
    new Promise((resolve, reject) => {
      http
        .request(`${gateway.url}${path}`, { method, headers, setHost: false }, response => {
          response.resume()
          response.on('end', () =>
            resolve({ status: response.statusCode, marker: response.headers['x-wxpay-gateway'] }),
          )
        })
        .on('error', reject)
        .end()
    })

  onGateway('only Host names of this machine, with the port (DNS rebinding)', {}, async gateway => {
    const { port } = new URL(gateway.url)
    for (const host of [
      `127.0.0.1:${port}`,
      `localhost:${port}`,
      `LOCALHOST:${port}`,
      `[::1]:${port}`,
    ]) {
      assert.equal((await raw(gateway, { host })).status, 200, host)
    }
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      'localhost',
      '127.0.0.1:1',
      `127.0.0.1.evil.example:${port}`,
      `localhost.evil:${port}`,
      `::1:${port}`,
    ]) {
      assert.deepEqual(await raw(gateway, { host }), { status: 403, marker: 'simulator' }, host)
    }
  })

  onGateway('no orders from a page of another site', {}, async gateway => {
    await order(gateway)
    const host = new URL(gateway.url).host
    const pay = { method: 'POST', path: '/_gateway/pay?out_trade_no=A1001' }
    for (const origin of ['https://evil.example', 'null', 'http://localhost.evil.example']) {
      assert.equal((await raw(gateway, { host, origin }, pay)).status, 403, origin)
    }
    assert.equal(gateway.orders()[0].state, 'NOTPAY')
    assert.equal((await raw(gateway, { host, origin: 'http://localhost:3000' }, pay)).status, 200)
  })

  onGateway('a request that is not HTTP', {}, async gateway => {
    const socket = net.connect(new URL(gateway.url).port, '127.0.0.1')
    socket.end('nonsense\r\n\r\n')
    let answer = ''
    for await (const chunk of socket) answer += chunk
    assert.match(answer, /^HTTP\/1\.1 400 [\s\S]*x-wxpay-gateway: simulator/)
  })

  onGateway('names that the caller vouches for', { hosts: ['Pay.Test'] }, async gateway => {
    for (const host of ['pay.test', 'pay.test:443'])
      assert.equal((await raw(gateway, { host })).status, 200, host)
    assert.equal((await raw(gateway, { host: 'other.test' })).status, 403)
    const pressed = { host: 'pay.test', origin: 'https://pay.test' }
    assert.equal((await raw(gateway, pressed)).status, 200)
    assert.equal((await raw(gateway, { ...pressed, origin: 'https://evil.test' })).status, 403)
  })

  onGateway(
    'beyond this machine only when told so, and then by address, not by any name',
    { host: '0.0.0.0', allowRemote: true },
    async gateway => {
      const { port } = new URL(gateway.url)
      assert.match(gateway.url, /^http:\/\/127\.0\.0\.1:/)
      assert.equal((await raw(gateway, { host: `192.168.1.7:${port}` })).status, 200)
      assert.equal((await raw(gateway, { host: `evil.example:${port}` })).status, 403)
    },
  )

  test('listens on 127.0.0.1 only', async () => {
    await assert.rejects(createGateway({ host: '0.0.0.0' }), {
      code: 'GATEWAY_REFUSED',
      field: 'host',
    })
    await withGateway({}, async gateway =>
      assert.match(gateway.url, /^http:\/\/127\.0\.0\.1:\d+$/),
    )()
  })

  test('a key that may be real is refused, and not printed', async () => {
    await assert.rejects(createGateway({ key: OTHER_KEY }), error => {
      assert.ok(error instanceof WxPayError)
      assert.equal(error.code, 'GATEWAY_REFUSED')
      assert.equal(error.field, 'key')
      assert.ok(!error.message.includes(OTHER_KEY))
      return true
    })
    await withGateway({ key: KEY }, async gateway => assert.equal(gateway.key, KEY))()
  })

  test('wrong options', async () => {
    for (const wrong of [
      ...[0, 0.5, -1, NaN, Infinity].map(timeScale => ({ timeScale })),
      { seed: 1.5 },
      { settleAfter: -1 },
      { closeAfter: NaN },
      { funds: -1 },
      { maxRatio: 10_001 },
      { maxOrders: 0 },
      { memory: 0 },
    ])
      await assert.rejects(createGateway(wrong), RangeError)
    for (const name of ['appid', 'mchid', 'key', 'appSecret']) {
      await assert.rejects(
        createGateway({ [name]: '' }),
        new TypeError(`options.${name} must be a non-empty string`),
      )
    }
  })

  onGateway('a port that is taken', {}, async gateway => {
    await assert.rejects(createGateway({ port: Number(new URL(gateway.url).port) }), {
      code: 'GATEWAY_REFUSED',
      field: 'port',
    })
  })

  test('close ends connections, waiting deliveries and a delivery under way', async () => {
    const timers = handTimers()
    const gateway = await createGateway({ timers })
    await withShop([FAIL, 'hang'], async (notify_url, received) => {
      await order(gateway, { notify_url })
      await order(gateway, { notify_url, out_trade_no: 'A1002' })
      await gateway.pay('A1001')
      const paying = gateway.pay('A1002')
      await until(() => received.length === 2)
      const socket = net.connect(new URL(gateway.url).port, '127.0.0.1')
      await once(socket, 'connect')
      const ended = new Promise(resolve => socket.on('error', () => {}).on('close', resolve))
      await Promise.all([gateway.close(), gateway.close()])
      await ended
      assert.equal((await paying).notification.error, 'the gateway was closed')
      assert.equal(timers.pending.size, 0)
      await assert.rejects(gateway.pay('A1001'), { code: 'GATEWAY_REFUSED' })
      await assert.rejects(fetch(`${gateway.url}/_gateway/orders`))
      assert.equal(received.length, 2)
    })
  })
})
