// What the log hook sees: every message, and of its secrets nothing (law 11).
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { WxPay } from 'wxpay-wasm/client'
import { createGateway } from 'wxpay-wasm/testing'
import { serve } from './server.mjs'
import { APPID, KEY, MCHID, signed } from './wire.mjs'

const OPENID = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o'
const MERCHANT = { appid: APPID, mchid: MCHID, partnerKey: KEY, notify_url: 'http://127.0.0.1:9/n' }
const JSAPI = { trade_type: 'JSAPI', openid: OPENID, body: '茶', out_trade_no: 'A1', total_fee: 1 }

/** Pauses between attempts show nothing. */
const clock = { now: () => 0, sleep: async () => {} }

/** A client of a server that answers `body`, and what its log hook saw of one call. */
async function logged(t, body, call = pay => pay.orderQuery({ out_trade_no: 'A1' })) {
  const entries = []
  const server = await serve(t, response => response.end(body))
  const log = entry => entries.push(entry)
  const pay = new WxPay({ ...MERCHANT, baseUrl: server.url, appSecret: 'S3CRET'.repeat(5), log, clock })
  await call(pay).catch(() => {})
  return { entries, requests: server.requests }
}

test('an order and a login from end to end', async t => {
  const gateway = await createGateway()
  t.after(() => gateway.close())
  const entries = []
  const pay = new WxPay({
    ...MERCHANT,
    baseUrl: gateway.url,
    appSecret: gateway.appSecret,
    log: entry => entries.push(entry),
  })
  const order = await pay.unifiedOrder(JSAPI)
  await gateway.pay('A1')
  const found = await pay.orderQuery({ out_trade_no: 'A1' })
  const code = gateway.login()
  const session = await pay.code2Session(code)

  assert.deepEqual(
    entries.map(({ direction, status }) => [direction, status]),
    [1, 2, 3].flatMap(() => [['request', undefined], ['answer', 200]]),
  )
  assert.deepEqual(Object.keys(entries[0]).sort(), ['body', 'direction', 'url'])
  const all = JSON.stringify(entries)
  const secrets = { KEY, OPENID, code, secret: gateway.appSecret, ...session, one: order.sign, two: found.sign }
  for (const [name, secret] of Object.entries(secrets)) {
    assert.ok(secret.length > 5 && !all.includes(secret), `shows the ${name}`)
  }
  assert.doesNotMatch(all, /\b[0-9A-F]{32}\b/, 'a signature')
  // What is left is what one looks for in a log.
  const [request, answer, , query, login] = entries
  assert.equal(request.url, `${gateway.url}/pay/unifiedorder`)
  assert.match(request.body, /<out_trade_no><!\[CDATA\[A1\]\]>/)
  assert.match(request.body, /<body><!\[CDATA\[茶\]\]>/)
  assert.match(request.body, /<openid>\*\*\*<\/openid>.*<sign>\*\*\*<\/sign>/)
  assert.ok(answer.body.includes(order.prepay_id))
  assert.match(query.body, /<trade_state><!\[CDATA\[SUCCESS\]\]>/)
  assert.match(login.url, /^http:\S+jscode2session\?appid=\w+&secret=\*\*\*&js_code=\*\*\*&grant_type=authorization_code$/)
})

describe('masking', () => {
  const MORE = ['sub_openid', 'unionid', 'session_key', 'paySign', 're_openid', 'user_creid', 'user_truename']

  test('in XML: every such field, however it is spelled', async t => {
    for (const name of ['sign', 'openid', ...MORE]) {
      for (const body of [
        `<xml><${name}>HIDDEN</${name}></xml>`,
        `<xml><${name}><![CDATA[HIDDEN]]></${name}></xml>`,
        `<xml><${name}>\nHIDDEN\n</${name}>`,
        `<xml><${name} >HIDDEN</${name} ></xml>`,
        `<xml><${name}>HIDDEN`,
        `<xml><a>1</a><${name}><![CDATA[</x>HIDDEN`,
      ]) {
        const { entries } = await logged(t, body)
        assert.ok(!entries[1].body.includes('HIDDEN'), body)
        assert.ok(entries[1].body.includes('***'), body)
      }
    }
  })

  test('in JSON', async t => {
    for (const name of ['session_key', 'openid', 'unionid']) {
      for (const body of [
        `{"${name}":"HIDDEN","errcode":0}`,
        `{"${name}" : "\\"HIDDEN"}`,
        `{"${name}":"\\\\","${name}":"HIDDEN"}`,
        `{"${name}":"HIDDEN`,
        `{"${name}":"HIDDEN\\`,
      ]) {
        const { entries } = await logged(t, body, pay => pay.code2Session('x'))
        assert.ok(!entries[1].body.includes('HIDDEN'), body)
      }
    }
  })

  test('what is no secret stays', async t => {
    const body = signed({ return_code: 'SUCCESS', trade_state: 'SUCCESS', signature_of: 'x', attach: 'a & b' })
    const { entries } = await logged(t, body)
    assert.equal(entries[1].body, body.replace(/<sign>.*<\/sign>/, '<sign>***</sign>'))
  })

  test('in time that grows with the length alone', async t => {
    // No pauses between the three attempts.
    t.mock.method(Math, 'random', () => 0)
    for (const piece of ['<sign>', '<sign', '"sign":"', '"sign"', 'sign=', '"sign":"\\', '<openid><sign>']) {
      const body = piece.repeat(Math.floor(65_000 / piece.length))
      const start = performance.now()
      const { entries } = await logged(t, body)
      assert.equal(entries.length, 6)
      assert.ok(performance.now() - start < 1000, `${piece}: ${performance.now() - start} ms`)
    }
  })
})

test('a log hook that throws changes nothing', async t => {
  const gateway = await createGateway()
  t.after(() => gateway.close())
  const log = () => {
    throw new Error('the disk is full')
  }
  const pay = new WxPay({ ...MERCHANT, baseUrl: gateway.url, log })
  assert.ok((await pay.unifiedOrder(JSAPI)).prepay_id)
})

test('without a hook nothing is written anywhere', () => {
  const script = `
    import { WxPay } from 'wxpay-wasm/client'
    import { createGateway } from 'wxpay-wasm/testing'
    const gateway = await createGateway()
    const pay = new WxPay({ ...${JSON.stringify(MERCHANT)}, baseUrl: gateway.url })
    const { prepay_id } = await pay.unifiedOrder(${JSON.stringify(JSAPI)})
    const error = await pay.orderQuery({ out_trade_no: 'none' }).catch(error => error)
    await gateway.close()
    process.exitCode = prepay_id && error.code === 'RESULT_FAIL' ? 7 : 1`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  })
  assert.deepEqual({ status, stdout, stderr }, { status: 7, stdout: '', stderr: '' })
})
