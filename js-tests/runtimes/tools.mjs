// The runtimes and bundlers as npm brought them, and how they are run.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { MARK } from './starters.mjs'

const MODULES = join(import.meta.dirname, 'node_modules')

/** A file of an installed package. */
export const tool = (...path) => join(MODULES, ...path)

/** The version of an installed package. */
export const version = name =>
  JSON.parse(readFileSync(tool(name, 'package.json'), 'utf8')).version.replace(/^v/, '')

/** The versions of Node, by the name that npm installed them under. */
export const NODES = ['node16', 'node18', 'node20', 'node22', 'node24', 'node26']
export const node = name => tool(name, 'bin/node')

const PATIENCE = 120_000

/** What a program prints; rejects unless it ends well. */
export function output(program, args, cwd) {
  return new Promise((resolve, reject) => {
    // Nothing that this process was told is passed on: no options, no condition of CI.
    const env = { PATH: process.env.PATH, HOME: cwd, DENO_DIR: join(cwd, '.deno'), NO_COLOR: '1' }
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: PATIENCE })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', part => (text += part))
    child.stderr.setEncoding('utf8').on('data', part => (text += part))
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) resolve(text)
      else reject(new Error(`${program} ended with ${code ?? signal}\n${text.slice(-3000)}`))
    })
  })
}

/** The report that a starter prints. */
export async function reported(program, args, cwd) {
  const text = await output(program, args, cwd)
  const line = text.split('\n').find(line => line.includes(MARK))
  if (line === undefined) throw new Error(`${program} printed no report\n${text.slice(-3000)}`)
  return JSON.parse(line.slice(line.indexOf(MARK) + MARK.length))
}
