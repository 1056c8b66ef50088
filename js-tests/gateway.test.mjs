// The gateway simulator, seen from the wire. Requests are signed and answers
// checked here with node:crypto, so that the package cannot agree with itself.
import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { describe, test } from 'node:test'
import { createGateway, signedNotification } from 'wxpay-wasm/testing'
import { WxPayError, parseXml } from 'wxpay-wasm'

const KEY = '192006250b4c09247ec02edce69f6a2d'
const OTHER_KEY = 'abcdefghijklmnopqrstuvwxyz012345'
const APPID = 'wxd930ea5d5a258f4f'
const MCHID = '1900000109'
const NOON = Date.UTC(2026, 2, 4, 4, 0, 0) // 12:00:00 in Beijing
const SUCCESS =
  '<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>'
const FAIL = SUCCESS.replace('SUCCESS', 'FAIL')

// --- an independent implementation of chapter 4.3 (signatures), for the tests only ---

const signature = (fields, key, type = 'MD5') => {
  const names = Object.keys(fields).filter(name => name !== 'sign' && fields[name] !== '')
  const text =
    names
      .sort()
      .map(name => `${name}=${fields[name]}&`)
      .join('') + `key=${key}`
  const hash = type === 'MD5' ? createHash('md5') : createHmac('sha256', key)
  return hash.update(text, 'utf8').digest('hex').toUpperCase()
}

const toXml = fields =>
  `<xml>${Object.entries(fields)
    .map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`)
    .join('')}</xml>`

const toFields = xml => {
  const fields = {}
  for (const [, name, quoted, bare] of xml.matchAll(
    /<(\w+)>(?:<!\[CDATA\[(.*?)\]\]>|([^<]*))<\/\1>/gs,
  ))
    fields[name] = quoted ?? bare
  return fields
}

// --- a merchant ---

let serial = 0
const orderFields = (changes = {}) => ({
  appid: APPID,
  mch_id: MCHID,
  nonce_str: `nonce${(serial += 1)}`,
  body: '腾讯充值中心-QQ会员充值',
  out_trade_no: 'A1001',
  total_fee: '1234',
  spbill_create_ip: '123.12.12.123',
  notify_url: 'http://127.0.0.1:9/notify',
  trade_type: 'NATIVE',
  product_id: 'P1',
  ...changes,
})

const drop = (fields, ...names) =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)))

const withSign = (fields, key = KEY) => ({
  ...fields,
  sign: signature(fields, key, fields.sign_type),
})

async function post(gateway, path, body, headers = {}) {
  const response = await fetch(`${gateway.url}${path}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'text/xml', ...headers },
  })
  const text = await response.text()
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    marker: response.headers.get('x-wxpay-gateway'),
    text,
    fields: toFields(text),
  }
}

const order = (gateway, changes, ...dropped) =>
  post(gateway, '/pay/unifiedorder', toXml(withSign(drop(orderFields(changes), ...dropped))))

const query = (gateway, which) =>
  post(
    gateway,
    '/pay/orderquery',
    toXml(withSign({ appid: APPID, mch_id: MCHID, nonce_str: `nonce${(serial += 1)}`, ...which })),
  )

const control = async (gateway, method, path) => {
  const response = await fetch(`${gateway.url}/_gateway/${path}`, { method })
  return { status: response.status, value: await response.json() }
}

const assertSigned = (fields, type = 'MD5', key = KEY) => {
  assert.equal(fields.return_code, 'SUCCESS')
  assert.equal(fields.sign, signature(fields, key, type))
}

const assertFault = ({ fields }, code, text) => {
  assertSigned(fields)
  assert.equal(fields.result_code, 'FAIL')
  assert.equal(fields.err_code, code)
  if (text !== undefined) assert.equal(fields.err_code_des, text)
  assert.equal(fields.prepay_id, undefined)
}

const assertRefused = ({ status, text }, message) => {
  assert.equal(status, 200)
  assert.equal(
    text,
    `<xml><return_code><![CDATA[FAIL]]></return_code><return_msg><![CDATA[${message}]]></return_msg></xml>`,
  )
}

/** Runs `body` with a gateway at noon whose clock can be moved, and closes it. */
const withGateway = (options, body) => async () => {
  const clock = { now: NOON }
  const gateway = await createGateway({ now: () => clock.now, ...options })
  try {
    await body(gateway, clock)
  } finally {
    await gateway.close()
  }
}

/** A test of which nothing stands outside its gateway. */
const onGateway = (name, options, body) => test(name, withGateway(options, body))

/** A merchant's server that answers notification n with `replies[n]` (the last one for ever). */
async function withShop(replies, body) {
  const received = []
  const server = http.createServer((request, response) => {
    const chunks = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', () => {
      const reply = replies[Math.min(received.length, replies.length - 1)]
      received.push({
        method: request.method,
        url: request.url,
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      })
      if (reply === 'hang') return
      const {
        status = 200,
        headers = {},
        body: text = '',
      } = typeof reply === 'string' ? { body: reply } : reply
      response.writeHead(status, headers).end(text)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await body(`http://127.0.0.1:${server.address().port}/pay/notify`, received)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const until = async condition => {
  const end = Date.now() + 5000
  while (!condition()) {
    assert.ok(Date.now() < end, 'waited 5 s in vain')
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

/** Timers that run only when the test says so; `pending` shows the delays. */
const handTimers = () => {
  const pending = new Map()
  return {
    pending,
    setTimeout: (callback, delay) => {
      const handle = Symbol('timer')
      pending.set(handle, { callback, delay })
      return handle
    },
    clearTimeout: handle => pending.delete(handle),
    fire: delay => {
      const [handle, timer] =
        [...pending].find(([, entry]) => entry.delay === delay) ??
        assert.fail(`no timer of ${delay} ms`)
      pending.delete(handle)
      timer.callback()
    },
  }
}

describe('the requests it takes', () => {
  onGateway('NATIVE, MD5: a signed answer with prepay_id and code_url', {}, async gateway => {
    const { status, type, marker, text, fields } = await order(gateway, { device_info: 'WEB' })
    assert.equal(status, 200)
    assert.match(type, /^text\/xml/)
    assert.equal(marker, 'simulator')
    assertSigned(fields)
    assert.equal(fields.result_code, 'SUCCESS')
    assert.equal(fields.appid, APPID)
    assert.equal(fields.mch_id, MCHID)
    assert.equal(fields.device_info, 'WEB')
    assert.equal(fields.trade_type, 'NATIVE')
    assert.match(fields.prepay_id, /^wx20260304120000[0-9a-f]{20}$/)
    assert.match(fields.code_url, /^http:\/\/127\.0\.0\.1:\d+\/p\/[0-9A-Za-z]{8}$/)
    assert.ok(fields.code_url.length <= 64)
    assert.match(fields.nonce_str, /^[0-9A-Za-z]{32}$/)
    assert.match(text, /<prepay_id><!\[CDATA\[wx/)
    assert.equal(parseXml(text).sign, fields.sign)
  })

  onGateway('JSAPI and APP have no code_url, MWEB has a mweb_url', {}, async gateway => {
    for (const [out_trade_no, changes, url] of [
      ['J1', { trade_type: 'JSAPI', openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' }],
      ['A1', { trade_type: 'APP' }],
      ['M1', { trade_type: 'MWEB', scene_info: '{"h5_info":{}}' }, 'mweb_url'],
    ]) {
      const { fields } = await order(gateway, { out_trade_no, ...changes })
      assertSigned(fields)
      assert.match(fields.prepay_id, /^wx/)
      assert.deepEqual(
        Object.keys(fields).filter(name => name.endsWith('_url')),
        url === undefined ? [] : [url],
      )
    }
  })

  onGateway(
    'HMAC-SHA256 is answered with HMAC-SHA256, and does not repeat sign_type',
    {},
    async gateway => {
      const { fields } = await order(gateway, { sign_type: 'HMAC-SHA256' })
      assert.equal(fields.sign.length, 64)
      assertSigned(fields, 'HMAC-SHA256')
      assert.equal(fields.sign_type, undefined)
    },
  )

  onGateway('two answers never share a nonce, nor the nonce of the request', {}, async gateway => {
    const nonces = new Set(['mine'])
    for (let i = 0; i < 3; i += 1)
      nonces.add((await order(gateway, { nonce_str: 'mine' })).fields.nonce_str)
    assert.equal(nonces.size, 4)
  })

  onGateway(
    'unknown fields and empty elements are tolerated; unknown ones are signed',
    {},
    async gateway => {
      const changes = { device_info: '', op_user_id: MCHID, constructor: 'x', toString: 'y' }
      assert.equal((await order(gateway, changes)).fields.result_code, 'SUCCESS')
      const tampered = { ...withSign(orderFields({ op_user_id: '1' })), op_user_id: '2' }
      assertRefused(
        await post(gateway, '/pay/unifiedorder', toXml(tampered)),
        '签名错误，请检查后再试',
      )
    },
  )

  onGateway(
    'another test merchant, with the word that its key is one',
    { appid: 'wx0000000000000001', mchid: '1234567890', key: OTHER_KEY, testKey: true },
    async gateway => {
      const mine = orderFields({ appid: 'wx0000000000000001', mch_id: '1234567890' })
      const { fields } = await post(gateway, '/pay/unifiedorder', toXml(withSign(mine, OTHER_KEY)))
      assertSigned(fields, 'MD5', OTHER_KEY)
      assert.equal(fields.mch_id, '1234567890')
    },
  )
})

describe('the requests it refuses', () => {
  const good = () => withSign(orderFields())

  for (const [name, body] of [
    ['JSON', '{"appid":"wx"}'],
    ['a root without an end', '<xml><appid>a</appid>'],
    [
      'a DOCTYPE',
      '<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/passwd">]><xml><appid>&x;</appid></xml>',
    ],
    ['a field given twice', toXml(good()).replace('</xml>', '<appid>wx</appid></xml>')],
    ['nested elements', '<xml><a><b>1</b></a></xml>'],
    ['bytes that are not UTF-8', Buffer.from('<xml><body>\xff</body></xml>', 'latin1')],
  ]) {
    onGateway(`malformed XML: ${name}`, {}, async gateway => {
      assertRefused(await post(gateway, '/pay/unifiedorder', body), 'XML格式错误')
    })
  }

  onGateway('no usable mch_id: the plain-text error of the machine in front', {}, async gateway => {
    for (const fields of [
      drop(orderFields(), 'mch_id'),
      orderFields({ mch_id: '' }),
      orderFields({ mch_id: 'abc' }),
    ]) {
      const { type, marker, text } = await post(gateway, '/pay/orderquery', toXml(withSign(fields)))
      assert.match(type, /^text\/plain/)
      assert.equal(marker, 'simulator')
      assert.equal(
        text,
        '<xml><return_code>FAIL</return_code><retmsg>param mch_id invalid</retmsg><retcode>1</retcode></xml>',
      )
    }
  })

  onGateway('method, empty body, merchant, sign_type', {}, async gateway => {
    const got = await fetch(`${gateway.url}/pay/unifiedorder`)
    assertRefused({ status: got.status, text: await got.text() }, '请使用post方法')
    assertRefused(await post(gateway, '/pay/unifiedorder', ''), 'post数据为空')
    assertRefused(await order(gateway, {}, 'appid'), '缺少参数appid')
    assertRefused(
      await order(gateway, { appid: 'wx0000000000000000' }),
      'AppID不存在，请检查后再试',
    )
    assertRefused(await order(gateway, { mch_id: '1900000108' }), '商户号mch_id与appid不匹配')
    assertRefused(await order(gateway, { key: KEY }), '不识别的参数key')
    assertRefused(await order(gateway, { sign_type: 'SHA1' }), 'sign_type参数格式错误')
  })

  onGateway('a wrong signature, with no other field in the answer', {}, async gateway => {
    const fields = orderFields()
    const hmac = signature(fields, KEY, 'HMAC-SHA256')
    for (const wrong of [
      { ...withSign(fields), total_fee: '1' },
      withSign(fields, OTHER_KEY),
      fields,
      { ...fields, sign: '' },
      { ...fields, sign: 'F'.repeat(32) },
      { ...fields, sign: hmac }, // an HMAC without sign_type is no MD5
      {
        ...fields,
        sign_type: 'HMAC-SHA256',
        sign: signature({ ...fields, sign_type: 'HMAC-SHA256' }, KEY, 'MD5'),
      },
    ]) {
      assertRefused(
        await post(gateway, '/pay/unifiedorder', toXml(wrong)),
        '签名错误，请检查后再试',
      )
      assertRefused(await post(gateway, '/pay/orderquery', toXml(wrong)), '签名错误，请检查后再试')
    }
    assert.deepEqual(gateway.orders(), [])
  })

  onGateway('missing fields', {}, async gateway => {
    for (const name of [
      'nonce_str',
      'body',
      'out_trade_no',
      'total_fee',
      'spbill_create_ip',
      'notify_url',
      'trade_type',
    ]) {
      assertRefused(await order(gateway, {}, name), `缺少参数${name}`)
      assertRefused(await order(gateway, { [name]: '' }), `缺少参数${name}`)
    }
    assertRefused(await order(gateway, { trade_type: 'JSAPI' }), 'JSAPI支付必须传openid')
    assertRefused(await order(gateway, {}, 'product_id'), 'NATIVE支付必须传product_id')
    assertRefused(await order(gateway, { trade_type: 'MWEB' }), 'MWEB支付必须传scene_info')
    assertRefused(await query(gateway, {}), '缺少参数transaction_id')
    assertFault(await query(gateway, { out_trade_no: 'A1', transaction_id: '42' }), 'PARAM_ERROR')
  })

  onGateway('limits count bytes', {}, async gateway => {
    assert.equal(
      (await order(gateway, { out_trade_no: 'L1', body: '\u4e2d'.repeat(42) })).fields.result_code,
      'SUCCESS',
    )
    assertRefused(
      await order(gateway, { out_trade_no: 'L2', body: '\u4e2d'.repeat(43) }),
      'body参数长度有误',
    )
    assertRefused(
      await order(gateway, { out_trade_no: 'L3', attach: 'a'.repeat(128) }),
      'attach参数长度有误',
    )
    assertRefused(await order(gateway, { nonce_str: 'n'.repeat(33) }), 'nonce_str参数长度有误')
    assertRefused(
      await order(gateway, { out_trade_no: 'L'.repeat(33) }),
      'out_trade_no参数长度有误',
    )
    assertRefused(
      await query(gateway, { out_trade_no: 'L'.repeat(33) }),
      'out_trade_no参数长度有误',
    )
  })

  onGateway('amounts', {}, async gateway => {
    const integer = '无法将输入源“/body/xml/total_fee”映射到目标字段“总金额”中，此字段需要一个整数'
    for (const total_fee of ['1.5', '-1', '+1', 'x', '1e2'])
      assertRefused(await order(gateway, { total_fee }), integer)
    for (const total_fee of ['0', '01', '10000000001'])
      assertFault(await order(gateway, { total_fee }), 'PARAM_ERROR', 'total_fee参数格式错误')
    assert.deepEqual(gateway.orders(), [])
  })

  onGateway('wrong values, as signed business errors', {}, async gateway => {
    for (const [name, value] of [
      ['out_trade_no', 'a b'],
      ['out_trade_no', '订单'],
      ['trade_type', 'MICROPAY'],
      ['fee_type', 'USD'],
      ['time_start', '20260230120000'],
      ['time_expire', 'tomorrow'],
      ['notify_url', 'http://127.0.0.1/n?a=1'],
      ['notify_url', 'ftp://127.0.0.1/'],
      ['notify_url', '/notify'],
      ['notify_url', 'http://[/'],
      ['limit_pay', 'no_debit'],
      ['receipt', 'y'],
      ['profit_sharing', 'y'],
    ])
      assertFault(await order(gateway, { [name]: value }), 'PARAM_ERROR', `${name}参数格式错误`)
    for (const name of ['body', 'attach']) {
      assertFault(
        await order(gateway, { [name]: 'tea \u{1f375}' }),
        'NOT_UTF8',
        `${name}参数格式错误`,
      )
    }
    assertFault(
      await order(gateway, { time_expire: '20260304120059' }),
      'INVALID_REQUEST',
      'time_expire时间过短',
    )
    assert.deepEqual(gateway.orders(), [])
  })

  onGateway('more than 64 KB', {}, async gateway => {
    const { status, marker } = await post(gateway, '/pay/unifiedorder', 'x'.repeat(65_537))
    assert.equal(status, 413)
    assert.equal(marker, 'simulator')
  })
})

describe('the life of an order', () => {
  onGateway('again with the same parameters: the same prepay_id', {}, async gateway => {
    const first = (await order(gateway, { time_start: '20260304110000' })).fields
    const again = (
      await order(gateway, {
        device_info: '',
        spbill_create_ip: '::1',
        time_start: '20260304115900',
      })
    ).fields
    assert.equal(again.result_code, 'SUCCESS')
    assert.equal(again.prepay_id, first.prepay_id)
    assert.equal(again.code_url, first.code_url)
    assert.equal(gateway.orders().length, 1)
  })

  onGateway('again with other parameters: 201', {}, async gateway => {
    await order(gateway)
    for (const changes of [
      { total_fee: '1235' },
      { body: 'other' },
      { attach: 'new' },
      { notify_url: 'http://127.0.0.1:9/other' },
      { constructor: 'x' },
    ]) {
      assertFault(await order(gateway, changes), 'INVALID_REQUEST', '201 商户订单号重复')
    }
    assertFault(
      await order(gateway, { trade_type: 'APP' }, 'product_id'),
      'INVALID_REQUEST',
      '201 商户订单号重复',
    )
    assert.equal(
      (await order(gateway, { out_trade_no: 'a1001' })).fields.result_code,
      'SUCCESS',
      'numbers differ by case',
    )
  })

  onGateway(
    'again after two hours: a new prepay_id, and the old code says that it expired',
    {},
    async (gateway, clock) => {
      const first = (await order(gateway)).fields
      clock.now += 2 * 3_600_000 - 1
      assert.equal((await order(gateway)).fields.prepay_id, first.prepay_id)
      clock.now += 1
      await assert.rejects(gateway.pay('A1001'), { code: 'GATEWAY_REFUSED' })
      assert.equal((await fetch(first.code_url)).status, 410)
      const second = (await order(gateway)).fields
      assert.match(second.prepay_id, /^wx20260304140000/)
      assert.notEqual(second.code_url, first.code_url)
      const old = await fetch(first.code_url)
      assert.equal(old.status, 410)
      assert.match(await old.text(), /二维码已过期/)
      assert.equal((await fetch(second.code_url)).status, 200)
    },
  )

  onGateway(
    'an unpaid order is queried as NOTPAY with nothing about a payment',
    {},
    async gateway => {
      await order(gateway, { attach: '深圳分店' })
      const { fields } = await query(gateway, { out_trade_no: 'A1001' })
      assertSigned(fields)
      assert.deepEqual(Object.keys(fields).sort(), [
        'appid',
        'attach',
        'mch_id',
        'nonce_str',
        'out_trade_no',
        'result_code',
        'return_code',
        'return_msg',
        'sign',
        'trade_state',
        'trade_state_desc',
      ])
      assert.equal(fields.trade_state, 'NOTPAY')
    },
  )

  onGateway('a paid order is queried by either number, with all fields', {}, async gateway => {
    await order(gateway, { attach: '深圳分店', device_info: 'WEB' })
    const { order: paid } = await gateway.pay('A1001', { openid: 'oPayer', coupon_fee: 234 })
    assert.match(paid.transaction_id, /^42000\d{23}$/)
    for (const which of [{ out_trade_no: 'A1001' }, { transaction_id: paid.transaction_id }]) {
      const { text, fields } = await query(gateway, which)
      assertSigned(fields)
      const { return_code, return_msg, appid, mch_id, nonce_str, sign, result_code, ...payment } =
        fields
      assert.deepEqual(payment, {
        device_info: 'WEB',
        openid: 'oPayer',
        is_subscribe: 'N',
        trade_type: 'NATIVE',
        bank_type: 'OTHERS',
        total_fee: '1234',
        fee_type: 'CNY',
        cash_fee: '1000',
        cash_fee_type: 'CNY',
        coupon_fee: '234',
        coupon_count: '1',
        coupon_id_0: '10000',
        coupon_type_0: 'CASH',
        coupon_fee_0: '234',
        transaction_id: paid.transaction_id,
        out_trade_no: 'A1001',
        attach: '深圳分店',
        time_end: '20260304120000',
        trade_state: 'SUCCESS',
        trade_state_desc: '支付成功',
      })
      assert.match(text, /<total_fee>1234<\/total_fee>/, 'integers are bare')
      assert.match(text, /<attach><!\[CDATA\[深圳分店\]\]><\/attach>/)
    }
    assertFault(await order(gateway, { attach: '深圳分店', device_info: 'WEB' }), 'ORDERPAID')
  })

  onGateway('an unknown order', {}, async gateway => {
    assertFault(
      await query(gateway, { out_trade_no: 'none' }),
      'ORDERNOTEXIST',
      '此交易订单号不存在',
    )
    assertFault(
      await query(gateway, { transaction_id: '4200000000000000000000000000' }),
      'ORDERNOTEXIST',
    )
  })

  onGateway('an order past its time_expire is closed', {}, async (gateway, clock) => {
    const expiring = { time_expire: '20260304120500' }
    const { code_url } = (await order(gateway, expiring)).fields
    clock.now += 5 * 60_000 - 1
    assert.equal((await query(gateway, { out_trade_no: 'A1001' })).fields.trade_state, 'NOTPAY')
    assert.equal(
      (await order(gateway, expiring)).fields.result_code,
      'SUCCESS',
      'the last minute takes the same order',
    )
    clock.now += 1
    assert.equal((await query(gateway, { out_trade_no: 'A1001' })).fields.trade_state, 'CLOSED')
    assertFault(await order(gateway, expiring), 'ORDERCLOSED')
    await assert.rejects(gateway.pay('A1001'), { code: 'GATEWAY_REFUSED' })
    assert.match(await (await fetch(code_url)).text(), /订单已关闭/)
  })

  test('Beijing time, whatever TZ says', async () => {
    const before = process.env.TZ
    process.env.TZ = 'America/Los_Angeles'
    try {
      await withGateway({}, async gateway => {
        assert.match((await order(gateway)).fields.prepay_id, /^wx20260304120000/)
        assert.equal((await gateway.pay('A1001')).order.time_end, '20260304120000')
      })()
    } finally {
      if (before === undefined) delete process.env.TZ
      else process.env.TZ = before
    }
  })

  onGateway('what cannot be paid', {}, async gateway => {
    await order(gateway, { trade_type: 'JSAPI', openid: 'oOne' })
    await assert.rejects(
      gateway.pay('none'),
      error => error instanceof WxPayError && error.code === 'GATEWAY_REFUSED',
    )
    await assert.rejects(gateway.pay('A1001', { openid: 'oOther' }), {
      code: 'GATEWAY_REFUSED',
      field: 'openid',
    })
    for (const coupon_fee of [0, -1, 1235, 1.5, NaN, '1'])
      await assert.rejects(gateway.pay('A1001', { coupon_fee }), RangeError)
    await assert.rejects(gateway.pay('A1001', { openid: '<o>' }), TypeError)
    assert.equal(gateway.orders()[0].state, 'NOTPAY')
    assert.equal((await gateway.pay('A1001', { openid: 'oOne' })).order.state, 'SUCCESS')
    await assert.rejects(gateway.pay('A1001'), { code: 'GATEWAY_REFUSED' })
    assert.throws(() => gateway.decline('A1001'), { code: 'GATEWAY_REFUSED' })
  })
})

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

describe('signedNotification', () => {
  test('valid by default', () => {
    const body = signedNotification()
    const fields = toFields(body)
    assert.equal(fields.sign, signature(fields, KEY))
    assert.equal(fields.sign_type, undefined)
    for (const name of [
      'appid',
      'mch_id',
      'nonce_str',
      'openid',
      'trade_type',
      'bank_type',
      'total_fee',
      'cash_fee',
      'transaction_id',
      'out_trade_no',
      'time_end',
    ]) {
      assert.ok(fields[name], name)
    }
    assert.equal(parseXml(body).transaction_id, fields.transaction_id)
  })

  test('fields and merchant of the caller', () => {
    const fields = toFields(
      signedNotification(
        {
          out_trade_no: 'B7',
          total_fee: 500,
          coupon_fee: 100,
          attach: 'x',
          openid: null,
          bank_type: undefined,
        },
        {
          appid: 'wx0000000000000001',
          mchid: '1234567890',
          key: OTHER_KEY,
          signType: 'HMAC-SHA256',
          now: () => NOON,
        },
      ),
    )
    assert.equal(fields.sign, signature(fields, OTHER_KEY, 'HMAC-SHA256'))
    assert.equal(fields.sign_type, 'HMAC-SHA256')
    assert.equal(fields.appid, 'wx0000000000000001')
    assert.equal(fields.mch_id, '1234567890')
    assert.equal(fields.total_fee, '500')
    assert.equal(fields.cash_fee, '400')
    assert.equal(fields.time_end, '20260304120000')
    assert.equal('openid' in fields, false)
    assert.equal('bank_type' in fields, false)
  })

  test('an HMAC notification without sign_type, as the field knows them', () => {
    const fields = toFields(
      signedNotification({ sign_type: undefined }, { signType: 'HMAC-SHA256' }),
    )
    assert.equal(fields.sign_type, undefined)
    assert.equal(fields.sign, signature(fields, KEY, 'HMAC-SHA256'))
  })
})

describe('login', () => {
  const login = async (gateway, changes = {}) => {
    const query = new URLSearchParams({
      appid: APPID,
      secret: gateway.appSecret,
      js_code: 'code-anna',
      grant_type: 'authorization_code',
      ...changes,
    })
    const response = await fetch(`${gateway.url}/sns/jscode2session?${query}`)
    assert.match(response.headers.get('content-type'), /^text\/plain/)
    assert.equal(response.status, 200)
    return JSON.parse(await response.text())
  }

  test('code-<name>: the same openid everywhere, once per code', async () => {
    const seen = []
    for (let i = 0; i < 2; i += 1) {
      await withGateway({}, async gateway => {
        const session = await login(gateway)
        assert.deepEqual(Object.keys(session).sort(), ['openid', 'session_key'])
        assert.equal(Buffer.from(session.session_key, 'base64').length, 16)
        seen.push(session.openid)
        assert.equal((await login(gateway)).errcode, 40163)
        seen.push((await login(gateway, { js_code: 'code-berta' })).openid)
      })()
    }
    assert.match(seen[0], /^o[\w-]{27}$/)
    assert.equal(seen[0], seen[2])
    assert.equal(seen[1], seen[3])
    assert.notEqual(seen[0], seen[1])
  })

  onGateway(
    'issued codes: for the openid asked for, once, for five minutes',
    {},
    async (gateway, clock) => {
      const { status, value } = await control(gateway, 'POST', 'login?openid=oCarla')
      assert.equal(status, 200)
      assert.equal((await login(gateway, { js_code: value.code })).openid, 'oCarla')
      assert.equal((await login(gateway, { js_code: value.code })).errcode, 40163)
      assert.match((await login(gateway, { js_code: gateway.login() })).openid, /^o[\w-]{27}$/)
      const late = gateway.login('oCarla')
      clock.now += 5 * 60_000
      assert.equal((await login(gateway, { js_code: late })).errcode, 40029)
      assert.equal((await control(gateway, 'POST', 'login?openid=%3C')).status, 400)
    },
  )

  onGateway('errors', {}, async gateway => {
    for (const [changes, errcode] of [
      [{ appid: 'wx0000000000000000' }, 40013],
      [{ appid: '' }, 41002],
      [{ secret: 'f'.repeat(32) }, 40125],
      [{ secret: '' }, 40125],
      [{ js_code: '' }, 41008],
      [{ js_code: 'unknown' }, 40029],
      [{ js_code: 'code-' }, 40029],
      [{ grant_type: 'x' }, 40002],
    ]) {
      const answer = await login(gateway, changes)
      assert.equal(answer.errcode, errcode)
      assert.equal('openid' in answer, false)
    }
    assert.match((await login(gateway)).openid, /^o/, 'a refused login uses up no code')
  })
})

describe('the pay page', () => {
  const press = (url, action) =>
    fetch(url, {
      method: 'POST',
      body: new URLSearchParams({ action }),
      redirect: 'manual',
      headers: { origin: new URL(url).origin },
    })

  onGateway(
    'shows merchant, item and amount in both languages, and runs no script',
    {},
    async gateway => {
      const { code_url } = (await order(gateway, { total_fee: '5' })).fields
      const response = await fetch(code_url)
      const html = await response.text()
      assert.equal(response.status, 200)
      assert.match(response.headers.get('content-type'), /^text\/html; charset=utf-8/)
      assert.equal(response.headers.get('x-wxpay-gateway'), 'simulator')
      const nonce = /<style nonce="([0-9A-Za-z]{32})">/.exec(html)[1]
      assert.equal(
        response.headers.get('content-security-policy'),
        `default-src 'none'; style-src 'nonce-${nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
      )
      for (const part of [
        MCHID,
        '腾讯充值中心-QQ会员充值',
        'A1001',
        '</small>0.05<',
        '立即支付',
        'Decline',
        'width=device-width',
      ]) {
        assert.ok(html.includes(part), part)
      }
      assert.doesNotMatch(html, /<script|\son\w+=|\sstyle=/i)
      assert.ok(!(await (await fetch(code_url)).text()).includes(nonce), 'a nonce serves one page')
    },
  )

  onGateway('a value is text, never markup', {}, async gateway => {
    const { code_url } = (await order(gateway, { body: `"><img src=x onerror='alert(1)'>&lt;` }))
      .fields
    const html = await (await fetch(code_url)).text()
    assert.ok(html.includes('&quot;&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;&amp;lt;'))
    assert.ok(!html.includes('<img'))
  })

  onGateway('pay: the order is paid, the shop notified, the result shown', {}, gateway =>
    withShop([SUCCESS], async (notify_url, received) => {
      const { code_url } = (await order(gateway, { notify_url })).fields
      const response = await press(code_url, 'pay')
      assert.equal(response.status, 303)
      const html = await (await fetch(new URL(response.headers.get('location'), code_url))).text()
      assert.match(html, /支付成功/)
      assert.match(html, /<\/small>12\.34</)
      assert.doesNotMatch(html, /<form/)
      await until(() => received.length === 1)
      assert.equal((await query(gateway, { out_trade_no: 'A1001' })).fields.trade_state, 'SUCCESS')
      assert.equal((await press(code_url, 'pay')).status, 200, 'a second press pays nothing')
      assert.equal((await press(code_url, 'decline')).status, 200)
      assert.equal(gateway.orders()[0].state, 'SUCCESS')
      assert.equal(received.length, 1)
    }),
  )

  onGateway('the result stays after the code expired', {}, async (gateway, clock) => {
    const { code_url } = (await order(gateway)).fields
    await press(code_url, 'pay')
    clock.now += 3 * 3_600_000
    assert.match(await (await fetch(code_url)).text(), /支付成功/)
  })

  onGateway(
    'decline: the order stays NOTPAY and payable, nobody is notified',
    {},
    async gateway => {
      const { code_url } = (await order(gateway)).fields
      assert.equal((await press(code_url, 'decline')).status, 303)
      const html = await (await fetch(code_url)).text()
      assert.match(html, /已取消/)
      assert.match(html, /<form/)
      assert.equal(gateway.orders()[0].declined, true)
      assert.equal((await query(gateway, { out_trade_no: 'A1001' })).fields.trade_state, 'NOTPAY')
      assert.deepEqual(gateway.notifications(), [])
      await press(code_url, 'pay')
      assert.equal(gateway.orders()[0].state, 'SUCCESS')
      assert.equal(gateway.orders()[0].declined, false)
    },
  )

  onGateway('unknown codes and unknown actions', {}, async gateway => {
    const { code_url } = (await order(gateway)).fields
    const unknown = await fetch(`${gateway.url}/p/00000000`)
    assert.equal(unknown.status, 404)
    assert.match(await unknown.text(), /二维码无效/)
    assert.equal((await press(`${gateway.url}/p/00000000`, 'pay')).status, 404)
    assert.equal((await press(code_url, 'refund')).status, 200)
    assert.equal(gateway.orders()[0].state, 'NOTPAY')
    assert.equal(gateway.orders()[0].declined, false)
  })

  onGateway('an expired code takes no payment', {}, async (gateway, clock) => {
    const { code_url } = (await order(gateway)).fields
    clock.now += 2 * 3_600_000
    assert.equal((await press(code_url, 'pay')).status, 410)
    assert.equal(gateway.orders()[0].state, 'NOTPAY')
  })
})

describe('control', () => {
  onGateway('pay, orders and notifications over HTTP', {}, gateway =>
    withShop([SUCCESS], async notify_url => {
      await order(gateway, { notify_url })
      const paid = await control(
        gateway,
        'POST',
        'pay?out_trade_no=A1001&openid=oDora&coupon_fee=34',
      )
      assert.equal(paid.status, 200)
      assert.equal(paid.value.order.payer_openid, 'oDora')
      assert.equal(paid.value.order.cash_fee, 1200)
      assert.equal(paid.value.notification.accepted, true)
      const orders = await control(gateway, 'GET', 'orders')
      assert.deepEqual(orders.value, gateway.orders())
      assert.deepEqual(orders.value, [paid.value.order])
      const tries = await control(gateway, 'GET', 'notifications')
      assert.deepEqual(tries.value, gateway.notifications())
      assert.equal(tries.value[0].reply, SUCCESS)
    }),
  )

  onGateway('decline, refusals and wrong arguments', {}, async gateway => {
    await order(gateway)
    const declined = await control(gateway, 'POST', 'decline?out_trade_no=A1001')
    assert.deepEqual(
      [declined.status, declined.value.declined, declined.value.state],
      [200, true, 'NOTPAY'],
    )
    const unknown = await control(gateway, 'POST', 'pay?out_trade_no=none')
    assert.deepEqual([unknown.status, unknown.value.code], [409, 'GATEWAY_REFUSED'])
    for (const coupon_fee of ['0', '1235', '-1', '1.5', '0x10', 'x']) {
      assert.equal(
        (await control(gateway, 'POST', `pay?out_trade_no=A1001&coupon_fee=${coupon_fee}`)).status,
        400,
        coupon_fee,
      )
    }
    assert.equal(gateway.orders()[0].state, 'NOTPAY')
    for (const [method, path] of [
      ['GET', '/_gateway/pay?out_trade_no=A1001'],
      ['POST', '/_gateway/orders'],
      ['GET', '/'],
      ['GET', '/pay/nothing'],
      ['GET', '/p/x'],
    ]) {
      const response = await fetch(`${gateway.url}${path}`, { method })
      assert.equal(response.status, 404, path)
      assert.equal(response.headers.get('x-wxpay-gateway'), 'simulator')
    }
    assert.equal(gateway.orders()[0].state, 'NOTPAY')
  })
})

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
    for (const timeScale of [0, 0.5, -1, NaN, Infinity])
      await assert.rejects(createGateway({ timeScale }), RangeError)
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

describe('log', () => {
  test('one entry per message, bodies as sent, no AppSecret', async () => {
    const log = []
    await withGateway({ log: entry => log.push(entry) }, gateway =>
      withShop([SUCCESS], async (notify_url, received) => {
        const sent = toXml(withSign(orderFields({ notify_url })))
        const { text } = await post(gateway, '/pay/unifiedorder', sent)
        await gateway.pay('A1001')
        await fetch(
          `${gateway.url}/sns/jscode2session?appid=x&secret=${gateway.appSecret}&js_code=y`,
        )
        assert.deepEqual(log.slice(0, 4), [
          { direction: 'request', url: '/pay/unifiedorder', body: sent },
          { direction: 'answer', url: '/pay/unifiedorder', status: 200, body: text },
          { direction: 'notification', url: notify_url, body: received[0].body },
          { direction: 'reply', url: notify_url, status: 200, body: SUCCESS },
        ])
        assert.equal(log[4].url, '/sns/jscode2session?appid=x&secret=***&js_code=y')
        assert.equal(log.length, 6)
        assert.ok(!JSON.stringify(log).includes(gateway.appSecret))
      }),
    )()
  })

  onGateway(
    'a log that throws changes nothing',
    {
      log: () => {
        throw new Error('disk full')
      },
    },
    gateway =>
      withShop([SUCCESS], async notify_url => {
        await order(gateway, { notify_url })
        assert.equal((await gateway.pay('A1001')).notification.accepted, true)
      }),
  )
})
