// A generator (generator.mjs) and what it found.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const GENERATOR = fileURLToPath(new URL('generator.mjs', import.meta.url))

/** A generator that has signed its messages and opened its connections. */
export async function generator(given) {
  const child = fork(GENERATOR, [], { serialization: 'advanced' })
  child.send(given)
  await once(child, 'message')
  return {
    /** Runs it. */
    async go() {
      child.send('go')
      const [found] = await once(child, 'message')
      return found
    },
  }
}

/** Asks the server for its memory twice a second, until `end`. */
export function watchMemory(shop) {
  const found = []
  let over = false
  const looking = (async () => {
    while (!over) {
      found.push((await shop.ask({ memory: true }))?.memory ?? 0)
      await sleep(500)
    }
  })()
  return {
    /** MiB: the most, also in three of the four quarters of the time. */
    async end() {
      over = true
      await looking
      const quarter = Math.max(1, found.length >> 2)
      const most = some => Math.round(Math.max(0, ...some) / 2 ** 20)
      return { first: most(found.slice(0, quarter)), second: most(found.slice(quarter, 2 * quarter)), last: most(found.slice(-quarter)), most: most(found) }
    },
  }
}
