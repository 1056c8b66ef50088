// Faults 158, 164 and 165: how often, when, and by which host a call is tried; time and chance are
// arguments here.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { bank, layer, nobody } from './network.mjs'

const { Breaker, Budget, createPolicy, defaultTransport, deliver, pause, retryAfter, WxPayError } = await layer()

/** A clock that stands still until somebody sleeps. */
function clock() {
  const slept = []
  return {
    time: 0,
    slept,
    now() {
      return this.time
    },
    async sleep(milliseconds) {
      slept.push(milliseconds)
      this.time += milliseconds
    },
  }
}

/** A client of these hosts that calls again and again under one policy. */
function caller(hosts, { time = clock(), random = () => 0.5, transport = defaultTransport({}), timeout = 10_000 } = {}) {
  const events = []
  const policy = createPolicy(500, event => events.push(event), time, random)
  const call = (more = {}) =>
    deliver(
      {
        hosts: hosts.map(host => host.url ?? host),
        path: '/pay/orderquery',
        method: 'POST',
        headers: { 'content-length': '0' },
        maxBytes: 65536,
        repeatable: true,
        money: false,
        accept: ({ status }) => {
          if (status !== 200) throw new WxPayError('ANSWER_INVALID', `HTTP ${status}`)
        },
        ...more,
      },
      policy,
      transport,
      { timeout },
    )
  return { call, events, time, policy }
}

const down = (t, headers = {}, status = 503) =>
  bank(t, { spoil: response => response.writeHead(status, headers).end() })
const up = t => bank(t, { spoil: response => response.end() })

describe('fault 164: three tries in one layer', () => {
  test('with pauses from nothing to a limit that doubles, up to a limit of its own', async t => {
    assert.deepEqual([1, 2, 3, 4, 5, 9].map(n => pause(n, () => 0.999999).toFixed(0)), ['200', '400', '800', '1600', '2000', '2000'])
    assert.equal(pause(5, () => 0), 0)
    const host = await down(t)
    const { call, time } = caller([host])
    await assert.rejects(call(), { code: 'ANSWER_INVALID' })
    assert.equal(host.requests.length, 3)
    assert.deepEqual(time.slept, [100, 200])
  })

  test('the second host is asked at once', async t => {
    const [one, two] = [await down(t), await down(t)]
    const { call, time } = caller([one, two])
    await assert.rejects(call(), { code: 'ANSWER_INVALID' })
    assert.deepEqual([one.requests.length, two.requests.length], [2, 1])
    assert.deepEqual(time.slept, [200])
  })

  test('a host that never had it is tried as often, even for a call that must not be repeated', async () => {
    const { call, events } = caller([await nobody()])
    await assert.rejects(call({ repeatable: false, money: true }), { code: 'TRANSPORT', sent: false })
    assert.equal(events.filter(({ direction }) => direction === 'request').length, 3)
  })

  test('no pause outlasts the deadline', async t => {
    const host = await down(t)
    const { call, time } = caller([host], { timeout: 100 })
    await assert.rejects(call(), { code: 'ANSWER_INVALID' })
    assert.deepEqual([host.requests.length, time.slept], [1, []])
  })

  test('one call in ten is sent again, beyond a reserve', async t => {
    const host = await down(t)
    const { call } = caller([host])
    for (let i = 0; i < 100; i++) await call().catch(() => {})
    // 100 calls, 10 in reserve and 10 earned by them, less what the full purse could not take.
    assert.ok(host.requests.length >= 115 && host.requests.length <= 120, `${host.requests.length}`)
  })

  test('the reserve does not grow beyond itself', () => {
    const budget = new Budget()
    for (let i = 0; i < 1000; i++) budget.earn()
    assert.deepEqual(Array.from({ length: 12 }, () => budget.spend()).filter(Boolean).length, 10)
  })

  test('what never left costs nothing: the backup is reached with an empty budget', async t => {
    const backup = await up(t)
    const { call, policy } = caller([await nobody(), backup])
    while (policy.budget.spend());
    policy.breaker = () => ({ admits: () => true, succeeded() {}, failed() {}, released() {} })
    for (let i = 0; i < 30; i++) await call()
    assert.equal(backup.requests.length, 30)
  })
})

describe('fault 158: Retry-After', () => {
  test('in seconds, in place of a shorter pause', async t => {
    const host = await down(t, { 'retry-after': '2' }, 429)
    const { call, time } = caller([host])
    await assert.rejects(call())
    assert.deepEqual(time.slept, [2000, 2000])
  })

  test('as a date', () => {
    const headers = { date: 'Sat, 21 Nov 2026 12:00:00 GMT', 'retry-after': 'Sat, 21 Nov 2026 12:00:05 GMT' }
    assert.equal(retryAfter({ headers }), 5000)
    assert.equal(retryAfter({ headers: { ...headers, 'retry-after': headers.date } }), 0)
    assert.equal(retryAfter({ headers: { 'retry-after': '120' } }), 120_000)
    for (const demand of [undefined, '', 'soon', '-5', '1.5', 'Infinity']) {
      assert.equal(retryAfter({ headers: { ...headers, 'retry-after': demand } }), 0, demand)
    }
    assert.equal(retryAfter({ headers: { 'retry-after': headers['retry-after'] } }), 0)
  })

  test('beyond the deadline: not waited for', async t => {
    const host = await down(t, { 'retry-after': '3600' }, 429)
    const { call, time } = caller([host])
    await assert.rejects(call(), { code: 'ANSWER_INVALID', message: /429/ })
    assert.deepEqual([host.requests.length, time.slept], [1, []])
  })

  test('429 is meant for the merchant: the other host is not asked any sooner', async t => {
    const [one, two] = [await down(t, { 'retry-after': '1' }, 429), await up(t)]
    const { call, time } = caller([one, two])
    await call()
    assert.deepEqual(time.slept, [1000])
  })

  test('503 is meant for the host: the other one is asked at once', async t => {
    const { call, time } = caller([await down(t, { 'retry-after': '1' }), await up(t)])
    await call()
    assert.deepEqual(time.slept, [])
  })
})

describe('fault 165: the circuit', () => {
  test('opens for 30 s after a failure, then one call tries', async t => {
    let broken = true
    const primary = await bank(t, { spoil: response => response.writeHead(broken ? 502 : 200).end() })
    const backup = await up(t)
    const { call, time } = caller([primary, backup])
    const asked = () => [primary.requests.length, backup.requests.length]
    await call()
    assert.deepEqual(asked(), [1, 1])
    time.time = 29_999
    await call()
    assert.deepEqual(asked(), [1, 2], 'straight to the backup')
    time.time = 30_000
    await call()
    assert.deepEqual(asked(), [2, 3], 'the probe failed, and the call did not')
    time.time = 59_999
    await call()
    assert.deepEqual(asked(), [2, 4], 'open again')
    time.time = 60_000
    broken = false
    await call()
    await call()
    assert.deepEqual(asked(), [4, 4], 'back to the primary')
  })

  test('one probe among many calls', async t => {
    const primary = await bank(t, { spoil: (response, n) => (n === 1 ? response.writeHead(502).end() : setTimeout(() => response.end(), 50)) })
    const backup = await up(t)
    const { call, time } = caller([primary, backup])
    await call()
    time.time = 30_000
    await Promise.all(Array.from({ length: 20 }, () => call()))
    assert.deepEqual([primary.requests.length, backup.requests.length], [2, 20])
  })

  test('open, and the backup fails: the primary is asked after all', async t => {
    const primary = await bank(t, { spoil: (response, n) => response.writeHead(n === 1 ? 502 : 200).end() })
    const backup = await bank(t, { spoil: (response, n) => response.writeHead(n === 1 ? 200 : 502).end() })
    const { call } = caller([primary, backup])
    await call()
    await call()
    assert.deepEqual([primary.requests.length, backup.requests.length], [2, 2])
  })

  test('neither a wrong request, nor a busy host, nor a caller who leaves opens it', async t => {
    const quiet = [[404], [429], [0, 'ABORTED'], [0, 'TRANSPORT', 'queue'], [0, 'TRANSPORT', 'reused'], [0, 'CONFIG_INVALID']]
    for (const [status, error, phase] of quiet) {
      const asked = []
      const { call } = caller(['http://one.example', 'http://two.example'], {
        transport: async ({ url }) => {
          asked.push(new URL(url).host)
          if (asked.length > 1) return { status: 200, headers: {}, body: new Uint8Array() }
          if (status === 0) throw new WxPayError(error, 'x', { phase })
          return { status, headers: {}, body: new Uint8Array() }
        },
      })
      // Not repeatable: a connection that was dead already is told at once.
      await call({ repeatable: phase !== 'reused' }).catch(() => {})
      asked.splice(1)
      await call()
      assert.equal(asked[1], 'one.example', `${status} ${error} ${phase}`)
    }
  })

  test('a probe whose caller leaves lets another one try', () => {
    let now = 0
    const breaker = new Breaker(() => now)
    breaker.failed()
    now = 30_000
    assert.deepEqual([breaker.admits(), breaker.admits()], [true, false])
    breaker.released()
    assert.deepEqual([breaker.admits(), breaker.admits()], [true, false])
    breaker.succeeded()
    assert.deepEqual([breaker.admits(), breaker.admits()], [true, true])
  })

  test('each client and each primary has its own', async t => {
    const one = caller(['http://x'])
    assert.equal(one.policy.breaker('a'), one.policy.breaker('a'))
    assert.notEqual(one.policy.breaker('a'), one.policy.breaker('b'))
    assert.notEqual(one.policy.breaker('a'), caller(['http://x']).policy.breaker('a'))
  })

  test('an error in the program lets the probe go', async t => {
    const [primary, backup] = [await bank(t, { spoil: (response, n) => response.writeHead(n === 1 ? 502 : 200).end() }), await up(t)]
    const { call, time } = caller([primary, backup])
    await call()
    time.time = 30_000
    const accept = () => {
      throw new TypeError('mine')
    }
    await assert.rejects(call({ accept }), TypeError)
    await call()
    assert.deepEqual([primary.requests.length, backup.requests.length], [3, 1])
  })
})

describe('a transport by script', () => {
  const HOSTS = ['http://one.example', 'http://two.example']
  const FINE = { status: 200, headers: {}, body: new Uint8Array() }
  const away = (phase, code = 'TRANSPORT') => new WxPayError(code, phase ?? 'away', { phase })

  /** Each request takes the next answer, errors are thrown; `asked` has what the transport was given. */
  function scripted(script, { hosts = [HOSTS[0]], time = clock(), ...options } = {}) {
    const asked = []
    const transport = async request => {
      asked.push(request)
      const next = script[Math.min(asked.length, script.length) - 1]
      if (next instanceof Error) throw next
      return next
    }
    return { ...caller(hosts, { time, transport, ...options }), asked }
  }

  test('is given what the call has, and nothing else', async () => {
    const plain = scripted([FINE])
    await plain.call()
    assert.deepEqual(Object.keys(plain.asked[0]).sort(), ['connectTimeout', 'headers', 'maxBytes', 'method', 'timeout', 'url'])
    const full = scripted([FINE])
    await full.call({ body: new Uint8Array(1), stream: true, certificate: true })
    const { body, stream, certificate } = full.asked[0]
    assert.deepEqual([body.length, stream, certificate], [1, true, true])
  })

  test('a kept connection that was dead: sent again at once, and that costs no try', async () => {
    const { call, asked, time, events } = scripted([away('reused'), FINE])
    await call()
    assert.deepEqual([asked.length, time.slept], [2, []])
    assert.deepEqual(events.map(({ direction }) => direction), ['request', 'failure', 'request', 'answer'])
  })

  test('a second dead connection is a failure like any other', async () => {
    const { call, asked } = scripted([away('reused')])
    await assert.rejects(call(), { code: 'TRANSPORT', sent: true })
    assert.equal(asked.length, 3 * 2)
  })

  test('not sent again: what must not be repeated, and what has no time left', async () => {
    const once = scripted([away('reused'), FINE])
    await assert.rejects(once.call({ repeatable: false, money: true }), { code: 'OUTCOME_UNKNOWN' })
    const time = clock()
    const late = scripted([away('reused'), FINE], { time, timeout: 50 })
    late.policy.watch = () => (time.time = 50)
    await assert.rejects(late.call(), { code: 'TRANSPORT' })
    assert.deepEqual([once.asked.length, late.asked.length], [1, 1])
  })

  test('money: after a dead connection not even a clear refusal is the end of it', async () => {
    const accept = () => {
      throw new WxPayError('RESULT_FAIL', 'no')
    }
    await assert.rejects(scripted([FINE]).call({ money: true, accept }), { code: 'RESULT_FAIL' })
    await assert.rejects(scripted([away('reused'), FINE]).call({ money: true, accept }), { code: 'OUTCOME_UNKNOWN' })
  })

  test('a mistake in the configuration is thrown as it is, and is no failure of the network', async () => {
    const mistake = new WxPayError('CERT_INVALID', 'x')
    const { call, asked, events } = scripted([mistake])
    const thrown = await call({ money: true }).catch(error => error)
    assert.equal(thrown, mistake)
    assert.deepEqual([asked.length, events.length], [1, 1])
  })

  test('a deadline that passed and a caller who left are not tried again', async () => {
    for (const code of ['TIMEOUT', 'ABORTED']) {
      const { call, asked } = scripted([away(undefined, code)], { hosts: HOSTS })
      await assert.rejects(call(), { code })
      assert.equal(asked.length, 1)
    }
  })

  test('only a broken TLS is told loudly', async () => {
    const { call, events } = scripted([away('tls'), away('connect'), FINE])
    await call()
    const failures = events.filter(({ direction }) => direction === 'failure')
    assert.deepEqual(failures.map(({ loud }) => loud), [true, false])
    assert.deepEqual(failures.map(({ body }) => /Somebody may stand/.test(body)), [true, false])
  })

  test('an empty budget: what never left goes to the other host, and nothing else goes anywhere', async () => {
    const busy = { ...FINE, status: 503 }
    for (const [first, hosts, times] of [[away('connect'), HOSTS, 2], [away('connect'), [HOSTS[0]], 1], [busy, HOSTS, 1]]) {
      const { call, asked, policy } = scripted([first, FINE], { hosts })
      while (policy.budget.spend());
      await call().catch(() => {})
      assert.equal(asked.length, times)
    }
  })

  test('a pause that took longer than it should leaves no time for another try', async () => {
    const time = clock()
    time.sleep = async () => void (time.time += 9999.6)
    const { call, asked } = scripted([away('connect')], { time })
    await assert.rejects(call(), { code: 'TRANSPORT' })
    assert.equal(asked.length, 1)
  })

  test('a refusal of the business closes the circuit: the host did its part', async () => {
    const { call, asked, time } = scripted([{ ...FINE, status: 502 }, FINE], { hosts: HOSTS })
    await call()
    time.time = 30_000
    const refused = () => {
      throw new WxPayError('RESULT_FAIL', 'no')
    }
    await assert.rejects(call({ accept: refused }), { code: 'RESULT_FAIL' })
    await call()
    await call()
    assert.deepEqual(asked.map(({ url }) => new URL(url).host[0]), ['o', 't', 'o', 'o', 'o'])
  })
})
