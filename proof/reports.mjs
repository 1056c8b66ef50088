// Long runs that have commands and reports of their own: read, not repeated.
import { count } from './number.mjs'
import { json } from './record.mjs'

const sum = (rows, name) => rows.reduce((all, row) => all + (row[name] ?? 0), 0)
const rows = list => (Array.isArray(list) ? list : Object.entries(list ?? {}).map(([name, row]) => ({ name, ...row })))

/** A proof whose figures another command wrote into `file`. */
const reported = (name, title, file, more) => ({ name, title, effort: 'reported', report: () => json(file), ...more })

export const differential = reported(
  'differential',
  'Random inputs on which independent implementations agree',
  'fuzz/differential.json',
  {
    must: 'every disagreement explained',
    holds: ({ inputs, unexplained = 0 }) => inputs > 0 && unexplained === 0,
    show: ({ inputs, implementations }) =>
      `${count(inputs)}${implementations ? `, ${rows(implementations).length} implementations` : ''}`,
  },
)

export const fuzzing = reported('fuzzing', 'Fuzzing without a crash or a time-out', 'fuzz/report.json', {
  must: 'no crash',
  holds: ({ targets }) => sum(rows(targets), 'executions') > 0 && sum(rows(targets), 'crashes') === 0,
  show: ({ targets }) => `${count(sum(rows(targets), 'executions'))} executions, ${rows(targets).length} targets`,
})

export const soak = reported('soak', 'Kills, lost connections, repeats, floods: payments lost or doubled', 'soak/report.json', {
  must: 'none',
  holds: ({ scenarios }) => rows(scenarios).length > 0 && rows(scenarios).every(({ passed, verdict }) => passed ?? /^(passed|ok|holds)/i.test(verdict)),
  show: ({ scenarios }) => `${rows(scenarios).length} scenarios`,
})
