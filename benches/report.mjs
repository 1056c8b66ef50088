// The figures as Markdown. Whatever stands here was measured in the run it names.
import { CALLS } from './cold.mjs'
import { BEST } from './results.mjs'
import { workloads } from './messages.mjs'
import { ENGLISH } from './words.mjs'

/** The columns, and what they are called. */
export const NAMES = {
  ours: 'wxpay-wasm',
  [BEST]: 'hand-written JS, best',
  'hand-plain': 'hand-written JS, plain',
  tenpay: 'tenpay',
  'axios-plugin': 'wechatpay-axios-plugin',
  'weixin-pay': 'weixin-pay',
  'xml2js-crypto': 'xml2js + node:crypto',
  'fxp-crypto': 'fast-xml-parser + node:crypto',
}

const COLUMNS = Object.keys(NAMES).filter(id => id !== 'ours')

const lines = rows => rows.join('\n')

function table(head, rows) {
  const line = cells => `| ${cells.join(' | ')} |`
  return lines([line(head), line(head.map((_, i) => (i ? '---:' : '---'))), ...rows.map(line)])
}

const times = ratio => (ratio === undefined ? '–' : ratio >= 10 ? ratio.toFixed(0) : ratio.toFixed(2))
const kb = bytes => (bytes / 1000).toFixed(bytes < 10_000 ? 1 : 0)
const ms = time => (time === undefined ? '–' : time.toFixed(time < 10 ? 1 : 0))
const ns = time => (time === undefined ? '–' : Math.round(time).toLocaleString('en'))

const TIME = lines([
  '### Time',
  '',
  'Above 1: wxpay-wasm is faster. Nonces of tenpay and weixin-pay come from Math.random; weixin-pay',
  'has no HMAC-SHA256.',
])

export function markdown(results) {
  const { machine, table: rows, inside, cold, sizes, growth } = results
  const parts = [`Measured on ${machine.cpu}, ${machine.platform}, Node ${machine.node}.`]
  if (rows) parts.push(TIME, ratiosTable(rows))
  if (inside) parts.push(insideTable(results))
  if (cold) parts.push(coldTable(cold), callsTable(cold))
  if (sizes) parts.push(sizesTable(sizes))
  if (growth) {
    parts.push(growthTable('Cost by the number of fields, ns', growth.fields, 'fields'))
    parts.push(growthTable('Cost by the size of one value, ns', growth.kilobytes, 'KB'))
  }
  return `${parts.join('\n\n')}\n`
}

/** What the README shows: the ratios, and in words what it claims beside them. */
export function readmeText({ table: rows, native, inside, growth }, words) {
  return [
    ratiosTable(rows, words),
    ...(native ? [nativeText(native, inside, words)] : []),
    growthText(growth.fields, words),
  ].join('\n\n')
}

function ratiosTable(rows, { corner, last, name } = ENGLISH) {
  const head = [corner, ...COLUMNS.map(id => name(NAMES[id])), last]
  const body = Object.entries(rows).map(([row, cells]) => [
    name(workloads[row].title),
    ...COLUMNS.map(id => times(cells[id]?.ratio)),
    ns(cells.ours.ns),
  ])
  return table(head, body)
}

const INSIDE = lines([
  '### Inside the module, beside native Rust',
  '',
  "The module's exports on bytes that stand in its memory, and the same steps natively: no string and",
  'no object is made. The module is given the key for each call and wipes it; natively it stays.',
  "Signing starts from the string to sign, which JavaScript puts together. Both see a message several",
  'times before the next one.',
])

function insideTable({ inside, native, table: rows }) {
  const body = Object.entries(inside).map(([row, { p10 }]) => [
    workloads[row].title,
    ns(p10),
    ns(native?.[row]?.p10),
    times(native?.[row] && p10 / native[row].p10),
    ns(rows?.[row]?.ours.p10),
  ])
  const head = ['', 'inside WebAssembly, ns', 'native Rust, ns', 'inside / native', 'whole call, ns']
  return lines([INSIDE, '', table(head, body)])
}

const WATCHED = 'notify-bytes'

function nativeText(native, inside, words) {
  const [ours, theirs] = [inside[WATCHED].p10, native[WATCHED].p10]
  return words.native(ns(ours), ns(theirs), times(ours / theirs))
}

/** How much dearer a field is among the most fields than among the fewest. */
function growthText(rows, words) {
  const sizes = Object.keys(rows)
    .filter(row => row.startsWith('read-'))
    .map(row => Number(row.slice('read-'.length)))
  const [few, many] = [Math.min(...sizes), Math.max(...sizes)]
  const factor = id => {
    const each = count => rows[`read-${count}`][id].p10 / count
    return times(each(many) / each(few))
  }
  return words.growth({ few, many, ours: factor('ours'), inside: factor('inside'), best: factor(BEST) })
}

function coldTable({ first }) {
  const ids = Object.keys(NAMES).filter(id => coldOf(first, id, 'cjs'))
  const body = ids.map(id => [
    NAMES[id],
    ...['cjs', 'esm'].flatMap(format => {
      const { first: time, process } = coldOf(first, id, format)
      return [ms(time), ms(process)]
    }),
  ])
  return lines([
    '### Cold start: import to the first signature, and the whole process, ms',
    '',
    table(['', 'CommonJS', 'process', 'ES module', 'process'], body),
  ])
}

/** The hand-written one that is faster here. */
function coldOf(first, id, format) {
  if (id !== BEST) return first[`${id} ${format}`]
  const both = ['hand-own', 'hand-openssl'].map(hand => first[`${hand} ${format}`])
  return both[0].first < both[1].first ? both[0] : both[1]
}

function callsTable({ calls }) {
  const of = id => {
    if (id !== BEST) return calls[id]
    const [a, b] = [calls['hand-own'], calls['hand-openssl']]
    return Object.fromEntries(CALLS.map(n => [n, Math.min(a[n], b[n])]))
  }
  const body = Object.keys(NAMES)
    .filter(id => of(id))
    .map(id => [NAMES[id], ...CALLS.map(n => ms(of(id)[n]))])
  return lines([
    '### The first calls of a process: parse + verify of n notifications, ms',
    '',
    table(['', ...CALLS.map(n => n.toLocaleString('en'))], body),
  ])
}

function sizesTable(sizes) {
  const body = Object.entries(sizes).map(([id, { packages, installed, gzip, needs }]) => [
    NAMES[id] ?? NAMES[BEST],
    packages,
    kb(installed),
    kb(gzip),
    needs.length === 0 ? 'nothing' : needs.length > 4 ? `${needs.length} modules` : needs.join(', '),
  ])
  return lines([
    '### Size',
    '',
    'The bundle is minified and gzipped, without the modules of Node that it still needs: only what',
    'needs nothing runs in a browser.',
    '',
    table(['', 'packages', 'installed, KB', 'bundle gzip, KB', 'needs of Node'], body),
  ])
}

function growthTable(title, rows, unit) {
  const names = { ...NAMES, inside: 'inside WebAssembly' }
  const ids = Object.keys(names).filter(id => Object.values(rows)[0][id])
  const body = Object.entries(rows).map(([row, cells]) => {
    const [op, size] = row.split('-')
    const what = { sign: 'sign', read: unit === 'KB' ? 'parse' : 'parse + verify' }[op]
    return [`${what}, ${size} ${unit}`, ...ids.map(id => ns(cells[id]?.p10))]
  })
  body.sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
  return lines([`### ${title}`, '', table(['', ...ids.map(id => names[id])], body)])
}

export function changesText(found, previous) {
  if (found.length === 0) return `No ratio changed since the run of ${previous.date}.`
  const body = found.map(({ row, id, before, now, change }) => [
    workloads[row]?.title ?? row,
    NAMES[id] ?? id,
    times(before),
    times(now),
    `${change > 0 ? '+' : ''}${(change * 100).toFixed(0)} %`,
  ])
  return lines([
    `Since the run of ${previous.date} (Node ${previous.machine.node}); more is better for us:`,
    '',
    table(['', 'against', 'before', 'now', ''], body),
  ])
}
