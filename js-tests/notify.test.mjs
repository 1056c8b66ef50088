// The notification route over hand-made requests (faults 82 to 119): what is a payment, what becomes of
// the order, and what is replied.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Key, WxPayError, signedXml } from 'wxpay-wasm'
import { paymentNotify } from 'wxpay-wasm/notify'
import { memoryStore } from 'wxpay-wasm/store'
import { signedNotification } from 'wxpay-wasm/testing'
import { APPID, KEY, MCHID, OTHER_KEY, digest, signed, xml } from './wire.mjs'

const MERCHANT = { appid: APPID, mchid: MCHID, partnerKey: KEY }
const ORDER = { out_trade_no: 'A1001', appid: APPID, mch_id: MCHID, trade_type: 'JSAPI', body: 'tea', total_fee: 101 }
const SUCCESS =
  '<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>'
const FAIL =
  '<xml><return_code><![CDATA[FAIL]]></return_code><return_msg><![CDATA[REFUSED]]></return_msg></xml>'

/** The payment of the order, as chapter 9.7 has it. */
const PAID = {
  appid: APPID,
  attach: 'table 4 & window',
  bank_type: 'CFT',
  cash_fee: '101',
  fee_type: 'CNY',
  is_subscribe: 'N',
  mch_id: MCHID,
  nonce_str: '5d2b6c2a8db53831f7eda20af46e531c',
  openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
  out_trade_no: 'A1001',
  result_code: 'SUCCESS',
  return_code: 'SUCCESS',
  time_end: '20140903131540',
  total_fee: '101',
  trade_type: 'JSAPI',
  transaction_id: '1004400740201409030005092168',
}

/** A shop with one order that waits for its payment. */
async function shop(options = {}, { state, order = {} } = {}) {
  const first = memoryStore({ now: () => 1_000 })
  await first.createOrder({ ...ORDER, ...order })
  const row = await first.findOrder(ORDER.out_trade_no)
  const store = memoryStore({ now: () => 2_000, orders: [{ ...row, ...(state && { state }) }] })
  const events = []
  const notify = paymentNotify({ ...MERCHANT, store, onOutcome: event => events.push(event), ...options })
  return {
    store,
    events,
    notify,
    send: body => notify(post(body)),
    order: () => store.findOrder('A1001'),
    booked: () => store.listEvents('A1001'),
  }
}

const post = (body, headers = { 'content-type': 'text/xml' }) =>
  new Request('http://shop.example/notify', { method: 'POST', body, headers, duplex: 'half' })

async function replied(response, want) {
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), 'text/xml; charset=utf-8')
  assert.equal(await response.text(), want)
}

/** FAIL, and neither the order nor the list of events has changed. */
async function refused(given, body, code, field) {
  const before = await given.order()
  await replied(await given.send(body), FAIL)
  assert.deepEqual(await given.order(), before)
  assert.deepEqual(await given.booked(), [])
  const event = given.events.at(-1)
  assert.equal(event.outcome, 'refused', event.outcome)
  assert.deepEqual([event.error.name, event.error.code], ['WxPayError', code])
  if (field !== undefined) assert.equal(event.error.field, field)
}

describe('a genuine payment', () => {
  for (const type of ['MD5', 'HMAC-SHA256']) {
    for (const declared of [undefined, type]) {
      test(`${type}, sign_type ${declared ?? 'left out'}`, async () => {
        const given = await shop()
        await replied(await given.send(signed({ ...PAID, sign_type: declared }, { type })), SUCCESS)
        const order = await given.order()
        assert.deepEqual(
          [order.state, order.transaction_id, order.cash_fee, order.payer_openid, order.time_end, order.paid_at],
          ['SUCCESS', PAID.transaction_id, 101, PAID.openid, PAID.time_end, 2000],
        )
        assert.equal((await given.booked()).length, 1)
        assert.deepEqual(given.events.map(({ outcome }) => outcome), ['paid'])
        assert.equal(given.events[0].payment.total_fee, 101)
        assert.equal(given.events[0].order.state, 'SUCCESS')
      })
    }
  }

  test('as the package itself makes it for tests', async () => {
    const given = await shop()
    await replied(await given.send(signedNotification({ out_trade_no: 'A1001', total_fee: 101 })), SUCCESS)
    assert.equal((await given.order()).state, 'SUCCESS')
  })

  test('fault 87: the bytes decide, not the content type', async () => {
    for (const type of [undefined, 'application/xml', 'text/plain; charset=gbk', 'application/json', 'x']) {
      const given = await shop()
      const headers = type === undefined ? {} : { 'content-type': type }
      await replied(await given.notify(post(Buffer.from(signed(PAID)), headers)), SUCCESS)
    }
  })

  test('a body in many pieces', async () => {
    const given = await shop()
    const bytes = Buffer.from(signed({ ...PAID, attach: '茶' }))
    const body = new ReadableStream({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte))
        controller.close()
      },
    })
    await replied(await given.send(body), SUCCESS)
  })

  test('fault 43: fields that are new are signed like the others', async () => {
    const given = await shop()
    await replied(await given.send(signed({ ...PAID, field_of_2027: 'x', empty: '' })), SUCCESS)
  })

  test('fault 99: a coupon lowers what is paid in cash, the amount decides', async () => {
    for (const [cash_fee, more] of [
      ['1', { coupon_fee: '100', coupon_count: '1', coupon_id_0: '10000', settlement_total_fee: '1' }],
      ['0', { coupon_fee: '101' }],
    ]) {
      const given = await shop()
      await replied(await given.send(signed({ ...PAID, ...more, cash_fee })), SUCCESS)
      assert.deepEqual([(await given.order()).cash_fee, (await given.order()).state], [Number(cash_fee), 'SUCCESS'])
    }
  })

  test('fault 98: no fee_type is CNY', async () => {
    const given = await shop()
    await replied(await given.send(signed({ ...PAID, fee_type: undefined })), SUCCESS)
  })

  test('fault 115: an impossible time is kept as it is', async () => {
    for (const time_end of ['99999999999999', '00000000000000', '20990101000000', 'soon']) {
      const given = await shop()
      await replied(await given.send(signed({ ...PAID, time_end })), SUCCESS)
      assert.equal((await given.order()).time_end, time_end)
    }
  })
})

describe('the five that must not pay', () => {
  const good = signed(PAID)
  const bad = {
    'a digit changed': [good.replace('<![CDATA[101]]></total_fee>', '<![CDATA[102]]></total_fee>'), 'SIGN_MISMATCH'],
    'no sign': [xml(PAID), 'SIGN_MISSING'],
    'total_fee twice': [good.replace('</xml>', '<total_fee>101</total_fee></xml>'), 'XML_DUPLICATE'],
    'a DOCTYPE': [`<!DOCTYPE xml [<!ENTITY x "y">]>${good}`, 'XML_DOCTYPE'],
  }
  for (const [name, [body, code]] of Object.entries(bad)) {
    test(name, async () => refused(await shop(), body, code))
  }

  test('another amount, rightly signed', async () => {
    const given = await shop()
    await replied(await given.send(signed({ ...PAID, total_fee: '1', cash_fee: '1' })), FAIL)
    assert.deepEqual([given.events[0].outcome, given.events[0].order.total_fee], ['amount_mismatch', 101])
    assert.equal((await given.order()).state, 'NOTPAY')
    assert.deepEqual(await given.booked(), [])
  })
})

describe('faults 33 to 42: signatures', () => {
  const other = digest(PAID).replace(/.$/, digit => (digit === '0' ? '1' : '0'))
  for (const [name, sign, code] of [
    ['empty', '', 'SIGN_MISSING'],
    ['the last digit', other, 'SIGN_MISMATCH'],
    ['in lower case', digest(PAID).toLowerCase(), 'SIGN_MALFORMED'],
    ['with another key', digest(PAID, { key: OTHER_KEY }), 'SIGN_MISMATCH'],
    ['without a key', digest(PAID, { key: '' }), 'SIGN_MISMATCH'],
    ['true', 'true', 'SIGN_MALFORMED'],
  ]) {
    test(name, async () => refused(await shop(), xml({ ...PAID, sign }), code))
  }

  test('fault 34: the right sign, twice', async () => {
    const twice = signed(PAID).replace(/<sign>.*<\/sign>/, '$&$&')
    await refused(await shop(), twice, 'XML_DUPLICATE')
  })

  test('fault 39: MD5 where HMAC-SHA256 is asked for', async () => {
    const given = await shop({ signType: 'HMAC-SHA256' })
    await refused(given, signed(PAID), 'SIGN_DOWNGRADE')
    await refused(given, signed({ ...PAID, sign_type: 'MD5' }), 'SIGN_DOWNGRADE')
    await replied(await given.send(signed(PAID, { type: 'HMAC-SHA256' })), SUCCESS)
  })

  test('fault 7: the new key and the old one', async () => {
    const keys = [new Key(OTHER_KEY), KEY]
    for (const key of [KEY, OTHER_KEY]) {
      await replied(await (await shop({ partnerKey: keys })).send(signed(PAID, { key })), SUCCESS)
    }
    const given = await shop({ partnerKey: keys })
    await refused(given, signed(PAID, { key: 'f'.repeat(32) }), 'SIGN_MISMATCH')
  })
})

describe('fault 96: for whom', () => {
  for (const field of ['appid', 'mch_id']) {
    const value = { appid: 'wx0123456789abcdef', mch_id: '1900000110' }[field]
    test(`another ${field}`, async () => {
      await refused(await shop(), signed({ ...PAID, [field]: value }), 'NOTIFY_MERCHANT', field)
    })
    test(`no ${field}`, async () => {
      await refused(await shop(), signed({ ...PAID, [field]: undefined }), 'NOTIFY_MERCHANT', field)
    })
  }
})

describe('faults 109 to 112: signed with our key, and no payment', () => {
  for (const field of ['return_code', 'result_code']) {
    for (const value of ['success', 'SUCCESS ', 'FAIL', 'SUCCESSFUL', '1', '', undefined]) {
      test(`${field} ${JSON.stringify(value) ?? 'absent'}`, async () => {
        await refused(await shop(), signed({ ...PAID, [field]: value }), 'NOTIFY_KIND', field)
      })
    }
  }

  const { attach, ...found } = PAID
  const messages = {
    'the answer to an order query': { ...found, trade_state: 'SUCCESS' },
    'a query that found no payment': { ...found, trade_state: 'NOTPAY' },
    'the answer to a refund': { ...found, refund_id: '5', out_refund_no: 'R1', refund_fee: '101' },
    'the answer to a refund query': { ...found, refund_count: '1' },
    'the answer to an order': { ...found, prepay_id: 'wx1' },
    'our own order': {
      appid: APPID,
      mch_id: MCHID,
      nonce_str: 'n',
      body: 'tea',
      out_trade_no: 'A1001',
      total_fee: '101',
      trade_type: 'JSAPI',
      openid: 'o',
      notify_url: 'https://shop.example/notify',
      spbill_create_ip: '127.0.0.1',
    },
    'our own order, with the words of a payment': { ...PAID, notify_url: 'https://shop.example/notify' },
    'the second signature': {
      appId: APPID,
      timeStamp: '1490840662',
      nonceStr: 'n',
      package: 'prepay_id=wx1',
      signType: 'MD5',
    },
    'parameters of a QR code': { appid: APPID, mch_id: MCHID, nonce_str: 'n', product_id: '1', time_stamp: '1' },
    'a payment code, which notifies nothing': { ...PAID, trade_type: 'MICROPAY' },
    'no trade type': { ...PAID, trade_type: '' },
  }
  for (const [name, fields] of Object.entries(messages)) {
    test(name, async () => refused(await shop(), signed(fields), 'NOTIFY_KIND'))
  }

  for (const field of ['transaction_id', 'out_trade_no', 'total_fee', 'time_end']) {
    test(`fault 116: no ${field}`, async () => {
      await refused(await shop(), signed({ ...PAID, [field]: undefined }), 'FIELD_MISSING', field)
      await refused(await shop(), signed({ ...PAID, [field]: '' }), 'FIELD_MISSING', field)
    })
  }
})

describe('fault 97: amounts', () => {
  const spellings = [
    '0101', '+101', '-101', '101.0', '101.', '1.01', '1,01', '1e2', '1.01e2', '0x65', '0b1', '0o145', ' 101',
    '101 ', '101\n', '１０１', '١٠١', '101\u200b', '101元', 'NaN', 'Infinity', 'null', '', '0', '00', '10000000001',
    '9007199254740993', '99999999999999999999', '101,101', 'true',
  ]
  for (const total_fee of spellings) {
    test(JSON.stringify(total_fee), async () => {
      const code = total_fee === '' ? 'FIELD_MISSING' : 'FIELD_VALUE'
      await refused(await shop(), signed({ ...PAID, total_fee }), code, 'total_fee')
    })
  }

  test('cash_fee is read as strictly', async () => {
    for (const cash_fee of ['-1', '1.0', '01', 'x']) {
      await refused(await shop(), signed({ ...PAID, cash_fee }), 'FIELD_VALUE', 'cash_fee')
    }
  })

  test('fault 98: another currency', async () => {
    for (const fee_type of ['USD', 'cny', 'CNY ']) {
      const given = await shop()
      await replied(await given.send(signed({ ...PAID, fee_type })), FAIL)
      assert.equal(given.events[0].outcome, 'amount_mismatch')
      assert.equal((await given.order()).state, 'NOTPAY')
    }
    const dollars = await shop({}, { order: { fee_type: 'USD' } })
    await replied(await dollars.send(signed({ ...PAID, fee_type: undefined })), FAIL)
    await replied(await dollars.send(signed({ ...PAID, fee_type: 'USD' })), SUCCESS)
  })
})

describe('which order, which payment', () => {
  test('fault 101: the same again, byte for byte and with another nonce', async () => {
    const given = await shop()
    for (const nonce_str of ['a', 'a', 'b']) {
      await replied(await given.send(signed({ ...PAID, nonce_str })), SUCCESS)
    }
    assert.deepEqual(given.events.map(({ outcome }) => outcome), ['paid', 'duplicate', 'duplicate'])
    assert.equal((await given.booked()).length, 1)
  })

  test('fault 105: 50 at once make one payment', async () => {
    const given = await shop()
    const body = signed(PAID)
    const replies = await Promise.all(Array.from({ length: 50 }, () => given.send(body)))
    for (const reply of replies) await replied(reply, SUCCESS)
    assert.equal((await given.booked()).length, 1)
    const outcomes = given.events.map(({ outcome }) => outcome).sort()
    assert.deepEqual(outcomes, [...Array(49).fill('duplicate'), 'paid'])
  })

  test('fault 106: two orders at once', async () => {
    const given = await shop()
    await given.store.createOrder({ ...ORDER, out_trade_no: 'A1002' })
    const two = signed({ ...PAID, out_trade_no: 'A1002', transaction_id: '42' })
    const replies = await Promise.all([given.send(signed(PAID)), given.send(two)])
    for (const reply of replies) await replied(reply, SUCCESS)
    assert.equal((await given.store.findOrder('A1002')).transaction_id, '42')
    assert.equal((await given.order()).transaction_id, PAID.transaction_id)
  })

  test('faults 100, 107 and 108: an unknown order, however near its number', async () => {
    for (const out_trade_no of ['B1', 'a1001', 'A1001 ', 'Ａ1001', 'A1001\u200b', "A1001' OR '1'='1", '%', 'A_001']) {
      const given = await shop()
      await replied(await given.send(signed({ ...PAID, out_trade_no })), FAIL)
      assert.deepEqual([given.events[0].outcome, given.events[0].order], ['unknown_order', null])
      assert.equal(await given.store.findOrder(out_trade_no), null)
      assert.equal((await given.order()).state, 'NOTPAY')
    }
  })

  test('fault 118: a notification before its order is retried and succeeds', async () => {
    const store = memoryStore()
    const notify = paymentNotify({ ...MERCHANT, store })
    await replied(await notify(post(signed(PAID))), FAIL)
    await store.createOrder(ORDER)
    await replied(await notify(post(signed(PAID))), SUCCESS)
  })

  test('fault 102: a second payment of the order', async () => {
    const given = await shop()
    await given.send(signed(PAID))
    await replied(await given.send(signed({ ...PAID, transaction_id: '42' })), FAIL)
    assert.equal(given.events[1].outcome, 'other_transaction')
    assert.equal((await given.order()).transaction_id, PAID.transaction_id)
    assert.equal((await given.booked()).length, 1)
  })

  test('fault 117: one payment for two orders', async () => {
    const given = await shop()
    await given.store.createOrder({ ...ORDER, out_trade_no: 'A1002' })
    await given.send(signed(PAID))
    await replied(await given.send(signed({ ...PAID, out_trade_no: 'A1002' })), FAIL)
    assert.equal(given.events[1].outcome, 'transaction_reused')
    assert.equal((await given.store.findOrder('A1002')).state, 'NOTPAY')
    assert.deepEqual(await given.store.listEvents('A1002'), [])
  })

  for (const state of ['CLOSED', 'PAYERROR', 'REVOKED']) {
    test(`fault 103: paid although ${state}`, async () => {
      const given = await shop({}, { state })
      await replied(await given.send(signed(PAID)), SUCCESS)
      assert.equal(given.events[0].outcome, 'paid_late')
      assert.deepEqual([(await given.order()).state, (await given.order()).transaction_id], ['SUCCESS', PAID.transaction_id])
      assert.deepEqual((await given.booked()).map(({ kind }) => kind), ['paid_late'])
    })
  }

  test('fault 104: a refunded order stays refunded', async () => {
    const given = await shop()
    await given.send(signed(PAID))
    const store = memoryStore({ orders: [{ ...(await given.order()), state: 'REFUND' }] })
    const notify = paymentNotify({ ...MERCHANT, store })
    await replied(await notify(post(signed(PAID))), SUCCESS)
    assert.equal((await store.findOrder('A1001')).state, 'REFUND')
  })
})

describe('requests that are none of WeChat’s', () => {
  test('fault 82: only POST', async () => {
    const given = await shop()
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const body = ['GET', 'HEAD'].includes(method) ? undefined : signed(PAID)
      const response = await given.notify(new Request('http://shop.example/notify', { method, body }))
      assert.deepEqual([response.status, response.headers.get('allow'), await response.text()], [405, 'POST', ''])
      assert.equal(given.events.at(-1).error.code, 'NOTIFY_METHOD')
    }
    assert.equal((await given.order()).state, 'NOTPAY')
  })

  test('fault 86: nothing is inflated', async () => {
    const given = await shop()
    for (const encoding of ['gzip', 'deflate', 'br', 'zstd', 'gzip, gzip']) {
      const response = await given.notify(post(signed(PAID), { 'content-encoding': encoding }))
      assert.deepEqual([response.status, await response.text()], [415, ''])
      assert.equal(given.events.at(-1).error.code, 'NOTIFY_ENCODING')
    }
    await replied(await given.notify(post(signed(PAID), { 'content-encoding': 'identity' })), SUCCESS)
  })

  test('fault 85: larger than the limit, announced and not', async () => {
    const given = await shop()
    const large = signed({ ...PAID, attach: 'a'.repeat(65_536) })
    for (const headers of [{ 'content-length': String(Buffer.byteLength(large)) }, {}]) {
      const response = await given.notify(post(large, headers))
      assert.deepEqual([response.status, response.headers.get('connection'), await response.text()], [413, 'close', ''])
      assert.equal(given.events.at(-1).error.code, 'NOTIFY_LIMIT')
    }
    assert.equal((await given.order()).state, 'NOTPAY')
  })

  test('fault 85: an endless body is not read on', async () => {
    const given = await shop()
    let pulled = 0
    const body = new ReadableStream({
      pull(controller) {
        pulled += 8192
        controller.enqueue(new Uint8Array(8192))
      },
    })
    assert.equal((await given.send(body)).status, 413)
    assert.ok(pulled < 4 * 65_536, `${pulled} bytes were taken`)
  })

  test('a limit of one’s own, to the byte', async () => {
    const body = signed(PAID)
    const given = await shop({ maxBytes: body.length })
    assert.equal((await given.send(`${body} `)).status, 413)
    await replied(await given.send(body), SUCCESS)
  })

  test('a length that lies is not believed', async () => {
    const given = await shop()
    for (const length of ['abc', '-1', '0', '1']) {
      await replied(await given.notify(post(signed(PAID), { 'content-length': length })), SUCCESS)
    }
  })

  test('fault 88: a body that takes too long', async () => {
    const given = await shop({ bodyTimeout: 60 })
    let timer
    const body = new ReadableStream({
      start(controller) {
        timer = setInterval(() => controller.enqueue(Uint8Array.of(60)), 10)
      },
    })
    const response = await given.send(body)
    clearInterval(timer)
    assert.deepEqual([response.status, response.headers.get('connection'), await response.text()], [408, 'close', ''])
    assert.equal(given.events[0].error.code, 'NOTIFY_LIMIT')
  })

  test('fault 89: a body that breaks off', async () => {
    const given = await shop()
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from(signed(PAID)))
        controller.error(new Error('aborted'))
      },
    })
    await refused(given, body, 'NOTIFY_BODY')
  })

  test('fault 83: a request that somebody read', async () => {
    const given = await shop()
    const request = post(signed(PAID))
    await request.text()
    await replied(await given.notify(request), FAIL)
    assert.equal(given.events[0].error.code, 'NOTIFY_BODY')
    assert.match(given.events[0].error.message, /clone/)
  })

  test('fault 80: bodies that are no message', async () => {
    const bodies = ['', ' ', '{"out_trade_no":"A1001"}', 'out_trade_no=A1001', '<html></html>', Buffer.from([0x1f, 0x8b, 8])]
    for (const body of [...bodies, undefined]) {
      const given = await shop()
      await replied(await given.send(body), FAIL)
      assert.match(given.events[0].error.code, /^XML_/)
    }
  })
})

describe('the reply', () => {
  test('faults 92 and 93: one text for every refusal, nothing of the request in it', async () => {
    const given = await shop()
    const echo = 'ECHO<script>'
    for (const body of [
      echo,
      xml({ ...PAID, attach: echo }),
      signed({ ...PAID, out_trade_no: echo }),
      signed({ ...PAID, appid: echo }),
      signed({ ...PAID, total_fee: echo }),
      signed({ ...PAID, total_fee: '1' }),
    ]) {
      const response = await given.send(body)
      assert.deepEqual([...response.headers], [['content-type', 'text/xml; charset=utf-8']])
      await replied(response, FAIL)
    }
  })

  test('fault 47: what onOutcome sees holds neither key nor signature', async () => {
    const { inspect } = await import('node:util')
    const given = await shop()
    await given.send(signed(PAID))
    await given.send(xml({ ...PAID, sign: '0'.repeat(32) }))
    await given.send(signed({ ...PAID, transaction_id: '42' }))
    const view = inspect(given.events, { depth: 9, showHidden: true })
    for (const secret of [KEY, digest(PAID), digest({ ...PAID, transaction_id: '42' })]) {
      assert.ok(!view.includes(secret))
    }
  })
})

describe('the store has the last word', () => {
  const broken = (recordPayment, options) => paymentNotify({ ...MERCHANT, store: { recordPayment }, ...options })

  test('fault 94: a store that fails, in any way', async () => {
    const faults = [
      () => Promise.reject(new Error('disk full')),
      () => Promise.reject(new WxPayError('STORE_FAILED', 'database is locked')),
      () => Promise.reject(undefined),
      () => {
        throw new Error('closed')
      },
      () => undefined,
      async () => ({}),
      async () => ({ outcome: 'SUCCESS' }),
      async () => ({ outcome: 'constructor' }),
    ]
    for (const fault of faults) await replied(await broken(fault)(post(signed(PAID))), FAIL)
  })

  test('its error reaches onOutcome with the cause', async () => {
    const events = []
    const cause = new Error('disk full')
    await broken(() => Promise.reject(cause), { onOutcome: event => events.push(event) })(post(signed(PAID)))
    assert.deepEqual([events[0].error.code, events[0].error.cause], ['STORE_FAILED', cause])
  })

  test('fault 94: a store that hangs', async () => {
    const start = performance.now()
    const reply = await broken(() => new Promise(() => {}), { storeTimeout: 80 })(post(signed(PAID)))
    await replied(reply, FAIL)
    assert.ok(performance.now() - start < 2000)
  })

  test('a store that fails after its time makes no noise', async () => {
    const late = () => new Promise((_, reject) => setTimeout(() => reject(new Error('late')), 60))
    await replied(await broken(late, { storeTimeout: 20 })(post(signed(PAID))), FAIL)
    // An unhandled rejection would fail this test.
    await new Promise(resolve => setTimeout(resolve, 80))
  })

  test('law 6: SUCCESS waits for the store', async () => {
    let commit
    const committed = new Promise(resolve => (commit = resolve))
    const reply = broken(() => committed.then(() => ({ outcome: 'paid', order: null })))(post(signed(PAID)))
    assert.equal(await Promise.race([reply, new Promise(r => setTimeout(r, 50, 'waiting'))]), 'waiting')
    commit()
    await replied(await reply, SUCCESS)
  })

  test('only three outcomes end the deliveries', async () => {
    const outcomes = {
      paid: SUCCESS,
      paid_late: SUCCESS,
      duplicate: SUCCESS,
      other_transaction: FAIL,
      transaction_reused: FAIL,
      amount_mismatch: FAIL,
      unknown_order: FAIL,
    }
    for (const [outcome, want] of Object.entries(outcomes)) {
      await replied(await broken(async () => ({ outcome, order: null }))(post(signed(PAID))), want)
    }
  })

  test('it is asked with what was verified, and never for what was not', async () => {
    const asked = []
    const notify = broken(async payment => (asked.push(payment), { outcome: 'paid', order: null }))
    await notify(post(signed(PAID)))
    await notify(post(xml(PAID)))
    await notify(post(signed({ ...PAID, appid: 'wx0123456789abcdef' })))
    assert.deepEqual(asked.map(payment => ({ ...payment })), [
      {
        out_trade_no: 'A1001',
        transaction_id: PAID.transaction_id,
        total_fee: 101,
        fee_type: 'CNY',
        cash_fee: 101,
        openid: PAID.openid,
        bank_type: 'CFT',
        time_end: PAID.time_end,
      },
    ])
  })
})

describe('fault 91: onOutcome', () => {
  for (const [name, onOutcome] of Object.entries({
    throws: () => {
      throw new Error('x')
    },
    rejects: async () => {
      throw new Error('x')
    },
    'never settles': () => new Promise(() => {}),
    'returns a thenable that throws': () => ({
      get then() {
        throw new Error('x')
      },
    }),
  })) {
    test(`that ${name} changes nothing`, async () => {
      const given = await shop({ onOutcome })
      await replied(await given.send(signed(PAID)), SUCCESS)
      await replied(await given.send(xml(PAID)), FAIL)
      assert.equal((await given.order()).state, 'SUCCESS')
      await new Promise(resolve => setTimeout(resolve, 10))
    })
  }
})

describe('faults 1 to 7: a wrong setting stops the start', () => {
  const store = memoryStore()
  for (const [options, code, field] of [
    [{ partnerKey: undefined }, 'KEY_MISSING'],
    [{ partnerKey: '' }, 'KEY_MISSING'],
    [{ partnerKey: [] }, 'KEY_MISSING'],
    [{ partnerKey: [KEY, ''] }, 'KEY_MISSING'],
    [{ partnerKey: [KEY, `${KEY}\n`] }, 'KEY_INVALID'],
    [{ appid: MCHID, mchid: APPID }, 'CONFIG_INVALID', 'appid'],
    [{ mchid: undefined }, 'CONFIG_INVALID', 'mchid'],
    [{ signType: 'md5' }, 'CONFIG_INVALID', 'signType'],
    [{ signType: 'constructor' }, 'CONFIG_INVALID', 'signType'],
    [{ store: undefined }, 'CONFIG_INVALID', 'store'],
    [{ store: Promise.resolve(store) }, 'CONFIG_INVALID', 'store'],
    [{ onOutcome: {} }, 'CONFIG_INVALID', 'onOutcome'],
    [{ maxBytes: NaN }, 'CONFIG_INVALID', 'maxBytes'],
    [{ maxBytes: 65_537 }, 'CONFIG_INVALID', 'maxBytes'],
    [{ bodyTimeout: 0 }, 'CONFIG_INVALID', 'bodyTimeout'],
    [{ storeTimeout: Infinity }, 'CONFIG_INVALID', 'storeTimeout'],
  ]) {
    test(`${Object.keys(options)}: ${code}`, () => {
      assert.throws(
        () => paymentNotify({ ...MERCHANT, store, ...options }),
        error => {
          assert.deepEqual([error.name, error.code, error.field], ['WxPayError', code, field])
          assert.ok(!error.message.includes(KEY))
          return true
        },
      )
    })
  }
})

test('fault 9: the time zone of the machine is no matter', async () => {
  const before = process.env.TZ
  try {
    for (const zone of ['America/New_York', 'Pacific/Kiritimati', 'Asia/Shanghai']) {
      process.env.TZ = zone
      const given = await shop()
      await replied(await given.send(signed(PAID)), SUCCESS)
      assert.equal((await given.order()).time_end, PAID.time_end)
      assert.equal((await given.order()).paid_at, 2000)
    }
  } finally {
    if (before === undefined) delete process.env.TZ
    else process.env.TZ = before
  }
})

test('what signedXml signs is what the route verifies', async () => {
  const given = await shop()
  await replied(await given.send(signedXml(PAID, KEY, 'HMAC-SHA256')), SUCCESS)
})
