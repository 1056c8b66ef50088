// What a call that moves money says when nobody knows whether it moved (faults 155 to 160, 162, 163, 166,
// 169, 170, 178): never "failed", always the query to run next.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { bank, blackHole, HTML, layer, nobody, raw, timed } from './network.mjs'
import { blurt } from './server.mjs'

const { createPolicy, defaultTransport, deliver, payByCode, WxPayError } = await layer()

const REFUND = '<xml><out_refund_no>R1</out_refund_no></xml>'
const QUERY = { endpoint: 'refundQuery', fields: { out_refund_no: 'R1' } }
const SAYS = /the outcome is unknown: ask refundQuery with out_refund_no R1 before anything else/

/** A refund at these hosts: `FINE` is success, HTML is none, and other words are the gateway's codes. */
function refund(hosts, { signal, timeout = 3000, random = () => 0, ...call } = {}) {
  const body = new TextEncoder().encode(REFUND)
  const accept = ({ status, body }) => {
    const text = new TextDecoder().decode(body)
    if (status !== 200 || !/^[A-Z_]+$/.test(text)) throw new WxPayError('ANSWER_INVALID', `HTTP ${status}`)
    if (text === 'FINE') return text
    if (/^(SIGN|ANSWER|RETURN|GATEWAY)_/.test(text)) throw new WxPayError(text, text)
    throw new WxPayError('RESULT_FAIL', text, { err_code: text })
  }
  const events = []
  const policy = createPolicy(500, event => events.push(event), undefined, random)
  const promise = deliver(
    {
      hosts: hosts.map(host => host.url ?? host),
      path: '/secapi/pay/refund',
      method: 'POST',
      headers: { 'content-type': 'text/xml', 'content-length': String(body.length) },
      body,
      maxBytes: 65536,
      repeatable: true,
      money: true,
      query: QUERY,
      accept,
      ...call,
    },
    policy,
    defaultTransport({}),
    { signal, timeout },
  )
  promise.catch(() => {})
  return Object.assign(promise, { events })
}

const says = (t, text, status = 200) =>
  bank(t, { spoil: response => response.writeHead(status).end(text) })

/** The outcome is unknown, and the error says what tells it. */
async function unknown(promise, details = {}) {
  const { error, took } = await timed(promise)
  assert.equal(error?.code, 'OUTCOME_UNKNOWN', error?.stack)
  assert.deepEqual(error.query, QUERY)
  assert.equal(error.sent, true)
  assert.match(error.message, SAYS)
  assert.ok(error.cause instanceof WxPayError)
  for (const [name, value] of Object.entries(details)) assert.equal(error.cause[name], value)
  return { error, took }
}

test('a refund that succeeds', async t => {
  const host = await says(t, 'FINE')
  assert.equal(await refund([host]), 'FINE')
  assert.equal(host.requests[0].text, REFUND)
})

describe('faults 155 and 156: no answer in time', () => {
  test('silence', async t => {
    const { took } = await unknown(refund([await blurt(t, '')], { timeout: 200 }), { code: 'TIMEOUT' })
    assert.ok(took >= 100 && took < 1500, `${took} ms`)
  })

  test('one byte after the other', async t => {
    const slow = await bank(t, {
      spoil: response => {
        response.writeHead(200, { 'content-length': 1000 })
        const timer = setInterval(() => response.write('a'), 50)
        response.on('close', () => clearInterval(timer))
      },
    })
    const { took } = await unknown(refund([slow], { timeout: 300 }), { code: 'TIMEOUT', phase: 'answering' })
    assert.ok(took >= 150 && took < 1500, `${took} ms`)
  })

  test('the deadline covers all attempts and their pauses', async t => {
    const down = await says(t, HTML, 502)
    const slow = await bank(t, { spoil: () => {} })
    const { took } = await unknown(refund([down, slow], { timeout: 400 }))
    assert.ok(took >= 200 && took < 1500, `${took} ms`)
  })
})

describe('faults 158 and 159: an answer that is none', () => {
  const spoils = {
    502: response => response.writeHead(502).end(HTML),
    429: response => response.writeHead(429).end(),
    404: response => response.writeHead(404).end(HTML),
    'HTML with 200': response => response.end(HTML),
    'an empty 200': response => response.end(),
    'half of it': response => response.writeHead(200, { 'content-length': 10 }).write('FINE', () => response.destroy()),
    'a reset': response => response.socket.resetAndDestroy(),
  }
  for (const [name, spoil] of Object.entries(spoils)) {
    test(name, async t => {
      const host = await bank(t, { spoil })
      await unknown(refund([host]))
      assert.equal(host.requests.length, name === '404' ? 1 : 3)
      const once = await bank(t, { spoil })
      await unknown(refund([once], { repeatable: false }))
      assert.equal(once.requests.length, 1, 'not repeated')
    })
  }

  test('larger than the limit', async t => {
    await unknown(refund([await says(t, 'A'.repeat(70_000))], { repeatable: false }), { code: 'TRANSPORT' })
  })
})

test('fault 160: what is sent again is the same to the byte', async t => {
  const host = await bank(t, { spoil: (response, n) => (n < 3 ? response.writeHead(500).end() : response.end('FINE')) })
  assert.equal(await refund([host]), 'FINE')
  assert.deepEqual(host.requests.map(({ text }) => text), [REFUND, REFUND, REFUND])
})

describe('fault 161: a payment by code whose answer is lost', () => {
  const ORDER = { out_trade_no: 'M1', total_fee: 888, auth_code: '120061098828009406' }
  const FOUND = JSON.stringify({ trade_state: 'SUCCESS', total_fee: '888' })

  /** A till at these hosts; only the query may be repeated. */
  function till(hosts) {
    const policy = createPolicy(500, () => {}, undefined, () => 0)
    const transport = defaultTransport({})
    const call = (path, repeatable) => async () =>
      deliver(
        {
          hosts: hosts.map(({ url }) => url),
          path,
          method: 'POST',
          headers: {},
          maxBytes: 9999,
          repeatable,
          money: !repeatable,
          query: { endpoint: 'orderQuery', fields: { out_trade_no: 'M1' } },
          accept: ({ status, body }) => {
            if (status !== 200) throw new WxPayError('ANSWER_INVALID', `HTTP ${status}`)
            return JSON.parse(new TextDecoder().decode(body))
          },
        },
        policy,
        transport,
        { timeout: 1000 },
      )
    const calls = { micropay: call('/micropay', false), orderQuery: call('/orderquery', true), reverse: call('/reverse', true) }
    return payByCode(calls, ORDER, { patience: 50 })
  }

  const losses = {
    'a reset': response => response.socket.resetAndDestroy(),
    'HTML with 502': response => response.writeHead(502).end(HTML),
    silence: () => {},
  }
  const script = (lose, { found = FOUND } = {}) => (response, _, { url }) => {
    if (url === '/micropay') lose(response)
    else response.end(url === '/orderquery' ? found : '{"recall":"N"}')
  }
  const paths = ({ requests }) => requests.map(({ url }) => url)

  for (const [name, lose] of Object.entries(losses)) {
    test(`${name}, and it was paid`, async t => {
      const [primary, backup] = [await bank(t, { spoil: script(lose) }), await bank(t, { spoil: script(lose) })]
      const { paid, answer } = await till([primary, backup])
      assert.deepEqual([paid, answer.total_fee], [true, '888'])
      const all = [...paths(primary), ...paths(backup)]
      assert.deepEqual(all, ['/micropay', '/orderquery'], 'the code was sent once')
    })

    test(`${name}, and it was not paid`, async t => {
      const host = await bank(t, { spoil: script(lose, { found: '{"trade_state":"NOTPAY"}' }) })
      const { paid, reversed, cause } = await till([host])
      assert.deepEqual([paid, reversed, cause.code], [false, true, 'OUTCOME_UNKNOWN'])
      assert.deepEqual(paths(host), ['/micropay', '/orderquery', '/reverse'])
    })
  }
})

describe('fault 162: a transfer is repeated only when a query said so', () => {
  test('its answer was judged', async t => {
    const asked = []
    const host = await bank(t, { spoil: (response, n) => response.end(n === 1 ? 'SYSTEMERROR' : 'FINE') })
    const judge = async error => {
      asked.push(error.err_code)
      await new Promise(resolve => setTimeout(resolve, 10))
      return 'again'
    }
    assert.equal(await refund([host], { repeatable: false, judge }), 'FINE')
    assert.deepEqual(asked, ['SYSTEMERROR'])
    assert.equal(host.requests[1].text, REFUND)
  })

  test('without an answer there is nothing to judge', async t => {
    const host = await says(t, HTML, 502)
    const judge = () => assert.fail('asked')
    await unknown(refund([host, await says(t, 'FINE')], { repeatable: false, judge }))
    assert.equal(host.requests.length, 1)
  })
})

describe('fault 163: an error of the business', () => {
  test('is thrown as it is and repeated by nobody', async t => {
    const host = await says(t, 'NOTENOUGH')
    const error = await refund([host]).catch(error => error)
    assert.deepEqual([error.code, error.err_code, error.query], ['RESULT_FAIL', 'NOTENOUGH', undefined])
    assert.equal(host.requests.length, 1)
  })

  test('judged unknown', async t => {
    const promise = refund([await says(t, 'SYSTEMERROR')], { judge: () => 'unknown' })
    const { error } = await unknown(promise, { code: 'RESULT_FAIL' })
    assert.equal(error.err_code, 'SYSTEMERROR')
  })

  test('judged again: the same host, after a pause', async t => {
    const host = await bank(t, { spoil: (response, n) => response.end(n === 1 ? 'SYSTEMERROR' : 'FINE') })
    const backup = await says(t, 'FINE')
    const { took } = await timed(refund([host, backup], { judge: () => 'again', random: () => 0.999 }))
    assert.deepEqual([host.requests.length, backup.requests.length], [2, 0])
    assert.ok(took >= 100, `${took} ms`)
  })

  test('judged again and again: three times, then unknown', async t => {
    const host = await says(t, 'SYSTEMERROR')
    await unknown(refund([host], { judge: () => 'again' }), { err_code: 'SYSTEMERROR' })
    assert.equal(host.requests.length, 3)
  })

  test('a judge who cannot tell', async t => {
    await unknown(refund([await says(t, 'SYSTEMERROR')], { judge: () => Promise.reject(new Error('x')) }))
    const error = await refund([await says(t, 'NOTENOUGH')], { judge: () => undefined }).catch(error => error)
    assert.equal(error.code, 'RESULT_FAIL')
  })
})

describe('what the second request was told says nothing about the first', () => {
  test('a refusal after an answer that was none', async t => {
    for (const judge of [undefined, () => 'final']) {
      const host = await bank(t, { spoil: (response, n) => (n === 1 ? response.writeHead(502).end() : response.end('NOTENOUGH')) })
      const { error } = await unknown(refund([host], judge && { judge }), { err_code: 'NOTENOUGH' })
      assert.match(error.message, /502; NOTENOUGH/)
    }
  })

  test('a configuration that fails afterwards', async t => {
    let calls = 0
    const promise = deliver(
      { hosts: ['http://a.example'], path: '/', method: 'POST', headers: {}, maxBytes: 9, repeatable: true, money: true, query: QUERY, accept: () => {} },
      createPolicy(500, () => {}, undefined, () => 0),
      async () => {
        throw ++calls === 1 ? new WxPayError('TRANSPORT', 'reset', { phase: 'sent' }) : new WxPayError('CONFIG_INVALID', 'x')
      },
      { timeout: 500 },
    )
    const { error } = await timed(promise)
    assert.deepEqual([error.code, error.sent, error.query], ['OUTCOME_UNKNOWN', true, QUERY])
  })

  test('but a success is a success', async t => {
    const host = await bank(t, { spoil: (response, n) => (n === 1 ? response.writeHead(502).end() : response.end('FINE')) })
    assert.equal(await refund([host]), 'FINE')
  })
})

describe('fault 166: the backup and what may have arrived', () => {
  test('nothing left: it is used, whatever the call', async t => {
    const backup = await says(t, 'FINE')
    for (const dead of [await nobody(), `https://${'a'.repeat(64)}.invalid`]) {
      assert.equal(await refund([dead, backup], { repeatable: false }), 'FINE')
    }
    assert.equal(backup.requests.length, 2)
  })

  test('nothing left, from a black hole', { skip: process.platform !== 'linux' }, async t => {
    const backup = await says(t, 'FINE')
    assert.equal(await refund([await blackHole(t), backup], { repeatable: false }), 'FINE')
    assert.equal(backup.requests.length, 1)
  })

  test('it may have arrived: it is not used', async t => {
    const backup = await says(t, 'FINE')
    for (const react of [socket => socket.resetAndDestroy(), socket => socket.end('HTTP/1.1 200 OK\r\n'), socket => socket.end()]) {
      const primary = await raw(t, socket => socket.once('data', () => react(socket)))
      await unknown(refund([primary, backup], { repeatable: false }), { code: 'TRANSPORT' })
      assert.equal(primary.connections(), 1)
    }
    assert.equal(backup.requests.length, 0)
  })

  test('it may have arrived at the one, and the other is dead: unknown', async t => {
    const primary = await says(t, HTML, 502)
    const { error } = await unknown(refund([primary, await nobody()]))
    assert.match(error.message, /502.*ECONNREFUSED/)
  })

  test('what may have arrived is the cause, even where it was not the last', async t => {
    await unknown(refund([await nobody(), await says(t, HTML, 502)]), { code: 'ANSWER_INVALID', message: 'HTTP 502' })
  })

  test('a number of any length is told in part', async t => {
    const query = { endpoint: 'refundQuery', fields: { out_refund_no: 'R'.repeat(200) } }
    const error = await refund([await says(t, HTML, 502)], { query }).catch(error => error)
    assert.match(error.message, /out_refund_no R{128} before/)
    assert.deepEqual(error.query, query)
  })

  test('nothing left to either: nothing happened, and it says so', async t => {
    for (const repeatable of [true, false]) {
      const error = await refund([await nobody(), await nobody()], { repeatable }).catch(error => error)
      assert.deepEqual([error.code, error.sent, error.query], ['TRANSPORT', false, undefined])
      assert.match(error.message, /nothing was sent: calling again is safe/)
    }
  })

  test('a transport that cannot tell is not trusted with it', async t => {
    let calls = 0
    const promise = deliver(
      { hosts: ['http://a.example', 'http://b.example'], path: '/', method: 'POST', headers: {}, maxBytes: 9, repeatable: false, money: true, query: QUERY, accept: () => {} },
      createPolicy(500, () => {}),
      async () => {
        calls++
        throw new Error('no connection')
      },
      { timeout: 500 },
    )
    await unknown(promise, { code: 'TRANSPORT' })
    assert.equal(calls, 1)
  })
})

describe('faults 169 and 170: about money, only a proved message counts', () => {
  for (const code of ['SIGN_MISMATCH', 'SIGN_MISSING', 'SIGN_DOWNGRADE', 'ANSWER_MISMATCH', 'RETURN_FAIL']) {
    test(code, async t => {
      const host = await says(t, code)
      await unknown(refund([host]), { code })
      assert.equal(host.requests.length, 1)
      const error = await refund([host], { money: false }).catch(error => error)
      assert.equal(error.code, code)
    })
  }

  test('a simulator in production is refused, not asked again', async t => {
    await assert.rejects(refund([await says(t, 'GATEWAY_REFUSED')]), { code: 'GATEWAY_REFUSED' })
  })
})

describe('fault 178: aborted', () => {
  const pending = t => bank(t, { spoil: () => {} })

  test('before: nothing was sent', async t => {
    const host = await says(t, 'FINE')
    const error = await refund([host], { signal: AbortSignal.abort() }).catch(error => error)
    assert.deepEqual([error.code, error.sent, error.query], ['ABORTED', false, undefined])
    assert.equal(host.requests.length, 0)
  })

  test('after it left: at once, and the outcome is unknown', async t => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 100)
    const { took, error } = await timed(refund([await pending(t), await says(t, 'FINE')], { signal: controller.signal }))
    assert.equal(error.code, 'ABORTED')
    assert.deepEqual([error.sent, error.query], [true, QUERY])
    assert.match(error.message, SAYS)
    assert.ok(took < 1000, `${took} ms`)
  })

  test('a call that moves nothing has no outcome', async t => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 100)
    const promise = refund([await pending(t)], { signal: controller.signal, money: false })
    await assert.rejects(promise, error => error.code === 'ABORTED' && !/outcome/.test(error.message))
  })

  test('while connecting: nothing was sent, and the backup is not asked', async t => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 100)
    const silent = await raw(t, () => {})
    const backup = await says(t, 'FINE')
    const hosts = [silent.url.replace('http:', 'https:'), backup]
    const error = await refund(hosts, { signal: controller.signal }).catch(error => error)
    assert.deepEqual([error.code, error.sent], ['ABORTED', false])
    assert.equal(backup.requests.length, 0)
  })

  test('in the pause between two attempts', async t => {
    const controller = new AbortController()
    const host = await bank(t, {
      spoil: response => {
        response.writeHead(503, { 'retry-after': '2' }).end()
        setTimeout(() => controller.abort(), 100)
      },
    })
    const { took, error } = await timed(refund([host], { signal: controller.signal, timeout: 5000 }))
    assert.deepEqual([error.code, error.sent, error.query], ['ABORTED', true, QUERY])
    assert.ok(took < 1000, `${took} ms`)
    assert.equal(host.requests.length, 1)
  })

  test('in the pause after an attempt of which nothing left: nothing happened, and nothing is sent', async t => {
    let calls = 0
    const controller = new AbortController()
    const clock = { now: () => 0, sleep: async () => controller.abort() }
    const promise = deliver(
      { hosts: ['http://a.example'], path: '/', method: 'POST', headers: {}, maxBytes: 9, repeatable: true, money: true, query: QUERY, accept: () => {} },
      createPolicy(500, () => {}, clock, () => 0.5),
      async () => {
        calls++
        throw new WxPayError('TRANSPORT', 'refused', { phase: 'connect' })
      },
      { timeout: 5000, signal: controller.signal },
    )
    await assert.rejects(promise, { code: 'ABORTED', sent: false, message: /nothing was sent/ })
    assert.equal(calls, 1)
  })
})
