// The table of endpoints as the package publishes it, and what a client of ours makes of it: written
// after the documents, with nothing of the package but the table.
import { createRequire } from 'node:module'
import { XMLParser } from 'fast-xml-parser'
import { KEY, digest } from './wire.mjs'

/** Every endpoint. */
export const TABLE = createRequire(import.meta.url)('wxpay-wasm/endpoints.json')

export const MERCHANT = {
  appid: 'wxd930ea5d5a258f4f',
  mchid: '1230000109',
  partnerKey: KEY,
  notify_url: 'https://example.com/wxpay/notify',
  refund_url: 'https://example.com/wxpay/refund',
  spbill_create_ip: '123.12.12.123',
  appSecret: '0123456789abcdef0123456789abcdef',
}

export const SUB = { sub_appid: 'wx8888888888888888', sub_mch_id: '1900000109' }

const parser = new XMLParser({ parseTagValue: false, trimValues: false })

/** The fields of a flat message, read by another library. */
export const readXml = text => parser.parse(text).xml

export const row = (rows, name) => rows.find(row => row.name === name)

/** The words of `word:A|B`. */
export const words = kind => (kind.startsWith('word:') ? kind.slice(5).split('|') : [])

/** The most bytes of `text:32`. */
export const limit = kind => Number(/^(?:text|number|json|url|ip):(\d+)$/.exec(kind)?.[1])

/** Whether a call needs a setting that only service providers have. */
export const forProviders = ({ request }) =>
  request.some(({ name, need }) => name === 'sub_mch_id' && need.startsWith('configured'))

/** Whether the answer repeats this field of the request. */
export const echoes = ({ need }) => need === 'same' || need === 'always-same'

/** The algorithm that a client of this preference uses. */
export const algorithm = ({ algorithms }, preferred = 'MD5') =>
  algorithms.includes(preferred) ? preferred : algorithms[0]

/** What must be on the wire, but the nonce, the time and the signature. */
export function expected({ request, sample }, options, type) {
  const settings = { ...options, mch_id: options.mchid }
  const fields = {}
  for (const { name, need, kind } of request) {
    const [rule, setting = name] = need.split(':')
    if (kind === 'appid') fields[name] = options.appid
    else if (kind === 'mch_id') fields[name] = options.mchid
    else if (kind === 'secret') fields[name] = options.appSecret
    else if (kind === 'nonce') fields[name] = 'nonce'
    else if (rule === 'fixed') fields[name] = words(kind)[0]
    else if (name === 'sign_type') {
      if (rule === 'configured' || type !== words(kind)[0]) fields[name] = type
    } else if (name === 'timestamp') fields[name] = 'now'
    else if ((rule === 'configured' || rule === 'default') && settings[setting] !== undefined) {
      fields[name] = settings[setting]
    }
  }
  for (const [name, value] of Object.entries(sample.request)) fields[name] = String(value)
  return fields
}

/** A documented answer to a request that had these fields, unsigned. */
export function answered({ answer, sample }, asked) {
  const fields = { ...sample.answer }
  for (const echo of answer.filter(echoes)) {
    if (asked[echo.name] === undefined) delete fields[echo.name]
    else fields[echo.name] = asked[echo.name]
  }
  return fields
}

/** The answer as the server writes it: signed where the table says so. */
export function written({ answer, body, signed }, fields, type) {
  if (body === 'json') {
    const value = ([name, text]) => [name, row(answer, name)?.kind === 'int' ? Number(text) : text]
    return JSON.stringify(Object.fromEntries(Object.entries(fields).map(value)))
  }
  const all = signed ? { ...fields, sign: digest(fields, { type }) } : fields
  const wrappers = answer.filter(({ kind }) => kind === 'nested').map(({ name }) => name)
  return `<xml>${Object.entries(all).map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`).join('')}${
    wrappers.map(name => `<${name}><item><a>1</a></item><item><a>2</a></item></${name}>`).join('')
  }</xml>`
}
