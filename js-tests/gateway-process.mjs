// The gateway as a process, as tests in any language start it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { cli } from './cli.mjs'

const ENV = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(WXPAY_|NO_COLOR|FORCE_COLOR)/.test(name)))

/** Starts it and waits for its line; `end` sends a signal and tells the exit code, signal and all output. */
export async function startGateway(args = [], { env = {} } = {}) {
  const child = spawn(process.execPath, [cli, 'gateway', '--json', ...args], {
    env: { ...ENV, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', part => (stderr += part))
  child.stdout.setEncoding('utf8').on('data', part => (stdout += part))
  const closed = once(child, 'close')
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    closed.then(([code]) => Promise.reject(new Error(`it ended with ${code}: ${stderr}`))),
  ])
  return {
    line,
    ready: JSON.parse(line),
    async end(signal = 'SIGTERM') {
      child.kill(signal)
      const [code, by] = await closed
      return { code, by, stdout, stderr }
    },
  }
}
