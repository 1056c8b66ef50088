// What was measured, when, and of which commit.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export const root = dirname(import.meta.dirname)

/** JSON of the project, or `undefined` where there is none. */
export const json = path => (existsSync(join(root, path)) ? JSON.parse(readFileSync(join(root, path), 'utf8')) : undefined)

const place = name => `proof/records/${name}.json`

export const recorded = name => json(place(name))

/** Writes the figures beside the date and the commit; gives what was written. */
export function record(name, figures) {
  const commit = execFileSync('git', ['rev-parse', '--short=10', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim()
  const written = { date: new Date().toISOString().slice(0, 10), commit, ...figures }
  mkdirSync(join(root, 'proof/records'), { recursive: true })
  writeFileSync(join(root, place(name)), `${JSON.stringify(written, null, 1)}\n`)
  return written
}

/** Runs a program in the project's folder with its output shown on the standard error. */
export function shown(program, args, { env = {}, cwd = root, fails = false } = {}) {
  try {
    execFileSync(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 2, 2] })
  } catch (error) {
    if (!fails) throw error
  }
}

/** What a program printed. */
export const output = (program, args, { env = {}, cwd = root } = {}) =>
  execFileSync(program, args, { cwd, env: { ...process.env, ...env }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 28 })
