// Everything: node benches/run.mjs [--quick] [--only sign,notify-bytes,cold,…] [--record]
//
// The table is the median of three processes. `--record` writes results.json, results.md and
// chart.svg; without it they stay as they are and the run is compared with them.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { arch, cpus, platform } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { svg } from './chart.mjs'
import { cold } from './cold.mjs'
import { inside } from './inside.mjs'
import { workloads } from './messages.mjs'
import { native } from './native.mjs'
import { writeReadmes } from './readme.mjs'
import { changesText, markdown } from './report.mjs'
import { best, changes, merge } from './results.mjs'
import { sizes } from './sizes.mjs'

const at = file => fileURLToPath(new URL(file, import.meta.url))

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    only: { type: 'string' },
    record: { type: 'boolean' },
  },
})

const PARTS = ['native', 'cold', 'sizes', 'growth']
const only = options.only?.split(',')
const unknown = only?.filter(name => !PARTS.includes(name) && !workloads[name]) ?? []
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(', ')}; known: ${[...Object.keys(workloads), ...PARTS].join(', ')}`)
  process.exit(2)
}
if (options.record && (options.quick || only)) {
  console.error('--record needs the whole run')
  process.exit(2)
}

const rows = Object.keys(workloads).filter(row => !only || only.includes(row))
const wants = part => only?.includes(part) ?? (part === 'sizes' || !options.quick)
const { processes, rounds, warmUp, coldRounds } = options.quick
  ? { processes: 1, rounds: 15, warmUp: 20, coldRounds: 3 }
  : { processes: 3, rounds: 40, warmUp: 40, coldRounds: 15 }

const say = text => console.error(`bench: ${text}`)

/** A child with a garbage collector that can be asked; its result is JSON. */
function child(file, ...args) {
  const printed = execFileSync(process.execPath, ['--expose-gc', '--no-warnings', at(file), ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 26,
  })
  return JSON.parse(printed)
}

function timed() {
  const args = [`--rounds=${rounds}`, `--warm-up=${warmUp}`, `--only=${rows.join()}`]
  return merge(
    Array.from({ length: processes }, (_, n) => {
      say(`${rows.length} workloads, process ${n + 1} of ${processes}`)
      return child('table.mjs', ...args)
    }),
  )
}

function grown() {
  say('growth')
  const { fields, kilobytes } = child('growth.mjs')
  const withBest = table =>
    Object.fromEntries(Object.entries(table).map(([row, cells]) => [row, best(cells)]))
  return { fields: withBest(fields), kilobytes: withBest(kilobytes) }
}

const results = {
  date: new Date().toISOString().slice(0, 10),
  machine: {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    platform: `${platform()} ${arch()}`,
    node: process.versions.node,
  },
}
if (rows.length > 0) results.table = timed()
if (wants('native')) {
  say('inside WebAssembly and in native Rust')
  results.native = native(workloads)
  results.inside = await inside(workloads, { rounds, warmUp })
}
if (wants('cold')) {
  say('cold processes')
  results.cold = await cold(coldRounds)
}
if (wants('sizes')) results.sizes = await sizes()
if (wants('growth')) results.growth = grown()

console.log(markdown(results))

const previous = recorded()
if (previous && results.table) {
  console.log(changesText(changes(previous.table, results.table), previous))
}
if (options.record) {
  writeFileSync(at('results.json'), `${JSON.stringify(results, null, 1)}\n`)
  writeFileSync(at('results.md'), markdown(results))
  writeFileSync(at('chart.svg'), svg(results))
  writeReadmes(results)
  say('recorded results.json, results.md, chart.svg and the figures of the READMEs')
}

function recorded() {
  try {
    return JSON.parse(readFileSync(at('results.json'), 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}
