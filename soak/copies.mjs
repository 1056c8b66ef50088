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
          for (let reply; reply !== 'SUCCESS'; ) {
            const answer = await post(agent, shops[socket % 2].port, body)
            reply = answer.reply
            replies[reply] = (replies[reply] ?? 0) + 1
            times.push(answer.took)
          }
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
      [`each copy was taken in the end (${JSON.stringify(replies)})`, replies.SUCCESS === rounds * copies],
      [`no order was paid twice (${outcome('paid')} transitions of ${rounds} orders)`, outcome('paid') <= rounds],
      ...checks,
    ],
    // A database that takes seconds for a lock gets FAIL for an answer, and the copy comes again.
    limits: [
      [`all replies SUCCESS, at once (${JSON.stringify(replies)})`, Object.keys(replies).join() === 'SUCCESS'],
      [`one transition for each order, all other copies known (${outcome('paid')} and ${outcome('duplicate')})`, outcome('paid') === rounds && outcome('duplicate') === rounds * (copies - 1)],
    ],
  }
}
