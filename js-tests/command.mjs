// The command line as a process of its own, beside the servers of the test.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cli } from './cli.mjs'
import { APPID, KEY, MCHID } from './wire.mjs'

const ENV = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(WXPAY_|NO_COLOR|FORCE_COLOR|NODE_ENV)/.test(name)))

/** The merchant's settings, for the environment of a command. */
export const merchant = (url, more = {}) => ({
  WXPAY_APPID: APPID,
  WXPAY_MCHID: MCHID,
  WXPAY_KEY: KEY,
  WXPAY_NOTIFY_URL: 'http://127.0.0.1:9/notify',
  ...(url === undefined ? {} : { WXPAY_BASE_URL: url }),
  ...more,
})

/** A process that runs; `ended` resolves with its exit code, signal and output. The key is never in it. */
export function start(args, { env = {}, input = '', cwd } = {}) {
  const child = spawn(process.execPath, [cli, ...args], { env: { ...ENV, ...env }, cwd })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', text => (said[name] += text))
  child.stdin.on('error', () => {}).end(input)
  const ended = new Promise(resolve => {
    child.on('close', (status, signal) => {
      const all = said.stdout + said.stderr
      for (const key of [KEY, ...Object.values(env).filter(value => /^canary/.test(value))]) {
        assert.ok(!all.includes(key), `shows the key: ${args.join(' ')}`)
      }
      resolve({ status, signal, ...said })
    })
  })
  return { child, said, ended }
}

export const run = (args, options) => start(args, options).ended

/** Fails with this exit code, nothing on standard output, and one line with the code on standard error. */
export async function fails(args, status, message, options) {
  const result = await run(args, options)
  assert.deepEqual([result.status, result.stdout], [status, ''], `${args.join(' ')}: ${result.stderr}`)
  assert.match(result.stderr, message)
  assert.match(result.stderr, status === 2 ? /^wxpay-wasm: [^\n]+\n/ : /^wxpay-wasm: [A-Z_]+: [^\n]+\n$/)
  const { stderr, ...json } = await run([...args, '--json'], options)
  assert.deepEqual([json.status, json.stdout], [status, ''], stderr)
  const { code, message: text } = JSON.parse(stderr)
  assert.match(status === 2 ? text : `${code}: ${text}`, message)
}

/** Succeeds quietly; the output. */
export async function says(args, options) {
  const { status, stdout, stderr } = await run(args, options)
  assert.deepEqual([status, stderr], [0, ''], args.join(' '))
  return stdout
}

/** A folder that ends with the test; `write` makes a file in it. */
export function folder(t) {
  const path = mkdtempSync(join(tmpdir(), 'wxpay-cli-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  const at = name => join(path, name)
  const write = (name, content) => (writeFileSync(at(name), content), at(name))
  return { path, at, write }
}

/** For the `skip` option: why nothing can be typed here. */
export const withoutTerminal =
  spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') ? false : 'needs the program script of util-linux'

/** The command on a terminal where `typed` is typed, when `prompt` has appeared; what the terminal shows. */
export function onTerminal(args, { env = {}, prompt, typed = '' }) {
  const line = [process.execPath, cli, ...args].map(text => `'${text}'`).join(' ')
  const child = spawn('script', ['-qec', line, '/dev/null'], { env: { ...ENV, TERM: 'xterm', ...env } })
  let shown = ''
  let waiting = true
  child.stdout.setEncoding('utf8').on('data', text => {
    shown += text
    if (waiting && prompt?.test(shown)) {
      waiting = false
      child.stdin.write(typed)
    }
  })
  return new Promise(resolve => child.on('close', status => resolve({ status, shown })))
}
