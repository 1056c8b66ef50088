// Lines that the tests reach: of the Rust core by its tests, of the built package by the JavaScript tests
// that need no browser and no other packages.
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { percent } from './number.mjs'
import { json, output, root, shown } from './record.mjs'

const RUST = join(root, 'target/coverage')
const JS = join(root, 'target/coverage-js')
/** They install packages, drive browsers, kill servers, compile or read pages, through the same doors as the others. */
const APART = /chromium|differential|documentation|foreign|package|pictures|proof|reference|rust-examples|soak|types|walk/

/** With the compiler's own instrumentation, and the tools of the same toolchain. */
function rust() {
  const env = { RUSTFLAGS: '-Cinstrument-coverage', CARGO_TARGET_DIR: RUST, LLVM_PROFILE_FILE: join(RUST, 'raw/%p-%m.profraw') }
  rmSync(join(RUST, 'raw'), { recursive: true, force: true })
  const tests = ['test', '--locked', '--package', 'wxpay-core', '--tests']
  const built = output('cargo', [...tests, '--no-run', '--message-format=json'], { env })
  const binaries = built
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line))
    .filter(({ profile, executable }) => profile?.test && executable)
    .map(({ executable }) => executable)
  shown('cargo', [...tests, '--quiet'], { env })
  const sysroot = output('rustc', ['--print', 'sysroot']).trim()
  const host = /^host: (.*)$/m.exec(output('rustc', ['-vV']))[1]
  const tool = name => join(sysroot, 'lib/rustlib', host, 'bin', name)
  const raw = readdirSync(join(RUST, 'raw')).map(name => join(RUST, 'raw', name))
  const profile = join(RUST, 'all.profdata')
  shown(tool('llvm-profdata'), ['merge', '-sparse', ...raw, '-o', profile])
  const [first, ...others] = binaries
  const objects = [first, ...others.flatMap(binary => ['-object', binary])]
  const only = ['-summary-only', '-instr-profile', profile, '-sources', join(root, 'src')]
  const { data } = JSON.parse(output(tool('llvm-cov'), ['export', ...objects, ...only]))
  const { count: lines, covered } = data[0].totals.lines
  return { lines, covered }
}

/** What Node loads, in every process that the tests start. */
function javascript() {
  for (const folder of [JS, `${JS}-report`]) rmSync(folder, { recursive: true, force: true })
  mkdirSync(JS, { recursive: true })
  const tests = readdirSync(join(root, 'js-tests')).filter(name => name.endsWith('.test.mjs') && !APART.test(name))
  shown('node', ['--test', '--test-reporter=dot', ...tests.map(name => `js-tests/${name}`)], { env: { NODE_V8_COVERAGE: JS }, fails: true })
  const c8 = join(root, 'proof/node_modules/c8/bin/c8.js')
  const given = ['--all=false', '--exclude-after-remap=false', '--include', 'pkg/dist/cjs/**', '--merge-async']
  shown('node', [c8, 'report', '--temp-directory', JS, '--reporter', 'json-summary', '--reports-dir', `${JS}-report`, ...given])
  const { total, covered } = json('target/coverage-js-report/coverage-summary.json').total.lines
  return { lines: total, covered }
}

const share = ({ covered, lines }) => covered / lines

export const coverage = {
  name: 'coverage',
  title: 'Lines covered: Rust core by its tests; built package by the JavaScript tests that need no browser',
  effort: 'long',
  measure: () => ({ rust: rust(), javascript: javascript() }),
  must: 'for information',
  holds: figures => figures.rust.covered > 0 && figures.javascript.covered > 0,
  show: figures => `${percent(share(figures.rust))} and ${percent(share(figures.javascript))}`,
}
