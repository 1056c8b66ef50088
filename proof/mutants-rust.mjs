// cargo-mutants on signing, checking, reading and deciphering, as .cargo/mutants.toml says.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { percent } from './number.mjs'
import { json, root, shown } from './record.mjs'

const LEAST = 0.98
/** What decides whether a message is believed: here nothing may survive. */
const VERIFY = new Set(['src/sign.rs', 'src/signed.rs'])

const share = ({ caught, survivors }) => caught / (caught + survivors.length)

export const mutantsRust = {
  name: 'mutants-rust',
  title: 'Mutants killed: signing, checking, reader, deciphering (Rust)',
  effort: 'long',
  measure() {
    mkdirSync(join(root, 'target/mutation'), { recursive: true })
    // A survivor is a figure, not a failure.
    shown('cargo', ['mutants', '--output', 'target/mutation', '--no-shuffle'], { env: { PROPTEST_CASES: '64' }, fails: true })
    return counted(json('target/mutation/mutants.out/outcomes.json'))
  },
  must: `at least ${LEAST * 100} %, in verify all`,
  holds: figures =>
    figures.caught > 0 && share(figures) >= LEAST && !figures.survivors.some(name => VERIFY.has(name.split(':')[0])),
  show: figures => `${percent(share(figures))} of ${figures.caught + figures.survivors.length}`,
}

/** A mutant that makes the tests run without an end is seen, as one that makes them fail. */
export function counted({ outcomes }) {
  const of = summary => outcomes.filter(outcome => outcome.summary === summary && outcome.scenario.Mutant)
  return {
    caught: of('CaughtMutant').length + of('Timeout').length,
    unviable: of('Unviable').length,
    survivors: of('MissedMutant').map(({ scenario }) => scenario.Mutant.name),
  }
}
