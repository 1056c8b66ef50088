import { readFileSync } from 'node:fs'
import { parseXml, type Fields } from '../index.js'
import { UsageError, type Call } from './command.js'

/** How fields come into a command. */
export const INPUT_OPTIONS = {
  field: { type: 'string', short: 'f', multiple: true },
  format: { type: 'string' },
} as const

export const INPUT_USAGE = `The fields come from FILE, or from standard input where no FILE and no --field is given, as JSON,
XML, name=value lines, or a=1&b=2.

-f, --field NAME=VALUE   one field; goes before the same one of FILE
--format FORMAT          json, xml, lines, pairs (a=1&b=2, values as they stand) or form (the same,
                         URL-encoded); recognised by itself unless pairs and form cannot be told apart`

const FORMATS = ['json', 'xml', 'lines', 'pairs', 'form'] as const
type Format = (typeof FORMATS)[number]

/** Names under which only a secret comes. */
const SECRET = /^(key|partner_?key|api_?key|mch_?key)$/i

/** The bytes of a file, or of standard input for `-`. */
export async function bytesOf(file: string, { io }: Call): Promise<Buffer> {
  if (file === '-') return io.read()
  try {
    return readFileSync(file)
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}

/** The one file of a command that takes no other argument; standard input where it is absent. */
export function fileOf({ positionals }: Call): string {
  const [file = '-', ...more] = positionals
  if (more.length > 0) throw new UsageError(`one FILE is read, and ${positionals.length} are given`)
  return file
}

/** The fields that a command was given. */
export async function fieldsOf(call: Call, needed = true): Promise<Fields> {
  const { positionals, values } = call
  const flags = (values['field'] as readonly string[] | undefined) ?? []
  const read = positionals.length > 0 || (needed && flags.length === 0)
  const body = read ? await bytesOf(fileOf(call), call) : undefined
  const found = body === undefined ? {} : parse(body, formatOf(values['format'], body))
  return checked({ ...found, ...paired(flags, '--field') })
}

function checked(fields: Fields): Fields {
  const name = Object.keys(fields).find(each => SECRET.test(each))
  if (name === undefined) return fields
  const where = 'WXPAY_KEY or --key-file has the merchant key'
  throw new UsageError(`${name} is no field and must not be among them: ${where}`)
}

function formatOf(given: unknown, body: Buffer): Format {
  if (given !== undefined) {
    const format = FORMATS.find(each => each === given)
    if (format === undefined) throw new UsageError(`--format is one of ${FORMATS.join(', ')}`)
    return format
  }
  const text = body.toString('utf8').trim()
  if (text === '') throw new UsageError('no fields: the input is empty')
  if (/^\uFEFF?</.test(text)) return 'xml'
  if (text.startsWith('{') || text.startsWith('[')) return 'json'
  if (text.includes('\n') || !text.includes('&')) return 'lines'
  if (!/%[0-9a-f]{2}/i.test(text)) return 'pairs'
  throw new UsageError(
    'the values hold %XX: --format form takes them as URL-encoded, --format pairs as they stand',
  )
}

function parse(body: Buffer, format: Format): Fields {
  if (format === 'xml') return parseXml(body)
  const text = new TextDecoder().decode(body)
  if (format === 'json') return object(text)
  if (format === 'form') return Object.fromEntries(once([...new URLSearchParams(text.trim())]))
  if (format === 'pairs') return paired(text.trim().split('&'), 'the input')
  const lines = text.split(/\r?\n/).filter(line => line.trim() !== '' && !line.startsWith('#'))
  return paired(lines, 'the input')
}

function object(text: string): Fields {
  let read: unknown
  try {
    read = JSON.parse(text)
  } catch {
    // The parser's own error quotes the text.
    throw new UsageError('the input is not JSON')
  }
  if (typeof read === 'object' && read !== null && !Array.isArray(read)) return read as Fields
  throw new UsageError('the JSON must be one object of fields')
}

function paired(pairs: readonly string[], where: string): Fields {
  const entries = pairs.map((pair, place): [string, string] => {
    const at = pair.indexOf('=')
    // What stands there may be a key that was pasted in the wrong place.
    if (at < 1) throw new UsageError(`${where}: number ${place + 1} is not NAME=VALUE`)
    return [pair.slice(0, at).trim(), pair.slice(at + 1)]
  })
  return Object.fromEntries(once(entries))
}

function once(entries: [string, string][]): [string, string][] {
  const names = entries.map(([name]) => name)
  const twice = names.find((name, place) => names.indexOf(name) !== place)
  if (twice === undefined) return entries
  throw new UsageError(`${twice} is given twice`)
}
