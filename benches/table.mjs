// One process of the table; prints JSON. `run.mjs` starts it three times with --expose-gc.
import { parseArgs } from 'node:util'
import { load } from './contenders.mjs'
import { measure } from './measure.mjs'
import { workloads } from './messages.mjs'

const { values } = parseArgs({
  options: { rounds: { type: 'string' }, 'warm-up': { type: 'string' }, only: { type: 'string' } },
})
const wanted = values.only?.split(',') ?? Object.keys(workloads)
const result = await measure({
  contenders: await load(),
  workloads: Object.fromEntries(wanted.map(id => [id, workloads[id]])),
  rounds: Number(values.rounds),
  warmUp: Number(values['warm-up']),
})
process.stdout.write(JSON.stringify(result))
