import cluster from 'node:cluster'
import { setTimeout as pause } from 'node:timers/promises'

/** Milliseconds before a process that died is replaced. */
const BREATH = 1000

/**
 * Several processes behind one port. This one takes no payments: it starts the others, replaces one
 * that dies, and hands SIGTERM and SIGINT on. They share nothing but the database.
 *
 * @param line (kind, entry) => void, for the log
 * @returns the exit code, when all have ended
 */
export async function keepProcesses(count, line) {
  const running = new Set()
  let stopping = false
  let code = 0
  let ended
  const over = new Promise((resolve) => (ended = resolve))

  function stop() {
    stopping = true
    for (const worker of running) worker.process.kill('SIGTERM')
    if (running.size === 0) ended()
  }

  function start() {
    const worker = cluster.fork()
    let served = false
    running.add(worker)
    worker.once('message', () => (served = true)) // its one message: it serves
    worker.once('exit', async (status, signal) => {
      running.delete(worker)
      if (stopping) {
        if (running.size === 0) ended()
        return
      }
      line('process', { pid: worker.process.pid, status, signal })
      // Who has never served would never serve: a wrong setting, a database that is not there.
      if (!served) {
        code = status || 1
        return stop()
      }
      await pause(BREATH)
      if (!stopping) start()
      else if (running.size === 0) ended()
    })
  }

  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop)
  for (let number = 0; number < count; number++) start()
  await over
  return code
}
