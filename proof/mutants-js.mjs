// Stryker on the notification routes and the client: proof/stryker.config.mjs says which files, and
// which tests see them. It works in a copy, since the tests import the package that is built there.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { percent } from './number.mjs'
import { output, recorded, root, shown } from './record.mjs'

const LEAST = 0.85
const COPY = join(root, 'target/stryker')

/** The sources and what is generated, with packages of its own: the links among them lead into the copy. */
function copy() {
  rmSync(COPY, { recursive: true, force: true })
  const listed = output('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'])
  for (const name of listed.split('\0').filter(name => name && existsSync(join(root, name)))) {
    mkdirSync(dirname(join(COPY, name)), { recursive: true })
    cpSync(join(root, name), join(COPY, name))
  }
  cpSync(join(root, 'pkg/dist'), join(COPY, 'pkg/dist'), { recursive: true })
  shown('cp', ['-a', '--reflink=auto', join(root, 'node_modules'), COPY])
  symlinkSync(join(root, 'proof/node_modules'), join(COPY, 'proof/node_modules'))
}

export const mutantsJs = {
  name: 'mutants-js',
  title: 'Mutants killed: notification routes and client (TypeScript)',
  effort: 'long',
  measure() {
    copy()
    shown('node', ['proof/node_modules/@stryker-mutator/core/bin/stryker.js', 'run', 'proof/stryker.config.mjs'], { cwd: COPY })
    const found = counted(JSON.parse(readFileSync(join(COPY, 'target/stryker.json'), 'utf8')))
    // Of the files that were left out this time, what was found before stands.
    return summed(process.env.WXPAY_MUTATE ? { ...recorded('mutants-js')?.files, ...found } : found)
  },
  must: `at least ${LEAST * 100} %`,
  holds: figures => figures.killed > 0 && share(figures) >= LEAST,
  show: figures => `${percent(share(figures))} of ${figures.killed + figures.survived}`,
}

const share = ({ killed, survived }) => killed / (killed + survived)

/** By file. A mutant that no test reaches is a survivor; what does not compile is no mutant. */
export function counted({ files }) {
  const of = (mutants, ...status) => mutants.filter(mutant => status.includes(mutant.status)).length
  const each = Object.entries(files).map(([name, { mutants }]) => [
    name,
    { killed: of(mutants, 'Killed', 'Timeout'), survived: of(mutants, 'Survived', 'NoCoverage') },
  ])
  return Object.fromEntries(each)
}

function summed(files) {
  const sum = name => Object.values(files).reduce((all, figures) => all + figures[name], 0)
  return { killed: sum('killed'), survived: sum('survived'), files }
}
