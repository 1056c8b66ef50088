// What must be true when all is over: every payment once, every event handled under its one number.
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { transactionOf } from './sender.mjs'

/** Numbers in one question. */
const MANY = 500

/** How many of these orders are not paid by their transaction. */
export async function unpaid({ db }, numbers) {
  let paid = 0
  for (let from = 0; from < numbers.length; from += MANY) {
    const some = numbers.slice(from, from + MANY)
    const columns = ['out_trade_no', 'transaction_id', 'state']
    for (const row of await db.selectFrom('wxpay_orders').select(columns).where('out_trade_no', 'in', some).execute()) {
      if (['SUCCESS', 'REFUND'].includes(String(row.state)) && String(row.transaction_id) === transactionOf(String(row.out_trade_no))) paid++
    }
  }
  return numbers.length - paid
}

/** The orders' events: how many orders have none, how many more than one. */
async function eventsOf({ db }, numbers) {
  const counts = new Map(numbers.map(number => [number, []]))
  const found = await db.selectFrom('wxpay_events').select(['id', 'out_trade_no']).where('kind', '=', 'paid').execute()
  for (const { id, out_trade_no } of found) counts.get(String(out_trade_no))?.push(String(id))
  const ids = [...counts.values()]
  return {
    counts,
    none: ids.filter(({ length }) => length === 0).length,
    several: ids.filter(({ length }) => length > 1).length,
  }
}

/** The runs of the handler that came to their end. */
function handled({ log }) {
  const lines = readFileSync(log, 'utf8').split('\n').map(line => line.split(' '))
  return lines.filter(([word]) => word === 'end').map(([, id, out_trade_no]) => ({ id, out_trade_no }))
}

/** How many checkpoints came to their end before the kill. */
export const past = ({ log }) => readFileSync(log, 'utf8').split('\n').filter(line => line === 'past').length

/** Waits until no event waits any more, or the patience is over. */
export async function settled({ db }, patience = 300_000) {
  for (const end = performance.now() + patience; performance.now() < end; await sleep(100)) {
    const waiting = await db.selectFrom('wxpay_events').select('id').where('finished_at', 'is', null).limit(1).execute()
    if (waiting.length === 0) return true
  }
  return false
}

/** The whole account, as checks: a claim and whether it holds. */
export const account = (database, numbers, options) => database.using(open => accountOf(open, numbers, options))

async function accountOf(database, numbers, { acknowledged = numbers, handlers = false } = {}) {
  const lost = await unpaid(database, numbers)
  const missing = await unpaid(database, acknowledged)
  const events = await eventsOf(database, numbers)
  const checks = [
    [`0 of ${numbers.length} payments lost (found ${lost})`, lost === 0],
    [`${acknowledged.length} acknowledged payments in the database (${missing} are not)`, missing === 0],
    [`one event each (${events.none} have none, ${events.several} several)`, events.none === 0 && events.several === 0],
  ]
  if (handlers) {
    const runs = handled(database)
    const done = new Set(runs.map(({ id }) => id))
    const left = numbers.filter(number => !events.counts.get(number).every(id => done.has(id))).length
    const other = runs.filter(({ id, out_trade_no }) => events.counts.get(out_trade_no)?.[0] !== id).length
    checks.push([`each event handled at least once, under its one id (${left} were not, ${other} under another)`, left === 0 && other === 0])
  }
  const intact = await database.intact()
  checks.push([`the database is intact (${intact})`, intact === 'ok'])
  return checks
}
