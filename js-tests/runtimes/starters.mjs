// Starters, thin and written once: each opens the doors in a runtime's own way and starts the suite.

/** The doors of the package. */
export const DOORS = {
  core: 'wxpay-wasm',
  client: 'wxpay-wasm/client',
  notify: 'wxpay-wasm/notify',
  store: 'wxpay-wasm/store',
  worker: 'wxpay-wasm/worker',
  bill: 'wxpay-wasm/bill',
  doctor: 'wxpay-wasm/doctor',
  cloud: 'wxpay-wasm/cloud',
  node: 'wxpay-wasm/node',
  koa: 'wxpay-wasm/koa',
  express: 'wxpay-wasm/express',
  fastify: 'wxpay-wasm/fastify',
  hapi: 'wxpay-wasm/hapi',
  tenpay: 'wxpay-wasm/tenpay',
  testing: 'wxpay-wasm/testing',
}

/** Marks the report in what a runtime prints. */
export const MARK = '@@report '

/** Prints the report. */
export const printed = start => `${start}.then(report => console.log('${MARK}' + JSON.stringify(report)))`

/** A page leaves the report where its visitor finds it. */
export const left = start => `${start}.then(report => (globalThis.report = report))`

/** Jest and Vitest have a global `test`. */
export const tested = start => `test('the suite', () => ${printed(start)}, 60000)`

/** workerd runs what it finds under this name. */
export const served = start => `export default { test: () => ${printed(start)} }`

/** A module that imports. `cannot` has the reasons for doors that stay closed. */
export function importer(cannot = {}, run = printed) {
  const open = (door, from) => `import ${door === 'http' ? door : `* as ${door}`} from '${from}'`
  return starter(open, `import { suite } from './suite.mjs'`, cannot, run)
}

/** CommonJS that requires. */
export function requirer(cannot = {}, run = printed) {
  const open = (door, from) => `const ${door} = require('${from}')`
  return starter(open, `const { suite } = require('./suite.cjs')`, cannot, run)
}

function starter(open, suite, cannot, run) {
  const doors = Object.entries({ ...DOORS, http: 'node:http' }).filter(([door]) => !(door in cannot))
  const names = doors.map(([door]) => door).join(', ')
  const lines = [...doors.map(([door, from]) => open(door, from)), suite]
  return `${lines.join('\n')}\n${run(`suite({ ${names} }, ${JSON.stringify(cannot)})`)}\n`
}
