// Every proof and its figure: node proof/run.mjs [--quick | --all] [--only NAMES]
//
// Measures the proofs that take seconds or minutes; `--quick` none but those that take seconds, `--all`
// those that take hours too. What is not measured is taken from its record, with its date and commit.
// Prints the table and writes it into docs/proof.md. Fails where a proof does not hold or is missing.
import { parseArgs } from 'node:util'
import { PROOFS } from './proofs.mjs'
import { record, recorded } from './record.mjs'
import { table, write } from './table.mjs'

const { values } = parseArgs({
  options: { quick: { type: 'boolean' }, all: { type: 'boolean' }, only: { type: 'string' } },
})
const only = values.only?.split(',')
const unknown = only?.filter(name => !PROOFS.some(proof => proof.name === name)) ?? []
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(', ')}; known: ${PROOFS.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}
const efforts = values.all ? ['seconds', 'minutes', 'long'] : values.quick ? ['seconds'] : ['seconds', 'minutes']

for (const { name, effort, measure } of PROOFS) {
  if (measure === undefined || !(only ? only.includes(name) : efforts.includes(effort))) continue
  console.error(`proof: ${name}`)
  record(name, await measure())
}

const rows = PROOFS.map(proof => ({ proof, figures: proof.report?.() ?? recorded(proof.name) }))
const text = table(rows)
console.log(text)
write(text)
const open = rows.filter(({ proof, figures }) => figures === undefined || !proof.holds(figures))
for (const { proof, figures } of open) {
  console.error(`proof: ${proof.name} ${figures === undefined ? 'was never measured' : 'does not hold'}`)
}
process.exitCode = open.length > 0 ? 1 : 0
