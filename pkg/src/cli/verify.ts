import { WxPayError } from '../errors.js'
import { buildXml, parseSigned, verify, type Fields, type SignType } from '../index.js'
import type { Command } from './command.js'
import { fieldsOf, INPUT_OPTIONS, INPUT_USAGE } from './input.js'
import { KEY_OPTIONS, KEY_USAGE, merchantKey } from './key.js'
import { SIGN_TYPE_OPTIONS, signTypeOf } from './sign-type.js'

export const command: Command = {
  usage: `usage: wxpay-wasm verify [FILE] [-f NAME=VALUE…] [--sign-type TYPE] [--json]

Says whether the signature among the fields (sign) holds, and which algorithm made it. Exit code 0
if it holds, 1 if not.

--sign-type TYPE         the weakest algorithm that is accepted: MD5, the default, accepts both

${INPUT_USAGE}

${KEY_USAGE}`,
  options: { ...INPUT_OPTIONS, ...KEY_OPTIONS, ...SIGN_TYPE_OPTIONS },
  async run(call) {
    const { json, io } = call
    const fields = await fieldsOf(call)
    const least = signTypeOf(call)
    const key = await merchantKey(call)
    const found = algorithmOf(fields, key, least)
    io.print(json ? JSON.stringify({ valid: true, sign_type: found }) : `${io.paint('green', 'valid')} (${found})`)
    return 0
  },
}

/** The algorithm of a signature that holds; throws with the reason why it does not. */
function algorithmOf(fields: Fields, key: string, least: SignType): SignType {
  if (verify(fields, key, 'HMAC-SHA256')) return 'HMAC-SHA256'
  if (least === 'MD5' && verify(fields, key)) return 'MD5'
  parseSigned(buildXml(fields), key, { signType: least })
  throw new WxPayError('SIGN_MISMATCH', 'the signature does not hold', { field: 'sign' })
}
