// Fault 161: a payment by code is sent once, queried while nobody knows, and reversed in the end.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { WxPayError } from 'wxpay-wasm'
import { payByCode } from 'wxpay-wasm/client'

const ORDER = { out_trade_no: 'M1', total_fee: 888, auth_code: '120061098828009406', body: 'tea' }
const QUERY = { endpoint: 'orderQuery', fields: { out_trade_no: 'M1' } }
const PAID = { trade_state: 'SUCCESS', out_trade_no: 'M1', total_fee: '888', transaction_id: 'T1' }

const fail = (err_code, action = 'query') =>
  new WxPayError('RESULT_FAIL', `refused (${err_code})`, { err_code, action })
const lost = (code = 'OUTCOME_UNKNOWN') => new WxPayError(code, 'no answer', { sent: true })

/**
 * A till with scripted answers: each call takes the next, the last one again and again; an error is
 * thrown, a function is called.
 */
function till({ micropay, orderQuery = [], reverse = [] }, { took = 0 } = {}) {
  const calls = []
  const clock = {
    time: 1000,
    now() {
      return this.time
    },
    async sleep(milliseconds, signal) {
      if (signal?.aborted !== true) this.time += milliseconds
    },
  }
  const scripted = (name, script) => {
    let n = 0
    return async (order, options) => {
      calls.push([name, (clock.time - 1000) / 1000, order, options])
      clock.time += took
      const next = script[Math.min(n++, script.length - 1)]
      const said = typeof next === 'function' ? next() : next
      if (said instanceof Error) throw said
      if (said === undefined) throw new Error(`${name} was not expected`)
      return said
    }
  }
  return {
    clock,
    calls,
    names: () => calls.map(([name]) => name).join(' '),
    times: name => calls.filter(([other]) => other === name).map(([, time]) => time),
    pay: options =>
      payByCode(
        {
          micropay: scripted('micropay', [micropay]),
          orderQuery: scripted('orderQuery', orderQuery),
          reverse: scripted('reverse', reverse),
        },
        ORDER,
        { clock, ...options },
      ),
  }
}

const NOTPAY = { trade_state: 'NOTPAY' }
const USERPAYING = { trade_state: 'USERPAYING' }
const DONE = { recall: 'N' }

test('paid at once', async () => {
  const { pay, calls } = till({ micropay: { transaction_id: 'T1' } })
  assert.deepEqual(await pay(), { paid: true, answer: { transaction_id: 'T1' } })
  assert.deepEqual(calls, [['micropay', 0, ORDER, {}]])
})

describe('nobody knows yet', () => {
  const first = {
    USERPAYING: fail('USERPAYING'),
    SYSTEMERROR: fail('SYSTEMERROR'),
    BANKERROR: fail('BANKERROR'),
    'a code that nobody has documented': fail('NEW_IN_2027', null),
    'no err_code': new WxPayError('RESULT_FAIL', 'refused'),
    'an unknown outcome': lost(),
    'a timeout': lost('TIMEOUT'),
    'a transport that cannot tell': new WxPayError('TRANSPORT', 'x'),
    'no message': lost('ANSWER_INVALID'),
    'a wrong signature': lost('SIGN_MISMATCH'),
    'an unsigned refusal': lost('RETURN_FAIL'),
  }
  for (const [name, error] of Object.entries(first)) {
    test(`${name}: queried until it is paid, and the code is not sent again`, async () => {
      const { pay, names } = till({ micropay: error, orderQuery: [USERPAYING, lost('TRANSPORT'), PAID] })
      assert.deepEqual(await pay(), { paid: true, answer: PAID })
      assert.equal(names(), 'micropay orderQuery orderQuery orderQuery')
    })

    test(`${name}: reversed when the patience ends`, async () => {
      const { pay, calls, names, times } = till({ micropay: error, orderQuery: [NOTPAY], reverse: [DONE] })
      assert.deepEqual(await pay(), { paid: false, reversed: true, cause: error })
      assert.match(names(), /^micropay( orderQuery)+ reverse$/)
      assert.ok(calls.slice(1).every(([, , asked]) => asked.out_trade_no === 'M1' && Object.keys(asked).length === 1))
      assert.deepEqual(times('reverse'), [45])
    })
  }

  test('the gaps grow from 5 s to 10 s, and the last query is the moment before the reversal', async () => {
    const { pay, times } = till({ micropay: fail('USERPAYING'), orderQuery: [USERPAYING], reverse: [DONE] })
    await pay()
    assert.deepEqual(times('orderQuery').map(time => Math.round(time * 10) / 10), [5, 11.3, 19.1, 28.8, 38.8, 45])
  })

  test('a network that is down does not make it spin', async () => {
    const { pay, calls } = till({ micropay: lost(), orderQuery: [lost('TRANSPORT')], reverse: [lost('TRANSPORT')] }, { took: 0 })
    await assert.rejects(pay(), { code: 'OUTCOME_UNKNOWN' })
    assert.equal(calls.length, 1 + 6 + 5)
  })

  test('queries that take long shorten the gaps, not the order of things', async () => {
    const script = { micropay: fail('USERPAYING'), orderQuery: [USERPAYING], reverse: [DONE] }
    const { pay, times } = till(script, { took: 10_000 })
    await pay()
    assert.ok(times('reverse')[0] <= 60, times('reverse'))
    assert.ok(times('orderQuery').length >= 3)
  })

  test('patience is configured', async () => {
    const script = { micropay: fail('USERPAYING'), orderQuery: [USERPAYING], reverse: [DONE] }
    const { pay, times } = till(script)
    await pay({ patience: 30_000 })
    assert.deepEqual(times('reverse'), [30])
    for (const patience of [-1, NaN, Infinity, 2 ** 31]) await assert.rejects(pay({ patience }), RangeError)
  })

  test('a payment that failed for good is reversed at once', async () => {
    const { pay, times } = till({ micropay: fail('USERPAYING'), orderQuery: [{ trade_state: 'PAYERROR' }], reverse: [DONE] })
    assert.equal((await pay()).paid, false)
    assert.deepEqual(times('reverse'), [5])
  })

  test('reversed or closed by somebody else', async () => {
    for (const [trade_state, reversed] of [['REVOKED', true], ['CLOSED', false]]) {
      const cause = fail('SYSTEMERROR')
      const { pay, names } = till({ micropay: cause, orderQuery: [{ trade_state }] })
      assert.deepEqual(await pay(), { paid: false, reversed, cause })
      assert.equal(names(), 'micropay orderQuery')
    }
  })

  test('fault 173: a state that nobody has documented is not paid', async () => {
    const { pay } = till({ micropay: fail('USERPAYING'), orderQuery: [{ trade_state: 'NEW' }, {}], reverse: [DONE] })
    assert.equal((await pay()).paid, false)
  })
})

describe('no money can have moved', () => {
  for (const code of ['AUTHCODEEXPIRE', 'AUTH_CODE_INVALID', 'NOTENOUGH', 'NOTSUPORTCARD', 'OUT_TRADE_NO_USED', 'PARAM_ERROR', 'ORDERREVERSED']) {
    test(code, async () => {
      const { pay, names } = till({ micropay: fail(code, 'final') })
      await assert.rejects(pay(), { code: 'RESULT_FAIL', err_code: code })
      assert.equal(names(), 'micropay')
    })
  }

  test('nothing was sent', async () => {
    for (const code of ['TRANSPORT', 'TIMEOUT', 'ABORTED']) {
      const { pay, names } = till({ micropay: new WxPayError(code, 'x', { sent: false }) })
      await assert.rejects(pay(), { code, sent: false })
      assert.equal(names(), 'micropay')
    }
  })

  test('a mistake in the call', async () => {
    for (const error of [new WxPayError('FIELD_MISSING', 'x', { field: 'auth_code' }), new TypeError('x')]) {
      const { pay, names } = till({ micropay: error })
      await assert.rejects(pay(), error)
      assert.equal(names(), 'micropay')
    }
  })
})

describe('a number that was used before', () => {
  test('for this payment: it is paid', async () => {
    const { pay, times } = till({ micropay: fail('ORDERPAID', 'done'), orderQuery: [PAID] })
    assert.deepEqual(await pay(), { paid: true, answer: PAID })
    assert.deepEqual(times('orderQuery'), [0], 'at once')
  })

  test('for another amount: never taken for this one, never reversed', async () => {
    for (const error of [fail('ORDERPAID', 'done'), lost()]) {
      const { pay, names } = till({ micropay: error, orderQuery: [{ ...PAID, total_fee: '1' }] })
      await assert.rejects(pay(), { code: 'ANSWER_MISMATCH', field: 'total_fee', query: QUERY })
      assert.equal(names(), 'micropay orderQuery')
    }
  })

  test('and the query says nothing: not reversed, for it may be somebody’s payment', async () => {
    const { pay, names } = till({ micropay: fail('ORDERPAID', 'done'), orderQuery: [lost('TRANSPORT')] })
    await assert.rejects(pay(), { code: 'OUTCOME_UNKNOWN', query: QUERY })
    assert.doesNotMatch(names(), /reverse/)
  })
})

describe('the reversal', () => {
  const open = { micropay: lost(), orderQuery: [NOTPAY] }

  test('is called again while it says so', async () => {
    const { pay, times } = till({ ...open, reverse: [{ recall: 'Y' }, { recall: 'Y' }, DONE] })
    assert.equal((await pay()).reversed, true)
    assert.deepEqual(times('reverse'), [45, 50, 55])
  })

  test('is called again after an error that passes', async () => {
    const { pay } = till({ ...open, reverse: [fail('SYSTEMERROR', 'retry'), fail('USERPAYING'), lost(), lost('TIMEOUT'), DONE] })
    assert.equal((await pay()).reversed, true)
  })

  for (const [name, answer] of Object.entries({
    'never comes to an end': { recall: 'Y' },
    'never answers': lost(),
    'fails for a while': fail('SYSTEMERROR'),
  })) {
    test(`${name}: five times, then the outcome is unknown`, async () => {
      const { pay, times } = till({ ...open, reverse: [answer] })
      const error = await pay().catch(error => error)
      assert.equal(error.code, 'OUTCOME_UNKNOWN')
      assert.deepEqual(error.query, QUERY)
      assert.equal(error.sent, true)
      assert.match(error.message, /ask orderQuery with out_trade_no M1 before anything else/)
      assert.equal(times('reverse').length, 5)
    })
  }

  test('fails for good: once, then the outcome is unknown', async () => {
    for (const error of [fail('REVERSE_EXPIRE', 'final'), new WxPayError('CONFIG_INVALID', 'no certificate'), new TypeError('x')]) {
      const { pay, times } = till({ ...open, reverse: [error] })
      await assert.rejects(pay(), { code: 'OUTCOME_UNKNOWN', cause: error, query: QUERY })
      assert.equal(times('reverse').length, 1)
    }
  })
})

describe('fault 178: aborted', () => {
  const aborting = script => {
    const controller = new AbortController()
    const then = value => () => {
      controller.abort()
      return value
    }
    const made = till(script(then))
    return { ...made, signal: controller.signal }
  }
  const AT_MOST = {
    'while the code was sent': /^micropay$/,
    'while it was queried': /^micropay orderQuery$/,
    'between two queries': /^micropay orderQuery$/,
    'while it was reversed': /^micropay( orderQuery)+ reverse$/,
    'between two reversals': /^micropay( orderQuery)+ reverse$/,
  }
  const moments = {
    'while the code was sent': then => ({ micropay: then(lost('ABORTED')) }),
    'while it was queried': then => ({ micropay: lost(), orderQuery: [then(lost('ABORTED'))] }),
    'between two queries': then => ({ micropay: lost(), orderQuery: [then(USERPAYING)] }),
    'while it was reversed': then => ({ micropay: lost(), orderQuery: [NOTPAY], reverse: [then(lost('ABORTED'))] }),
    'between two reversals': then => ({ micropay: lost(), orderQuery: [NOTPAY], reverse: [then({ recall: 'Y' })] }),
  }
  for (const [name, script] of Object.entries(moments)) {
    test(`${name}: the outcome is unknown, and nothing more is sent`, async () => {
      const { pay, calls, names, signal } = aborting(script)
      const error = await pay({ signal }).catch(error => error)
      assert.deepEqual([error.code, error.sent, error.query], ['ABORTED', true, QUERY])
      assert.match(error.message, /outcome is unknown/)
      // Of the call that was cut off, or else why the code was not enough.
      assert.equal(error.cause.code, /^while/.test(name) ? 'ABORTED' : 'OUTCOME_UNKNOWN')
      assert.ok(calls.every(([, , , options]) => options.signal === signal))
      assert.match(names(), AT_MOST[name])
    })
  }
})

test('with the clock of the platform', async () => {
  const { pay } = till({ micropay: fail('USERPAYING'), orderQuery: [PAID] })
  const start = performance.now()
  assert.equal((await pay({ clock: undefined, patience: 100 })).paid, true)
  const took = performance.now() - start
  assert.ok(took >= 50 && took < 2000, `${took} ms`)
})
