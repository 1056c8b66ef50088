// What is compiled into the shipped WebAssembly besides the project's own code.
import { output } from './record.mjs'

const MOST = 15
const HOT = 'wxpay-wasm-core'
const MODULES = [HOT, 'wxpay-wasm-tools', 'wxpay-wasm-doctor']
const OWN = /^wxpay-/

/** The crates that run, without what macros need while they are compiled. */
function runtime(name, ...more) {
  const tree = ['tree', '--locked', '--package', name, '--edges', 'normal,no-proc-macro', '--prefix', 'none', '--format', '{p}']
  const lines = output('cargo', [...tree, '--target', 'wasm32-unknown-unknown', ...more]).split('\n')
  return [...new Set(lines.map(line => line.split(' ')[0]))].filter(crate => crate && !OWN.test(crate)).sort()
}

const union = lists => [...new Set(lists.flat())].sort()

export const crates = {
  name: 'crates',
  title: 'Crates in the shipped WebAssembly',
  effort: 'seconds',
  measure: () => ({
    // What the core and the three modules name themselves.
    named: union(['wxpay-core', ...MODULES].map(name => runtime(name, '--depth', '1'))),
    modules: Object.fromEntries(MODULES.map(name => [name, runtime(name)])),
  }),
  must: `at most ${MOST} named, and at most ${MOST} in the hot module`,
  holds: ({ named, modules }) => named.length > 0 && named.length <= MOST && modules[HOT].length <= MOST,
  show: ({ named, modules }) =>
    `${named.length} named (${named.join(', ')}); with theirs ${MODULES.map(name => `${modules[name].length} in ${name}`).join(', ')}`,
}
