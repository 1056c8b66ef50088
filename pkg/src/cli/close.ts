import { UsageError, type Command } from './command.js'
import { client, MERCHANT_OPTIONS, MERCHANT_USAGE } from './merchant.js'
import { visible } from './visible.js'

export const command: Command = {
  usage: `usage: wxpay-wasm close OUT_TRADE_NO [--json]

Closes an order that is not paid; nobody can pay it afterwards.

${MERCHANT_USAGE}`,
  options: { ...MERCHANT_OPTIONS },
  async run(call) {
    const { positionals, json, io } = call
    const [out_trade_no, ...more] = positionals
    if (out_trade_no === undefined || more.length > 0) {
      throw new UsageError(`close takes one order number\n${command.usage}`)
    }
    const pay = await client(call)
    const answer = await pay.call('closeOrder', { out_trade_no }, { signal: io.interruption() })
    io.print(json ? JSON.stringify(answer) : `closed ${visible(out_trade_no)}`)
    return 0
  },
}
