// The one suite of every runtime: what the doors must do, and what a runtime is said not to have.
import { adapters, cloud } from './checks/adapters.mjs'
import { client } from './checks/client.mjs'
import { core } from './checks/core.mjs'
import { network } from './checks/network.mjs'
import { notify, worker } from './checks/notify.mjs'
import { bill, doctor } from './checks/offline.mjs'
import { COLUMNS } from './columns.mjs'

const CHECKS = { core, doctor, notify, worker, client, bill, cloud, adapters, network }

/** What became of each column: `passed` checks, errors of `failed` ones, or the reason of `cannot`. */
export async function suite(doors, cannot) {
  const report = {}
  // Alarms of refused messages belong to the checks, not to the table.
  console.warn = () => {}
  for (const [column, needed] of Object.entries(COLUMNS)) {
    const missing = needed.filter(door => doors[door] === undefined)
    if (missing.length > 0) {
      const unsaid = missing.filter(door => cannot[door] === undefined)
      const failed = unsaid.map(door => `${door} is missing, and nothing says why`)
      report[column] = { passed: 0, failed, cannot: cannot[missing[0]] }
      continue
    }
    const failed = []
    for (const [name, check] of Object.entries(CHECKS[column])) {
      try {
        await check(doors)
      } catch (error) {
        failed.push(`${name}: ${error?.stack ?? error}`)
      }
    }
    report[column] = { passed: Object.keys(CHECKS[column]).length - failed.length, failed }
  }
  return report
}
