import { parseNested } from '../index.js'
import type { Command } from './command.js'
import { bytesOf, fieldsOf, fileOf, INPUT_OPTIONS, INPUT_USAGE } from './input.js'

export const command: Command = {
  usage: `usage: wxpay-wasm json [FILE] [-f NAME=VALUE…] [--nested] [--json]

Prints the fields, WeChat's XML for instance, as JSON. They are not verified; verify does that.

--nested                 reads XML that is not flat; the elements are { name, text, children }
--json                   on one line

${INPUT_USAGE}`,
  options: { ...INPUT_OPTIONS, nested: { type: 'boolean' } },
  async run(call) {
    const { values, json, io } = call
    const read =
      values['nested'] === true ? parseNested(await bytesOf(fileOf(call), call)) : await fieldsOf(call)
    io.print(JSON.stringify(read, null, json ? 0 : 2))
    return 0
  },
}
