// Starts shop processes (store-child.mjs) and listens to them.
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { POINTS } from '../soak/points.mjs'

const CHILD = fileURLToPath(new URL('store-child.mjs', import.meta.url))

const started = new Set()

/** A process that has opened the database: `{ file }`, or `{ pool }` with options of mysql2. */
export async function start(database) {
  const child = fork(CHILD, [JSON.stringify(database)], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  started.add(child)
  child.once('exit', () => started.delete(child))
  assert.equal(await heard(child, child, 'message'), 'open')
  return child
}

/** The next thing the child says; fails when it ends instead. */
export async function heard(child, emitter, event) {
  const stop = new AbortController()
  const { signal } = stop
  const ended = once(child, 'exit', { signal }).then(([status]) => {
    // The others would keep the test waiting for ever.
    for (const other of started) other.kill('SIGKILL')
    assert.fail(`the child ended with ${status}`)
  })
  try {
    const [said] = await Promise.race([once(emitter, event, { signal }), ended])
    return said
  } finally {
    ended.catch(() => undefined)
    stop.abort()
  }
}

/** Where a process that records payments can be killed, and whether they stand afterwards. */
export const STATEMENTS = Object.entries(POINTS).filter(([, { before, after }]) => before ?? after)
