// What is mutated, and the tests that say what it does. WXPAY_MUTATE takes fewer files, with commas.
import { readdirSync } from 'node:fs'

const SOURCES = [
  'allowance', 'breaker', 'budget', 'client', 'config', 'contract-notify', 'deadline', 'deliver', 'key-ring',
  'micropay', 'native-notify', 'outcome', 'payment-notify', 'policy', 'receive', 'refund-notify', 'retry', 'settle',
  'stamp', 'adapters/request', 'adapters/respond',
]
/** By the beginnings of their names. Those about connections, processes and browsers say little of what is mutated. */
const TESTS = /^(adapters|certificate|client|front-ends|micropay|network-(failover|outcome|retry)|notify|report)[^.]*\.test\.mjs$/
/** They take seconds, and so they come last: most mutants are dead by then. */
const SLOW = /adapters|certificate|client-network|failover|outcome/

/** From the folder in which Stryker is started. */
const testFiles = readdirSync('js-tests')
  .filter(name => TESTS.test(name))
  .sort((one, other) => Number(SLOW.test(one)) - Number(SLOW.test(other)))
  .map(name => `js-tests/${name}`)
// No store is mutated.
process.env.WXPAY_STORES = 'memoryStore'
const mutate = process.env.WXPAY_MUTATE?.split(',') ?? SOURCES.map(name => `pkg/src/${name}.ts`)

export default {
  mutate,
  plugins: ['@stryker-mutator/tap-runner'],
  testRunner: 'tap',
  tap: { testFiles, nodeArgs: ['--test-reporter=tap', '-r', '{{hookFile}}', '{{testFile}}'] },
  coverageAnalysis: 'perTest',
  inPlace: true,
  buildCommand: 'node pkg/build.mjs',
  disableTypeChecks: 'pkg/src/**/*.ts',
  // What people read is not what is decided.
  mutator: { excludedMutations: ['StringLiteral'] },
  ignoreStatic: true,
  ignorePatterns: ['target', 'www', 'benches', 'examples'],
  concurrency: 1,
  timeoutMS: 30_000,
  dryRunTimeoutMinutes: 60,
  reporters: ['json', 'clear-text', 'progress-append-only'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: 'target/stryker.json' },
  tempDirName: 'target/stryker-tmp',
  allowConsoleColors: false,
}
