// Faults 153, 154, 157, 158, 159 and 165: whatever the primary host does, the backup takes over within
// the same call, and no order is placed twice.
import assert from 'node:assert/strict'
import https from 'node:https'
import tls from 'node:tls'
import { describe, test } from 'node:test'
import { WxPay } from 'wxpay-wasm/client'
import { CA, EXPIRED, OTHER_HOST, SELF_SIGNED, SERVER_KEY } from './certificates.mjs'
import { bank, blackHole, FOUND, HTML, MERCHANT, nobody, ORDER, raw, secureBank, timed } from './network.mjs'
import { listen } from './server.mjs'

const CONNECT = 500
const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\n'
// A label has at most 63 bytes: the resolver refuses without asking anybody.
const NO_NAME = `https://${'a'.repeat(64)}.invalid`

function client(t, primary, backup, options) {
  const log = []
  const agent = options?.agent
  t.after(() => agent?.destroy())
  const pay = new WxPay({
    ...MERCHANT,
    baseUrl: primary.url ?? primary,
    backupUrl: backup.url ?? backup,
    connectTimeout: CONNECT,
    timeout: 5000,
    log: entry => log.push(entry),
    ...options,
  })
  return { pay, log }
}

const failures = log => log.filter(({ direction }) => direction === 'failure')

/** An order and a query reach the backup, in time, each once. */
async function survives(t, primary, options, secure = false) {
  const backup = secure ? await secureBank(t) : await bank(t)
  for (const name of ['unifiedOrder', 'orderQuery']) {
    const { pay, log } = client(t, primary, backup, options)
    const before = backup.requests.length
    const { took, value, error } = await timed(
      name === 'unifiedOrder' ? pay.unifiedOrder(ORDER) : pay.orderQuery({ out_trade_no: 'A1001' }),
    )
    assert.equal(error, undefined, error?.stack)
    assert.ok(took < CONNECT + 1000, `${took} ms`)
    assert.equal(value.return_code, 'SUCCESS')
    assert.equal(backup.requests.length, before + 1, 'the backup was asked once')
    assert.equal(log.at(-1).url.startsWith(backup.url), true)
  }
  assert.deepEqual([...backup.orders], [['A1001', 1]])
  return backup
}

describe('fault 153: no connection to the primary', () => {
  test('its name cannot be resolved', t => survives(t, NO_NAME))

  test('the resolver says ENOTFOUND, EAI_AGAIN or nothing in time', async t => {
    for (const answer of ['ENOTFOUND', 'EAI_AGAIN', undefined]) {
      const lookup = (host, options, done) => {
        if (host === 'api.example') {
          if (answer !== undefined) done(Object.assign(new Error(answer), { code: answer, syscall: 'getaddrinfo' }))
        } else done(null, options.all ? [{ address: '127.0.0.1', family: 4 }] : '127.0.0.1', 4)
      }
      await survives(t, 'https://api.example', { agent: new https.Agent({ lookup, ca: CA }) }, true)
    }
  })

  test('refused', async t => survives(t, await nobody()))

  test('unreachable', async t => {
    const lookup = (host, options, done) => done(Object.assign(new Error('x'), { code: 'EHOSTUNREACH' }))
    const agent = new https.Agent({ lookup, ca: CA })
    await survives(t, 'https://api.example', { agent }, true)
  })
})

describe('fault 154: a black hole', () => {
  test('that never takes the connection', { skip: process.platform !== 'linux' && 'needs a queue that is full' }, async t => {
    const hole = await blackHole(t)
    await survives(t, hole)
  })

  test('that takes it and never speaks TLS', async t => {
    const silent = await raw(t, () => {})
    const agent = new https.Agent({ ca: CA })
    await survives(t, silent.url.replace('http:', 'https:'), { agent }, true)
  })

  test('both: one error, in two connect timeouts and a bit, that says nothing was sent', async t => {
    const holes = await Promise.all([raw(t, () => {}), raw(t, () => {})])
    const [one, two] = holes.map(({ url }) => url.replace('http:', 'https:'))
    const { pay } = client(t, one, two)
    const { took, error } = await timed(pay.unifiedOrder(ORDER))
    assert.equal(error.code, 'TRANSPORT', error.stack)
    assert.equal(error.sent, false)
    for (const url of [one, two]) assert.ok(error.message.includes(new URL(url).host), error.message)
    assert.match(error.message, /nothing was sent: calling again is safe/)
    assert.ok(took < 3 * CONNECT + 1000, `${took} ms`)
  })
})

describe('fault 157: TLS that is not the host’s', () => {
  const certificates = { 'self-signed': SELF_SIGNED, expired: EXPIRED, 'for another host': OTHER_HOST }
  for (const [name, cert] of Object.entries(certificates)) {
    test(`${name}: the backup takes over, loudly, and the wrong host reads nothing`, async t => {
      for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
        let read = 0
        const server = tls.createServer({ cert, key: SERVER_KEY, maxVersion }, socket => {
          socket.on('error', () => {})
          socket.on('data', data => (read += data.length))
        })
        server.on('tlsClientError', () => {})
        const primary = (await listen(t, server)).replace('http:', 'https:')
        const agent = new https.Agent({ ca: CA })
        await survives(t, primary, { agent }, true)
        const { pay, log } = client(t, primary, await secureBank(t), { agent: new https.Agent({ ca: CA }) })
        await pay.orderQuery({ out_trade_no: 'A1001' })
        const [failure] = failures(log)
        assert.match(failure.body, /no secure connection to .* Somebody may stand between/)
        assert.equal(failure.url, `${primary}/pay/orderquery`)
        assert.equal(read, 0)
      }
    })
  }

  test('no TLS at all', async t => {
    const plain = await raw(t, socket => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')))
    await survives(t, plain.url.replace('http:', 'https:'), { agent: new https.Agent({ ca: CA }) }, true)
  })

  test('without a log it is written to the console', async t => {
    const warn = t.mock.method(console, 'warn', () => {})
    const bad = await bank(t, { cert: SELF_SIGNED })
    const { pay } = client(t, bad, await secureBank(t), { log: undefined, agent: new https.Agent({ ca: CA }) })
    await pay.orderQuery({ out_trade_no: 'A1001' })
    assert.equal(warn.mock.callCount(), 1)
    assert.match(warn.mock.calls[0].arguments[0], /^wxpay-wasm: no secure connection .*SELF_SIGNED/)
  })

  test('both hosts: an error, never a way around', async t => {
    const [one, two] = [await bank(t, { cert: SELF_SIGNED }), await bank(t, { cert: EXPIRED })]
    const { pay } = client(t, one, two, { agent: new https.Agent({ ca: CA }) })
    await assert.rejects(pay.unifiedOrder(ORDER), error => {
      assert.equal(error.code, 'TRANSPORT')
      assert.equal(error.sent, false)
      assert.match(error.message, /SELF_SIGNED/)
      assert.match(error.message, /CERT_HAS_EXPIRED/)
      return true
    })
    assert.equal(one.requests.length + two.requests.length, 0)
  })

  test('the authorities of the system are the default', async t => {
    const { pay } = client(t, await secureBank(t), await secureBank(t))
    await assert.rejects(pay.unifiedOrder(ORDER), { code: 'TRANSPORT', sent: false, phase: 'tls' })
  })
})

describe('fault 158: the primary answers what is no answer', () => {
  const answers = {
    500: [500, FOUND],
    'HTML with 502': [502, HTML],
    'HTML with 503': [503, HTML],
    'HTML with 504': [504, HTML],
    429: [429, ''],
    'HTML with 200': [200, HTML],
    'an empty 200': [200, ''],
  }
  for (const [name, [status, body]] of Object.entries(answers)) {
    test(name, async t => {
      t.mock.method(Math, 'random', () => 0)
      const primary = await bank(t, { spoil: response => response.writeHead(status).end(body) })
      await survives(t, primary)
      assert.equal(primary.requests.length, 2, 'asked once for each call')
    })
  }

  test('what another host would answer too is not asked again', async t => {
    for (const status of [301, 400, 403, 404]) {
      const primary = await bank(t, { spoil: response => response.writeHead(status).end(HTML) })
      const backup = await bank(t)
      await assert.rejects(client(t, primary, backup).pay.unifiedOrder(ORDER), { code: 'ANSWER_INVALID', sent: true })
      assert.deepEqual([primary.requests.length, backup.requests.length], [1, 0])
    }
  })
})

describe('fault 159: the primary’s answer breaks off', () => {
  // Everything is there, the signature too; only the announced length is not.
  const cut = `${HEAD}content-length: ${FOUND.length + 1}\r\n\r\n${FOUND}`
  const chunk = `${HEAD}transfer-encoding: chunked\r\n\r\n${FOUND.length.toString(16)}\r\n${FOUND}\r\n`
  const ways = {
    'closed early': socket => socket.end(cut),
    'a chunked answer without its end': socket => socket.end(chunk),
    'reset in the middle': socket => socket.write(cut, () => setTimeout(() => socket.resetAndDestroy(), 20)),
    'reset before the first byte': socket => socket.resetAndDestroy(),
    'closed before the first byte': socket => socket.end(),
  }
  for (const [name, way] of Object.entries(ways)) {
    test(name, async t => survives(t, await raw(t, socket => socket.once('data', () => way(socket)))))
  }
})

describe('fault 165: both hosts down', () => {
  test('one error names both', async t => {
    const [one, two] = [await nobody(), await nobody()]
    const { pay, log } = client(t, one, two)
    await assert.rejects(pay.orderQuery({ out_trade_no: 'A1001' }), error => {
      assert.deepEqual([error.code, error.sent], ['TRANSPORT', false])
      for (const url of [one, two]) assert.ok(error.message.includes(new URL(url).host), error.message)
      return true
    })
    assert.equal(failures(log).length, 3)
  })

  test('in different ways: what may have arrived decides', async t => {
    const broken = await bank(t, { spoil: response => response.writeHead(502).end(HTML) })
    const { pay } = client(t, broken, await nobody())
    await assert.rejects(pay.orderQuery({ out_trade_no: 'A1001' }), error => {
      assert.deepEqual([error.code, error.sent], ['ANSWER_INVALID', true])
      assert.match(error.message, /502.*ECONNREFUSED/)
      return true
    })
  })

  test('a host without a backup has none', async t => {
    const backup = await bank(t)
    const { pay } = client(t, await nobody(), backup, { appSecret: 's'.repeat(32) })
    await assert.rejects(pay.code2Session('x'), { code: 'TRANSPORT', sent: false })
    assert.equal(backup.requests.length, 0)
  })
})

test('the hosts are WeChat’s, and the backup is api2', async () => {
  const asked = []
  const pay = new WxPay({
    ...MERCHANT,
    appSecret: 's'.repeat(32),
    transport: async ({ url }) => {
      asked.push(new URL(url).origin)
      return { status: 503, headers: {}, body: new Uint8Array() }
    },
  })
  await pay.orderQuery({ out_trade_no: 'A1001' }).catch(() => {})
  assert.deepEqual(asked.slice(0, 2), ['https://api.mch.weixin.qq.com', 'https://api2.mch.weixin.qq.com'])
  asked.length = 0
  await pay.code2Session('x').catch(() => {})
  assert.deepEqual(asked, ['https://api.weixin.qq.com'])
})

describe('the configuration', () => {
  const configured = options => () => new WxPay({ ...MERCHANT, ...options })

  test('a backup goes with a base, under the same rules', () => {
    const base = 'http://127.0.0.1:1'
    const wrong = { code: 'CONFIG_INVALID', field: 'backupUrl' }
    assert.throws(configured({ backupUrl: base }), wrong)
    assert.throws(configured({ baseUrl: base, backupUrl: 'http://example.com' }), wrong)
    assert.throws(configured({ baseUrl: base, backupUrl: 'x' }), wrong)
    const production = { baseUrl: 'https://a.example', backupUrl: base, production: true }
    assert.throws(configured(production), { code: 'GATEWAY_REFUSED', field: 'backupUrl' })
  })

  test('limits are numbers, agents are objects, and one’s own transport has neither', () => {
    for (const connectTimeout of [0, -1, 1.5, '3000', Infinity]) {
      assert.throws(configured({ connectTimeout }), { code: 'CONFIG_INVALID', field: 'connectTimeout' })
    }
    for (const maxSockets of [0, -1, 1.5, '5', Infinity]) {
      assert.throws(configured({ maxSockets }), { code: 'CONFIG_INVALID', field: 'maxSockets' })
    }
    for (const agent of ['http://proxy', true, null]) {
      assert.throws(configured({ agent }), { code: 'CONFIG_INVALID', field: 'agent' })
    }
    const transport = async () => {}
    assert.throws(configured({ transport, agent: {} }), { code: 'CONFIG_INVALID', field: 'agent' })
    assert.throws(configured({ transport, maxSockets: 5 }), { code: 'CONFIG_INVALID', field: 'maxSockets' })
  })
})
