// What a page downloads and a server installs. The budgets are upper bounds: a change that needs more
// has to say so here.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const KB = 1024
const home = dirname(fileURLToPath(import.meta.resolve('wxpay-wasm/package.json')))
const wasm = name => readFileSync(join(home, 'dist/generated', `${name}.wasm`))
const gzip = bytes => gzipSync(bytes, { level: 9 }).length
const NAMES = '{ sign, verify, signedXml, stringToSign, parseXml, parseSigned, miniProgramPay, nonceStr }'

/** The minified JavaScript of one who uses the hot calls. */
async function bundle(from, plugins = []) {
  const { outputFiles } = await build({
    stdin: { contents: `export ${NAMES} from '${from}'`, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    write: false,
    legalComments: 'none',
    logLevel: 'error',
    plugins,
  })
  return outputFiles[0].text
}

/** Leaves out the bytes of both modules, and all that the tools bring along. */
const withoutTools = {
  name: 'without-tools',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]generated[\\/](core|tools)-bytes\.js$/ }, () => ({ contents: "export const BASE64 = ''" }))
    onLoad({ filter: /[\\/]src[\\/]tools\.ts$/ }, () => ({ contents: 'export const call = run => run()' }))
  },
}

const report = (t, what, bytes) =>
  t.diagnostic(`${what}: ${bytes.length} bytes, ${gzip(bytes)} with gzip -9 (${(gzip(bytes) / KB).toFixed(1)} KB)`)

test('the core and its JavaScript take 16 KB', async t => {
  const core = wasm('core')
  const script = Buffer.from(await bundle(join(home, 'src/index.ts'), [withoutTools]))
  assert.ok(script.length > 2 * KB && !script.includes('wbindgen'), 'the right part was measured')
  report(t, 'core.wasm', core)
  report(t, 'its JavaScript', script)
  const total = gzip(core) + gzip(script)
  t.diagnostic(`together ${total} bytes (${(total / KB).toFixed(1)} KB)`)
  assert.ok(total <= 16 * KB, `${total} bytes`)
})

test('the tools take 60 KB', t => {
  const tools = wasm('tools')
  report(t, 'tools.wasm', tools)
  assert.ok(gzip(tools) <= 60 * KB, `${gzip(tools)} bytes`)
})

test('the doctor takes 60 KB, and nobody else carries it', async t => {
  const doctor = wasm('doctor')
  report(t, 'doctor.wasm', doctor)
  assert.ok(gzip(doctor) <= 60 * KB, `${gzip(doctor)} bytes`)
  for (const file of readdirSync(join(home, 'dist/esm'), { recursive: true })) {
    if (!file.endsWith('.js') || file === 'doctor.js') continue
    const script = readFileSync(join(home, 'dist/esm', file), 'utf8')
    assert.ok(!script.includes(doctor.toString('base64')), file)
    assert.doesNotMatch(script, /from "[^"]*doctor/, file)
  }
})

test('a page that bundles the package gets both modules and little else', async t => {
  const whole = await bundle('wxpay-wasm')
  const blobs = Array.from(whole.matchAll(/[A-Za-z0-9+/]{2000,}={0,2}/g), ([blob]) => blob)
  const sizes = blobs.map(blob => Buffer.from(blob, 'base64').length).sort((a, b) => a - b)
  assert.deepEqual(sizes, [wasm('core').length, wasm('tools').length].sort((a, b) => a - b))
  const [core, tools] = blobs.sort((a, b) => a.length - b.length)
  report(t, 'the bundle', Buffer.from(whole))
  report(t, 'without the bytes of the tools', Buffer.from(whole.replace(tools, '')))
  const script = Buffer.from(whole.replace(tools, '').replace(core, ''))
  report(t, 'JavaScript alone, the glue of the tools included', script)
  assert.ok(gzip(script) <= 12 * KB, `${gzip(script)} bytes`)
  assert.ok(gzip(whole) <= gzip(script) + 1.5 * (gzip(wasm('core')) + gzip(wasm('tools'))), 'each module once')
  // The client, the store and the gateway have doors of their own.
  for (const foreign of ['unifiedorder', 'kysely', 'x-wxpay-gateway']) {
    assert.ok(!script.includes(foreign), foreign)
  }
  assert.doesNotMatch(script.toString(), /\b(?:from|import|require)\s*\(?["']/)
})

test('nothing else is installed', () => {
  const manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
  for (const kind of ['dependencies', 'optionalDependencies', 'bundledDependencies', 'bundleDependencies']) {
    assert.deepEqual(Object.keys(manifest[kind] ?? {}), [], kind)
  }
  for (const peer of Object.keys(manifest.peerDependencies ?? {})) {
    assert.equal(manifest.peerDependenciesMeta[peer].optional, true, peer)
  }
})
