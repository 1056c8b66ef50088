import { sign, signedXml, stringToSign } from '../index.js'
import type { Command } from './command.js'
import { fieldsOf, INPUT_OPTIONS, INPUT_USAGE } from './input.js'
import { KEY_OPTIONS, KEY_USAGE, merchantKey } from './key.js'
import { SIGN_TYPE_OPTIONS, signTypeOf } from './sign-type.js'

export const command: Command = {
  usage: `usage: wxpay-wasm sign [FILE] [-f NAME=VALUE…] [--sign-type TYPE] [--show] [--xml] [--json]

Prints the signature of the fields.

--sign-type TYPE         MD5 or HMAC-SHA256; the fields' own sign_type, or MD5, where absent
--show                   prints the string that is signed too, without the key
--xml                    prints the message as XML, signed

${INPUT_USAGE}

${KEY_USAGE}`,
  options: {
    ...INPUT_OPTIONS,
    ...KEY_OPTIONS,
    ...SIGN_TYPE_OPTIONS,
    show: { type: 'boolean' },
    xml: { type: 'boolean' },
  },
  async run(call) {
    const { values, json, io } = call
    const fields = await fieldsOf(call)
    const signType = signTypeOf(call, fields)
    const key = await merchantKey(call)
    const shown = values['show'] === true ? stringToSign(fields) : undefined
    const message = values['xml'] === true ? signedXml(fields, key, signType) : undefined
    const signature = sign(fields, key, signType)
    if (json) {
      const facts = { sign: signature, sign_type: signType, string_to_sign: shown, xml: message }
      io.print(JSON.stringify(facts))
      return 0
    }
    if (shown !== undefined) io.print(shown)
    io.print(message ?? signature)
    return 0
  },
}
