import { buildXml } from '../index.js'
import type { Command } from './command.js'
import { fieldsOf, INPUT_OPTIONS, INPUT_USAGE } from './input.js'

export const command: Command = {
  usage: `usage: wxpay-wasm xml [FILE] [-f NAME=VALUE…] [--json]

Prints the fields as WeChat's XML, unsigned; sign --xml signs them too.

${INPUT_USAGE}`,
  options: { ...INPUT_OPTIONS },
  async run(call) {
    const xml = buildXml(await fieldsOf(call))
    call.io.print(call.json ? JSON.stringify({ xml }) : xml)
    return 0
  },
}
