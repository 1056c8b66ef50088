// How cost grows with the number of fields and with the size of a value; prints JSON.
import { load } from './contenders.mjs'
import { inside } from './inside.mjs'
import { measure } from './measure.mjs'
import { long, wide } from './messages.mjs'

const FIELDS = [10, 20, 50, 100, 200, 500]
const KILOBYTES = [1, 4, 16, 64, 256, 1024]
const CONTENDERS = ['ours', 'hand-own', 'hand-openssl', 'tenpay', 'xml2js-crypto', 'fxp-crypto']

const contenders = await load(CONTENDERS)

async function grow(sizes, make) {
  const workloads = Object.fromEntries(
    sizes.flatMap(size =>
      Object.entries(make(size)).map(([id, workload]) => [`${id}-${size}`, workload]),
    ),
  )
  const effort = { rounds: 15, warmUp: 30 }
  const table = await measure({ contenders, workloads, ...effort })
  for (const [row, cell] of Object.entries(await inside(workloads, effort))) table[row].inside = cell
  return table
}

const fields = await grow(FIELDS, wide)
const kilobytes = await grow(KILOBYTES, size => long(size * 1024))
process.stdout.write(JSON.stringify({ fields, kilobytes }))
