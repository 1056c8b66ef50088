// Runs scenarios and writes report.md: `node soak/run.mjs [NAMES] [--on DATABASE] [--quick]`. Without names, all.
// What was recorded before of other scenarios stays. `--quick` takes the short numbers and records nothing.
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { mariadb, noDatabase, sqlite } from './databases.mjs'
import { machine } from './machine.mjs'
import { failures, markdown } from './report.mjs'
import { SCENARIOS } from './scenarios.mjs'

const { values, positionals: names } = parseArgs({ allowPositionals: true, options: { quick: { type: 'boolean', default: false }, on: { type: 'string' } } })
const known = [...new Set(SCENARIOS.map(({ name }) => name))]
const unknown = names.find(name => !known.includes(name))
if (unknown !== undefined) throw new Error(`no such scenario: ${unknown}; there are ${known.join(', ')}`)

const RESULTS = new URL('results.json', import.meta.url)
const REPORT = new URL('report.md', import.meta.url)

const recorded = () => {
  try {
    return JSON.parse(readFileSync(RESULTS, 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return {}
    throw error
  }
}

/** Notes a run among what stands there now: another one may have been written meanwhile. */
function record(id, entry) {
  const all = { ...recorded(), [id]: entry }
  writeFileSync(RESULTS, `${JSON.stringify(all, null, 2)}\n`)
  writeFileSync(REPORT, markdown(all))
}

const say = text => console.log(`  ${text}`)
let failed = 0

async function runOn(kind, { name, title, run, full, short }) {
  console.log(`\u2022 ${name}: ${title}; ${kind.name}`)
  const before = await machine(kind)
  const began = performance.now()
  let result
  try {
    result = await run(kind, { ...(values.quick ? short : full), say })
  } catch (error) {
    console.error(error)
    result = { figures: {}, checks: [[`it ran to its end (${error.message})`, false]] }
  }
  const seconds = Math.round((performance.now() - began) / 100) / 10
  const entry = { name, title, database: kind.name, date: new Date().toISOString(), seconds, machine: before, limits: [], ...result }
  for (const [claim, holds] of [...entry.checks, ...entry.limits]) console.log(`  ${holds ? 'yes' : 'NO '} ${claim}`)
  for (const [figure, value] of Object.entries(entry.figures)) console.log(`      ${figure}: ${value}`)
  failed += failures(entry).length
  if (!values.quick) record(`${title}; ${kind.name}`, entry)
}

for (const make of [sqlite, mariadb, noDatabase]) {
  const chosen = scenario => names.length === 0 || names.includes(scenario.name)
  if (values.on !== undefined && values.on.toLowerCase() !== make.title.toLowerCase()) continue
  const mine = SCENARIOS.filter(scenario => chosen(scenario) && scenario.on.includes(make.title))
  if (mine.length === 0) continue
  const kind = await make()
  try {
    for (const scenario of mine) await runOn(kind, scenario)
  } finally {
    await kind.close()
  }
}
console.log(failed === 0 ? 'everything held' : `${failed} claims did not hold`)
process.exitCode = failed === 0 ? 0 : 1
