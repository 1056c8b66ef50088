/**
 * The shop and a WeChat of its own, on this machine, without a merchant:
 *   node demo.mjs          for a person with a browser
 *   node demo.mjs --once   all flows by themselves; exit code 0 if all went right
 */
import { parseArgs } from 'node:util'
import { audit } from './audit.mjs'
import { miniProgramFlow } from './demo/mini-program.mjs'
import { nativeFlow } from './demo/native.mjs'
import { prove } from './demo/proof.mjs'
import { refundFlow } from './demo/refund.mjs'
import { openScene } from './demo/scene.mjs'
import { bold, green, pad, quiet, red, say } from './demo/terminal.mjs'
import { gatewayLog, shopLog } from './demo/wire.mjs'

let once
try {
  ({ values: { once } } = parseArgs({ options: { once: { type: 'boolean', default: false } } }))
} catch (error) {
  console.error(`${error.message}\n用法 usage: node demo.mjs [--once]`)
  process.exit(2)
}

const report = (error) => say(red(`    ${error.code ?? error.name}: ${error.message}`))
const onOutcome = once ? undefined : (event) => say(`  ${quiet('通知 notification')}  ${Object.values(audit(event)).join('  ')}`)
const opening = openScene({
  gatewayLog: once ? gatewayLog : undefined,
  shopLog: once ? shopLog : undefined,
  onOutcome,
  onAlarm: ({ alarm, message }) => say(red(`    ${alarm}: ${message}`)),
  report,
})

async function leave(code) {
  const scene = await opening
  await scene.stop()
  await scene.remove()
  process.exit(code)
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => leave(once ? 130 : 0))

const scene = await opening
const { gateway, shop, adminToken, databaseUrl } = scene

function row(name, value) {
  say(`  ${pad(name, 20)}${value}`)
}

say()
say(`  ${bold('半日茶 Half-Day Tea')}`)
say()
row('店铺 Shop', shop.url)
row('柜台 Counter', `${shop.url}/admin`)
row('柜台口令 Token', adminToken)
row('模拟微信 Gateway', `${gateway.url}/_gateway/`)
row('数据库 Database', databaseUrl)
say()

if (once) {
  let number = 0
  const step = (zh, en) => say(`\n${bold(`${String(++number).padStart(2)}  ${zh}`)}\n    ${en}\n`)
  let right = false
  try {
    const bought = [await miniProgramFlow(scene, step), await refundFlow(scene, await nativeFlow(scene, step), step)]
    await scene.stop()
    step('店铺已关；重新打开数据库文件核对', 'the shop is closed; open the database file anew and compare')
    right = await prove(databaseUrl, bought, gateway)
  } catch (error) {
    report(error)
  }
  say()
  say(right ? green('  全部正确 All right') : red('  有误 Something differs'))
  await leave(right ? 0 : 1)
} else {
  row('1. 打开店铺，购买', 'open the shop and buy')
  row('2. 打开付款页，付款', 'open the pay page and pay')
  row('3. 账单变为已付款', 'watch the bill turn paid')
  row('4. 到柜台退款', 'refund it at the counter')
  say()
  say(quiet('  Ctrl-C 结束并清除数据 stops everything and removes the data'))
  say()
}
