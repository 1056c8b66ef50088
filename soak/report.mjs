// The results as Markdown. Whatever stands here was found by the run that is named.

/** The claims that did not hold. */
export const failures = ({ checks, limits }) => [...checks, ...limits].filter(([, holds]) => !holds)

const minutes = seconds => (seconds < 100 ? `${seconds} s` : `${(seconds / 60).toFixed(1)} min`)
const verdict = entry => (failures(entry).length === 0 ? 'holds' : '**does not hold**')
const row = cells => `| ${cells.join(' | ')} |`

function section({ title, database, date, seconds, machine, figures, checks, limits }) {
  return [
    `## ${title}: ${database}`,
    '',
    `${date.slice(0, 16).replace('T', ' ')} UTC, ${minutes(seconds)}. ${Object.entries(machine).map(([name, value]) => `${name}: ${value}`).join('; ')}.`,
    '',
    ...Object.entries(figures).map(([name, value]) => `- ${name}: ${value}`),
    '',
    ...[...checks, ...limits].map(([claim, holds]) => `- ${holds ? 'yes' : '**NO**'}: ${claim}`),
    '',
  ]
}

export function markdown(results) {
  const entries = Object.values(results)
  return [
    '# Soak runs',
    '',
    'Written by `cargo xtask soak`; a run of some scenarios leaves the others as they were. Each claim was',
    'checked by the run, on the machine and at the time given.',
    '',
    row(['what happens', 'database', 'verdict', 'took', 'when']),
    row(['---', '---', '---', '---:', '---']),
    ...entries.map(entry => row([entry.title, entry.database, verdict(entry), minutes(entry.seconds), entry.date.slice(0, 10)])),
    '',
    ...entries.flatMap(section),
  ].join('\n')
}
