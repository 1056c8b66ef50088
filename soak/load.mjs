// As many genuine, distinct notifications a second as a shop will never have, from a generator on the
// same machine.
import { account } from './books.mjs'
import { generator, watchMemory } from './generate.mjs'
import { percentiles, share } from './percentiles.mjs'
import { deliver, notificationOf } from './sender.mjs'
import { startShop } from './shop.mjs'

/** What is asked of each kind of database: notifications a second. */
const RATES = { SQLite: 1500, MariaDB: 600 }
/** Milliseconds for all but one in a hundred. */
const PATIENCE = 150
/** Seconds before the time runs: a server that has just started compiles. */
const WARM = 5

export async function load(kind, { seconds, rate = RATES[kind.name], sockets = 128, most, say = () => {} }) {
  const database = await kind.fresh()
  // As fast as it goes: more than there will be time for.
  const parts = { warm: Math.ceil(rate * WARM * (seconds / 60)), steady: rate * seconds, most: rate * 4 * most }
  const numbers = Array.from({ length: parts.warm + parts.steady + parts.most }, (_, index) => `${index}`)
  await database.addOrders(numbers)
  say(`${kind.name}: ${numbers.length} orders placed`)
  const shop = await startShop({ ...database.settings, bare: true })
  const common = { port: shop.port, prefix: '', sockets }
  const warm = await (await generator({ ...common, from: 0, count: parts.warm, rate, seconds: 60 })).go()
  const steadily = await generator({ ...common, from: parts.warm, count: parts.steady, rate, seconds: seconds * 2 })
  const memory = watchMemory(shop)
  const { cpu: before } = await shop.ask({ memory: true })
  const steady = await steadily.go()
  const { first, last } = await memory.end()
  const { cpu } = await shop.ask({ memory: true })
  say(`${kind.name}: ${parts.steady} notifications in ${steady.took.toFixed(1)} s`)
  const fastest = await (await generator({ ...common, from: parts.warm + parts.steady, count: parts.most, rate: 0, seconds: most })).go()
  const acknowledged = [warm, steady, fastest].flatMap(({ acknowledged }) => acknowledged.map(String))
  const errors = parts.steady - (steady.replies.SUCCESS ?? 0)
  // WeChat comes back with what was not taken; what was never sent is not waited for.
  const owed = new Set(numbers.slice(0, parts.warm + parts.steady + fastest.sent))
  for (const number of acknowledged) owed.delete(number)
  await deliver(() => shop.port, [...owed].map(notificationOf))
  await shop.stop()
  const checks = await account(database, [...acknowledged, ...owed], { acknowledged })
  await database.close()
  const found = Math.round(steady.sent / steady.took)
  const p99 = share(steady.times, 0.99)
  return {
    figures: {
      seconds, 'asked, a second': rate, 'answered, a second': found, ...percentiles(steady.times), connections: sockets,
      'processor time of the server for each, ms': Math.round(((cpu - before) / steady.sent) * 1000) / 1000,
      'memory of the server, MiB, first quarter': first, 'memory of the server, MiB, last quarter': last,
      'as fast as it goes, a second': Math.round(fastest.sent / fastest.took), 'p99 then, ms': share(fastest.times, 0.99),
    },
    checks,
    limits: [
      [`0 errors in ${parts.steady} notifications (${JSON.stringify(steady.replies)})`, errors === 0],
      [`at least ${rate} a second for ${seconds} s (${found})`, found >= rate * 0.99 && steady.took <= seconds * 1.02],
      [`p99 at most ${PATIENCE} ms (${p99})`, p99 <= PATIENCE],
    ],
  }
}
