// The merchant key: its shape, and that it shows itself to nobody (faults 1, 2, 38, 47).
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import util from 'node:util'
import { Key, buildXml, parseSigned, sign, verify } from 'wxpay-wasm'
import { KEY, OTHER_KEY, digest, signed } from './wire.mjs'

test('fault 1: no key is no key', () => {
  for (const none of ['', ' ', '\t\n', '\u3000', undefined, null, 0, true, {}, [], Buffer.from(KEY)]) {
    assert.throws(() => new Key(none), { name: 'WxPayError', code: 'KEY_MISSING' }, util.inspect(none))
  }
  for (const none of ['', undefined, null, 0, {}, Buffer.from(KEY)]) {
    assert.throws(() => sign({ a: '1' }, none), { code: 'KEY_MISSING' }, util.inspect(none))
    assert.throws(() => verify({ a: '1', sign: 'A'.repeat(32) }, none), { code: 'KEY_MISSING' })
  }
})

test('fault 2: any other shape is refused with the rule', () => {
  const bad = {
    'a trailing newline': [`${KEY}\n`, /white space/],
    'a leading space': [` ${KEY}`, /white space/],
    'a byte order mark': [`\ufeff${KEY}`, /byte order mark/],
    quotes: [`"${KEY.slice(2)}"`, /other characters/],
    'full-width digits': [`${KEY.slice(0, 31)}４`, /other characters/],
    'one too few': [KEY.slice(1), /shorter/],
    'one too many': [`${KEY}0`, /longer/],
    'a hash of the key': [KEY + KEY, /64/],
    'an app id': ['wxd930ea5d5a258f4f', /shorter/],
  }
  for (const [name, [text, rule]] of Object.entries(bad)) {
    assert.throws(() => new Key(text), { code: 'KEY_INVALID', message: rule }, name)
  }
})

test('fault 1: the refused value is not in the error', () => {
  for (const text of [`${KEY}\n`, KEY.slice(1), `${KEY}!`, KEY + KEY]) {
    const error = caught(() => new Key(text))
    assert.ok(!shown(error).includes(KEY.slice(1)), 'shows the key')
  }
})

test('a Key signs as its text does', () => {
  const fields = { appid: 'wxd930ea5d5a258f4f', body: 'test' }
  for (const type of ['MD5', 'HMAC-SHA256']) {
    assert.equal(sign(fields, new Key(KEY), type), digest(fields, { type }))
  }
  assert.equal(verify({ ...fields, sign: digest(fields) }, new Key(KEY)), true)
  assert.equal(verify({ ...fields, sign: digest(fields) }, new Key(OTHER_KEY)), false)
})

test('a Key shows itself as REDACTED', () => {
  const key = new Key(KEY)
  const holder = { partnerKey: key, list: [key], map: new Map([[key, key]]) }
  const views = {
    String: String(key),
    template: `${key}`,
    concatenation: '' + key,
    toLocaleString: key.toLocaleString(),
    JSON: JSON.stringify(key),
    'JSON inside': JSON.stringify(holder),
    inspect: util.inspect(key),
    'inspect inside': util.inspect(holder, { depth: 9, showHidden: true, getters: true }),
    'inspect without custom': util.inspect(key, { customInspect: false, showHidden: true }),
    format: util.format('%s %o %O %j %d', key, key, key, key, key),
    keys: Reflect.ownKeys(key).map(String).join(),
    values: Object.values(key).join(),
    spread: JSON.stringify({ ...key }),
    assigned: util.inspect(Object.assign({}, key), { showHidden: true }),
    clone: util.inspect(structuredClone(key), { showHidden: true }),
    error: util.inspect(new Error('x', { cause: key }), { depth: 9, showHidden: true }),
  }
  for (const [name, view] of Object.entries(views)) {
    assert.ok(!view.toLowerCase().includes(KEY), `${name}: ${view.replaceAll(KEY, '<the key>')}`)
  }
  assert.equal(String(key), 'Key(REDACTED)')
  assert.equal(JSON.stringify({ key }), '{"key":"Key(REDACTED)"}')
  assert.equal(util.inspect([key]), '[ Key(REDACTED) ]')
})

test('a Key is silent in console.log and in an uncaught error', () => {
  const script = `
    import { Key, sign } from 'wxpay-wasm'
    const key = new Key('${KEY}')
    console.log(key, [key], { key }, 'text ' + key)
    console.error('%s %o', key, key); console.table([{ key }]); console.dir(key, { showHidden: true })
    sign({ a: 1.5 }, key)`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  })
  assert.equal(status, 1)
  assert.match(stdout, /Key\(REDACTED\) \[ Key\(REDACTED\) \]/)
  assert.match(stderr, /FIELD_VALUE/)
  // The stack of an uncaught error quotes its source line, which names no key.
  assert.ok(!(stdout + stderr).includes(KEY))
})

test('fault 47: no error holds the key, the signature or the string that was signed', () => {
  const fields = { appid: 'wxd930ea5d5a258f4f', attach: 'attachment-4711' }
  const right = { MD5: digest(fields), 'HMAC-SHA256': digest(fields, { type: 'HMAC-SHA256' }) }
  const wrong = right.MD5.replace(/.$/, last => (last === '0' ? '1' : '0'))
  const attempts = [
    () => sign({ ...fields, key: KEY }, KEY),
    () => sign({ ...fields, bad: 1.5 }, KEY),
    () => sign({ ...fields, bad: '\0' }, KEY),
    () => sign({ ...fields, 'bad name': 'x' }, KEY),
    () => sign(fields, KEY, 'SHA1'),
    () => buildXml({ ...fields, key: KEY, bad: '\ud800' }),
    () => parseSigned(signed(fields, { key: OTHER_KEY }), KEY),
    () => parseSigned(signed(fields).replace(right.MD5, wrong), [KEY, OTHER_KEY]),
    () => parseSigned(signed(fields), KEY, { signType: 'HMAC-SHA256' }),
    () => parseSigned(signed({ ...fields, sign_type: 'HMAC-SHA256' }), KEY),
    () => parseSigned(signed(fields).slice(0, -3), KEY),
    () => parseSigned(`<xml><key>${KEY}</key><key>${KEY}</key></xml>`, KEY),
  ]
  for (const attempt of attempts) {
    const view = shown(caught(attempt))
    for (const secret of [KEY, OTHER_KEY, ...Object.values(right), 'attachment-4711', 'appid=']) {
      assert.ok(!view.includes(secret), `${attempt}: shows ${secret.slice(0, 6)}…`)
    }
  }
})

function caught(run) {
  try {
    run()
  } catch (error) {
    return error
  }
  assert.fail(`nothing was thrown by ${run}`)
}

/** Whatever a log could make of it; the stack is left out where it quotes this file. */
function shown(error) {
  const { message, code, field, offset, err_code, cause } = error
  assert.equal(error.name, 'WxPayError')
  return util.inspect({ message, code, field, offset, err_code, cause, json: JSON.stringify(error) }, { depth: 9 })
}
