// Faults 167, 168 and 174 to 178: one connection, its limits, and many of them.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { WxPay } from 'wxpay-wasm/client'
import { CA } from './certificates.mjs'
import { bank, blackHole, FOUND, layer, MERCHANT, ORDER, raw, secureBank, timed } from './network.mjs'
import { listen } from './server.mjs'

const { createPolicy, defaultTransport, deliver, WxPayError } = await layer()

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\n'
const ANSWER = `${HEAD}content-length: ${FOUND.length}\r\n\r\n${FOUND}`

const client = ({ url }, options) => new WxPay({ ...MERCHANT, baseUrl: url, timeout: 5000, ...options })
const query = (pay, options) => pay.orderQuery({ out_trade_no: 'A1001' }, options)

/** One exchange of the transport alone. */
const ask = (transport, host, options) =>
  transport({
    method: 'POST',
    url: `${host.url ?? host}/pay/orderquery`,
    headers: { 'content-length': '2' },
    body: new TextEncoder().encode('hi'),
    timeout: 3000,
    connectTimeout: 300,
    maxBytes: 65536,
    ...options,
  })

describe('how far an exchange came', () => {
  // A machine's own resolver may take longer than a connection may.
  const unknown = (host, options, done) => setImmediate(done, Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND', syscall: 'getaddrinfo' }))
  const phases = {
    dns: [async () => 'https://api.invalid', /no address of api.invalid: ENOTFOUND/, { agent: new https.Agent({ lookup: unknown }) }],
    connect: [async () => 'http://127.0.0.1:1', /no connection to 127.0.0.1:1: ECONNREFUSED/],
    tls: [async t => (await raw(t, socket => socket.end('no'))).url.replace('http:', 'https:'), /no secure connection to/],
    sent: [t => raw(t, socket => socket.once('data', () => socket.end())), /no answer from .*ECONNRESET/],
    answering: [t => raw(t, socket => socket.once('data', () => socket.end(`${HEAD}content-length: 9\r\n\r\nhalf`))), /broke off/],
  }
  for (const [phase, [host, message, options = {}]] of Object.entries(phases)) {
    test(phase, async t => {
      await assert.rejects(ask(defaultTransport(options), await host(t)), { name: 'WxPayError', code: 'TRANSPORT', phase, message })
    })
  }

  test('connect, at an address that takes nothing', { skip: process.platform !== 'linux' }, async t => {
    const { took, error } = await timed(ask(defaultTransport({}), await blackHole(t)))
    assert.deepEqual([error.code, error.phase], ['TRANSPORT', 'connect'])
    assert.match(error.message, /no connection to .* in 300 ms/)
    assert.ok(took >= 150 && took < 1500, `${took} ms`)
  })

  test('queue, behind a call that takes all the time', async t => {
    const host = await bank(t, { spoil: () => {} })
    const transport = defaultTransport({ maxSockets: 1 })
    const calls = await Promise.allSettled([400, 200].map(timeout => ask(transport, host, { timeout })))
    assert.deepEqual(calls.map(({ reason }) => [reason.code, reason.phase]), [['TIMEOUT', 'sent'], ['TIMEOUT', 'queue']])
    assert.equal(host.requests.length, 1)
  })

  test('queue, with an agent for another protocol', async t => {
    const transport = defaultTransport({ agent: new https.Agent() })
    await assert.rejects(ask(transport, await bank(t)), { code: 'TRANSPORT', phase: 'queue' })
  })

  test('the time to wait for a free connection is not the time to connect', async t => {
    const host = await bank(t, { spoil: response => setTimeout(() => response.end(), 200) })
    const transport = defaultTransport({ maxSockets: 1 })
    const calls = Array.from({ length: 4 }, () => ask(transport, host))
    assert.ok((await Promise.all(calls)).every(({ status }) => status === 200))
    assert.equal(new Set(host.requests.map(({ socket }) => socket)).size, 1)
  })

  test('a slow answer is not a slow connection', async t => {
    const host = await bank(t, { spoil: response => setTimeout(() => response.end('x'), 600) })
    assert.equal((await ask(defaultTransport({}), host)).status, 200)
  })
})

test('fault 167: a redirect is followed nowhere, not even to the backup', async t => {
  const target = await bank(t)
  for (const status of [301, 302, 303, 307, 308]) {
    const host = await bank(t, { spoil: response => response.writeHead(status, { location: `${target.url}/pay/unifiedorder` }).end(FOUND) })
    const pay = client(host, { backupUrl: target.url })
    await assert.rejects(pay.unifiedOrder(ORDER), { code: 'ANSWER_INVALID', message: new RegExp(status) })
    assert.equal(host.requests.length, 1)
  }
  assert.equal(target.requests.length, 0)
})

describe('fault 168: proxies', () => {
  const NAMES = ['http_proxy', 'https_proxy', 'all_proxy']

  test('of the environment are not used', async t => {
    const proxy = await raw(t, socket => socket.end())
    const names = [...NAMES, ...NAMES.map(name => name.toUpperCase()), 'NODE_USE_ENV_PROXY']
    const before = Object.fromEntries(names.map(name => [name, process.env[name]]))
    t.after(() => {
      for (const [name, value] of Object.entries(before)) {
        if (value === undefined) delete process.env[name]
        else process.env[name] = value
      }
    })
    for (const name of names) process.env[name] = name === 'NODE_USE_ENV_PROXY' ? '1' : proxy.url
    const host = await bank(t)
    await query(client(host))
    const secure = await secureBank(t)
    await query(client(secure, { log: () => {} })).catch(() => {})
    assert.equal(proxy.connections(), 0)
    assert.equal(host.requests.length, 1)
  })

  test('of an agent are: through a tunnel, with TLS from end to end', async t => {
    const host = await secureBank(t)
    const tunnels = []
    const proxy = http.createServer()
    proxy.on('connect', (request, socket) => {
      tunnels.push(request.url)
      socket.on('error', () => {})
      const { port } = new URL(host.url)
      const onward = net.connect(Number(port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        onward.pipe(socket).pipe(onward)
      })
      onward.on('error', () => {})
      t.after(() => onward.destroy())
    })
    const { port } = new URL(await listen(t, proxy))
    class Tunnel extends https.Agent {
      createConnection(options, done) {
        const path = `${options.host}:${options.port}`
        http
          .request({ port, host: '127.0.0.1', method: 'CONNECT', path })
          .on('connect', (_, socket) => done(null, super.createConnection({ ...options, socket })))
          .on('error', done)
          .end()
      }
    }
    const agent = new Tunnel({ ca: CA, keepAlive: true })
    t.after(() => agent.destroy())
    const pay = client(host, { agent })
    assert.equal((await query(pay)).trade_state, 'NOTPAY')
    assert.equal((await query(pay)).trade_state, 'NOTPAY')
    assert.deepEqual(tunnels, [new URL(host.url).host])
    assert.equal(host.requests.length, 2)
  })
})

describe('fault 174: limits', () => {
  test('17 KB of headers', async t => {
    const host = await raw(t, socket => {
      socket.once('data', () => socket.write(`${HEAD}x: ${'a'.repeat(17_000)}\r\ncontent-length: 0\r\n\r\n`))
    })
    await assert.rejects(ask(defaultTransport({}), host), { code: 'TRANSPORT', message: /HPE_HEADER_OVERFLOW/ })
  })

  test('the largest answer, and one byte more', async t => {
    const transport = defaultTransport({})
    const host = await bank(t, { spoil: response => response.end('a'.repeat(1000)) })
    assert.equal((await ask(transport, host, { maxBytes: 1000 })).body.length, 1000)
    const error = await ask(transport, host, { maxBytes: 999 }).catch(error => error)
    assert.deepEqual([error.code, error.phase], ['TRANSPORT', 'answering'])
    assert.match(error.message, /larger than 999 bytes/)
  })

  test('fault 175: what is packed stays packed', async t => {
    const bomb = gzipSync(Buffer.alloc(32 * 1024 * 1024))
    const host = await bank(t, { spoil: response => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb) })
    const { body } = await ask(defaultTransport({}), host)
    assert.deepEqual(Buffer.from(body), bomb)
    assert.equal(host.requests[0].headers['accept-encoding'], undefined)
  })
})

describe('fault 176: a kept connection that ends exactly when it is used', () => {
  /** Answers so many requests of each connection, then ends it without a word. */
  const tired = (t, answers, end = socket => socket.resetAndDestroy()) => {
    const heard = []
    return raw(t, (socket, connection) => {
      let n = 0
      socket.on('data', data => {
        heard.push(`${connection}:${String(data).includes('hi') ? 'hi' : 'order'}`)
        if (++n <= answers) socket.write(ANSWER)
        else end(socket)
      })
    }).then(host => ({ ...host, heard }))
  }

  /** A client with its own policy; its calls may be repeated or not. */
  function caller(host, transport = defaultTransport({})) {
    const events = []
    const policy = createPolicy(500, event => events.push(event), undefined, () => assert.fail('a pause'))
    const call = (repeatable, accept = ({ status }) => status) =>
      deliver(
        {
          hosts: [host.url],
          path: '/',
          method: 'POST',
          headers: { 'content-length': '2' },
          body: new TextEncoder().encode('hi'),
          maxBytes: 65536,
          repeatable,
          money: true,
          query: { endpoint: 'orderQuery', fields: { out_trade_no: 'A1' } },
          accept,
        },
        policy,
        transport,
        { timeout: 3000 },
      )
    return { call, events, transport }
  }

  for (const [how, end] of Object.entries({ reset: undefined, closed: socket => socket.end() })) {
    test(`${how}: one more time, at once, on a new connection`, async t => {
      const host = await tired(t, 1, end)
      const { call, events } = caller(host)
      assert.equal(await call(true), 200)
      assert.equal(await call(true), 200)
      assert.deepEqual(host.heard, ['1:hi', '1:hi', '2:hi'])
      assert.equal(events.filter(({ direction }) => direction === 'failure').length, 1)
    })
  }

  test('what must not be repeated is not, and its outcome is unknown', async t => {
    const host = await tired(t, 1)
    const { call } = caller(host)
    assert.equal(await call(false), 200)
    await assert.rejects(call(false), { code: 'OUTCOME_UNKNOWN', phase: 'reused', sent: true })
    assert.deepEqual(host.heard, ['1:hi', '1:hi'])
  })

  test('the repetition is refused: unknown, for the first may have arrived', async t => {
    const host = await raw(t, (socket, connection) => {
      let n = 0
      socket.on('data', () => (connection === 1 && ++n > 1 ? socket.resetAndDestroy() : socket.write(ANSWER)))
    })
    const { call } = caller(host)
    assert.equal(await call(true), 200)
    const refusing = () => {
      throw new WxPayError('RESULT_FAIL', 'no', { err_code: 'NOTENOUGH' })
    }
    await assert.rejects(call(true, refusing), { code: 'OUTCOME_UNKNOWN', sent: true })
  })

  test('the other kept connections are as old: none of them is tried', async t => {
    const host = await tired(t, 1)
    const { call } = caller(host)
    await Promise.all([call(true), call(true), call(true)])
    assert.equal(await call(true), 200)
    assert.equal(host.heard.filter(said => /^[123]:/.test(said)).length, 4)
    assert.equal(host.heard.at(-1), '4:hi')
  })

  test('once: a new connection that ends too is a failure', async t => {
    const host = await raw(t, (socket, connection) => {
      let n = 0
      socket.on('data', () => (connection === 1 && ++n === 1 ? socket.write(ANSWER) : socket.resetAndDestroy()))
    })
    const transport = defaultTransport({})
    const phases = []
    const watched = request => transport(request).catch(error => {
      phases.push(error.phase)
      throw error
    })
    const events = []
    const policy = createPolicy(500, event => events.push(event), undefined, () => 0)
    const call = () =>
      deliver(
        { hosts: [host.url], path: '/', method: 'GET', headers: {}, maxBytes: 9999, repeatable: true, money: false, accept: () => 1 },
        policy,
        watched,
        { timeout: 3000 },
      )
    await call()
    await assert.rejects(call(), { code: 'TRANSPORT', phase: 'sent' })
    assert.deepEqual(phases, ['reused', 'sent', 'sent', 'sent'])
  })

  test('an answer that began is no answer that never came', async t => {
    const host = await raw(t, socket => {
      let n = 0
      socket.on('data', () => (++n === 1 ? socket.write(ANSWER) : socket.write('HTTP/1.1 200', () => setTimeout(() => socket.destroy(), 20))))
    })
    const transport = defaultTransport({})
    await ask(transport, host)
    await assert.rejects(ask(transport, host), { code: 'TRANSPORT', phase: 'sent' })
  })
})

describe('fault 177: many calls at once', () => {
  test('500, over 50 connections, and none is lost', async t => {
    const sockets = new Set()
    const host = await bank(t, {
      spoil: response => {
        sockets.add(response.socket)
        setTimeout(() => response.end(FOUND), 5)
      },
    })
    const pay = client(host, { timeout: 30_000 })
    const answers = await Promise.all(Array.from({ length: 500 }, () => query(pay)))
    assert.ok(answers.every(({ trade_state }) => trade_state === 'NOTPAY'))
    assert.equal(host.requests.length, 500)
    assert.ok(sockets.size <= 50, `${sockets.size} connections`)
  })

  test('as few connections as configured', async t => {
    const sockets = new Set()
    const host = await bank(t, {
      spoil: response => {
        sockets.add(response.socket)
        setTimeout(() => response.end(FOUND), 5)
      },
    })
    const pay = client(host, { maxSockets: 3 })
    await Promise.all(Array.from({ length: 30 }, () => query(pay)))
    assert.equal(sockets.size, 3)
  })

  test('500 at a silent host: each ends with its deadline, and no rejection is unhandled', async t => {
    const unhandled = []
    const listener = reason => unhandled.push(reason)
    process.on('unhandledRejection', listener)
    t.after(() => process.off('unhandledRejection', listener))
    const host = await bank(t, { spoil: () => {} })
    const pay = client(host, { timeout: 2000 })
    const { took, value } = await timed(Promise.allSettled(Array.from({ length: 500 }, () => query(pay))))
    assert.ok(value.every(({ reason }) => reason.code === 'TIMEOUT'))
    const sent = value.filter(({ reason }) => reason.sent)
    assert.ok(host.requests.length >= 50 && host.requests.length <= sent.length, `${host.requests.length}`)
    const waited = value.filter(({ reason }) => reason.phase === 'queue')
    assert.ok(waited.length > 0 && waited.every(({ reason }) => reason.sent === false))
    // Ten rounds of 50 would take 20 s.
    assert.ok(took < 15_000, `${took} ms`)
    await new Promise(resolve => setTimeout(resolve, 50))
    assert.deepEqual(unhandled, [])
    // The pool is free again.
    const good = await bank(t)
    assert.equal((await query(client(good))).trade_state, 'NOTPAY')
  })

  test('500 at a primary that is down: each is answered', async t => {
    const backup = await bank(t)
    const pay = client({ url: 'http://127.0.0.1:1' }, { backupUrl: backup.url, timeout: 30_000 })
    const answers = await Promise.all(Array.from({ length: 500 }, () => query(pay)))
    assert.equal(answers.length, 500)
    assert.equal(backup.requests.length, 500)
  })
})

describe('fault 178: aborting', () => {
  test('while waiting for a connection: the place in the queue is given up', async t => {
    const answers = []
    const host = await bank(t, { spoil: response => answers.push(response) })
    const transport = defaultTransport({ maxSockets: 1 })
    const controller = new AbortController()
    const first = ask(transport, host)
    const second = ask(transport, host, { signal: controller.signal })
    const third = ask(transport, host)
    controller.abort()
    await assert.rejects(second, { code: 'ABORTED', phase: 'queue' })
    while (answers.length < 1) await new Promise(resolve => setTimeout(resolve, 10))
    answers[0].end()
    await first
    while (answers.length < 2) await new Promise(resolve => setTimeout(resolve, 10))
    answers[1].end()
    await third
    assert.equal(host.requests.length, 2)
  })

  test('while connecting: nothing arrives', async t => {
    const host = await raw(t, () => {})
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 50)
    const call = ask(defaultTransport({}), host.url.replace('http:', 'https:'), { signal: controller.signal })
    await assert.rejects(call, { code: 'ABORTED', phase: 'tls' })
  })

  test('the signal and the clock are let go', async t => {
    const { getEventListeners } = await import('node:events')
    const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
    const { signal } = new AbortController()
    const host = await bank(t)
    const silent = await raw(t, () => {})
    const before = timers()
    const transport = defaultTransport({})
    await ask(transport, host, { signal })
    await ask(transport, 'http://127.0.0.1:1', { signal }).catch(() => {})
    await ask(transport, silent.url.replace('http:', 'https:'), { signal, connectTimeout: 50 }).catch(() => {})
    await ask(transport, silent, { signal, timeout: 50 }).catch(() => {})
    assert.equal(getEventListeners(signal, 'abort').length, 0)
    assert.equal(timers(), before)
  })
})

test('an agent that is destroyed, and a signal that never fires, keep nothing alive', async t => {
  const host = await bank(t)
  const agent = new http.Agent({ keepAlive: true })
  await query(client(host, { agent }))
  const [request] = host.requests
  const closed = once(request.socket, 'close')
  agent.destroy()
  await closed
})
