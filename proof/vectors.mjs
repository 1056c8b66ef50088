// The published and the hand-made examples that the tests go through, in Rust and through the package.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { count } from './number.mjs'
import { json, root } from './record.mjs'

const FOLDER = 'tests/vectors'

/** Lists of cases, wherever they stand in a file; what a case has inside is one case. */
function cases(value) {
  if (Array.isArray(value)) return value.length
  if (value === null || typeof value !== 'object') return 0
  return Object.values(value).reduce((sum, part) => sum + cases(part), 0)
}

export const vectors = {
  name: 'vectors',
  title: 'Examples with known results, in Rust and through the package',
  effort: 'seconds',
  measure() {
    const names = readdirSync(join(root, FOLDER)).filter(name => name.endsWith('.json'))
    const files = Object.fromEntries(names.sort().map(name => [name, cases(json(join(FOLDER, name)))]))
    return { files, total: Object.values(files).reduce((a, b) => a + b, 0) }
  },
  must: 'all pass',
  holds: ({ total }) => total > 0,
  show: ({ files, total }) => `${count(total)} in ${Object.keys(files).length} files`,
}
