// What is compiled into the shipped WebAssembly besides the project's own code.
import { output } from './record.mjs'

const MOST = 15
const MODULES = ['wxpay-wasm-core', 'wxpay-wasm-tools', 'wxpay-wasm-doctor']
const OWN = /^wxpay-/

/** The crates that run: what only macros need when they are compiled is not in the module. */
function runtime(name) {
  const tree = ['tree', '--locked', '--package', name, '--edges', 'normal,no-proc-macro', '--prefix', 'none', '--format', '{p}']
  const lines = output('cargo', [...tree, '--target', 'wasm32-unknown-unknown']).split('\n')
  return [...new Set(lines.map(line => line.split(' ')[0]))].filter(crate => crate && !OWN.test(crate)).sort()
}

export const crates = {
  name: 'crates',
  title: 'Crates in the shipped WebAssembly',
  effort: 'seconds',
  measure() {
    const modules = Object.fromEntries(MODULES.map(name => [name, runtime(name)]))
    return { modules, all: [...new Set(Object.values(modules).flat())].sort() }
  },
  must: `at most ${MOST}`,
  holds: ({ all }) => all.length > 0 && all.length <= MOST,
  show: ({ all }) => `${all.length}: ${all.join(', ')}`,
}
