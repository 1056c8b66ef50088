// The client against a server that misbehaves (faults 153 to 177): one deadline, one error that says
// what happened, and never a part of an answer. network-*.test.mjs add the second host.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { describe, test } from 'node:test'
import { WxPayError } from 'wxpay-wasm'
import { WxPay } from 'wxpay-wasm/client'
import { blurt, listen, serve } from './server.mjs'
import { APPID, KEY, MCHID, signed } from './wire.mjs'

const MERCHANT = { appid: APPID, mchid: MCHID, partnerKey: KEY, notify_url: 'https://shop.example/notify' }
const NATIVE = { trade_type: 'NATIVE', product_id: 'P1', body: 'tea', out_trade_no: 'A1001', total_fee: 101 }
const FOUND = signed({
  return_code: 'SUCCESS',
  result_code: 'SUCCESS',
  appid: APPID,
  mch_id: MCHID,
  trade_state: 'SUCCESS',
  out_trade_no: 'A1001',
})
const HEAD = `HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\n`

const client = ({ url }, options) => new WxPay({ ...MERCHANT, baseUrl: url, timeout: 5000, ...options })
const query = (server, options) => client(server, options).orderQuery({ out_trade_no: 'A1001' })

/** Milliseconds until the promise is refused with this code. */
async function refusedWith(code, promise, details = {}) {
  const start = performance.now()
  await assert.rejects(promise, { name: 'WxPayError', code, ...details })
  return performance.now() - start
}

test('the answer that the others spoil', async t => {
  const server = await serve(t, response => response.end(FOUND))
  assert.equal((await query(server)).trade_state, 'SUCCESS')
  const raw = `${HEAD}content-length: ${FOUND.length}\r\n\r\n${FOUND}`
  assert.equal((await query(await blurt(t, raw))).trade_state, 'SUCCESS')
})

describe('fault 158: answers that are none', () => {
  const HTML = '<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>'
  const answers = {
    'HTML with 502': [502, HTML, /502/],
    'the right answer with 500': [500, FOUND, /500/],
    'the right answer with 201': [201, FOUND, /201/],
    429: [429, '', /429/],
    'HTML with 200': [200, HTML, /no message/],
    'an empty 200': [200, '', /no message/],
    204: [204, '', /204/],
    'JSON with 200': [200, '{"code":"SUCCESS"}', /no message/],
    'half of it, with its own length': [200, FOUND.slice(0, FOUND.length / 2), /no message/],
  }
  for (const [name, [status, body, message]] of Object.entries(answers)) {
    test(name, async t => {
      t.mock.method(Math, 'random', () => 0)
      const server = await serve(t, response => response.writeHead(status).end(body))
      await refusedWith('ANSWER_INVALID', query(server), { message })
      await refusedWith('ANSWER_INVALID', client(server).unifiedOrder(NATIVE), { message })
      const passing = status === 200 || status === 429 || status >= 500
      assert.equal(server.requests.length, passing ? 6 : 2)
    })
  }
})

describe('fault 159: a part of an answer is no answer', () => {
  // Everything is there, the signature too; only the announced length is not.
  const cut = `${HEAD}content-length: ${FOUND.length + 1}\r\n\r\n${FOUND}`

  test('closed early', async t => {
    await refusedWith('TRANSPORT', query(await blurt(t, cut, { end: true })))
  })

  test('reset in the middle', async t => {
    const server = net.createServer(socket => {
      socket.on('error', () => {})
      socket.once('data', () => socket.write(cut, () => setTimeout(() => socket.resetAndDestroy(), 30)))
    })
    await refusedWith('TRANSPORT', query({ url: await listen(t, server) }))
  })

  test('a chunked answer without its end', async t => {
    const chunk = `${FOUND.length.toString(16)}\r\n${FOUND}\r\n`
    const raw = `${HEAD}transfer-encoding: chunked\r\n\r\n${chunk}`
    await refusedWith('TRANSPORT', query(await blurt(t, raw, { end: true })))
  })

  test('reset before the first byte', async t => {
    const server = net.createServer(socket => {
      socket.on('error', () => {})
      socket.once('data', () => socket.resetAndDestroy())
    })
    await refusedWith('TRANSPORT', query({ url: await listen(t, server) }))
  })

  test('not HTTP', async t => {
    await refusedWith('TRANSPORT', query(await blurt(t, 'SSH-2.0-OpenSSH_9.9\r\n')))
  })
})

describe('faults 155 and 156: one deadline for the whole call', () => {
  test('silence', async t => {
    const took = await refusedWith('TIMEOUT', query(await blurt(t, ''), { timeout: 150 }), { message: /150 ms/ })
    assert.ok(took >= 140 && took < 2000, `${took} ms`)
  })

  test('one byte every 100 ms', async t => {
    let timer
    const server = await serve(t, response => {
      let at = 0
      response.writeHead(200, { 'content-length': FOUND.length })
      timer = setInterval(() => response.write(FOUND[at++]), 100)
    })
    t.after(() => clearInterval(timer))
    const took = await refusedWith('TIMEOUT', query(server, { timeout: 450 }))
    assert.ok(took >= 440 && took < 2000, `${took} ms`)
  })

  test('headers without end', async t => {
    const server = await blurt(t, HEAD)
    await refusedWith('TIMEOUT', query(server, { timeout: 150 }))
  })

  test('a call may have its own, and a wrong one is refused', async t => {
    const server = await blurt(t, '')
    const pay = client(server)
    await refusedWith('TIMEOUT', pay.orderQuery({ out_trade_no: 'A' }, { timeout: 60 }), { message: /60 ms/ })
    for (const timeout of [0, -1, 1.5, NaN, Infinity, 2 ** 31, '100']) {
      await refusedWith('CONFIG_INVALID', pay.orderQuery({ out_trade_no: 'A' }, { timeout }), { field: 'timeout' })
    }
  })

  test('nothing is left waiting afterwards', async t => {
    const server = await serve(t, response => response.end(FOUND))
    const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
    const before = timers()
    await query(server)
    await refusedWith('TRANSPORT', query({ url: 'http://127.0.0.1:1' }))
    assert.equal(timers(), before)
  })
})

describe('fault 153: no connection', () => {
  test('refused', async t => {
    const server = net.createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${server.address().port}`
    server.close()
    await once(server, 'close')
    await refusedWith('TRANSPORT', query({ url }), { message: /ECONNREFUSED/ })
  })

  test('a name that cannot exist', async () => {
    // A label has at most 63 bytes: the resolver refuses without asking anybody.
    const url = `https://${'a'.repeat(64)}.invalid`
    const error = await query({ url }).catch(error => error)
    assert.equal(error.code, 'TRANSPORT', error.stack)
    assert.ok(error.cause instanceof Error)
  })

  test('TLS that is none', async t => {
    const server = await blurt(t, 'HTTP/1.1 400 Bad Request\r\n\r\n')
    await refusedWith('TRANSPORT', query({ url: server.url.replace('http:', 'https:') }))
  })
})

test('fault 167: a redirect is not followed', async t => {
  const target = await serve(t, response => response.end(FOUND))
  for (const status of [301, 302, 303, 307, 308]) {
    const server = await serve(t, response => {
      response.writeHead(status, { location: `${target.url}/pay/orderquery` }).end(FOUND)
    })
    await refusedWith('ANSWER_INVALID', query(server), { message: new RegExp(status) })
    assert.equal(server.requests.length, 1)
  }
  assert.equal(target.requests.length, 0)
})

describe('fault 174: limits', () => {
  const MIB = 1024 * 1024

  test('2 MiB with a length', async t => {
    const server = await serve(t, response => response.end(Buffer.alloc(2 * MIB, 'a')))
    await refusedWith('TRANSPORT', query(server), { message: /larger than 65536 bytes/ })
  })

  test('without end: the rest is not read', async t => {
    let sent = 0
    let gone
    const server = await serve(t, response => {
      gone = once(response, 'close')
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(16384, 'a'))) sent += 16384
      }
      response.on('drain', more)
      more()
    })
    await refusedWith('TRANSPORT', query(server), { message: /larger/ })
    await gone
    assert.ok(sent < 64 * MIB, `${sent} bytes were taken`)
  })

  test('64 KiB of headers', async t => {
    const raw = `${HEAD}x-long: ${'a'.repeat(65536)}\r\ncontent-length: ${FOUND.length}\r\n\r\n${FOUND}`
    await refusedWith('TRANSPORT', query(await blurt(t, raw)))
  })

  test('fault 175: compressed although nobody asked', async t => {
    const { gzipSync } = await import('node:zlib')
    const server = await serve(t, response => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(FOUND))
    })
    await refusedWith('ANSWER_INVALID', query(server))
    assert.equal(server.requests[0].headers['accept-encoding'], undefined)
  })
})

describe('aborting', () => {
  test('before the call: nothing is sent, nothing crashes', async t => {
    const server = await serve(t, response => response.end(FOUND))
    const signal = AbortSignal.abort()
    await refusedWith('ABORTED', client(server).orderQuery({ out_trade_no: 'A1001' }, { signal }))
    // An error event without a listener would come in a later turn.
    await new Promise(resolve => setTimeout(resolve, 20))
    assert.equal(server.requests.length, 0)
  })

  test('during the call: at once, and the connection ends', async t => {
    const controller = new AbortController()
    const closed = Promise.withResolvers?.() ?? withResolvers()
    const server = await serve(t, response => {
      response.on('close', closed.resolve)
      controller.abort(new Error('the shopper left'))
    })
    const call = client(server).orderQuery({ out_trade_no: 'A1001' }, { signal: controller.signal })
    const took = await refusedWith('ABORTED', call)
    await closed.promise
    assert.ok(took < 2000, `${took} ms`)
  })

  test('in the middle of the answer', async t => {
    const controller = new AbortController()
    const server = await serve(t, response => {
      response.writeHead(200, { 'content-length': FOUND.length })
      response.write(FOUND.slice(0, 20), () => setTimeout(() => controller.abort(), 20))
    })
    const call = client(server).orderQuery({ out_trade_no: 'A1001' }, { signal: controller.signal })
    await refusedWith('ABORTED', call)
  })

  test('after the call: nothing happens, and the signal is let go', async t => {
    const { getEventListeners } = await import('node:events')
    const controller = new AbortController()
    const server = await serve(t, response => response.end(FOUND))
    await client(server).orderQuery({ out_trade_no: 'A1001' }, { signal: controller.signal })
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0)
    controller.abort()
  })
})

test('fault 177: 200 calls at once over a bounded number of connections', async t => {
  const sockets = new Set()
  const server = await serve(t, response => {
    sockets.add(response.socket)
    setTimeout(() => response.end(FOUND), 5)
  })
  const pay = client(server, { timeout: 20_000 })
  const calls = Array.from({ length: 200 }, () => pay.orderQuery({ out_trade_no: 'A1001' }))
  const answers = await Promise.all(calls)
  assert.ok(answers.every(answer => answer.trade_state === 'SUCCESS'))
  assert.equal(server.requests.length, 200)
  assert.ok(sockets.size <= 64, `${sockets.size} connections`)
})

describe('a transport of one’s own', () => {
  const through = (transport, options) => new WxPay({ ...MERCHANT, transport, ...options })

  test('gets the whole request, for the hosts of WeChat', async () => {
    const seen = []
    const signal = new AbortController().signal
    const pay = through(async request => {
      seen.push(request)
      return { status: 200, headers: {}, body: Buffer.from(FOUND) }
    }, { appSecret: 's'.repeat(32), timeout: 1234 })
    assert.equal((await pay.orderQuery({ out_trade_no: 'A1001' }, { signal })).trade_state, 'SUCCESS')
    await pay.code2Session('x').catch(() => {})
    const [post, get] = seen
    assert.deepEqual([post.method, post.url], ['POST', 'https://api.mch.weixin.qq.com/pay/orderquery'])
    assert.ok(post.body instanceof Uint8Array)
    assert.ok(post.timeout > 1000 && post.timeout <= 1234, `${post.timeout} ms`)
    assert.deepEqual([post.connectTimeout, post.maxBytes, post.signal], [3000, 65536, signal])
    assert.equal(get.method, 'GET')
    assert.ok(get.url.startsWith(`https://api.weixin.qq.com/sns/jscode2session?appid=${APPID}&`))
    assert.ok(!('body' in get))
  })

  test('its errors become ours, ours stay', async () => {
    const cause = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })
    const ours = new WxPayError('TIMEOUT', 'mine')
    const ask = transport => through(transport).orderQuery({ out_trade_no: 'A1001' })
    await refusedWith('TRANSPORT', ask(() => Promise.reject(cause)), { cause })
    await refusedWith('TRANSPORT', ask(() => { throw cause }), { cause })
    await refusedWith('TIMEOUT', ask(() => Promise.reject(ours)), { message: 'mine' })
  })
})

function withResolvers() {
  const made = {}
  made.promise = new Promise(resolve => (made.resolve = resolve))
  return made
}
