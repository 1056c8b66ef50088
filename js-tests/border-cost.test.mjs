// What the border costs: modules are compiled when they are first needed, one at a time, and no number of
// messages, shapes or keys makes the process larger without end.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { nonceStr } from 'wxpay-wasm'
import { KEY } from './wire.mjs'

/** A process of its own; what it printed as JSON. */
function run(script, ...options) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...options, '--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
  return JSON.parse(stdout)
}

describe('modules are compiled when they are needed', () => {
  const loaders = {
    import: [`const load = door => import(door)`],
    require: [
      `import { createRequire } from 'node:module'
       const load = createRequire(process.cwd() + '/x.js')`,
      // Without the condition "module-sync", as in Node 18 and the first of 20.
      '--no-experimental-require-module',
    ],
  }
  const counted = `
    const seen = { core: 0, tools: 0, modules: 0, others: 0 }
    const WasModule = WebAssembly.Module
    const WasInstance = WebAssembly.Instance
    WebAssembly.Module = class extends WasModule {
      constructor(...given) { super(...given); seen.modules++ }
    }
    WebAssembly.Module.imports = WasModule.imports
    WebAssembly.Instance = class extends WasInstance {
      constructor(...given) {
        super(...given)
        // Only the core imports nothing.
        seen[WasModule.imports(given[0]).length === 0 ? 'core' : 'tools']++
      }
    }
    for (const name of ['compile', 'instantiate', 'compileStreaming', 'instantiateStreaming', 'validate']) {
      WebAssembly[name] = () => { seen.others++; throw new Error(name) }
    }
    const trace = []
    const step = (name, run) => {
      try { run() } catch (error) { if (error.name !== 'WxPayError') throw error }
      trace.push([name, { ...seen }])
    }`
  const none = { core: 0, tools: 0, modules: 0, others: 0 }
  const core = { ...none, core: 1, modules: 1 }
  const both = { core: 1, tools: 1, modules: 2, others: 0 }
  const tools = { ...none, tools: 1, modules: 1 }

  for (const [name, [load, ...options]] of Object.entries(loaders)) {
    test(`${name}: the core by the first plain message, the tools by the first refusal`, () => {
      const trace = run(
        `${load}
        ${counted}
        const key = '${KEY}'
        const { miniProgramPay, nonceStr, parseSigned, parseXml, sign, signedXml, stringToSign, verify } = await load('wxpay-wasm')
        for (const door of ['client', 'notify', 'koa', 'store', 'testing']) await load('wxpay-wasm/' + door)
        step('import', () => {})
        step('nonceStr', () => nonceStr())
        const fields = { appid: 'wx1', body: '支付', total_fee: 1 }
        step('sign', () => sign(fields, key))
        const signed = { ...fields, sign: sign(fields, key, 'HMAC-SHA256') }
        step('the plain calls', () => {
          for (let again = 0; again < 3; again++) {
            if (!verify(signed, key)) throw new Error('verify')
            stringToSign(fields)
            sign({ ...fields, none: '' }, key)
            miniProgramPay({ appId: 'wx1', prepay_id: 'wx2' }, key)
            const xml = Object.entries(signed).map(([name, value]) => '<' + name + '>' + value + '</' + name + '>').join('')
            parseXml('<xml>' + xml + '</xml>')
            parseSigned(Buffer.from('<xml>' + xml + '</xml>'), key)
            signedXml(fields, key)
          }
        })
        step('forgeries', () => {
          verify({ ...signed, body: 'x' }, key)
          parseSigned('<xml><a>1</a><sign>' + 'A'.repeat(32) + '</sign></xml>', key)
        })
        step('a malformed body', () => parseXml('<xml><a>'))
        step('more of everything', () => {
          for (let again = 0; again < 3; again++) {
            sign(fields, key)
            try { sign({ 'a b': '1' }, key) } catch {}
            try { parseSigned('x', [key]) } catch {}
          }
        })
        console.log(JSON.stringify(trace))`,
        ...options,
      )
      assert.deepEqual(trace, [
        ['import', none],
        ['nonceStr', none],
        ['sign', core],
        ['the plain calls', core],
        ['forgeries', core],
        ['a malformed body', both],
        ['more of everything', both],
      ])
    })

    test(`${name}: a Key alone needs the tools alone`, () => {
      const trace = run(
        `${load}
        ${counted}
        const { Key, sign } = await load('wxpay-wasm')
        let key
        step('a Key', () => (key = new Key('${KEY}')))
        step('sign', () => sign({ a: '1' }, key))
        console.log(JSON.stringify(trace))`,
        ...options,
      )
      assert.deepEqual(trace, [['a Key', tools], ['sign', both]])
    })
  }
})

describe('nothing piles up', () => {
  const MB = 1024 * 1024
  const measure = `
    const memories = []
    const Was = WebAssembly.Instance
    WebAssembly.Instance = class extends Was {
      constructor(...given) { super(...given); memories.push(this.exports.memory) }
    }
    const { parseSigned, sign, signedXml, verify } = await import('wxpay-wasm')
    const { digest, signed } = await import('./wire.mjs')
    const { seeded } = await import('./field-sets.mjs')
    const random = seeded(7)
    const pages = () => memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0)
    const used = () => {
      for (let i = 0; i < 4; i++) gc()
      return process.memoryUsage().heapUsed
    }
    const type = n => (n % 2 ? 'MD5' : 'HMAC-SHA256')
    function check(n, fields, key) {
      const want = digest(fields, { key, type: type(n) })
      const message = { ...fields, sign: want }
      const right =
        sign(fields, key, type(n)) === want &&
        sign(fields, key, type(n)) === want &&
        verify(message, key) && verify(message, key) &&
        signedXml(fields, key, type(n)).endsWith(want + ']]></sign></xml>') &&
        parseSigned(signed(fields, { key, type: type(n) }), key).sign === want
      if (!right) throw new Error('wrong at ' + n)
    }`

  test('5 000 shapes of messages', t => {
    const [heap, wasm] = run(
      `${measure}
      // Names that no other shape has, 8 to 40 of them.
      function shape(n) {
        const fields = {}
        for (let i = 8 + random(33); i > 0; i--) fields['f' + n + '_' + random(1e6)] = 'v' + i
        return { appid: 'wx1', ...fields, total_fee: n }
      }
      for (let n = 0; n < 1000; n++) check(n, shape(n), '${KEY}')
      const [heap, wasm] = [used(), pages()]
      for (let n = 1000; n < 6000; n++) check(n, shape(n), '${KEY}')
      console.log(JSON.stringify([used() - heap, pages() - wasm]))`,
      '--expose-gc',
    )
    t.diagnostic(`heap ${heap} bytes, WebAssembly ${wasm} bytes`)
    // All of them would be 20 MB.
    assert.ok(heap < 4 * MB, `${heap} bytes of heap for 5 000 shapes`)
    assert.equal(wasm, 0)
  })

  test('5 000 orders of the same fields', t => {
    const [heap, wasm] = run(
      `${measure}
      const names = 'appid mch_id nonce_str body out_trade_no total_fee notify_url attach'.split(' ')
      function turned(n) {
        const left = [...names]
        const fields = {}
        while (left.length > 0) {
          const [name] = left.splice(random(left.length), 1)
          fields[name] = name + n
        }
        return fields
      }
      for (let n = 0; n < 1000; n++) check(n, turned(n), '${KEY}')
      const [heap, wasm] = [used(), pages()]
      for (let n = 1000; n < 6000; n++) check(n, turned(n), '${KEY}')
      console.log(JSON.stringify([used() - heap, pages() - wasm]))`,
      '--expose-gc',
    )
    t.diagnostic(`heap ${heap} bytes, WebAssembly ${wasm} bytes`)
    assert.ok(heap < 4 * MB, `${heap} bytes of heap for 5 000 orders`)
    assert.equal(wasm, 0)
  })

  test('200 merchants in turn, and 20 000 keys that come once', t => {
    const [heap, wasm] = run(
      `${measure}
      const fields = { appid: 'wx1', body: '支付', total_fee: 1 }
      const key = n => String(n).padStart(32, 'k')
      for (let n = 0; n < 2000; n++) check(n, fields, key(n % 200))
      // The algorithm changes with each round, too, and two merchants take turns.
      for (let n = 0; n < 600; n++) check(n + (n >> 1), fields, key(n % 2 ? 7 : n % 200))
      const [heap, wasm] = [used(), pages()]
      for (let n = 0; n < 20000; n++) if (sign(fields, key(1e6 + n), type(n)) === sign(fields, key(2e6 + n), type(n))) throw new Error('same')
      for (let n = 0; n < 400; n++) check(n, fields, key(n % 200))
      console.log(JSON.stringify([used() - heap, pages() - wasm]))`,
      '--expose-gc',
    )
    t.diagnostic(`heap ${heap} bytes, WebAssembly ${wasm} bytes`)
    assert.ok(heap < MB, `${heap} bytes of heap for 40 000 keys`)
    assert.equal(wasm, 0)
  })

  test('what is received teaches nothing: 20 000 forgeries and genuine messages of as many shapes', t => {
    const [heap, wasm] = run(
      `${measure}
      function receive(n) {
        const fields = { ['n' + n]: 'x', ['m' + n]: '支', total_fee: '1' }
        if (parseSigned(signed(fields), '${KEY}')['n' + n] !== 'x') throw new Error('wrong')
        try { parseSigned(signed(fields, { key: 'other' }), '${KEY}') } catch (error) { if (error.code === 'SIGN_MISMATCH') return }
        throw new Error('accepted')
      }
      for (let n = 0; n < 2000; n++) receive(n)
      const [heap, wasm] = [used(), pages()]
      for (let n = 2000; n < 22000; n++) receive(n)
      console.log(JSON.stringify([used() - heap, pages() - wasm]))`,
      '--expose-gc',
    )
    t.diagnostic(`heap ${heap} bytes, WebAssembly ${wasm} bytes`)
    assert.ok(heap < 2 * MB, `${heap} bytes of heap for 20 000 messages`)
    assert.equal(wasm, 0)
  })
})

describe('nonces come from a pool of letters', () => {
  const nonces = Array.from({ length: 50_000 }, nonceStr)

  test('50 000 of them, each of 32 letters and digits, each once', () => {
    for (const nonce of nonces) if (!/^[0-9A-Za-z]{32}$/.test(nonce)) assert.fail(nonce)
    assert.equal(new Set(nonces).size, nonces.length)
  })

  test('no stretch of letters comes twice, at whatever place of the pool', () => {
    const seen = new Set()
    for (const nonce of nonces.slice(0, 10_000)) {
      for (let at = 0; at + 12 <= nonce.length; at++) {
        const part = nonce.slice(at, at + 12)
        assert.ok(!seen.has(part), part)
        seen.add(part)
      }
    }
    for (let at = 0; at < nonces.length; at++) {
      const part = nonces[at].slice(0, 12)
      if (at >= 10_000) assert.ok(!seen.has(part), part)
      seen.add(part)
    }
  })

  test('each letter is equally likely, at each place', () => {
    const counts = new Map()
    const letters = nonces.join('')
    for (const letter of letters) counts.set(letter, (counts.get(letter) ?? 0) + 1)
    assert.equal(counts.size, 62)
    const expected = letters.length / 62
    const squares = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    // Chi-square with 61 degrees of freedom: above 150 once in 10^9 runs. Byte % 62 gives thousands.
    assert.ok(squares < 150, `chi-square ${squares}`)
    for (let place = 0; place < 32; place++) assert.equal(new Set(nonces.map(nonce => nonce[place])).size, 62)
  })

  test('a random byte makes one letter at most', () => {
    const seen = run(`
      let asked = 0
      Object.defineProperty(globalThis, 'crypto', { value: {
        getRandomValues(bytes) {
          for (let i = 0; i < bytes.length; i++) bytes[i] = asked++ % 248
          return bytes
        },
      } })
      const node = process.getBuiltinModule?.('node:crypto') ?? (await import('node:crypto')).default
      Object.defineProperty(node.webcrypto, 'getRandomValues', { value: globalThis.crypto.getRandomValues })
      const { nonceStr } = await import('wxpay-wasm')
      const many = Array.from({ length: 1000 }, nonceStr)
      console.log(JSON.stringify({ asked, letters: many.join('').length }))`)
    assert.equal(seen.letters, 32_000)
    assert.ok(seen.asked >= seen.letters, `${seen.asked} random bytes for ${seen.letters} letters`)
  })
})
