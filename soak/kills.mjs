// `kill -9` where it hurts: at named points, and at any moment under load. A driver repeats each
// notification until it is taken, as WeChat does.
import { setTimeout as sleep } from 'node:timers/promises'
import { account, past, settled, unpaid } from './books.mjs'
import { POINTS } from './points.mjs'
import { connections, deliver, notificationOf, post } from './sender.mjs'
import { startShop } from './shop.mjs'

/** Notifications that a server can get before it dies. */
const STREAM = 60
/** The longest pause before the thread kills a checkpoint, ms. */
const CHECKPOINT = 8
/** The longest time from the last acknowledgement that is waited for to the kill, ms. */
const MOMENT = 20
/** Until the events that died with a handler may be taken again, ms: the lease of `handleEvents`, and more. */
const LEASE = 120_000

/** Servers on one database, one after the other; what they owe is carried on. */
async function life(kind, prefix, reserve) {
  const database = await kind.fresh()
  const numbers = Array.from({ length: reserve }, (_, index) => `${prefix}${index}`)
  await database.addOrders(numbers)
  const state = { used: 0, kills: 0, attempts: 0, owed: [], acknowledged: [], broken: 0 }
  let fresh = []

  return {
    database,
    state,
    take: () => numbers[state.used++],
    more: count => Array.from({ length: Math.min(count, reserve - state.used) }, () => numbers[state.used++]),
    /** A server on what the last one left. What that one acknowledged must stand. */
    async start(settings) {
      const shop = await startShop({ ...database.settings, ...settings })
      state.broken += await database.using(open => unpaid(open, fresh))
      fresh = []
      return shop
    },
    acknowledge(number) {
      fresh.push(number)
      state.acknowledged.push(number)
    },
    /** Sends what is owed and these, while the server lives. */
    async send(shop, more, { taken = () => {}, ...options } = {}) {
      const sent = [...state.owed, ...more]
      const left = new Set(sent)
      state.attempts += await deliver(() => shop.port, sent.map(notificationOf), {
        until: () => !shop.alive,
        ...options,
        seen: (index, reply) => {
          if (reply !== 'SUCCESS') return
          left.delete(sent[index])
          this.acknowledge(sent[index])
          taken()
        },
      })
      state.owed = [...left]
    },
    /** A server that is not killed takes the rest. */
    async finish() {
      const shop = await this.start({ handlers: true, ahead: LEASE })
      await this.send(shop, [])
      const calm = await database.using(open => settled(open))
      await shop.stop()
      const used = numbers.slice(0, state.used)
      const checks = await account(database, used, { acknowledged: state.acknowledged, handlers: true })
      await database.close()
      return [
        [`every acknowledged payment was there after the next start (${state.broken} were not)`, state.broken === 0],
        ['every notification was taken in the end', state.owed.length === 0 && new Set(state.acknowledged).size === used.length],
        ['no event was left', calm],
        ...checks,
      ]
    },
  }
}

/** Waits for the end of a server that is to die by itself. */
async function death(shop, point) {
  const late = sleep(15_000, 'late', { ref: false })
  if ((await Promise.race([shop.exited, late])) !== 'late') return
  await shop.kill()
  throw new Error(`the server did not come by "${point}"`)
}

/**
 * Kills at the named points: each second time with a notification that is alone, after which one knows
 * what must stand, else with eight at a time.
 */
export async function killsAtPoints(kind, { each, points = Object.keys(POINTS), say = () => {} }) {
  const run = await life(kind, 'K', points.length * each * STREAM)
  const { state, database } = run
  let inside = 0
  const wrong = []

  async function alone(point) {
    const number = run.take()
    const shop = await run.start({ handlers: POINTS[point].handlers === true })
    await shop.ask({ point, hit: 1, checkpoint: Math.random() * CHECKPOINT })
    const agent = connections(1)
    const { reply } = await post(agent, shop.port, notificationOf(number))
    agent.destroy()
    state.attempts++
    if (reply === 'SUCCESS') run.acknowledge(number)
    else state.owed.push(number)
    await death(shop, point)
    const expected = POINTS[point].stands
    if (expected === undefined) return
    const stands = await database.using(async open => (await unpaid(open, [number])) === 0)
    if (stands !== expected) wrong.push(`${point}: ${stands ? 'stands' : 'is gone'}, reply ${reply}`)
  }

  async function among(point, hit) {
    const shop = await run.start({ handlers: true })
    await shop.ask({ point, hit, checkpoint: Math.random() * CHECKPOINT })
    await run.send(shop, run.more(STREAM - 1), { at: 8, pause: 5 })
    await death(shop, point)
  }

  /** The checkpoints of a server for databases are its own: it is killed while it writes dirty pages back. */
  async function serverDies() {
    const { server } = kind
    const shop = await run.start({ handlers: true })
    await server.query('set global innodb_max_dirty_pages_pct_lwm = 0, global innodb_max_dirty_pages_pct = 0')
    const sending = run.send(shop, run.more(STREAM - 1), { at: 8, pause: 50 })
    await sleep(Math.random() * 60)
    await server.kill()
    await server.start()
    await sending
    await shop.kill()
  }

  for (const point of points) {
    for (let round = 0; round < each; round++) {
      if (point === 'checkpoint' && kind.server) await serverDies()
      else if (round % 2 === 0) await alone(point)
      else await among(point, 1 + (round % 3))
      state.kills++
    }
    say(`${kind.name}: ${each} kills at "${point}", ${state.acknowledged.length} payments acknowledged`)
  }
  if (points.includes('checkpoint') && !kind.server) inside = each - past(database.settings)
  const checks = await run.finish()
  return {
    figures: {
      points: points.length,
      kills: state.kills,
      ...(inside > 0 && { 'kills inside a checkpoint': inside }),
      payments: state.used,
      'notifications sent': state.attempts,
    },
    checks: [[`alone, the payment stands after the points at which it must, and only there (${wrong[0] ?? 'none wrong'})`, wrong.length === 0], ...checks],
  }
}

/** Kills at any moment, with sixteen notifications at a time, of which less than `stream` are acknowledged before. */
export async function killsUnderLoad(kind, { kills, stream, say = () => {} }) {
  const run = await life(kind, 'L', 2 * kills * stream)
  const { state } = run
  for (; state.kills < kills; state.kills++) {
    const shop = await run.start({ handlers: true })
    // So many are acknowledged, and a moment later, whatever is under way then.
    let left = Math.floor(Math.random() * stream)
    const kill = () => setTimeout(shop.kill, Math.random() * MOMENT)
    await run.send(shop, run.more(2 * stream), { pause: 5, taken: () => left-- === 0 && kill() })
    await shop.exited
    if (state.kills % 10 === 9) say(`${kind.name}: ${state.kills + 1} kills, ${state.acknowledged.length} payments acknowledged`)
  }
  const checks = await run.finish()
  return { figures: { kills: state.kills, payments: state.used, 'notifications sent': state.attempts }, checks }
}
