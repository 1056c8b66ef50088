// The store is away for a while, and notifications keep coming: each is answered in time, and after the
// repeats nothing is missing.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { account } from './books.mjs'
import { percentiles, share } from './percentiles.mjs'
import { connections, deliver, notificationOf, post } from './sender.mjs'
import { startShop } from './shop.mjs'

const LOCKER = fileURLToPath(new URL('locker.mjs', import.meta.url))

/** How a store goes away, and comes back. */
export const OUTAGES = {
  'locked by another process': {
    kind: 'SQLite',
    async away({ settings }) {
      const child = fork(LOCKER, [settings.database.file])
      await once(child, 'message')
      return async () => {
        child.kill('SIGKILL')
        await once(child, 'exit')
      }
    },
  },
  'hangs (SIGSTOP)': {
    kind: 'MariaDB',
    async away({ kind }) {
      kind.server.pause()
      return async () => kind.server.resume()
    },
  },
  'killed and started again': {
    kind: 'MariaDB',
    async away({ kind }) {
      await kind.server.kill()
      return () => kind.server.start()
    },
  },
}

/** How long the sender waits for a reply, ms: who is late is to be seen, and not cut off. */
const PATIENCE = 120_000
/** Milliseconds before, and after it is back, with the store there. */
const BEFORE = 1000
/** Seconds that going away and coming back may take. */
const MOVES = 30

export async function outage(kind, { how, seconds, perSecond, say = () => {} }) {
  const database = await kind.fresh()
  const reserve = Math.ceil((seconds + MOVES) * perSecond)
  const all = Array.from({ length: reserve }, (_, index) => `O${index}`)
  await database.addOrders(all)
  const prepared = all.map(notificationOf)
  const shop = await startShop({ ...database.settings, bare: true })
  const agent = connections(Infinity)
  const attempts = []
  const gone = { from: Infinity, to: Infinity }
  const began = performance.now()
  let over = false
  const sending = (async () => {
    const running = []
    for (let index = 0; index < reserve && !over; index++) {
      await sleep(Math.max(0, began + (index * 1000) / perSecond - performance.now()))
      const at = performance.now()
      running.push(post(agent, shop.port, prepared[index], { patience: PATIENCE }).then(({ reply, took }) => attempts.push({ index, at, reply, took })))
    }
    await Promise.all(running)
    return running.length
  })()
  await sleep(BEFORE)
  const back = await OUTAGES[how].away(database)
  gone.from = performance.now()
  say(`${kind.name}: ${how}`)
  await sleep(seconds * 1000)
  gone.to = performance.now()
  await back()
  say(`${kind.name}: back`)
  await sleep(BEFORE)
  over = true
  const sent = await sending
  const [numbers, bodies] = [all.slice(0, sent), prepared.slice(0, sent)]
  agent.destroy()

  const during = attempts.filter(({ at }) => at >= gone.from && at < gone.to)
  const replies = {}
  for (const { reply } of during) replies[reply] = (replies[reply] ?? 0) + 1
  const strange = Object.keys(replies).filter(reply => !['SUCCESS', 'FAIL', '503'].includes(reply))
  // What could only be taken after the store was back, has waited.
  const early = during.filter(({ reply, at, took }) => reply === 'SUCCESS' && at + took < gone.to)
  const taken = new Set(attempts.filter(({ reply }) => reply === 'SUCCESS').map(({ index }) => index))
  const again = bodies.filter((_, index) => !taken.has(index))
  const repeats = await deliver(() => shop.port, again, { pause: 100 })
  await shop.stop()
  const checks = await account(database, numbers)
  await database.close()
  const times = during.map(({ took }) => took)
  return {
    figures: {
      'away, s': seconds, 'notifications a second': perSecond, 'notifications meanwhile': during.length,
      replies: JSON.stringify(replies), ...percentiles(times), repeated: repeats,
    },
    checks: [
      [`there were some (${during.length})`, during.length > 0],
      [`each was answered FAIL or 503, or taken once the store was back (${strange.join(', ') || 'nothing else'})`, strange.length === 0],
      [`nothing was acknowledged meanwhile (${early.length})`, early.length === 0],
      ...checks,
    ],
    limits: [[`each was answered within 3 s (longest ${share(times, 1)} ms)`, share(times, 1) <= 3000]],
  }
}
