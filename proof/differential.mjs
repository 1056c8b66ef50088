// A million inputs, and what independent implementations say of them: js-tests/differential, docs/differential.md.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { count } from './number.mjs'
import { output, root } from './record.mjs'

const PROGRAM = 'js-tests/differential/run.mjs'

export const differential = {
  name: 'differential',
  title: 'Random inputs on which independent implementations agree, or a class says who is right',
  effort: 'long',
  measure() {
    if (!existsSync(join(root, PROGRAM))) throw new Error(`there is no ${PROGRAM}`)
    const { inputs, comparisons, disagreements, unexplained, pairs } = JSON.parse(output('node', [PROGRAM, '--write']))
    return { inputs, comparisons, disagreements, unexplained, pairs: pairs.map(({ name }) => name) }
  },
  must: 'no unexplained disagreement, over a million inputs',
  holds: ({ inputs, unexplained }) => inputs >= 1e6 && unexplained === 0,
  show: ({ inputs, comparisons, disagreements, unexplained }) =>
    `${count(inputs)}, compared ${count(comparisons)} times; ${count(disagreements)} disagreements, ${unexplained} unexplained`,
}
