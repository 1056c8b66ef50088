// The largest t of a million calls of each subject in constant-time.mjs.
import { count } from './number.mjs'
import { output } from './record.mjs'

const LIMIT = 4.5

export const constantTime = {
  name: 'constant-time',
  title: "Time of a refusal and of a signature, by dudect: the largest of Welch's t",
  effort: 'minutes',
  measure: () => JSON.parse(output('node', ['proof/constant-time.mjs'])),
  must: `below ${LIMIT}; above it for a leak that was made on purpose`,
  holds: ({ calls, subjects }) =>
    calls >= 1e6 && subjects.length > 1 && subjects.every(({ t, control }) => (control ? t > LIMIT : t < LIMIT)),
  show({ calls, subjects }) {
    const largest = wanted => Math.max(...subjects.filter(({ control = false }) => control === wanted).map(({ t }) => t))
    return `${largest(false).toFixed(2)} over ${count(calls)} calls each; the leak has ${largest(true).toFixed(0)}`
  },
}
