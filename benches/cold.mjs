// Fresh processes: from import to the first signature, as CommonJS and as an ES module, and the
// first calls of a process.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
// The root's, without which there is no package to measure.
import { build } from 'esbuild'
import { appid, key, mchid } from './merchant.mjs'
import { quantile } from './measure.mjs'
import { workloads } from './messages.mjs'

const HERE = fileURLToPath(new URL('.', import.meta.url))
export const CALLS = [1, 10, 100, 1000]

const order = workloads.sign.inputs[0]
const expected = workloads.sign.expected[0]
const bodies = workloads['notify-bytes'].inputs.map(String)

/** What is loaded, and the first signature with it; `order`, `key`, `appid`, `mchid` are given. */
const withCrypto = `(_, { createHash }) => {
  const text = Object.keys(order).filter(k => k !== 'sign' && order[k] !== '').sort()
    .map(k => k + '=' + order[k]).join('&') + '&key=' + key
  return createHash('md5').update(text).digest('hex').toUpperCase()
}`
const FIRST = {
  ours: [['wxpay-wasm'], 'm => m.sign(order, key)'],
  'hand-own': [['HAND'], 'm => m.operations.sign(order)'],
  'hand-openssl': [['HAND'], 'm => m.operations.sign(order)'],
  tenpay: [['tenpay'], 'M => new M({ appid, mchid, partnerKey: key })._getSign(order)'],
  'axios-plugin': [['wechatpay-axios-plugin'], "m => m.Hash.sign('MD5', order, key)"],
  'weixin-pay': [
    ['weixin-pay'],
    'M => new M({ appid, mch_id: mchid, partner_key: key }).sign(order)',
  ],
  'xml2js-crypto': [['xml2js', 'node:crypto'], withCrypto],
  'fxp-crypto': [['fast-xml-parser', 'node:crypto'], withCrypto],
}

const LOADERS = {
  cjs: id => `require(${JSON.stringify(id)})`,
  esm: id => `await import(${JSON.stringify(id)}).then(m => m.default ?? m)`,
}

/** Medians in ms: `first` of import to first signature, `process` of the whole process. */
export async function cold(rounds) {
  const folder = mkdtempSync(join(tmpdir(), 'wxpay-cold-'))
  try {
    const bundles = await bundleHand(folder)
    const first = {}
    for (const [id, [modules, use]] of Object.entries(FIRST)) {
      for (const format of ['cjs', 'esm']) {
        const loads = modules.map(module =>
          LOADERS[format](module === 'HAND' ? bundles[`${id}-${format}`] : module),
        )
        first[`${id} ${format}`] = firstSignature(loads, use)
      }
    }
    const calls = Object.fromEntries(Object.keys(FIRST).map(id => [id, firstCalls(id)]))
    return { first: collect(first, rounds), calls: collect(calls, rounds) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A hand-written signature is one file in somebody's project; it has to be one here. */
async function bundleHand(folder) {
  const bundles = {}
  for (const id of ['hand-own', 'hand-openssl']) {
    for (const format of ['cjs', 'esm']) {
      const outfile = join(folder, `${id}.${format === 'cjs' ? 'cjs' : 'mjs'}`)
      await build({
        entryPoints: [join(HERE, `contenders/${id}.mjs`)],
        bundle: true,
        minify: true,
        platform: 'node',
        format,
        outfile,
      })
      bundles[`${id}-${format}`] = outfile
    }
  }
  return bundles
}

const given = `const order = ${JSON.stringify(order)}
const [appid, mchid, key] = ${JSON.stringify([appid, mchid, key])}`

function firstSignature(loads, use) {
  const esm = loads[0].startsWith('await')
  const source = `${given}
const start = performance.now()
const sign = (${use})(${loads.join(', ')})
const first = performance.now() - start
process.stdout.write(JSON.stringify({ first, sign }))`
  return () => {
    const { found, wall } = child(source, esm)
    assert.equal(found.sign, expected)
    return { first: found.first, process: wall }
  }
}

/** Cumulative time of the first calls of parse + verify, the import not counted. */
function firstCalls(id) {
  const source = `import { readFileSync } from 'node:fs'
// Imported first: once Node 20 has read a pipe, its resolver leaves symbolic links as they are.
const { operations } = await import('./contenders/${id}.mjs')
const bodies = JSON.parse(readFileSync(0)).map(body => Buffer.from(body))
const times = {}
let found
const start = performance.now()
for (let n = 1; n <= ${CALLS.at(-1)}; n++) {
  found = await operations.parseVerifyBytes(bodies[n & 63])
  if (${JSON.stringify(CALLS)}.includes(n)) times[n] = performance.now() - start
}
if (found?.result_code !== 'SUCCESS') throw new Error('not verified')
process.stdout.write(JSON.stringify(times))`
  return () => child(source, true, JSON.stringify(bodies)).found
}

function child(source, esm, input = '') {
  const start = performance.now()
  // Deprecated things that old packages still load would print.
  const args = ['--no-warnings', ...(esm ? ['--input-type=module'] : []), '-e', source]
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: HERE, input })
  const wall = performance.now() - start
  if (status !== 0) throw new Error(`a cold process failed: ${stderr}`)
  return { found: JSON.parse(stdout), wall }
}

/** Everybody in each round; the first round fills the caches of the file system. */
function collect(runs, rounds) {
  const samples = Object.fromEntries(Object.keys(runs).map(id => [id, []]))
  for (let round = 0; round <= rounds; round++) {
    for (const [id, run] of Object.entries(runs)) {
      const sample = run()
      if (round > 0) samples[id].push(sample)
    }
  }
  return Object.fromEntries(
    Object.entries(samples).map(([id, list]) => [
      id,
      Object.fromEntries(
        Object.keys(list[0]).map(name => [name, quantile(list.map(s => s[name]), 0.5)]),
      ),
    ]),
  )
}
