// Long runs that have commands and reports of their own: `cargo xtask fuzz`, `cargo xtask soak`.
import { count } from './number.mjs'
import { json } from './record.mjs'

const sum = (rows, name) => rows.reduce((all, row) => all + row[name], 0)
const latest = (rows, name) => rows.map(row => row[name]).filter(Boolean).sort().at(-1)

export const fuzzing = {
  name: 'fuzzing',
  title: 'Fuzzing without a crash or a time-out',
  effort: 'reported',
  report() {
    const targets = json('fuzz/report.json')
    return targets && { targets, date: latest(targets, 'date'), commit: latest(targets, 'commit') }
  },
  must: 'no crash',
  holds: ({ targets }) => sum(targets, 'executions') > 0 && sum(targets, 'crashes') === 0,
  show: ({ targets }) =>
    `${count(sum(targets, 'executions'))} executions of ${targets.length} targets in ${count(Math.round(sum(targets, 'minutes')))} minutes`,
}

/** Claims that a scenario checked; those about speed depend on the machine, and are its report's. */
const claims = scenarios => scenarios.flatMap(({ checks }) => checks)

export const soak = {
  name: 'soak',
  title: 'Kills, lost connections, repeats, floods: nothing lost, nothing doubled',
  effort: 'reported',
  report() {
    const report = json('soak/results.json')
    const scenarios = report && Object.values(report)
    return scenarios && { scenarios, date: latest(scenarios, 'date'), commit: latest(scenarios, 'commit') }
  },
  must: 'every claim holds',
  holds: ({ scenarios }) => claims(scenarios).length > 0 && claims(scenarios).every(([, holds]) => holds),
  show: ({ scenarios }) => `${claims(scenarios).filter(([, holds]) => holds).length} of ${claims(scenarios).length} claims, ${scenarios.length} runs`,
}
