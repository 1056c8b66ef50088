// The commands that ask nobody: sign, verify, resign, decrypt, nonce, xml, json. Signatures are made
// again by other means; whatever the input, the key is not in the output (command.mjs looks).
import assert from 'node:assert/strict'
import { createCipheriv, createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { fails, folder, onTerminal, run, says, withoutTerminal } from './command.mjs'
import { APPID, digest, KEY, MCHID, OTHER_KEY, read, signed, xml } from './wire.mjs'

const env = { WXPAY_KEY: KEY }
/** The official example. */
const FIELDS = { appid: APPID, mch_id: '10000100', device_info: '1000', body: 'test', nonce_str: 'ibuaiVcKdpRxkhJA' }
const MD5 = '9A0A8659F005D6984697E2CA0A9CF3B7'
const HMAC = '6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6'
const PAIRS = Object.entries(FIELDS).map(pair => pair.join('='))

describe('the key', () => {
  test('is never an argument', async () => {
    const flags = ['--key', '--partner-key', '--api-key', '--apikey', '--mchKey']
    const commands = ['sign', 'verify', 'order', 'refund', 'doctor']
    for (const [i, flag] of flags.entries()) {
      for (const args of [[commands[i], flag, OTHER_KEY], [commands.at(-1 - i), `${flag}=${OTHER_KEY}`]]) {
        const { status, stdout, stderr } = await run(args, { env: { CANARY: 'x' } })
        assert.deepEqual([status, stdout], [2, ''])
        assert.match(stderr, /is not taken: .*WXPAY_KEY.*--key-file/)
        assert.ok(!stderr.includes(OTHER_KEY))
      }
    }
  })

  test('is no field, in whatever form', async t => {
    const { write } = folder(t)
    const inputs = [`a=1&key=${KEY}`, `a=1\nkey=${KEY}\n`, `{"a":"1","key":"${KEY}"}`, `<xml><a>1</a><key>${KEY}</key></xml>`]
    for (const [i, text] of inputs.entries()) await fails(['sign', write(String(i), text)], 2, /key is no field/, { env })
    await fails(['sign', '-f', `partnerKey=${KEY}`], 2, /partnerKey is no field/, { env })
    await fails(['sign', '-f', KEY], 2, /--field: number 1 is not NAME=VALUE/, { env })
    await fails(['sign', '--format', 'json'], 2, /not JSON/, { env, input: `{"key":${KEY}` })
  })

  test('comes from a file before the environment', async t => {
    const { write, at } = folder(t)
    const file = write('key', `${KEY}\n`)
    assert.equal(await says(['sign', '--key-file', file, ...PAIRS.flatMap(pair => ['-f', pair])], { env: { WXPAY_KEY: OTHER_KEY } }), `${MD5}\n`)
    await fails(['sign', '-f', 'a=1', '--key-file', at('none')], 1, /KEY_MISSING: .* cannot be read: ENOENT/)
    await fails(['sign', '-f', 'a=1', '--key-file', write('empty', '\n')], 1, /KEY_MISSING: .*WXPAY_KEY/)
    await fails(['sign', '-f', 'a=1'], 1, /KEY_MISSING: .*set WXPAY_KEY, or give --key-file/)
  })

  test('is asked for on a terminal, without echo', { skip: withoutTerminal }, async () => {
    const args = ['sign', ...PAIRS.flatMap(pair => ['-f', pair])]
    const { status, shown } = await onTerminal(args, { prompt: /merchant key .*: /, typed: `${KEY}\r` })
    assert.equal(status, 0)
    assert.match(shown, new RegExp(MD5))
    assert.ok(!shown.includes(KEY) && !shown.includes(KEY.slice(0, 8)), 'the key was echoed')
    const interrupted = await onTerminal(args, { prompt: /merchant key .*: /, typed: '\x03' })
    assert.equal(interrupted.status, 130)
  })
})

describe('sign', () => {
  test('the same fields in every form', async t => {
    const { write } = folder(t)
    const more = { ...FIELDS, body: '茶 & 水 100%' }
    const form = new URLSearchParams(more).toString()
    const want = `${digest(more)}\n`
    const pairs = Object.entries(more).map(pair => pair.join('='))
    for (const [input, ...args] of [
      [JSON.stringify(more)],
      [`\n ${xml(more)}`.trim()],
      [`# an order\n${pairs.join('\r\n')}\r\n\n`],
      [form, '--format', 'form'],
    ]) {
      assert.equal(await says(['sign', ...args], { env, input }), want)
      assert.equal(await says(['sign', write('input', input), ...args], { env }), want)
      assert.equal(await says(['sign', '-', ...args], { env, input }), want)
    }
    assert.equal(await says(['sign'], { env, input: PAIRS.join('&') }), `${MD5}\n`)
    assert.equal(await says(['sign', '-f', 'body=test', '-'], { env, input: PAIRS.join('&').replace('test', 'other') }), `${MD5}\n`)
  })

  test('URL-encoded or not: not guessed', async () => {
    const input = 'a=1&notify_url=https%3A%2F%2Fa.example%2F'
    await fails(['sign'], 2, /--format form .*--format pairs/, { env, input })
    assert.equal(await says(['sign', '--format', 'form'], { env, input }), `${digest({ a: 1, notify_url: 'https://a.example/' })}\n`)
    assert.equal(await says(['sign', '--format', 'pairs'], { env, input }), `${digest({ a: 1, notify_url: 'https%3A%2F%2Fa.example%2F' })}\n`)
  })

  test('the algorithm: the flag, the fields, the environment, MD5', async () => {
    const input = PAIRS.join('&')
    assert.equal(await says(['sign', '--sign-type', 'HMAC-SHA256'], { env, input }), `${HMAC}\n`)
    assert.equal(await says(['sign'], { env: { ...env, WXPAY_SIGN_TYPE: 'HMAC-SHA256' }, input }), `${HMAC}\n`)
    const typed = { ...FIELDS, sign_type: 'HMAC-SHA256' }
    assert.equal(await says(['sign'], { env, input: JSON.stringify(typed) }), `${digest(typed, { type: 'HMAC-SHA256' })}\n`)
    await fails(['sign', '--sign-type', 'SHA1'], 2, /--sign-type is MD5 or HMAC-SHA256/, { env, input })
    await fails(['sign', '--xml', '--sign-type', 'MD5'], 1, /SIGN_TYPE_CONTRADICTION: /, { env, input: JSON.stringify(typed) })
  })

  test('--show has the string without the key, --xml the message, --json all of it', async () => {
    const input = PAIRS.join('&')
    const string = PAIRS.toSorted().join('&')
    assert.equal(await says(['sign', '--show'], { env, input }), `${string}\n${MD5}\n`)
    assert.deepEqual(read(await says(['sign', '--xml'], { env, input })), { ...FIELDS, sign: MD5 })
    const { xml: message, ...rest } = JSON.parse(await says(['sign', '--show', '--xml', '--json'], { env, input }))
    assert.deepEqual(rest, { sign: MD5, sign_type: 'MD5', string_to_sign: string })
    assert.equal(read(message).sign, MD5)
  })

  test('what cannot be signed', async t => {
    const { path, at } = folder(t)
    await fails(['sign'], 2, /the input is empty/, { env })
    await fails(['sign', at('none')], 2, /cannot be read: ENOENT/, { env })
    await fails(['sign', path], 2, /cannot be read: EISDIR/, { env })
    await fails(['sign', 'a', 'b'], 2, /one FILE/, { env })
    await fails(['sign'], 2, /one object/, { env, input: '[1]' })
    await fails(['sign'], 2, /a is given twice/, { env, input: 'a=1&a=2' })
    await fails(['sign'], 2, /number 2 is not NAME=VALUE/, { env, input: 'a=1\nb' })
    await fails(['sign', '--format', 'yaml'], 2, /--format is one of/, { env, input: 'a=1' })
    await fails(['sign'], 1, /FIELD_VALUE: .*total_fee/, { env, input: '{"total_fee":1.01}' })
    await fails(['sign'], 1, /XML_DOCTYPE: /, { env, input: '<!DOCTYPE xml><xml><a>1</a></xml>' })
  })
})

describe('verify', () => {
  test('says that it holds, and by which algorithm', async () => {
    for (const type of ['MD5', 'HMAC-SHA256']) {
      for (const input of [signed(FIELDS, { type }), JSON.stringify({ ...FIELDS, sign: digest(FIELDS, { type }) })]) {
        assert.equal(await says(['verify'], { env, input }), `valid (${type})\n`)
        assert.deepEqual(JSON.parse(await says(['verify', '--json'], { env, input })), { valid: true, sign_type: type })
      }
    }
  })

  test('says why it does not; the right signature is not told', async () => {
    const right = digest({ ...FIELDS, body: 'tesu' })
    const input = signed(FIELDS).replace('test', 'tesu')
    await fails(['verify'], 1, /SIGN_MISMATCH: /, { env, input })
    for (const args of [['verify'], ['verify', '--json']]) {
      assert.ok(!(await run(args, { env, input })).stderr.includes(right))
    }
    await fails(['verify'], 1, /SIGN_MISMATCH: /, { env: { WXPAY_KEY: OTHER_KEY }, input: signed(FIELDS) })
    await fails(['verify'], 1, /SIGN_MISSING: /, { env, input: xml(FIELDS) })
    await fails(['verify', '-f', 'a=1', '-f', 'sign=XYZ'], 1, /SIGN_MALFORMED: /, { env })
    await fails(['verify', '--sign-type', 'HMAC-SHA256'], 1, /SIGN_DOWNGRADE: /, { env, input: signed(FIELDS) })
    await fails(['verify'], 1, /SIGN_TYPE_CONTRADICTION: /, { env, input: signed({ ...FIELDS, sign_type: 'HMAC-SHA256' }) })
  })
})

describe('resign', () => {
  const payee = { ...env, WXPAY_APPID: APPID, WXPAY_MCHID: MCHID }
  const stamp = ['--timestamp', '1414561699', '--nonce', '5K8264ILTKCH16CQ2502SI8ZNMTM67VS']
  const made = async (args, more = {}) => JSON.parse(await says(['resign', ...args, ...stamp, '--json'], { env: { ...payee, ...more } }))

  test('the parameters of each front end', async () => {
    const nonceStr = stamp[3]
    const five = { timeStamp: stamp[1], nonceStr, package: 'prepay_id=wx1', signType: 'MD5' }
    const paySign = digest({ appId: APPID, ...five })
    assert.deepEqual(await made(['mini-program', 'wx1']), { ...five, paySign })
    assert.deepEqual(await made(['jsapi', 'wx1']), { appId: APPID, ...five, paySign })
    const { timestamp, ...choose } = await made(['choose', 'wx1'])
    assert.deepEqual({ ...choose, timeStamp: timestamp }, { ...five, paySign })
    const app = { appid: APPID, partnerid: MCHID, prepayid: 'wx1', package: 'Sign=WXPay', noncestr: nonceStr, timestamp: stamp[1] }
    assert.deepEqual(await made(['app', 'wx1']), { ...app, sign: digest(app) })
    const { url } = await made(['native-url', 'P1'])
    const { sign, ...native } = Object.fromEntries(new URL(url).searchParams)
    assert.deepEqual(native, { appid: APPID, mch_id: MCHID, product_id: 'P1', time_stamp: stamp[1], nonce_str: nonceStr })
    assert.equal(sign, digest(native))
    const packet = await made(['red-packet', 'a b'])
    assert.deepEqual([packet.package, packet.signType, packet.timeStamp], ['a%20b', 'MD5', stamp[1]])
  })

  test('a fresh time and nonce; a sub-merchant; another algorithm', async () => {
    const twice = await Promise.all([1, 2].map(() => says(['resign', 'jsapi', 'wx1', '--json'], { env: payee })))
    const [one, two] = twice.map(text => JSON.parse(text))
    assert.notEqual(one.nonceStr, two.nonceStr)
    assert.ok(Math.abs(one.timeStamp - Date.now() / 1000) < 60)
    const sub = await made(['jsapi', 'wx1', '--sub-appid', 'wx8888888888888888', '--sign-type', 'HMAC-SHA256'])
    const { paySign, ...six } = sub
    assert.equal(six.appId, 'wx8888888888888888')
    assert.equal(paySign, digest(six, { type: 'HMAC-SHA256' }))
  })

  test('an H5 address needs no key', async () => {
    const url = await says(['resign', 'h5-url', 'https://wx.tenpay.com/x?prepay_id=1', 'https://a.example/b?c=1'])
    assert.equal(new URL(url.trim()).searchParams.get('redirect_url'), 'https://a.example/b?c=1')
  })

  test('what cannot be', async () => {
    await fails(['resign'], 2, /a front end is one of mini-program/, { env: payee })
    await fails(['resign', 'toString', 'wx1'], 2, /a front end is one of/, { env: payee })
    await fails(['resign', 'jsapi'], 2, /takes PREPAY_ID/, { env: payee })
    await fails(['resign', 'jsapi', 'wx1', '--timestamp', 'now'], 2, /--timestamp takes a whole number/, { env: payee })
    await fails(['resign', 'jsapi', 'wx1', '--timestamp', '1414561699000'], 1, /FIELD_VALUE: /, { env: payee })
    await fails(['resign', 'jsapi', 'wx1'], 1, /FIELD_MISSING: .*appId/, { env })
  })
})

describe('decrypt', () => {
  function encipher(text, key = KEY) {
    const cipher = createCipheriv('aes-256-ecb', createHash('md5').update(key).digest('hex'), null)
    return cipher.update(text, 'utf8', 'base64') + cipher.final('base64')
  }
  const fields = { out_refund_no: 'R1', refund_recv_accout: '招商银行信用卡0403', refund_fee: '1' }
  const req_info = encipher(xml(fields).replaceAll('xml>', 'root>'))

  test('req_info alone, or the whole notification', async t => {
    const { write } = folder(t)
    const inputs = [`${req_info}\n`, xml({ return_code: 'SUCCESS', appid: APPID, mch_id: MCHID, nonce_str: 'n', req_info })]
    for (const [i, text] of inputs.entries()) {
      const file = write(String(i), text)
      assert.equal(await says(['decrypt', file], { env }), 'out_refund_no=R1\nrefund_recv_accout=招商银行信用卡0403\nrefund_fee=1\n')
      assert.deepEqual(JSON.parse(await says(['decrypt', '--json'], { env, input: text })), fields)
    }
  })

  test('what cannot be read', async () => {
    await fails(['decrypt'], 1, /REFUND_UNDECIPHERABLE: /, { env: { WXPAY_KEY: OTHER_KEY }, input: req_info })
    await fails(['decrypt'], 1, /REFUND_UNDECIPHERABLE: /, { env, input: 'nonsense' })
    await fails(['decrypt'], 1, /FIELD_MISSING: .*req_info/, { env, input: xml({ a: 1 }) })
    await fails(['decrypt'], 1, /FIELD_MISSING: .*req_info/, { env })
  })

  test('a value is no command for the terminal', async () => {
    const evil = encipher('<root><a>x\u009b31m\nb=2</a></root>')
    assert.equal(await says(['decrypt'], { env, input: evil }), 'a=x\\u009b31m b=2\n')
  })
})

test('nonce: 32 letters and digits, another one each time', async () => {
  const seen = await Promise.all([1, 2, 3].map(() => says(['nonce'])))
  for (const text of seen) assert.match(text, /^[0-9A-Za-z]{32}\n$/)
  assert.equal(new Set(seen).size, 3)
  assert.match(JSON.parse(await says(['nonce', '--json'])).nonce_str, /^[0-9A-Za-z]{32}$/)
  await fails(['nonce', 'x'], 2, /takes no argument/)
})

describe('xml and json', () => {
  test('there and back', async () => {
    const fields = { body: '茶 <&> ]]', total_fee: '1' }
    const text = await says(['xml'], { input: JSON.stringify(fields) })
    assert.deepEqual(JSON.parse(await says(['json'], { input: text })), fields)
    assert.equal(await says(['json', '--json'], { input: text }), `${JSON.stringify(fields)}\n`)
    assert.deepEqual(JSON.parse(await says(['xml', '--json', '-f', 'a=1'])), { xml: '<xml><a><![CDATA[1]]></a></xml>' })
  })

  test('what is nested', async () => {
    const input = '<xml><a>1</a><list><item>2</item></list></xml>'
    await fails(['json'], 1, /XML_NESTED: /, { input })
    const { name, children } = JSON.parse(await says(['json', '--nested'], { input }))
    assert.equal(name, 'xml')
    assert.equal(children[1].children[0].text, '2')
  })
})

describe('the help', () => {
  test('has every command, in two languages, and every exit code', async () => {
    const text = await says(['--help'])
    const commands = [...text.matchAll(/^ {2}([a-z]+) {2,}\S.* \((.*)\)$/gm)]
    const names = commands.map(([, name]) => name)
    for (const name of 'sign verify resign decrypt nonce xml json order query close refund bill reconcile doctor cert'.split(' ')) {
      assert.ok(names.includes(name), name)
    }
    const codes = [...text.matchAll(/^ +(\d+) {2}\S/gm)].map(([, code]) => Number(code))
    assert.deepEqual(codes, [0, 1, 2, 3, 4, 130])
    for (const [, name, zh] of commands) {
      assert.match(zh, /\p{Script=Han}/u, name)
      const help = await says([name, '--help'])
      assert.ok(help.startsWith(`usage: wxpay-wasm ${name}`), name)
      assert.ok(help.includes(zh), name)
      assert.match(help, /--json/, name)
      for (const line of help.split('\n')) assert.ok(line.length <= 110, `${name}: ${line}`)
    }
  })
})
