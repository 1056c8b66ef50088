// A wrong setting stops the start, not the first payment (faults 1 to 8, 31, 168, 198 to 201).
import assert from 'node:assert/strict'
import https from 'node:https'
import { describe, test } from 'node:test'
import { Key } from 'wxpay-wasm'
import { WxPay } from 'wxpay-wasm/client'
import { createGateway } from 'wxpay-wasm/testing'
import { APPID, KEY, MCHID, OTHER_KEY } from './wire.mjs'

const MERCHANT = { appid: APPID, mchid: MCHID, partnerKey: KEY }
const ORDER = { trade_type: 'NATIVE', product_id: 'P1', body: 'tea', out_trade_no: 'A1', total_fee: 1 }

function refused(options, code, field) {
  assert.throws(
    () => new WxPay(options),
    error => {
      assert.deepEqual([error.name, error.code, error.field], ['WxPayError', code, field])
      for (const secret of [KEY, OTHER_KEY]) assert.ok(!error.stack.includes(secret), 'shows a key')
      return true
    },
  )
}

test('the least that is needed', () => {
  const pay = new WxPay(MERCHANT)
  assert.deepEqual([pay.appid, pay.mchid], [APPID, MCHID])
})

test('faults 1 and 2: the key', () => {
  for (const partnerKey of [undefined, null, '', '  ', 1, {}]) {
    refused({ ...MERCHANT, partnerKey }, 'KEY_MISSING', undefined)
  }
  for (const partnerKey of [`${KEY}\n`, KEY.slice(1), APPID, MCHID, KEY + KEY]) {
    refused({ ...MERCHANT, partnerKey }, 'KEY_INVALID', undefined)
  }
  assert.ok(new WxPay({ ...MERCHANT, partnerKey: new Key(KEY) }))
})

test('fault 4: the ids', () => {
  for (const appid of [undefined, '', 'wx', MCHID, `${APPID} `, APPID.slice(1), `${APPID}0`, 'ＷＸd930ea5d5a258f4f']) {
    refused({ ...MERCHANT, appid }, 'CONFIG_INVALID', 'appid')
  }
  for (const mchid of [undefined, '', '1234567', '12345678901', 'wx12345678', ' 1900000109', '１９０００００１０９']) {
    refused({ ...MERCHANT, mchid }, 'CONFIG_INVALID', 'mchid')
  }
  refused({ ...MERCHANT, mchid: 1900000109 }, 'CONFIG_INVALID', 'mchid')
  refused({ ...MERCHANT, appid: MCHID, mchid: APPID }, 'CONFIG_INVALID', 'appid')
})

test('fault 5: the sign type', () => {
  for (const signType of ['md5', 'SHA1', 'RSA', 'constructor', '__proto__', '', 1]) {
    refused({ ...MERCHANT, signType }, 'CONFIG_INVALID', 'signType')
  }
})

describe('other spellings', () => {
  const spellings = {
    appid: ['appId', 'app_id'],
    mchid: ['mch_id', 'mchId'],
    partnerKey: ['partner_key', 'key', 'apiKey', 'api_key', 'secret', 'mchKey'],
    notify_url: ['notifyUrl'],
    spbill_create_ip: ['spbillCreateIp'],
    signType: ['sign_type'],
    appSecret: ['appsecret', 'app_secret'],
  }
  const right = { ...MERCHANT, notify_url: 'http://127.0.0.1:9/n', spbill_create_ip: '8.8.8.8', signType: 'HMAC-SHA256' }
  const wrong = {
    appid: 'wx0123456789abcdef',
    mchid: '1230000109',
    partnerKey: OTHER_KEY,
    notify_url: 'http://127.0.0.1:8/n',
    spbill_create_ip: '8.8.4.4',
    signType: 'MD5',
    appSecret: 'x'.repeat(32),
  }

  for (const [name, others] of Object.entries(spellings)) {
    for (const other of others) {
      test(`${other} is ${name}`, async t => {
        const gateway = await createGateway()
        t.after(() => gateway.close())
        const { [name]: value, ...rest } = { ...right, appSecret: gateway.appSecret }
        const logged = []
        const log = ({ direction, body }) => direction === 'request' && logged.push(body)
        const pay = new WxPay({ ...rest, [other]: value, baseUrl: gateway.url, log })
        assert.ok((await pay.unifiedOrder(ORDER)).prepay_id)
        assert.ok((await pay.code2Session('code-1')).openid)
        if (name === 'appSecret') return
        if (name !== 'partnerKey') assert.ok(logged[0].includes(value), `${value} in ${logged[0]}`)
      })

      test(`${other} beside another ${name}`, () => {
        const options = { ...right, appSecret: 's'.repeat(32) }
        assert.ok(new WxPay({ ...options, [other]: options[name] }), 'the same value twice')
        refused({ ...options, [other]: wrong[name] }, 'CONFIG_INVALID', name)
      })
    }
  }
})

test('other spellings of what not every order has', () => {
  const spellings = {
    refund_url: ['refundUrl'],
    sub_appid: ['subAppid', 'subAppId', 'sub_app_id'],
    sub_mch_id: ['subMchId', 'subMchid', 'sub_mchid'],
  }
  for (const [name, others] of Object.entries(spellings)) {
    for (const other of [name, ...others]) refused({ ...MERCHANT, [other]: 1 }, 'CONFIG_INVALID', name)
  }
})

test('what is no text, no number, no function', () => {
  for (const options of [undefined, null, 'x', 1]) assert.throws(() => new WxPay(options), TypeError)
  refused({ ...MERCHANT, notify_url: 1 }, 'CONFIG_INVALID', 'notify_url')
  refused({ ...MERCHANT, appSecret: 1 }, 'CONFIG_INVALID', 'appSecret')
  refused({ ...MERCHANT, appSecret: ' ' }, 'CONFIG_INVALID', 'appSecret')
  refused({ ...MERCHANT, log: console }, 'CONFIG_INVALID', 'log')
  refused({ ...MERCHANT, transport: {} }, 'CONFIG_INVALID', 'transport')
  refused({ ...MERCHANT, random: 4 }, 'CONFIG_INVALID', 'random')
  for (const timeout of [0, -1, 1.5, NaN, Infinity, 2 ** 31, '1000']) {
    refused({ ...MERCHANT, timeout }, 'CONFIG_INVALID', 'timeout')
  }
  for (const name of ['production', 'sandbox']) {
    for (const value of ['false', 'true', '', 0, 1]) refused({ ...MERCHANT, [name]: value }, 'CONFIG_INVALID', name)
  }
  for (const least of [{ timeout: 1 }, { timeout: 2 ** 31 - 1 }, { connectTimeout: 1 }, { maxSockets: 1 }, { agent: {} }]) {
    assert.ok(new WxPay({ ...MERCHANT, ...least }), JSON.stringify(least))
  }
})

test('a base URL is an origin, and in clear text only on this machine', () => {
  for (const baseUrl of [
    'http://10.0.0.1:8080',
    'http://gateway.example',
    'http://127.0.0.1.example:80',
    'http://localhost.example',
    'http://notlocalhost',
    'ftp://127.0.0.1',
    'file:///etc/passwd',
    '127.0.0.1:8080',
    '',
    'http://user:pass@127.0.0.1:1',
    'http://user@127.0.0.1:1',
    'http://:pass@127.0.0.1:1',
    'x http://127.0.0.1:1',
    'http://127.0.0.1:1/?x=1',
    'http://127.0.0.1:1/#x',
    1,
  ]) {
    refused({ ...MERCHANT, baseUrl }, 'CONFIG_INVALID', 'baseUrl')
  }
  for (const baseUrl of ['http://127.0.0.1:1', 'http://localhost:1/', 'http://localhost:1//', 'http://127.10.200.255', 'http://[::1]:1', 'https://api2.mch.weixin.qq.com']) {
    assert.ok(new WxPay({ ...MERCHANT, baseUrl }), baseUrl)
  }
})

test('slashes at the end of a base URL are none of the path', async () => {
  const asked = []
  const transport = async ({ url }) => {
    asked.push(url)
    return { status: 503, headers: {}, body: new Uint8Array() }
  }
  const pay = new WxPay({ ...MERCHANT, transport, baseUrl: 'https://a.example//', backupUrl: 'https://b.example//' })
  await assert.rejects(pay.orderQuery({ out_trade_no: 'A1' }))
  assert.deepEqual(asked.slice(0, 2), ['https://a.example/pay/orderquery', 'https://b.example/pay/orderquery'])
})

test('who brings the client certificate', async () => {
  const REFUND = { out_trade_no: 'A1', out_refund_no: 'R1', total_fee: 1, refund_fee: 1 }
  const refund = options => new WxPay({ ...MERCHANT, ...options }).refund(REFUND)
  await assert.rejects(refund({}), { code: 'CERT_MISSING' })
  let calls = 0
  const transport = async () => {
    calls++
    return { status: 400, headers: {}, body: new Uint8Array() }
  }
  await assert.rejects(refund({ transport }), { code: 'OUTCOME_UNKNOWN' })
  assert.equal(calls, 1)
  const lookup = (host, options, done) => done(Object.assign(new Error('x'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' }))
  await assert.rejects(refund({ agent: new https.Agent({ lookup }) }), { code: 'TRANSPORT', sent: false })
  refused({ ...MERCHANT, transport, ca: 'x' }, 'CONFIG_INVALID', 'ca')
})

describe('fault 8: production', () => {
  const LOOPBACK = ['http://127.0.0.1:8080', 'http://localhost:1', 'http://[::1]:1', 'https://localhost', 'https://127.0.0.1', 'http://127.1', 'http://0x7f000001']

  test('refuses a gateway on this machine', () => {
    for (const baseUrl of LOOPBACK) refused({ ...MERCHANT, baseUrl, production: true }, 'GATEWAY_REFUSED', 'baseUrl')
    assert.ok(new WxPay({ ...MERCHANT, production: true }))
    assert.ok(new WxPay({ ...MERCHANT, production: true, baseUrl: 'https://api2.mch.weixin.qq.com' }))
  })

  test('is what NODE_ENV says, unless the option does', t => {
    const before = process.env.NODE_ENV
    t.after(() => {
      if (before === undefined) delete process.env.NODE_ENV
      else process.env.NODE_ENV = before
    })
    const options = { ...MERCHANT, baseUrl: LOOPBACK[0] }
    process.env.NODE_ENV = 'production'
    refused(options, 'GATEWAY_REFUSED', 'baseUrl')
    assert.ok(new WxPay({ ...options, production: false }))
    process.env.NODE_ENV = 'development'
    assert.ok(new WxPay(options))
    refused({ ...options, production: true }, 'GATEWAY_REFUSED', 'baseUrl')
  })

  test('refuses an answer of a simulator, however it got there', async t => {
    const gateway = await createGateway()
    t.after(() => gateway.close())
    const { WxPay: Plain } = await import('wxpay-wasm/client')
    // A name server or a proxy that points the real host at the simulator.
    const transport = async ({ url, method, headers, body }) => {
      const { pathname, search } = new URL(url)
      const answer = await fetch(gateway.url + pathname + search, { method, headers, body })
      const bytes = new Uint8Array(await answer.arrayBuffer())
      return { status: answer.status, headers: Object.fromEntries(answer.headers), body: bytes }
    }
    const options = { ...MERCHANT, notify_url: 'http://127.0.0.1:9/n', transport, appSecret: gateway.appSecret }
    assert.ok((await new Plain({ ...options, production: false }).unifiedOrder(ORDER)).prepay_id)
    const pay = new Plain({ ...options, notify_url: 'https://shop.example/n', production: true })
    await assert.rejects(pay.orderQuery({ out_trade_no: 'A1' }), { code: 'GATEWAY_REFUSED' })
    await assert.rejects(pay.unifiedOrder(ORDER), { code: 'GATEWAY_REFUSED' })
    await assert.rejects(pay.code2Session('code-1'), { code: 'GATEWAY_REFUSED' })
  })

  test('fault 31: refuses a notify_url on this machine', () => {
    for (const notify_url of ['http://127.0.0.1:3000/n', 'https://localhost/n', 'http://[::1]/n']) {
      refused({ ...MERCHANT, notify_url, production: true }, 'CONFIG_INVALID', 'notify_url')
      assert.ok(new WxPay({ ...MERCHANT, notify_url, production: false }))
    }
    assert.ok(new WxPay({ ...MERCHANT, notify_url: 'https://shop.example/n', production: true }))
  })

  test('what is no address at all is refused with the order', async () => {
    const pay = new WxPay({ ...MERCHANT, notify_url: 'shop.example/n', production: true })
    await assert.rejects(pay.unifiedOrder(ORDER), { code: 'FIELD_VALUE', field: 'notify_url' })
  })
})

test('fault 168: proxy variables change nothing', async t => {
  const gateway = await createGateway()
  t.after(() => gateway.close())
  const names = ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'HTTPS_PROXY']
  const before = names.map(name => process.env[name])
  t.after(() => {
    names.forEach((name, i) => {
      if (before[i] === undefined) delete process.env[name]
      else process.env[name] = before[i]
    })
  })
  for (const name of names) process.env[name] = 'http://127.0.0.1:1'
  const pay = new WxPay({ ...MERCHANT, notify_url: 'http://127.0.0.1:9/n', baseUrl: gateway.url })
  assert.ok((await pay.unifiedOrder(ORDER)).prepay_id)
})
