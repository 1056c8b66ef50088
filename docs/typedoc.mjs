// The API reference of the npm package: one module for each door, from the sources behind them.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const at = path => fileURLToPath(new URL(path, import.meta.url))
const { exports } = JSON.parse(readFileSync(at('../pkg/package.json'), 'utf8'))
const doors = Object.values(exports).filter(door => typeof door === 'object')
const source = ({ import: { types } }) => at(`../pkg/${types.replace('/dist/esm/', '/src/').replace('.d.ts', '.ts')}`)

/** A plugin: a module is called as it is imported. */
export function load({ converter }) {
  const own = file => file.replace(/^.*\/src\//, '').replace(/(\/index)?\.ts$/, '')
  const named = Object.entries(exports).filter(([, door]) => typeof door === 'object')
  const names = new Map(named.map(([name, door]) => [own(source(door)), name.replace('.', 'wxpay-wasm')]))
  converter.on('resolveBegin', ({ project }) => {
    for (const module of project.children) module.name = names.get(module.name) ?? module.name
  })
}

/** @type {import('typedoc').TypeDocOptions} */
export default {
  name: 'wxpay-wasm',
  entryPoints: doors.map(source),
  tsconfig: at('../pkg/tsconfig.json'),
  out: at('../www/dist/api'),
  readme: at('../README.md'),
  projectDocuments: ['*.md'].map(name => at(name)),
  plugin: [fileURLToPath(import.meta.url)],
  disableSources: true,
  highlightLanguages: ['js', 'ts', 'json', 'html', 'sh', 'console', 'ini', 'rust', 'python', 'java', 'go', 'sql', 'text'],
  excludePrivate: true,
  treatWarningsAsErrors: true,
  validation: { notExported: false, notDocumented: false, invalidLink: true, invalidPath: false },
}
