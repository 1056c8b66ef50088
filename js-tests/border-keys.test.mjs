// The merchant key is in the memory of the core only while a call runs (chapter 4.3 needs it there).
// Afterwards nothing of it may be left, whatever came of the call: not as text, not as the blocks that
// HMAC makes of it, not as the words that a digest reads it in.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'

/** Runs in a process of its own, which holds the memory of each instance. */
const script = `
  import { createHash } from 'node:crypto'
  const instances = []
  const Was = WebAssembly.Instance
  WebAssembly.Instance = class extends Was {
    constructor(module, ...imports) {
      super(module, ...imports)
      // Only the core imports nothing.
      const name = WebAssembly.Module.imports(module).length === 0 ? 'core' : 'tools'
      instances.push({ name, memory: this.exports.memory })
    }
  }
  const { Key, miniProgramPay, jsapiPay, appPay, nativeCallback, payscoreUse, sendBizRedPacket, decryptRefund, parseSigned, sign, signedXml, verify } = await import('wxpay-wasm')
  const { digest, signed, xml } = await import('./wire.mjs')

  const fields = { appid: 'wx1', body: '支付', total_fee: 1 }
  const large = { ...fields, detail: 'x'.repeat(90_000) }
  // The key comes behind the text: it straddles the blocks of a digest in every way.
  const lengths = Array.from({ length: 64 }, (_, i) => ({ ...fields, attach: 'y'.repeat(i + 1) }))
  const prepaid = { appId: 'wx1', prepay_id: 'wx2', timeStamp: 1490840662, nonceStr: 'n' }
  const attempt = run => { try { run() } catch (error) { if (error.name !== 'WxPayError' && error.message !== 'mine') throw error } }

  const operations = {
    'sign': (key, type) => sign(fields, key, type),
    'sign, each length of text': (key, type) => { for (const given of lengths) sign(given, key, type) },
    'sign, remembered names': (key, type) => { sign(fields, key, type); sign(fields, key, type) },
    'sign, an empty field': (key, type) => sign({ ...fields, none: '' }, key, type),
    'sign, a large value': (key, type) => { sign(large, key, type); sign(large, key, type) },
    'verify': (key, type) => verify({ ...fields, sign: digest(fields, { key, type }) }, key, type),
    'verify, remembered names': (key, type) => { for (let i = 0; i < 3; i++) verify({ ...fields, sign: digest(fields, { key, type }) }, key, type) },
    'verify, forged': (key, type) => verify({ ...fields, sign: digest(fields, { key: 'other', type }) }, key, type),
    'verify, no signature': (key, type) => verify(fields, key, type),
    'signedXml': (key, type) => { signedXml(fields, key, type); signedXml(fields, key, type) },
    'signedXml, by the tools': (key, type) => signedXml({ ...fields, attach: ']]>\\r' }, key, type),
    'parseSigned': (key, type) => parseSigned(signed(fields, { key, type }), key, { signType: type }),
    'parseSigned, large': (key, type) => parseSigned(signed({ ...fields, detail: 'x'.repeat(60_000) }, { key, type }), key),
    'parseSigned, forged': (key, type) => parseSigned(signed(fields, { key: 'other', type }), key),
    'parseSigned, malformed': (key, type) => parseSigned(signed(fields, { key, type }).slice(0, -3), key, { signType: type }),
    'parseSigned, no signature': key => parseSigned(xml(fields), key),
    'parseSigned, too weak': key => parseSigned(signed(fields, { key }), key, { signType: 'HMAC-SHA256' }),
    'parseSigned, a lying type': (key, type) => parseSigned(signed({ ...fields, sign_type: 'RSA' }, { key, type }), key),
    'parseSigned, several keys': (key, type) => parseSigned(signed(fields, { key, type }), ['other', key], { signType: type }),
    'miniProgramPay': (key, signType) => miniProgramPay({ ...prepaid, signType }, key),
    'miniProgramPay, refused': (key, signType) => miniProgramPay({ ...prepaid, nonceStr: '\\ud800', signType }, key),
    'jsapiPay': (key, signType) => jsapiPay({ ...prepaid, signType }, key),
    'appPay': (key, signType) => appPay({ appid: 'a', partnerid: 'b', prepayid: 'c', timestamp: 1, noncestr: 'd', signType }, key),
    'payscoreUse': key => payscoreUse({ mch_id: '1', package: 'p' }, key),
    'sendBizRedPacket': key => sendBizRedPacket({ appId: 'a', package: 'p' }, key),
    'nativeCallback': key => nativeCallback(signed({ ...fields, product_id: '1' }, { key }), key, { appid: 'wx1', mchid: '1' }),
    'decryptRefund': key => decryptRefund('4gS8kbcHysCW7bHqyEU0Mw==', ['other', key]),
    'a Key': (key, type) => sign(fields, new Key(key), type),
    'a refused Key': key => new Key(key + '!'),
    'a value that is refused': (key, type) => sign({ ...fields, body: '\\x01' }, key, type),
    'a name that is refused': (key, type) => sign({ ...fields, 'a b': '1' }, key, type),
    'a reserved name': (key, type) => sign({ ...fields, key: 'x' }, key, type),
    'too many fields': (key, type) => sign(Object.fromEntries(Array.from({ length: 600 }, (_, i) => ['f' + i, 'x'])), key, type),
    'a getter that throws': (key, type) => sign({ a: '1', get b() { throw new Error('mine') } }, key, type),
    'an unknown algorithm': key => sign(fields, key, 'SHA1'),
  }

  const swapped = bytes => Buffer.from(bytes).swap32()
  const masked = (bytes, mask) => bytes.map(byte => byte ^ mask)

  /** The memory without stretches of one repeated byte, where no key can be. */
  function compact(memory) {
    const whole = Buffer.from(memory.buffer)
    const kept = []
    for (let at = 0; at < whole.length; at += 256) {
      const block = whole.subarray(at, at + 256)
      if (block.compare(Buffer.alloc(block.length, block[0])) !== 0) kept.push(block)
    }
    return Buffer.concat(kept)
  }

  /** How often something of the key stands in the memory, by what it is. */
  function found(memory, text) {
    const here = compact(memory)
    const seen = {}
    const count = (name, wanted) => {
      for (let at = here.indexOf(wanted); at >= 0; at = here.indexOf(wanted, at + 1)) seen[name] = (seen[name] ?? 0) + 1
    }
    const key = Buffer.from(text)
    const forms = { text: key, 'UTF-16': Buffer.from(text, 'utf16le'), inner: masked(key, 0x36), outer: masked(key, 0x5c) }
    for (const [name, bytes] of Object.entries(forms)) {
      count(name, bytes)
      // A digest loads its blocks as words, which the key straddles at any place: parts count as well.
      for (let at = 0; at + 8 <= bytes.length; at++) {
        const part = bytes.subarray(at, at + 8)
        if (at % 4 === 0) count('part of ' + name, part)
        if (at % 8 < 4) count('swapped part of ' + name, swapped(part))
      }
    }
    return seen
  }

  const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  // The same keys in each run: by chance a few of their letters stand in any memory.
  let made = 0
  const freshKey = length => {
    const bytes = createHash('sha512').update('key ' + made++).digest()
    return Array.from({ length }, (_, at) => letters[(bytes[at % 64] + at) % 62]).join('')
  }
  const report = []
  for (const [operation, run] of Object.entries(operations)) {
    for (const type of ['MD5', 'HMAC-SHA256']) {
      for (const length of [32, 100]) {
        // A key of its own for each call: what is found tells who left it.
        const key = freshKey(length)
        attempt(() => run(key, type))
        for (const { name, memory } of instances) report.push({ operation, type, length, module: name, found: found(memory, key) })
      }
    }
  }
  // The scan must be able to find a key at all.
  const core = instances.find(({ name }) => name === 'core').memory
  const planted = freshKey(32)
  new Uint8Array(core.buffer).set(Buffer.from(planted), core.buffer.byteLength - 4321)
  const control = found(core, planted)
  console.log(JSON.stringify({ report, control, modules: instances.map(({ name }) => name) }))`

const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
  cwd: import.meta.dirname,
  encoding: 'utf8',
  maxBuffer: 1 << 26,
})
assert.equal(status, 0, stderr)
const { report, control, modules } = JSON.parse(stdout)

test('one instance of each module, and a scan that finds what is there', () => {
  assert.deepEqual(modules.sort(), ['core', 'tools'])
  assert.deepEqual(control, { text: 1, 'part of text': 7 })
})

const operations = [...new Set(report.map(({ operation }) => operation))]

/** What the operation left in a module, one line for each kind of call. */
function left(module, operation) {
  const calls = report.filter(call => call.module === module && call.operation === operation)
  assert.ok(calls.length > 0 || module === 'tools')
  const dirty = calls.filter(({ found }) => Object.keys(found).length > 0)
  return dirty.map(({ type, length, found }) => `${type}, ${length} characters: ${JSON.stringify(found)}`)
}

describe('the memory of the core', () => {
  assert.ok(operations.length > 25)
  for (const operation of operations) test(operation, () => assert.deepEqual(left('core', operation), []))
})

// The glue of the tools takes the key in as a string that it frees and does not wipe.
test('the memory of the tools keeps one copy of a key at most', t => {
  for (const operation of operations) {
    for (const line of left('tools', operation)) t.diagnostic(`${operation}: ${line}`)
  }
  for (const { module, operation, found } of report) {
    if (module === 'tools') assert.ok((found.text ?? 0) <= 1 && found['UTF-16'] === undefined, operation)
  }
})
