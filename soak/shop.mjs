// Starts servers (server.mjs) and ends them.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const SERVER = fileURLToPath(new URL('server.mjs', import.meta.url))

/** A server that ends before it listens is started again, as any supervisor does: its database may be busy. */
const STARTS = 10

/**
 * A server that listens.
 *
 * @returns { port, pid, alive, ask(message): its answer, kill, stop, exited }
 */
export async function startShop(settings) {
  for (let start = 1; ; start++) {
    const child = fork(SERVER, [JSON.stringify(settings)], { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] })
    let said = ''
    child.stderr.on('data', text => (said += text))
    const shop = watched(child)
    const opened = await shop.heard()
    if (opened !== null) return Object.assign(shop, { port: opened.port })
    if (start === STARTS) throw new Error(`the server ended before it listened: ${said}`)
    await sleep(200)
  }
}

function watched(child) {
  const exited = once(child, 'exit')
  const waiting = []
  child.on('message', message => waiting.shift()?.(message))
  const heard = () => Promise.race([new Promise(resolve => waiting.push(resolve)), exited.then(() => null)])
  const end = async signal => {
    child.kill(signal)
    await exited
  }
  return {
    pid: child.pid,
    exited,
    heard,
    get alive() {
      return child.exitCode === null && child.signalCode === null
    },
    ask(message) {
      const answer = heard()
      child.send(message)
      return answer
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  }
}
