// The table, for people: on the terminal and in docs/runtimes.md.
import { COLUMNS } from './columns.mjs'

/** Reasons in the order in which they are met, numbered. */
function footnotes() {
  const reasons = []
  const mark = reason => {
    if (!reasons.includes(reason)) reasons.push(reason)
    return reasons.indexOf(reason) + 1
  }
  return { reasons, mark }
}

function lines(ran) {
  const { reasons, mark } = footnotes()
  const rows = ran.map(({ name, version, report, error }) => [
    name,
    version,
    ...Object.keys(COLUMNS).map(column => {
      const { failed, cannot } = report[column] ?? { failed: [error] }
      if (failed.length > 0) return '✗'
      return cannot === undefined ? '✓' : `– ${mark(cannot)}`
    }),
  ])
  return { head: ['', 'version', ...Object.keys(COLUMNS)], rows, reasons }
}

const readers = read => read.map(({ name, version, error }) => [name, version, error === undefined ? '✓' : '✗'])

/** Columns as wide as they need. */
function aligned(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => row[column].length)))
  return rows.map(row => row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd()).join('\n')
}

export function terminal(ran, read) {
  const { head, rows, reasons } = lines(ran)
  const notes = reasons.map((reason, index) => `${index + 1} ${reason}`)
  const tables = [...(rows.length > 0 ? [aligned([head, ...rows])] : []), ...notes]
  return [...tables, ...(read.length > 0 ? ['', aligned(readers(read))] : [])].join('\n')
}

const markdown = (head, rows) => {
  const line = cells => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, at) => (at < 2 ? '---' : ':---:'))), ...rows.map(line)].join('\n')
}

/** What stands in the page. */
export function block(ran, read) {
  const { head, rows, reasons } = lines(ran)
  const notes = reasons.map((reason, index) => `${index + 1}. ${reason[0].toUpperCase()}${reason.slice(1)}.`)
  return `${markdown(head, rows)}\n\n${notes.join('\n')}\n\n${markdown(['read by', 'version', ''], readers(read))}`
}

/** The page with this between the marks. */
export function replaced(page, text) {
  const parts = /^([^]*<!-- matrix -->\n)[^]*(\n<!-- \/matrix -->[^]*)$/.exec(page)
  if (parts === null) throw new Error('docs/runtimes.md has no <!-- matrix --> … <!-- /matrix -->')
  return `${parts[1]}${text}${parts[2]}`
}
