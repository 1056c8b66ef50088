/** The shop from the environment: `node server.mjs`. */
import cluster from 'node:cluster'
import { audit } from './audit.mjs'
import { keepProcesses } from './processes.mjs'
import { settingsFrom } from './settings.mjs'
import { startShop } from './shop.mjs'

const line = (kind, entry) => console.log(JSON.stringify({ time: new Date().toISOString(), kind, pid: process.pid, ...entry }))

let settings
try {
  settings = settingsFrom(process.env)
} catch (error) {
  console.error(error.message)
  process.exit(2)
}

if (cluster.isPrimary && settings.processes > 1) {
  process.exitCode = await keepProcesses(settings.processes, line)
} else {
  let shop
  try {
    shop = await startShop({
      ...settings.options,
      onOutcome: (event) => line('notification', audit(event)),
      onAlarm: ({ error, ...alarm }) => line('alarm', { ...alarm, code: error?.code }),
      report: (error) => line('error', { code: error.code ?? error.name, message: error.message }),
    })
  } catch (error) {
    // A wrong setting stops the start; the message names it and never shows a key.
    console.error(`${error.code ?? error.name}: ${error.message}`)
    process.exit(1)
  }

  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, async () => {
      await shop.close()
      process.exit(0)
    })
  }

  process.send?.('serving')
  console.log(`半日茶 Half-Day Tea  ${shop.url}  pid ${process.pid}`)
  const desk = settings.options.adminToken === undefined ? '关闭 off (ADMIN_TOKEN)' : `${shop.url}/admin`
  console.log(`店主 shopkeeper  ${desk}`)
}
