import { readFileSync } from 'node:fs'
import { diagnose, type Diagnosis, type SignType } from '../doctor.js'
import { WxPayError } from '../errors.js'
import { UsageError, type Command } from './command.js'
import type { Terminal } from './terminal.js'

const VARIABLE = 'WXPAY_KEY'

const usage = `usage: wxpay-wasm explain [FILE | --message TEXT] [--sign SIGN] [--sign-type TYPE]
       [--theirs TEXT] [--order FILE] [--key-file FILE] [--json]

says why the signature of a message does not fit; the message is XML, JSON, a form, the string to
sign or a line of a log with one of these, from FILE, from --message, or from standard input

--sign SIGN         the signature in question, where the message does not have it
--sign-type TYPE    MD5 or HMAC-SHA256, where it is not the one that the message says
--theirs TEXT       the string that the other side signed
--order FILE        the order or its answer, where the message are the parameters of a payment
--key-file FILE     where the API v2 key stands; otherwise the environment variable ${VARIABLE}
                    has it, or you are asked

Exit code 0 if the signature is right, 1 otherwise.`

export const command: Command = {
  usage,
  options: {
    message: { type: 'string' },
    sign: { type: 'string' },
    'sign-type': { type: 'string' },
    theirs: { type: 'string' },
    order: { type: 'string' },
    'key-file': { type: 'string' },
  },
  async run({ positionals, values, json, io }) {
    const given = values as Readonly<Record<string, string | undefined>>
    if (positionals.length > (given['message'] === undefined ? 1 : 0)) {
      throw new UsageError(`explain takes one message\n${usage}`)
    }
    // The terminal is one: what is typed as the message cannot be followed by the key.
    const key = await merchantKey(given['key-file'], io)
    const order = given['order'] === undefined ? undefined : read(given['order'])
    const diagnosis = diagnose(given['message'] ?? read(positionals[0] ?? '-'), {
      key,
      sign: given['sign'],
      signType: given['sign-type'] as SignType | undefined,
      theirs: given['theirs'],
      order,
    })
    io.print(json ? JSON.stringify(diagnosis) : told(diagnosis, io))
    return diagnosis.verdict === 'right' ? 0 : 1
  },
}

/** From a file, the environment or the person; never from the arguments, which everybody can list. */
async function merchantKey(file: string | undefined, io: Terminal): Promise<string> {
  if (file !== undefined) return read(file).toString('utf8').replace(/\r?\n$/, '')
  const key = io.env[VARIABLE] ?? (await io.askSecret('API v2 key (API v2 密钥)'))
  if (key !== undefined) return key
  throw new WxPayError('KEY_MISSING', `a key is needed: set ${VARIABLE}, or give --key-file FILE`)
}

function read(file: string): Buffer {
  try {
    return readFileSync(file === '-' ? 0 : file)
  } catch (error) {
    const name = file === '-' ? 'standard input' : file
    throw new UsageError(`${name} cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}

function told(diagnosis: Diagnosis, io: Terminal): string {
  const { verdict, en, zh, mistakes, signed_string, diff, tried } = diagnosis
  const lines = [io.paint(verdict === 'right' ? 'green' : 'red', verdict), '']
  if (mistakes.length === 0) lines.push(en, zh)
  for (const { id, en, zh, fix_en, fix_zh } of mistakes) {
    lines.push(`${id}: ${en}`, `  -> ${fix_en}`, `  ${zh}`, `  -> ${fix_zh}`)
  }
  if (signed_string !== '') lines.push('', signed_string)
  if (diff.length > 0) lines.push('')
  for (const { field, kind, ours, theirs } of diff) {
    lines.push(`${field} (${kind}): ${ours ?? '-'} | theirs: ${theirs ?? '-'}`)
  }
  if (tried > 0) lines.push('', `${tried} variants tried`)
  return lines.join('\n')
}
