// `cargo xtask matrix`: every row, two at a time, and the table of what became of them.
// --write puts it into docs/runtimes.md, --check fails where that says something else.
import { readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { rows } from './cells.mjs'
import { pages } from './pages.mjs'
import { preparePlace } from './place.mjs'
import { block, replaced, terminal } from './table.mjs'
import { types } from './types.mjs'

const PAGE = join(import.meta.dirname, '../../docs/runtimes.md')

const { values } = parseArgs({
  options: { write: { type: 'boolean' }, check: { type: 'boolean' }, only: { type: 'string' } },
})

/** The row with its outcome: a report, or the error that there is none. */
async function finished(row) {
  const started = performance.now()
  try {
    const report = (await row.run()) ?? {}
    return { ...row, report, ms: performance.now() - started }
  } catch (error) {
    return { ...row, report: {}, error, ms: performance.now() - started }
  }
}

/** All rows in their order, as many at a time as there are processors. */
async function all(rows) {
  const done = []
  // What takes longest comes last in the list, and is begun first.
  const waiting = rows.map((row, index) => [row, index])
  const work = async () => {
    for (let next; (next = waiting.pop()) !== undefined; ) {
      const [row, index] = next
      done[index] = await finished(row)
      const { name, version, error, report, ms } = done[index]
      const failed = error !== undefined || Object.values(report).some(({ failed }) => failed.length > 0)
      console.log(`  ${failed ? '✗' : '✓'} ${name} ${version} (${(ms / 1000).toFixed(1)} s)`)
    }
  }
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work))
  return done
}

const place = await preparePlace()
const browser = await pages(place)
try {
  const wanted = list => list.filter(({ name }) => values.only === undefined || name.includes(values.only))
  const suites = wanted([...(await rows(place)), ...browser.rows])
  const readers = wanted(types(place))
  const results = await all([...readers, ...suites])
  const [read, ran] = [results.slice(0, readers.length), results.slice(readers.length)]
  console.log(`\n${terminal(ran, read)}\nChromium is ${browser.chromium}.`)
  const faults = results.flatMap(({ name, version, error, report }) => [
    ...(error === undefined ? [] : [`${name} ${version}: ${error.stack}`]),
    ...Object.values(report).flatMap(({ failed }) => failed.map(text => `${name} ${version}: ${text}`)),
  ])
  for (const fault of faults) console.error(`✗ ${fault}\n`)
  if (faults.length > 0) process.exitCode = 1
  else if (values.only === undefined) await compare(block(ran, read))
} finally {
  await browser.close()
  await rm(place.place, { recursive: true, force: true })
}

async function compare(text) {
  const page = await readFile(PAGE, 'utf8')
  const wanted = replaced(page, text)
  if (wanted === page) return
  if (values.write) return writeFile(PAGE, wanted)
  if (!values.check) return
  console.error('docs/runtimes.md has another table than this run: `cargo xtask matrix` writes it')
  process.exitCode = 1
}
