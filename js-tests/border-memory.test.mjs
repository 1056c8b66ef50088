// The core has one buffer, which grows under the views of JavaScript when a message is large. And what
// a body may be: every view of bytes, with its own offset and length, and nothing else.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { buildXml, parseNested, parseSigned, parseXml, sign, signedXml, stringToSign, trapCount, verify } from 'wxpay-wasm'
import { filled, stringOf } from './field-sets.mjs'
import { KEY, digest, signed, xml } from './wire.mjs'

const KB = 1024
const SAMPLE = { appid: 'wxd930ea5d5a258f4f', body: '支付', total_fee: '1' }
const SMALL = signed(SAMPLE)
const WANT = { ...SAMPLE, sign: digest(SAMPLE) }

/** A process of its own, where the memory has not grown; what it printed as JSON. */
function run(script, ...words) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script, ...words], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
  return JSON.parse(stdout)
}

const bytesOf = fields => Buffer.byteLength(xml(fields))

/** Fields whose message takes exactly so many bytes. */
function sized(bytes, filler = 'x') {
  const fields = { ...SAMPLE, detail: '' }
  for (let i = 0; i < 400 && bytesOf(fields) < bytes - 700; i++) fields[`f${i}`] = `${i}`.repeat(20)
  const room = bytes - bytesOf(fields)
  const unit = Buffer.byteLength(filler)
  fields.detail = filler.repeat(Math.floor(room / unit)) + 'x'.repeat(room % unit)
  assert.equal(bytesOf(fields), bytes)
  return fields
}

function smallStillWorks() {
  assert.deepEqual({ ...parseXml(SMALL) }, WANT)
  assert.deepEqual({ ...parseSigned(Buffer.from(SMALL), KEY) }, WANT)
  assert.equal(sign(SAMPLE, KEY), WANT.sign)
  assert.equal(verify(WANT, KEY), true)
  assert.equal(stringToSign(SAMPLE), stringOf(SAMPLE))
}

describe('sizes', () => {
  const kept = []
  for (const filler of ['x', 'é', '支', '😀']) {
    for (const size of [1, 2, 4, 21, 22, 32, 63, 64].map(n => n * KB)) {
      test(`${size / KB} KB of ${filler}, as bytes and as text, verified`, () => {
        const fields = sized(size - 100, filler)
        const type = size % 3 === 0 ? 'MD5' : 'HMAC-SHA256'
        const body = signed(fields, { type })
        const want = { ...fields, sign: digest(fields, { type }) }
        for (const given of [Buffer.from(body), body]) {
          const read = parseSigned(given, KEY)
          assert.deepEqual({ ...read }, want)
          assert.deepEqual({ ...parseXml(given) }, want)
          kept.push([read, want])
        }
        smallStillWorks()
      })
    }
  }

  for (const filler of ['x', '支']) {
    for (const size of [65, 100, 128, 129, 300, 512, 900, 1024].map(n => n * KB)) {
      test(`${size / KB} KB of ${filler}, with a limit of 1 MB`, () => {
        const fields = sized(size, filler)
        const body = xml(fields)
        for (const given of [Buffer.from(body), body]) {
          const read = parseXml(given, { maxBytes: KB * KB })
          assert.deepEqual({ ...read }, fields)
          kept.push([read, fields])
          smallStillWorks()
          assert.throws(() => parseXml(given), { code: 'XML_LIMIT' })
          assert.throws(() => parseSigned(given, KEY), { code: 'XML_LIMIT' })
          smallStillWorks()
        }
      })
    }
  }

  test('what was returned before the memory grew is unchanged', () => {
    assert.ok(kept.length > 60)
    for (const [read, want] of kept) assert.deepEqual({ ...read }, want)
  })

  test('the limit is kept to the byte', () => {
    for (const [size, maxBytes] of [[64 * KB, undefined], [1000, 1000], [100_000, 100_000], [KB * KB, KB * KB]]) {
      const exact = xml(sized(size))
      const options = maxBytes === undefined ? {} : { maxBytes }
      for (const make of [body => body, body => Buffer.from(body)]) {
        assert.equal(parseXml(make(exact), options).total_fee, '1')
        for (const more of [' ', '  ', '\n'.repeat(3)]) {
          assert.throws(() => parseXml(make(exact + more), options), { code: 'XML_LIMIT' })
        }
      }
    }
  })

  test('a limit that is no size is refused, or has no way of letting everything in', () => {
    const body = xml(sized(70_000))
    for (const maxBytes of [-1, -65536, NaN, 0, 2 ** 32, 2 ** 32 - 1, 2 ** 32 + 5, Infinity, '1', 1.5, 2 ** 53]) {
      const meant = Number(maxBytes) >= 70_000
      let read
      try {
        read = parseXml(body, { maxBytes }).total_fee
      } catch (error) {
        assert.ok(error instanceof TypeError || error instanceof RangeError || error.name === 'WxPayError', error.stack)
        // A limit above the size may be refused as a limit, but not as a body that is too large for it.
        if (meant) assert.notEqual(error.code, 'XML_LIMIT', `${maxBytes}`)
        continue
      }
      assert.ok(meant && read === '1', `${maxBytes}`)
    }
  })

  for (const size of [21_845, 21_846, 40_000, 65_535, 65_536, 65_537, 300_000]) {
    for (const filler of ['x', '支']) {
      test(`a value of ${size} times ${filler} is signed and checked`, () => {
        const fields = { ...SAMPLE, detail: filler.repeat(size), z: 1 }
        for (const type of ['MD5', 'HMAC-SHA256']) {
          const want = digest(fields, { type })
          for (let again = 0; again < 2; again++) {
            assert.equal(sign(fields, KEY, type), want)
            assert.equal(verify({ ...fields, sign: want }, KEY, type), true)
            assert.equal(verify({ ...fields, z: 2, sign: want }, KEY, type), false)
            assert.equal(sign(SAMPLE, KEY), WANT.sign)
          }
          const message = signedXml(fields, KEY, type)
          const read = parseXml(message, { maxBytes: KB * KB })
          assert.deepEqual({ ...read }, { ...filled(fields), sign: want })
          assert.equal(signedXml(fields, KEY, type), message)
        }
        assert.equal(stringToSign(fields), stringOf(fields))
        assert.equal(buildXml(fields), buildXml({ ...fields, unrelated_and_empty: '' }))
      })
    }
  }
})

describe('a string that has to grow the memory, of characters with three bytes each', () => {
  // Each length is more than the buffer has, and less when two bytes are counted for a character.
  const script = `
    import { readBack, stringOf } from './field-sets.mjs'
    import { digest, signed, xml } from './wire.mjs'
    import { buildXml, parseXml, sign, signedXml, stringToSign, verify } from 'wxpay-wasm'
    const key = '${KEY}'
    const calls = {
      sign: fields => sign(fields, key) === digest(fields),
      'sign, remembered names': fields => sign({ a: 'x' }, key) !== sign(fields, key) && sign(fields, key) === digest(fields),
      verify: fields => verify({ ...fields, sign: digest(fields) }, key),
      'verify, remembered names': fields => verify({ a: 'x', sign: digest({ a: 'x' }) }, key) && verify({ ...fields, sign: digest(fields) }, key),
      stringToSign: fields => stringToSign(fields) === stringOf(fields),
      buildXml: fields => readBack(buildXml(fields)).a === fields.a,
      signedXml: fields => sign({ a: 'x' }, key) && readBack(signedXml(fields, key)).sign === digest(fields),
      parseXml: fields => parseXml(xml(fields), { maxBytes: 1 << 20 }).a === fields.a,
    }
    const lengths = [21_850, 26_000, 31_000, 37_000, 44_000]
    console.log(JSON.stringify(lengths.map(length => Boolean(calls[process.argv[1]]({ a: '支'.repeat(length) })))))`
  for (const call of ['sign', 'sign, remembered names', 'verify', 'verify, remembered names', 'stringToSign', 'buildXml', 'signedXml', 'parseXml']) {
    test(call, () => assert.deepEqual(run(script, call), Array(5).fill(true)))
  }
})

test('many sizes, and bodies that are refused, do not pile up in the memory of the core', () => {
  const script = `
    const memories = []
    const Was = WebAssembly.Instance
    WebAssembly.Instance = class extends Was {
      constructor(...given) { super(...given); memories.push(this.exports.memory) }
    }
    const { parseXml } = await import('wxpay-wasm')
    const held = () => memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0)
    const attempt = run => { try { return run() } catch { return undefined } }
    attempt(() => parseXml('<xml>'))
    const start = held()
    // No more than 64 KB is asked for, so what is larger must cost nothing that stays.
    for (const size of [1e5, 1e6, 2e7]) attempt(() => parseXml(Buffer.alloc(size, 'x')))
    const refused = held() - start
    // Each a little larger than the one before.
    for (let size = 66_000; size < 1_000_000; size += 4_000) {
      const body = Buffer.from('<xml><a>' + 'x'.repeat(size) + '</a></xml>')
      if (parseXml(body, { maxBytes: 1 << 20 }).a.length !== size) throw new Error('wrong')
    }
    console.log(JSON.stringify([refused, held() - start]))`
  const [refused, grown] = run(script)
  assert.ok(refused <= 4 * KB * KB, `refused bodies left ${refused} bytes`)
  assert.ok(grown <= 16 * KB * KB, `bodies of up to 1 MB left ${grown} bytes`)
})

describe('views of bytes', () => {
  const bytes = new TextEncoder().encode(SMALL)
  const { length } = bytes
  /** The message in the middle of other bytes. */
  function inside(buffer, View = Uint8Array) {
    new Uint8Array(buffer).fill(0x3c)
    const view = new View(buffer, 13, length)
    view.set(bytes)
    return view
  }
  class Body extends Uint8Array {
    get text() {
      return 'mine'
    }
  }
  const shared = inside(new SharedArrayBuffer(length + 40))
  const views = {
    'a Uint8Array': bytes,
    'a view with an offset': inside(new ArrayBuffer(length + 40)),
    'a subarray of a subarray': inside(new ArrayBuffer(length + 40)).subarray(0).subarray(0, length),
    'a view of shared memory': shared,
    'a Buffer of the pool': Buffer.from(SMALL),
    'a Buffer of its own': Buffer.concat([Buffer.alloc(9000), bytes]).subarray(9000),
    'a view at an odd offset': Buffer.concat([Buffer.alloc(3), bytes]).subarray(3),
    'a subclass': inside(new ArrayBuffer(length + 40), Body),
  }
  if ('resizable' in ArrayBuffer.prototype) {
    const fixed = inside(new ArrayBuffer(length + 40, { maxByteLength: 4096 }))
    views['a view of a resizable buffer'] = fixed
    const tracking = new ArrayBuffer(length, { maxByteLength: 4096 })
    views['a view that follows the size of its buffer'] = new Uint8Array(tracking)
    views['a view that follows the size of its buffer'].set(bytes)
  }
  for (const [name, view] of Object.entries(views)) {
    test(name, () => {
      for (let again = 0; again < 2; again++) {
        assert.deepEqual({ ...parseXml(view) }, WANT)
        assert.deepEqual({ ...parseSigned(view, KEY) }, WANT)
        // The tools, too, read this part of the buffer alone.
        assert.deepEqual({ ...parseSigned(view, [KEY]) }, WANT)
        assert.equal(parseNested(view).children.length, 4)
        assert.deepEqual(Buffer.from(view), Buffer.from(bytes), 'the caller’s bytes are as they were')
      }
    })
  }

  test('a buffer that was resized is read as it is now', { skip: !('resizable' in ArrayBuffer.prototype) }, () => {
    const buffer = new ArrayBuffer(length, { maxByteLength: 4096 })
    const view = new Uint8Array(buffer)
    view.set(bytes)
    buffer.resize(length + 1)
    assert.throws(() => parseXml(view), { name: 'WxPayError' })
    buffer.resize(length)
    assert.deepEqual({ ...parseXml(view) }, WANT)
    buffer.resize(length - 1)
    assert.throws(() => parseXml(view), { code: 'XML_MALFORMED' })
    const part = new Uint8Array(buffer, 4, 8)
    buffer.resize(6)
    for (const take of [parseXml, body => parseSigned(body, KEY), parseNested]) {
      assert.throws(() => take(part), error => error instanceof TypeError || error.name === 'WxPayError')
    }
    smallStillWorks()
  })

  test('a detached buffer holds nothing', () => {
    const view = new Uint8Array(bytes)
    structuredClone(view.buffer, { transfer: [view.buffer] })
    assert.equal(view.length, 0)
    for (const take of [parseXml, body => parseSigned(body, KEY), body => parseSigned(body, [KEY]), parseNested]) {
      assert.throws(() => take(view), error => error instanceof TypeError || /^XML_/.test(error.code))
      smallStillWorks()
    }
  })

  test('what is no view of bytes is a TypeError', () => {
    const { buffer } = new Uint8Array(bytes)
    const padded = new Uint8Array(Math.ceil(length / 8) * 8)
    padded.set(bytes)
    const others = [
      buffer,
      new SharedArrayBuffer(8),
      new DataView(buffer),
      new Int8Array(buffer),
      new Uint8ClampedArray(buffer),
      new Uint16Array(padded.buffer),
      new BigUint64Array(padded.buffer),
      Array.from(bytes),
      new Blob([bytes]),
      Object(SMALL),
      { length, ...bytes },
      Object.create(Uint8Array.prototype),
      new Proxy(bytes, {}),
      { toString: () => SMALL },
    ]
    for (const body of others) {
      for (const take of [parseXml, body => parseSigned(body, KEY), body => parseSigned(body, [KEY]), parseNested]) {
        assert.throws(() => take(body), TypeError, Object.prototype.toString.call(body))
      }
      smallStillWorks()
    }
  })

  test('a subclass that lies about its length is read as it is, or refused', () => {
    for (const lie of [0, 8, length - 1, length + 1, 4096, 70_000, 200_000, -1, NaN, undefined]) {
      class Liar extends Uint8Array {
        get length() {
          return lie
        }
      }
      // Something else was in the buffer before.
      parseXml(xml({ a: 'x'.repeat(200) }))
      for (const take of [parseXml, body => parseSigned(body, KEY)]) {
        let read
        try {
          read = take(new Liar(bytes))
        } catch (error) {
          assert.ok(error instanceof TypeError || error instanceof RangeError || error.name === 'WxPayError', error.stack)
          continue
        }
        assert.deepEqual({ ...read }, WANT)
      }
      smallStillWorks()
    }
  })
})

test('no call of this file made a fault in the core', () => assert.equal(trapCount(), 0))
