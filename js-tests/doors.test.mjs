// The package's doors: nothing happens at import, both module systems see the same classes, the error
// codes are one closed list, and a mini program gets no signatures.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as main from 'wxpay-wasm'
import { ERROR_CODES, WxPayError } from 'wxpay-wasm'
import { KEY } from './wire.mjs'

const DOORS = ['', '/client', '/notify', '/worker', '/bill', '/doctor', '/koa', '/express', '/node', '/fastify', '/hapi', '/cloud', '/tenpay', '/store', '/testing'].map(door => `wxpay-wasm${door}`)

/** A fresh process; what it printed as JSON. */
function run(script, ...options) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...options, '--input-type=module', '-e', script],
    { cwd: import.meta.dirname, encoding: 'utf8' },
  )
  assert.equal(status, 0, stderr)
  return JSON.parse(stdout)
}

const COUNT = `
  let compiled = 0
  for (const name of ['Module', 'Instance']) {
    const Was = WebAssembly[name]
    WebAssembly[name] = class extends Was { constructor(...a) { super(...a); compiled++ } }
  }
  for (const name of ['compile', 'instantiate', 'compileStreaming', 'instantiateStreaming']) {
    const was = WebAssembly[name]
    WebAssembly[name] = (...a) => { compiled++; return was.apply(WebAssembly, a) }
  }
  const FIELDS = { appid: 'wxd930ea5d5a258f4f', body: 'test' }`

describe('nothing happens at import', () => {
  const loaders = {
    import: [`const load = door => import(door)`],
    require: [
      `import { createRequire } from 'node:module'
       const load = createRequire(process.cwd() + '/x.js')`,
      // As in Node 18 and the first of 20.
      '--no-experimental-require-module',
    ],
  }
  for (const [name, [load, ...options]] of Object.entries(loaders)) {
    test(`${name}: WebAssembly is compiled on the first call, and once`, () => {
      const seen = run(
        `${load}
        ${COUNT}
        const open = () => process.getActiveResourcesInfo().filter(name => /Time|TCP|Pipe|Worker/.test(name)).length
        const handles = open()
        for (const door of ${JSON.stringify(DOORS)}) await load(door)
        const seen = [compiled, open() - handles]
        const { sign } = await load('wxpay-wasm')
        seen.push(sign(FIELDS, '${KEY}')); const first = compiled
        seen.push(sign(FIELDS, '${KEY}')); seen.push(first > 0, compiled - first)
        console.log(JSON.stringify(seen))`,
        ...options,
      )
      const [atImport, handles, one, two, compiled, again] = seen
      assert.equal(atImport, 0)
      assert.equal(handles, 0)
      assert.equal(one, two)
      assert.equal(compiled, true)
      assert.equal(again, 0)
    })
  }
})

test('import and require give the same functions, and one class each', () => {
  const seen = run(
    `import { createRequire } from 'node:module'
    const require = createRequire(process.cwd() + '/x.js')
    const { Key, WxPayError, sign } = require('wxpay-wasm')
    const { WxPay } = require('wxpay-wasm/client')
    const { paymentNotify } = require('wxpay-wasm/notify')
    const { memoryStore } = require('wxpay-wasm/store')
    const merchant = { appid: 'wxd930ea5d5a258f4f', mchid: '1900000109', partnerKey: new Key('${KEY}') }
    new WxPay(merchant)
    paymentNotify({ ...merchant, store: memoryStore() })
    let same = []
    for (const broken of [() => new WxPay({ ...merchant, mchid: 'x' }), () => paymentNotify({ ...merchant, appid: 'x', store: {} })]) {
      try { broken() } catch (error) { same.push(error instanceof WxPayError) }
    }
    console.log(JSON.stringify({ same, sign: sign({ a: '1' }, merchant.partnerKey), names: Object.keys(require('wxpay-wasm')).sort() }))`,
    '--no-experimental-require-module',
  )
  assert.deepEqual(seen.same, [true, true])
  assert.equal(seen.sign, main.sign({ a: '1' }, KEY))
  assert.deepEqual(seen.names, Object.keys(main).sort())
})

test('what stands behind the main door', () => {
  assert.deepEqual(Object.keys(main).sort(), [
    'ERROR_CODES',
    'Key',
    'WxPayError',
    'appPay',
    'buildXml',
    'chooseWxPay',
    'contractSigning',
    'couponUrl',
    'decryptRefund',
    'h5Url',
    'jsapiPay',
    'miniProgramPay',
    'nativeCallback',
    'nativeReply',
    'nativeUrl',
    'nonceStr',
    'parseNested',
    'parseSigned',
    'parseXml',
    'payscoreEnable',
    'payscoreJump',
    'payscoreUse',
    'sendBizRedPacket',
    'sendCoupon',
    'sign',
    'signedXml',
    'stringToSign',
    'trapCount',
    'verify',
    'workwxSign',
    'wxConfig',
  ])
  assert.equal(main.trapCount(), 0)
})

describe('the error codes', () => {
  const home = join(dirname(fileURLToPath(import.meta.resolve('wxpay-wasm/package.json'))), 'dist/esm')

  test('a closed list, each once', () => {
    assert.equal(new Set(ERROR_CODES).size, ERROR_CODES.length)
    for (const code of ERROR_CODES) assert.match(code, /^[A-Z]+(_[A-Z0-9]+)+$|^[A-Z]+$/)
  })

  test('every code that the package throws is in the list', () => {
    const thrown = new Set()
    for (const file of readdirSync(home, { recursive: true })) {
      if (!file.endsWith('.js')) continue
      const source = readFileSync(join(home, file), 'utf8')
      for (const [, code] of source.matchAll(/new WxPayError\(\s*["']([A-Z_0-9]+)["']/g)) thrown.add(code)
      for (const [, code] of source.matchAll(/new Refusal\(\s*\d+,\s*["']([A-Z_0-9]+)["']/g)) thrown.add(code)
    }
    assert.ok(thrown.size >= 15, `${thrown.size} codes found`)
    assert.deepEqual([...thrown].filter(code => !ERROR_CODES.includes(code)), [])
  })

  test('the types have the same list', () => {
    const types = readFileSync(join(home, 'codes.d.ts'), 'utf8')
    const named = Array.from(types.matchAll(/['"]([A-Z_0-9]+)['"]/g), ([, code]) => code)
    assert.deepEqual(named.sort(), [...ERROR_CODES].sort())
  })

  test('an error says what, where and what came', () => {
    const cause = new Error('x')
    const error = new WxPayError('FIELD_VALUE', 'text', { field: 'total_fee', offset: 3, err_code: 'E', cause })
    assert.ok(error instanceof Error)
    assert.deepEqual(
      [error.name, error.code, error.message, error.field, error.offset, error.err_code, error.cause],
      ['WxPayError', 'FIELD_VALUE', 'text', 'total_fee', 3, 'E', cause],
    )
    const bare = new WxPayError('INTERNAL', 'text')
    for (const name of ['field', 'offset', 'err_code', 'cause']) assert.ok(!(name in bare), name)
    assert.match(String(error), /^WxPayError: text/)
    assert.throws(() => main.parseXml('<xml><a>1</a><a>2</a></xml>'), { code: 'XML_DUPLICATE', field: 'a' })
    assert.throws(() => main.parseXml('<xml><a>&x;</a></xml>'), error => Number.isInteger(error.offset))
  })
})

test('in a mini program the key is refused, and no key is needed to read', () => {
  const seen = run(`
    globalThis.wx = {}; globalThis.WXWebAssembly = {}
    const { sign, parseSigned, parseXml } = await import('wxpay-wasm')
    const code = run => { try { run() } catch (error) { return error.code } }
    console.log(JSON.stringify([
      code(() => sign({ a: '1' }, '${KEY}')),
      code(() => parseSigned('<xml></xml>', ['${KEY}'])),
      parseXml('<xml><a>1</a></xml>').a,
    ]))`)
  assert.deepEqual(seen, ['CONFIG_INVALID', 'CONFIG_INVALID', '1'])
})

test('fault 11: without a secure random source there is no nonce', () => {
  const seen = run(`
    Object.defineProperty(globalThis, 'crypto', { value: { getRandomValues() { throw new Error('empty') } } })
    const { nonceStr, miniProgramPay } = await import('wxpay-wasm')
    const code = run => { try { return run() } catch (error) { return error.code } }
    const order = { appId: 'wxd930ea5d5a258f4f', prepay_id: 'wx1' }
    console.log(JSON.stringify([code(nonceStr), code(() => miniProgramPay(order, '${KEY}'))]))`)
  assert.deepEqual(seen, ['RANDOM_UNAVAILABLE', 'RANDOM_UNAVAILABLE'])
})

test('fault 81: no state is left behind by calls that fail', () => {
  const fields = { appid: 'wxd930ea5d5a258f4f', body: 'test' }
  const want = main.sign(fields, KEY)
  const bad = [
    () => main.parseXml('<xml><a>'),
    () => main.parseXml(Buffer.alloc(70_000, 'a')),
    () => main.parseXml(Buffer.from([0xff])),
    () => main.sign({ 'a b': '1' }, KEY),
    () => main.sign(Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`f${i}`, 'x'])), KEY),
    () => main.parseSigned('<xml></xml>', []),
    () => main.buildXml({ a: '\x01' }),
  ]
  for (let round = 0; round < 200; round++) {
    assert.throws(bad[round % bad.length], { name: 'WxPayError' })
    assert.equal(main.sign(fields, KEY), want)
  }
  assert.equal(main.trapCount(), 0)
})
