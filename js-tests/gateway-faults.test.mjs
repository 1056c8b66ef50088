import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createGateway } from 'wxpay-wasm/testing'
import {
  KEY,
  NOON,
  SUCCESS,
  assertDone,
  assertFault,
  buy,
  onGateway,
  order,
  query,
  signature,
  toFields,
  until,
  withShop,
} from './merchant.mjs'

const faulty = (name, faults, body, options = {}) =>
  onGateway(name, { faults: [faults].flat(), ...options }, body)
const on = (fault, more) => ({ on: 'unifiedOrder', fault, ...more })

describe('faults of answers', () => {
  faulty('error: SYSTEMERROR, signed, once, and nothing is booked', on('error'), async gateway => {
    assertFault(await order(gateway), 'SYSTEMERROR')
    assert.deepEqual(gateway.orders(), [])
    assertDone(await order(gateway))
  })

  faulty(
    'error: booked, with another code',
    on('error', { booked: true, err_code: 'BIZERR_NEED_RETRY' }),
    async gateway => {
      assertFault(await order(gateway), 'BIZERR_NEED_RETRY')
      assert.equal(gateway.orders().length, 1)
    },
  )

  for (const booked of [false, true]) {
    faulty(
      `silence, ${booked ? 'booked' : 'not booked'}`,
      on('silence', { booked }),
      async gateway => {
        const asked = order(gateway)
        const first = await Promise.race([
          asked.catch(() => 'broken'),
          new Promise(done => setTimeout(done, 100, 'nothing')),
        ])
        assert.equal(first, 'nothing')
        assert.equal(gateway.orders().length, booked ? 1 : 0)
        asked.catch(() => {})
      },
    )
  }

  for (const fault of [
    'reset',
    'truncated',
    'wrong-sign',
    'no-sign',
    'gzip',
    'oversized',
    'slow',
    'late',
    'html-502',
  ]) {
    const pauses = []
    // A byte every 50 ms would take half a minute.
    const timers = {
      clearTimeout,
      setTimeout: (run, pause) => {
        pauses.push(pause)
        return setTimeout(run, fault === 'slow' ? 0 : pause)
      },
    }
    faulty(fault, on(fault, { delay: 0.05 }), async gateway => {
      const began = Date.now()
      const answer = await order(gateway).catch(error => error)
      switch (fault) {
        case 'reset':
          assert.ok(answer instanceof TypeError, 'the connection broke')
          break
        case 'truncated':
          assert.match(answer.text, /^<xml>/)
          assert.doesNotMatch(answer.text, /<\/xml>$/)
          break
        case 'wrong-sign':
          assert.notEqual(answer.fields.sign, signature(answer.fields, KEY))
          assert.equal(answer.fields.sign.length, 32)
          break
        case 'no-sign':
          assert.equal(answer.fields.sign, undefined)
          assert.equal(answer.fields.result_code, 'SUCCESS')
          break
        case 'oversized':
          assert.ok(answer.text.length > 2 ** 21)
          break
        case 'html-502':
          assert.equal(answer.status, 502)
          assert.match(answer.text, /502 Bad Gateway/)
          break
        case 'slow':
          assert.deepEqual(pauses, Array(Buffer.byteLength(answer.text) - 1).fill(50), 'one byte after the other')
          assertDone(answer)
          break
        case 'late':
          assert.ok(Date.now() - began >= 45)
          assertDone(answer)
          break
        case 'gzip':
          assertDone(answer)
      }
      assert.equal(gateway.orders().length, fault === 'html-502' ? 0 : 1)
      assertDone(await order(gateway))
    }, { timers })
  }

  faulty(
    'one order alone, so many times',
    on('error', { no: 'A1002', times: 2 }),
    async gateway => {
      assertDone(await order(gateway))
      for (let i = 0; i < 2; i += 1)
        assertFault(await order(gateway, { out_trade_no: 'A1002' }), 'SYSTEMERROR')
      assert.deepEqual(gateway.faults(), [])
      assertDone(await order(gateway, { out_trade_no: 'A1002' }))
    },
  )

  test('at random, the same for the same seed', async () => {
    const run = async seed => {
      const gateway = await createGateway({
        seed,
        now: () => NOON,
        faults: [{ on: '*', fault: 'error', rate: 0.5 }],
      })
      const codes = []
      for (let i = 0; i < 20; i += 1) {
        const { fields } = await order(gateway, {
          out_trade_no: `A${i}`,
          notify_url: 'http://127.0.0.1:9/',
        })
        codes.push(fields.err_code ?? fields.prepay_id + fields.nonce_str)
      }
      await gateway.close()
      return codes
    }
    const codes = await run(1)
    assert.deepEqual(await run(1), codes)
    assert.notDeepEqual(await run(2), codes)
    const failures = codes.filter(code => code === 'SYSTEMERROR').length
    assert.ok(failures > 3 && failures < 17, String(failures))
  })

  test('at random, whatever other orders do; a reset begins anew', async () => {
    const faults = [{ on: '*', fault: 'error', rate: 0.5 }]
    const gateway = await createGateway({ seed: 1, now: () => NOON, faults })
    const struck = []
    gateway.subscribe(event => event.type === 'fault' && struck.push(event))
    const place = async out_trade_no => {
      const { fields } = await order(gateway, { out_trade_no, notify_url: 'http://127.0.0.1:9/' })
      return [out_trade_no, fields.err_code, fields.prepay_id, fields.nonce_str]
    }
    const numbers = Array.from({ length: 20 }, (_, i) => `A${i}`)
    const codes = []
    for (const no of numbers) codes.push(await place(no))
    assert.deepEqual(
      struck.map(({ on, numbers, fault }) => [on, ...numbers, fault.fault]),
      codes.filter(([, code]) => code !== undefined).map(([no]) => ['unifiedOrder', no, 'error']),
    )
    assert.notDeepEqual(await place('A0'), codes[0], 'the second message about A0')
    gateway.reset()
    gateway.setFaults(faults)
    const others = await Promise.all(numbers.toReversed().map(place))
    assert.deepEqual(others.toReversed(), codes)
    await gateway.close()
  })

  onGateway('over HTTP, and rules that are none', {}, async gateway => {
    const set = body => fetch(`${gateway.url}/_gateway/faults`, { method: 'POST', body })
    assert.equal((await set(JSON.stringify([on('error')]))).status, 200)
    assertFault(await order(gateway), 'SYSTEMERROR')
    for (const rules of [
      '{',
      '{}',
      '[1]',
      '[{"on":"nowhere","fault":"error"}]',
      '[{"on":"unifiedOrder","fault":"twice"}]',
      '[{"on":"notification","fault":"gzip"}]',
      '[{"on":"*","fault":"error","rate":2}]',
      '[{"on":"*","fault":"error","times":0}]',
      '[{"on":"*","fault":"late","delay":-1}]',
    ])
      assert.equal((await set(rules)).status, 400, rules)
    assertDone(await order(gateway))
    await assert.rejects(createGateway({ faults: [{ on: 'x', fault: 'error' }] }), TypeError)
  })
})

describe('faults of notifications', () => {
  const notified = (name, faults, body) =>
    faulty(name, faults, gateway =>
      withShop([SUCCESS], (notify_url, received) => body(gateway, notify_url, received)),
    )
  const rule = (fault, more) => ({ on: 'notification', fault, ...more })

  notified('never: only a query tells', rule('never'), async (gateway, notify_url, received) => {
    const { notification } = await buy(gateway, { notify_url })
    assert.equal(notification, null)
    await gateway.advance(86_400)
    assert.equal(received.length, 0)
    assert.equal((await query(gateway, { out_trade_no: 'A1001' })).fields.trade_state, 'SUCCESS')
  })

  notified(
    'late, by the gateway’s clock',
    rule('late', { delay: 600 }),
    async (gateway, notify_url, received) => {
      await buy(gateway, { notify_url })
      await gateway.advance(599)
      assert.equal(received.length, 0)
      await gateway.advance(1)
      assert.equal(received.length, 1)
    },
  )

  notified('twice, at once', rule('twice'), async (gateway, notify_url, received) => {
    await buy(gateway, { notify_url })
    await until(() => received.length === 2)
    assert.equal(received[0].body, received[1].body)
  })

  notified(
    'reordered: after the next one',
    rule('reordered', { no: 'A1001' }),
    async (gateway, notify_url, received) => {
      await buy(gateway, { notify_url })
      assert.equal(received.length, 0)
      await buy(gateway, { notify_url, out_trade_no: 'A1002' })
      assert.deepEqual(
        received.map(({ body }) => toFields(body).out_trade_no),
        ['A1002', 'A1001'],
      )
    },
  )

  notified('wrong-sign', rule('wrong-sign'), async (gateway, notify_url, received) => {
    await buy(gateway, { notify_url })
    const fields = toFields(received[0].body)
    assert.notEqual(fields.sign, signature(fields, KEY))
  })
})

describe('variety', () => {
  onGateway(
    'empty elements and unknown fields, all of it valid',
    { variety: true, seed: 3 },
    gateway =>
      withShop([SUCCESS], async (notify_url, received) => {
        let empty = 0
        let unknown = 0
        let silent = 0
        for (let i = 0; i < 30; i += 1) {
          const changes = { notify_url, out_trade_no: `V${i}`, sign_type: 'HMAC-SHA256' }
          const answer = await order(gateway, changes)
          assertDone(answer, 'HMAC-SHA256')
          if (answer.text.includes('<![CDATA[]]>')) empty += 1
          await gateway.pay(`V${i}`)
          const fields = toFields(received.at(-1).body)
          assert.equal(fields.sign, signature(fields, KEY, 'HMAC-SHA256'))
          if (Object.keys(fields).some(name => name.startsWith('x_'))) unknown += 1
          if (fields.sign_type === undefined) silent += 1
        }
        for (const count of [empty, unknown, silent])
          assert.ok(count > 0 && count < 30, String(count))
      }),
  )
})
