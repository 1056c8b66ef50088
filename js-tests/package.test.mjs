// The package as it arrives: packed, installed in an empty folder without a network, and used there.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = dirname(import.meta.dirname)
const home = dirname(fileURLToPath(import.meta.resolve('wxpay-wasm/package.json')))
const KEY = '192006250b4c09247ec02edce69f6a2d'
const FIELDS = JSON.stringify({
  appid: 'wxd930ea5d5a258f4f',
  mch_id: '10000100',
  device_info: '1000',
  body: 'test',
  nonce_str: 'ibuaiVcKdpRxkhJA',
})
const MD5 = '9A0A8659F005D6984697E2CA0A9CF3B7'
const HMAC = '6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6'

let place
let folder
let installed
let files
let manifest

before(() => {
  place = realpathSync(mkdtempSync(join(tmpdir(), 'wxpay-package-')))
  // Whatever npm was told by the process that runs this test is not passed on.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)))
  const npm = (args, cwd) => execFileSync('npm', args, { cwd, env: { ...env, npm_config_cache: join(place, 'cache') }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  const [packed] = Object.values(JSON.parse(npm(['pack', '--json', '--ignore-scripts', '--pack-destination', place], home)))
  folder = join(place, 'shop')
  mkdirSync(folder)
  npm(['install', '--prefix', folder, '--offline', '--ignore-scripts', '--no-audit', '--no-fund', join(place, packed.filename)], folder)
  installed = join(folder, 'node_modules/wxpay-wasm')
  files = readdirSync(installed, { recursive: true }).filter(file => statSync(join(installed, file)).isFile())
  manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
})

after(() => rmSync(place, { recursive: true, force: true }))

/** Runs a script where the package is installed. */
function run(script, { type = 'module', options = [] } = {}) {
  const args = [...options, `--input-type=${type}`, '-e', script]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' })
  return JSON.parse(stdout)
}

/** Every path that a condition leads to. */
const targets = value => (typeof value === 'string' ? [value] : Object.values(value).flatMap(targets))
const doors = () => Object.keys(manifest.exports).filter(door => !door.endsWith('.json'))

test('it is one package, and a copy', () => {
  const names = readdirSync(join(folder, 'node_modules')).filter(name => !name.startsWith('.'))
  assert.deepEqual(names, ['wxpay-wasm'])
  assert.equal(realpathSync(installed), installed)
  assert.ok(!existsSync(join(installed, 'node_modules')))
})

test('it has no dependencies and runs nothing on installation', () => {
  for (const kind of ['dependencies', 'optionalDependencies', 'bundledDependencies', 'bundleDependencies']) {
    assert.deepEqual(Object.keys(manifest[kind] ?? {}), [], kind)
  }
  for (const peer of Object.keys(manifest.peerDependencies ?? {})) {
    assert.equal(manifest.peerDependenciesMeta?.[peer]?.optional, true, peer)
  }
  assert.deepEqual(Object.keys(manifest.scripts ?? {}), [])
  assert.equal(manifest.gypfile, undefined)
  assert.ok(!files.some(file => /\.gyp$|\.node$|\.sh$/.test(file)))
})

describe('the official example', () => {
  const call = `[sign(${FIELDS}, '${KEY}'), sign(${FIELDS}, '${KEY}', 'HMAC-SHA256')]`
  const ways = {
    require: [`const { sign } = require('wxpay-wasm'); console.log(JSON.stringify(${call}))`, 'commonjs'],
    import: [`import { sign } from 'wxpay-wasm'; console.log(JSON.stringify(${call}))`, 'module'],
  }
  for (const [name, [script, type]] of Object.entries(ways)) {
    test(name, () => assert.deepEqual(run(script, { type }), [MD5, HMAC]))
    // As in versions of Node where require cannot load ESM.
    test(`${name}, in older versions of Node`, () => {
      const options = ['--no-experimental-require-module']
      assert.deepEqual(run(script, { type, options }), [MD5, HMAC])
    })
    for (const condition of ['browser', 'deno', 'bun', 'worker']) {
      test(`${name}, under the condition "${condition}"`, () => {
        assert.deepEqual(run(script, { type, options: ['-C', condition] }), [MD5, HMAC])
      })
    }
  }
})

describe('the doors', () => {
  test('all are there', () => {
    assert.deepEqual(doors().sort(), ['.', './bill', './client', './cloud', './doctor', './express', './fastify', './hapi', './koa', './node', './notify', './store', './store/sql', './tenpay', './testing', './worker'])
  })

  test('two lead to data', () => {
    const data = Object.keys(manifest.exports).filter(door => door.endsWith('.json'))
    assert.deepEqual(data.sort(), ['./endpoints.json', './package.json'])
    const script = `
      const { default: table } = await import('wxpay-wasm/endpoints.json', { with: { type: 'json' } })
      const { createRequire } = await import('node:module')
      const same = createRequire(process.cwd() + '/x.js')('wxpay-wasm/endpoints.json')
      console.log(JSON.stringify([table.length, same.length, table[0].name]))`
    const [imported, required, first] = run(script, { options: ['--no-warnings'] })
    assert.ok(imported > 60)
    assert.equal(required, imported)
    assert.equal(first, 'unifiedOrder')
  })

  test('every target of every condition is in the tarball', () => {
    const paths = [...targets(manifest.exports), manifest.main, manifest.types]
    assert.ok(paths.length > 20)
    for (const path of paths) assert.ok(files.includes(path.replace(/^\.\//, '')), path)
    for (const door of doors()) {
      for (const [condition, target] of Object.entries(manifest.exports[door])) {
        const branches = 'default' in target ? [target] : Object.values(target)
        for (const branch of branches) {
          assert.deepEqual(Object.keys(branch), ['types', 'default'], `${door} ${condition}`)
        }
      }
    }
  })

  test('every door opens by import and by require, with the same names', () => {
    const list = JSON.stringify(doors().map(door => door.replace('.', 'wxpay-wasm')))
    const script = `
      const { createRequire } = await import('node:module')
      const require = createRequire(process.cwd() + '/x.js')
      const names = module => Object.keys(module).filter(name => !/^(default|module\\.exports|__esModule)$/.test(name)).sort()
      const seen = {}
      for (const door of ${list}) seen[door] = [names(await import(door)), names(require(door))]
      console.log(JSON.stringify(seen))`
    for (const options of [[], ['--no-experimental-require-module']]) {
      for (const [door, [imported, required]] of Object.entries(run(script, { options }))) {
        assert.ok(imported.length > 0, door)
        assert.deepEqual(required, imported, door)
      }
    }
  })

  test('nothing else opens', () => {
    const script = `
      const inner = ['wxpay-wasm/dist/esm/index.js', 'wxpay-wasm/facade', 'wxpay-wasm/dist/generated/core.js']
      const codes = await Promise.all(inner.map(door => import(door).then(() => 'open', error => error.code)))
      console.log(JSON.stringify(codes))`
    assert.deepEqual(run(script), Array(3).fill('ERR_PACKAGE_PATH_NOT_EXPORTED'))
  })

  test('the types fit both module systems', () => {
    const use = `
      import { Key, WxPayError, sign, type ErrorCode } from 'wxpay-wasm'
      import { WxPay, type WxPayOptions } from 'wxpay-wasm/client'
      import { diagnose, MISTAKES, type Diagnosis, type MistakeId } from 'wxpay-wasm/doctor'
      import { nativeNotify, paymentNotify, refundNotify } from 'wxpay-wasm/notify'
      import { handleEvents, Monitor, reconcileOrders, shutdown } from 'wxpay-wasm/worker'
      import { readBill, reconcile, type TradeRow } from 'wxpay-wasm/bill'
      import { memoryStore, type OrderStore } from 'wxpay-wasm/store'
      import endpoints from 'wxpay-wasm/endpoints.json' with { type: 'json' }
      import { cloudNotify, cloudPay } from 'wxpay-wasm/cloud'
      import { nodeNotify } from 'wxpay-wasm/node'
      const text: string = sign({ a: '1', n: 1, none: undefined }, new Key('${KEY}'), 'HMAC-SHA256')
      // @ts-expect-error a field is no object
      sign({ a: {} }, text)
      // @ts-expect-error no such algorithm
      sign({ a: '1' }, text, 'SHA1')
      const options: WxPayOptions = { appid: 'x', mchid: 'y', partnerKey: text }
      const pay = new WxPay(options)
      // @ts-expect-error JSAPI needs an openid
      void pay.unifiedOrder({ trade_type: 'JSAPI', body: 'tea', out_trade_no: 'A', total_fee: 1 })
      void pay.unifiedOrder({ trade_type: 'NATIVE', product_id: 'P', body: 'tea', out_trade_no: 'A', total_fee: 1 })
        .then(({ code_url }) => code_url.length)
      const store: OrderStore = memoryStore()
      const notify = paymentNotify({ ...options, store, onOutcome: async event => void event.outcome })
      void nodeNotify(notify)
      void cloudNotify(notify)({ httpMethod: 'POST', body: '' }).then(({ statusCode }) => statusCode.toFixed())
      const catalogue: Record<string, { body: string; total_fee: number }> = {}
      const order = ({ product_id }: { product_id: string }) => {
        const found = catalogue[product_id]
        if (found === undefined) throw new Error('no such product')
        return { ...found, out_trade_no: 'A' }
      }
      void cloudPay(pay, { getWXContext: () => ({ OPENID: 'o' }), order })({ product_id: 'P' })
        .then(({ paySign }) => paySign.length)
      // @ts-expect-error an order has a price
      cloudPay(pay, { getWXContext: () => ({}), order: () => ({ body: 'tea', out_trade_no: 'A' }) })
      const monitor = new Monitor({ store, onAlarm: ({ alarm }) => void alarm.length })
      paymentNotify({ ...options, store, monitor, confirm: ({ out_trade_no }) => pay.orderQuery({ out_trade_no }) })
      refundNotify({ ...options, store, monitor, confirm: ({ out_refund_no }) => pay.refundQuery({ out_refund_no }) })
      nativeNotify({ ...options, order: async ({ openid, product_id }) =>
        pay.unifiedOrder({ trade_type: 'NATIVE', openid, product_id, body: 'tea', out_trade_no: 'A', total_fee: 1 }) })
      const workers = [handleEvents(store, { onPaid: async ({ id }, { order }) => void [id, order?.state] }), reconcileOrders(store, pay)]
      void shutdown({ workers, store }).then(({ unfinished }) => unfinished.toFixed())
      void (async () => {
        const bill = await readBill<TradeRow>(new Uint8Array())
        for await (const row of bill) row.total_fee.toFixed()
        for await (const { kind, ours } of reconcile(bill, store, '20140603')) if (kind === 'amount') ours?.out_trade_no.length
      })
      const diagnosis: Diagnosis = diagnose({ a: '1' }, { key: new Key('${KEY}'), sign: text })
      const id: MistakeId | undefined = diagnosis.mistakes[0]?.id ?? MISTAKES[0]
      // @ts-expect-error a closed list
      id === 'no-such-mistake'
      // @ts-expect-error the key is needed
      diagnose('a=1', {})
      const code: ErrorCode = new WxPayError('TIMEOUT', 'x').code
      // @ts-expect-error a closed list
      code === 'NO_SUCH_CODE'
      const title: string | undefined = endpoints[0]?.title`
    writeFileSync(join(folder, 'use.mts'), use)
    writeFileSync(join(folder, 'use.cts'), use.replace(" with { type: 'json' }", ''))
    const compilerOptions = { noEmit: true, strict: true, target: 'es2022', module: 'nodenext', lib: ['es2023', 'dom'], types: [] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.mts', 'use.cts'] }))
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const { status, stdout } = spawnSync(
      process.execPath,
      [tsc, '-p', '.'],
      { cwd: folder, encoding: 'utf8' },
    )
    assert.equal(stdout, '')
    assert.equal(status, 0)
  })
})

describe('what is in the files', () => {
  const text = file => readFileSync(join(installed, file), 'latin1')

  test('the pages that belong there, and nothing that does not', () => {
    assert.ok(files.includes('README.md') && files.includes('LICENSE'), files.join())
    const strange = files.filter(file => !/^(package\.json|README(\.[\w-]+)?\.md|LICENSE(-\w+)?|CHANGELOG\.md|dist\/endpoints\.json|dist\/(esm|cjs|node|workerd)\/.+\.(js|d\.ts|wasm|json)|dist\/cli\/([\w-]+\.js|LICENSE-(node-forge|uqr)))$/.test(file))
    assert.deepEqual(strange, [])
  })

  test('no path of the machine that built it, in the WebAssembly either', () => {
    const paths = [root, homedir(), process.env.CARGO_HOME, process.env.RUSTUP_HOME, realpathSync(root)]
    const traces = paths.filter(path => path !== undefined && path.length > 1).map(path => (path.endsWith('/') ? path : `${path}/`))
    const more = /\/home\/\w+\/|\/Users\/\w+\/|[A-Z]:\\Users\\|\.cargo\/registry|registry\/src\//
    let modules = 0
    for (const file of files) {
      const views = [text(file)]
      for (const [blob] of views[0].matchAll(/[A-Za-z0-9+/]{2000,}={0,2}/g)) {
        const bytes = Buffer.from(blob, 'base64').toString('latin1')
        assert.ok(bytes.startsWith('\0asm'), `${file}: an embedded blob that is no WebAssembly`)
        views.push(bytes)
        modules++
      }
      for (const view of views) {
        for (const trace of traces) assert.ok(!view.includes(trace), `${file} names ${trace}`)
        assert.doesNotMatch(more.exec(view)?.[0] ?? '', /./, file)
      }
    }
    assert.ok(modules > 0, 'no embedded WebAssembly was found')
  })

  test('no code from text, no sources beside the bundle', () => {
    for (const file of files.filter(file => file.endsWith('.js'))) {
      assert.doesNotMatch(text(file), /\beval\(|new Function\(|sourceMappingURL/, file)
    }
  })

  test('the command line is linked, and works where it is installed', () => {
    const linked = join(folder, 'node_modules/.bin/wxpay-wasm')
    const { status, stdout, stderr } = spawnSync(linked, ['cert', '--help'], { cwd: folder, encoding: 'utf8' })
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' })
    assert.match(stdout, /^usage: wxpay-wasm cert/)
  })

  /** The modules that an entry imports, directly and indirectly. */
  function closure(entry, seen = new Set()) {
    if (seen.has(entry)) return seen
    seen.add(entry)
    for (const [, inner] of text(entry).matchAll(/(?:from|import)\s*\(?["']([^"']+)["']/g)) {
      const next = inner.startsWith('.') ? resolve('/', dirname(entry), inner).slice(1) : inner
      if (inner.startsWith('.') && !inner.endsWith('.wasm')) closure(next, seen)
      else seen.add(inner)
    }
    return seen
  }

  test('browsers and Workers get nothing of Node', () => {
    const browser = closure(manifest.exports['.'].import.default.slice(2))
    assert.deepEqual([...browser].filter(name => !name.startsWith('dist/')), [])
    for (const door of doors()) {
      const worker = manifest.exports[door].workerd?.default
      if (worker === undefined) continue
      const inner = [...closure(worker.slice(2))].filter(name => !name.startsWith('dist/'))
      assert.ok(inner.every(name => /^\.\/\w+\.wasm$/.test(name)), `${door}: ${inner}`)
    }
  })

  test('other parts of the package are loaded only by those who ask', () => {
    const [main] = closure('dist/esm/index.js')
    assert.equal(main, 'dist/esm/index.js')
    for (const entry of ['dist/esm/index.js', 'dist/esm/client.js', 'dist/esm/notify.js']) {
      const inner = [...closure(entry)].map(file => [file, file.endsWith('.js') && file.startsWith('dist') ? text(file) : ''])
      for (const [file, source] of inner) assert.doesNotMatch(source, /x-wxpay-gateway['"]?: ['"]simulator/, `${entry}: ${file}`)
    }
  })
})
