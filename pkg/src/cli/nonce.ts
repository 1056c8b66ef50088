import { nonceStr } from '../index.js'
import { UsageError, type Command } from './command.js'

export const command: Command = {
  usage: `usage: wxpay-wasm nonce [--json]

Prints a fresh nonce_str: 32 letters and digits from a secure source.`,
  options: {},
  run({ positionals, json, io }) {
    if (positionals.length > 0) throw new UsageError(`nonce takes no argument\n${command.usage}`)
    const nonce_str = nonceStr()
    io.print(json ? JSON.stringify({ nonce_str }) : nonce_str)
    return Promise.resolve(0)
  },
}
