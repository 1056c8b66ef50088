// Tries the border into WebAssembly from JavaScript's side: random calls with strange arguments, the same
// for the same seed.
//
// usage: node js-tests/border/run.mjs [--seconds N] [--seed N] [--from N] [--calls N]
//
// Prints the result as JSON; exits 1 at the first call that breaks a promise, with its number.
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { ERROR_CODES, trapCount } from 'wxpay-wasm'
import { seeded } from '../field-sets.mjs'
import { KEY, OTHER_KEY } from '../wire.mjs'
import { CALLS, busy } from './calls.mjs'
import { Thrown } from './values.mjs'

/** Every so many calls the known ones are made again. */
const BETWEEN = 16

/** Whether an error is one that callers are told of, without anything that is secret. */
function expected(error) {
  if (error instanceof Thrown) return true
  if (error?.name === 'AssertionError') return false
  const said = `${error?.message} ${error?.stack} ${JSON.stringify(error)}`
  if ([KEY, OTHER_KEY].some(key => said.includes(key))) return false
  if (error?.name === 'WxPayError') return ERROR_CODES.includes(error.code) && error.code !== 'INTERNAL'
  return error instanceof TypeError || error instanceof RangeError
}

/** What a call breaks, if it does. */
function fault(call, random) {
  try {
    call(random)
    return undefined
  } catch (error) {
    return expected(error) ? null : String(error?.stack ?? error)
  }
}

/** Makes calls until one breaks a promise, the time is over or there were so many. */
export function run({ seed = 1, from = 0, calls = Infinity, seconds = Infinity }) {
  const began = process.hrtime.bigint()
  const elapsed = () => Number(process.hrtime.bigint() - began) / 1e9
  const count = {}
  let at = from
  let answered = 0
  let broken
  while (broken === undefined && at - from < calls && !(at % 256 === 0 && elapsed() > seconds)) {
    const random = seeded((seed * 0x9e3779b1 + at) | 0)
    const [name, call] = CALLS[random(CALLS.length)]
    count[name] = (count[name] ?? 0) + 1
    let said = fault(call, random)
    if (said === undefined) answered++
    if (!said && at % BETWEEN === 0) said = fault(busy)
    if (!said && trapCount() > 0) said = 'a trap in WebAssembly'
    if (said) broken = { at, name, said }
    at++
  }
  const memory = Math.round(process.memoryUsage.rss() / 2 ** 20)
  return { name: 'border', seed, executions: at - from, answered, seconds: Math.round(elapsed()), memory, calls: count, fault: broken }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const number = { type: 'string' }
  const { values } = parseArgs({ options: { seconds: number, seed: number, from: number, calls: number } })
  const result = run(Object.fromEntries(Object.entries(values).map(([name, text]) => [name, Number(text)])))
  console.log(JSON.stringify(result, null, 2))
  process.exitCode = result.fault === undefined ? 0 : 1
}
