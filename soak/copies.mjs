// One notification many times at once, to two processes on one database.
import { account } from './books.mjs'
import { connections, notificationOf, post } from './sender.mjs'
import { startShop } from './shop.mjs'
import { share } from './percentiles.mjs'

export async function manyCopies(kind, { rounds, copies, sockets, say = () => {} }) {
  const database = await kind.fresh()
  const numbers = Array.from({ length: rounds }, (_, index) => `C${index}`)
  await database.addOrders(numbers)
  const shops = await Promise.all([0, 1].map(() => startShop({ ...database.settings, bare: true })))
  const agents = Array.from({ length: sockets }, () => connections(1))
  const replies = {}
  const times = []
  for (const [index, number] of numbers.entries()) {
    const body = notificationOf(number)
    let left = copies
    await Promise.all(
      agents.map(async (agent, socket) => {
        while (left-- > 0) {
          const { reply, took } = await post(agent, shops[socket % 2].port, body)
          replies[reply] = (replies[reply] ?? 0) + 1
          times.push(took)
        }
      }),
    )
    if (index % 10 === 9) say(`${kind.name}: ${index + 1} rounds, replies ${JSON.stringify(replies)}`)
  }
  for (const agent of agents) agent.destroy()
  const counters = await Promise.all(shops.map(shop => shop.ask({ memory: true })))
  const outcome = name => counters.reduce((sum, found) => sum + (found[`payments{source="notification",outcome="${name}"}`] ?? 0), 0)
  await Promise.all(shops.map(shop => shop.stop()))
  const checks = await account(database, numbers)
  await database.close()
  return {
    figures: { rounds, copies, connections: sockets, processes: 2, replies: rounds * copies, 'p99, ms': share(times, 0.99) },
    checks: [
      [`all replies SUCCESS (${JSON.stringify(replies)})`, replies.SUCCESS === rounds * copies],
      [`one transition for each order (${outcome('paid')} of ${rounds})`, outcome('paid') === rounds],
      [`all others were known (${outcome('duplicate')})`, outcome('duplicate') === rounds * (copies - 1)],
      ...checks,
    ],
  }
}
