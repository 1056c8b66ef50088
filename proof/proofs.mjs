// Every proof: how it is measured, how long that takes, what must hold, and what the table says of it.
//
// `effort` is how long measuring takes on a machine that does nothing else: `seconds`, `minutes`, or
// `long` for those that are measured only when everything is asked for.
import { canaries } from './canaries.mjs'
import { constantTime } from './constant-time-proof.mjs'
import { coverage } from './coverage.mjs'
import { crates } from './crates.mjs'
import { mutantsJs } from './mutants-js.mjs'
import { mutantsRust } from './mutants-rust.mjs'
import { dependencies } from './dependencies.mjs'
import { differential } from './differential.mjs'
import { fuzzing, soak } from './reports.mjs'
import { reproducible } from './reproducible.mjs'
import { vectors } from './vectors.mjs'

export const PROOFS = [
  vectors,
  differential,
  fuzzing,
  mutantsRust,
  mutantsJs,
  constantTime,
  canaries,
  coverage,
  crates,
  dependencies,
  reproducible,
  soak,
]
