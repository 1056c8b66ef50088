import { WxPayError } from '../errors.js'
import { decryptRefund, parseXml } from '../index.js'
import type { Command } from './command.js'
import { bytesOf, fileOf } from './input.js'
import { KEY_OPTIONS, KEY_USAGE, merchantKey } from './key.js'
import { lines } from './visible.js'

export const command: Command = {
  usage: `usage: wxpay-wasm decrypt [FILE] [--json]

Prints the fields of a refund notification: FILE, or standard input, has the whole notification
or its req_info alone. Such a message is not signed: match it with the refund that you asked for.

${KEY_USAGE}`,
  options: { ...KEY_OPTIONS },
  async run(call) {
    const text = (await bytesOf(fileOf(call), call)).toString('utf8').trim()
    const req_info = /^\uFEFF?</.test(text) ? parseXml(text)['req_info'] : text
    if (!req_info) {
      throw new WxPayError('FIELD_MISSING', 'req_info is missing: this is no refund notification', {
        field: 'req_info',
      })
    }
    const fields = decryptRefund(req_info, await merchantKey(call))
    call.io.print(call.json ? JSON.stringify(fields) : lines(fields))
    return 0
  },
}
