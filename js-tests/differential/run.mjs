// Compares the package with programs that nobody here wrote, on random inputs.
//
// usage: node js-tests/differential/run.mjs [--inputs N] [--seed N] [--write]
//
// Prints the result as JSON; --write also writes it to docs/differential.md. Exits 1 when there is a
// disagreement that no class explains.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { bodies } from './bodies.mjs'
import { refunds } from './refunds.mjs'
import { markdown } from './report.mjs'
import { signatures } from './signatures.mjs'

const { values } = parseArgs({
  options: { inputs: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' }, write: { type: 'boolean' } },
})
const inputs = Number(values.inputs)
const seed = Number(values.seed)
const began = process.hrtime.bigint()
const pairs = [...(await signatures(inputs, seed)), ...(await bodies(inputs, seed)), ...(await refunds(Math.ceil(inputs / 10), seed))]
const sum = name => pairs.reduce((sum, pair) => sum + pair[name], 0)
const result = {
  name: 'differential',
  inputs: 2 * inputs + Math.ceil(inputs / 10),
  seed,
  seconds: Number((process.hrtime.bigint() - began) / 1_000_000_000n),
  comparisons: sum('compared'),
  disagreements: sum('disagreements'),
  unexplained: pairs.reduce((sum, { unexplained }) => sum + unexplained.length, 0),
  pairs,
}
console.log(JSON.stringify(result, null, 2))
if (values.write) writeFileSync(new URL('../../docs/differential.md', import.meta.url), markdown(result))
process.exitCode = result.unexplained === 0 ? 0 : 1
