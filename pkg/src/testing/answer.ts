import type { ENDPOINTS } from '../../dist/generated/endpoints.js'
import { WIRE } from '../../dist/generated/wire.js'
import { buildXml, signedXml } from '../facade.js'
import type { Fields, Flat, SignType } from '../facade.js'
import { Dice } from './dice.js'
import type { Merchant } from './merchant.js'
import { DOCUMENTS_MERCHANT } from './merchant.js'

/** An endpoint's name in the table. */
export type EndpointName = keyof typeof ENDPOINTS

/** How an answer leaves the gateway, where it does not simply go out. */
export interface Manner {
  /** Milliseconds of real time before the first byte. */
  delay?: number
  /** No byte at all. */
  silent?: boolean
  /** The connection breaks after half of the body. */
  reset?: boolean
  /** Half of the body, as if it were all. */
  truncated?: boolean
  /** So many milliseconds between one byte and the next. */
  drip?: number
}

/** One HTTP answer of the gateway. */
export interface Answer {
  status: number
  headers: Record<string, string>
  body: string | Buffer
  manner?: Manner
}

/** A business error: signed where the endpoint signs, with `result_code=FAIL`. */
export interface BusinessError {
  err_code: string
  err_code_des: string
}

/** A refusal of the request itself: `return_code=FAIL`, unsigned. */
export interface Refusal {
  return_msg: string
}

export const fault = (err_code: string, err_code_des: string): BusinessError => ({
  err_code,
  err_code_des,
})

export const xml = (body: string): Answer => ({
  status: 200,
  headers: { 'content-type': 'text/xml; charset=utf-8' },
  body,
})

/** `return_code=FAIL` and the reason, with no other field and no signature. */
export function refuse(return_msg: string): Answer {
  return xml(buildXml({ return_code: 'FAIL', return_msg }))
}

/** How the payout family refuses: it has an `err_code` even there. */
export function refuseCoded({ err_code, err_code_des }: BusinessError): Answer {
  const told = { return_msg: err_code_des, result_code: 'FAIL', err_code, err_code_des }
  return xml(buildXml({ return_code: 'FAIL', ...told }))
}

/**
 * What the machine in front of the gateway says to a request without a usable
 * `mch_id`: plain text, and `retmsg`/`retcode` instead of the usual names
 * (seen in the field, in no document).
 */
export function refuseInFront(retmsg = 'param mch_id invalid'): Answer {
  return {
    status: 200,
    headers: { 'content-type': 'text/plain;charset=utf-8' },
    body: `<xml><return_code>FAIL</return_code><retmsg>${retmsg}</retmsg><retcode>1</retcode></xml>`,
  }
}

/** The page of nginx for a call that lacks the client certificate, or has one that does not hold. */
export function refuseCertificate(
  why: 'No required SSL certificate was sent' | 'The SSL certificate error',
): Answer {
  const title = `400 ${why}`
  return {
    status: 400,
    headers: { 'content-type': 'text/html', server: 'nginx', connection: 'close' },
    body: `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n<center>${why}</center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`,
  }
}

/** What a row of the table asks of an answer; `label` marks what a failure repeats too. */
interface Row {
  name: string
  same: boolean
  label: boolean
  integer: boolean
}

const LABEL = /^(sub_)?(mch_)?appid$|^(sub_)?mch_?id$|^wxappid$|^combine_\w*id$|^device_info$/

/** The rows that the gateway fills in by itself, of each endpoint that was called. */
const ROWS = new Map<EndpointName, readonly Row[]>()

function rowsOf(name: EndpointName): readonly Row[] {
  let rows = ROWS.get(name)
  if (rows === undefined) {
    const facts = WIRE[name]
    if (facts === undefined) throw new Error(`the table has no endpoint ${name}`)
    rows = facts.answer
      .map(([row, need, , integer]) => ({
        name: row,
        same: need.endsWith('same'),
        label: LABEL.test(row),
        integer,
      }))
      .filter(({ name, same }) => same || (ENVELOPE.has(name) && name !== 'sign'))
    ROWS.set(name, rows)
  }
  return rows
}

/**
 * The fields of an answer, by the table's rows: the envelope, what is repeated from the request,
 * and the outcome.
 */
export function compose(
  name: EndpointName,
  merchant: Merchant,
  asked: Flat,
  outcome: Fields,
  dice: Dice,
): Fields {
  const failed = outcome['err_code'] !== undefined && outcome['result_code'] !== 'SUCCESS'
  const fields: Record<string, string | number> = {}
  for (const row of rowsOf(name)) {
    if (row.name in outcome) continue
    if (row.same) {
      const value = asked[row.name] ?? own(row.name, merchant)
      if (value !== undefined && (row.label || !failed))
        fields[row.name] = row.integer ? Number(value) : value
    } else if (row.name === 'return_code') fields[row.name] = 'SUCCESS'
    else if (row.name === 'return_msg') fields[row.name] = 'OK'
    else if (row.name === 'nonce_str') fields[row.name] = dice.text(32)
    else if (row.name === 'result_code') fields[row.name] = failed ? 'FAIL' : 'SUCCESS'
  }
  // Whatever the table says of successes, a failure has it.
  if (failed) fields['result_code'] = 'FAIL'
  return Object.assign(fields, outcome)
}

/** Some answers name the merchant where the question did not. */
const own = (name: string, { appid, mchid }: Merchant): string | undefined =>
  name === 'appid' ? appid : name === 'mch_id' ? mchid : undefined

/** A documented success: the examples of the rows that are always or usually there. */
export function sampleOutcome(name: EndpointName, asked: Flat): Fields {
  const fields: Record<string, string | number> = {}
  for (const [row, need, example, integer] of WIRE[name]?.answer ?? []) {
    if (ENVELOPE.has(row)) continue
    const [, field, values] = /^if:(\w+)=([^/]+)/.exec(need) ?? []
    const due =
      field === undefined
        ? need === 'always' || need === 'usual'
        : values?.split('|').includes(asked[field] ?? '')
    if (due === true) fields[row] = integer ? Number(example) : (asked[row] ?? example)
  }
  return fields
}

const ENVELOPE = new Set([
  'return_code',
  'return_msg',
  'result_code',
  'nonce_str',
  'sign',
  'hblist',
])

/** Who answers, and how it signs. The default is the documents' merchant and MD5. */
export interface SignedAnswerOptions {
  key?: string | undefined
  signType?: SignType | undefined
  appid?: string | undefined
  mchid?: string | undefined
}

/**
 * A valid answer of an endpoint, for unit tests of code that gets it: the documented success with
 * `fields` added or in its place. `undefined` leaves a field out; `err_code` makes it a failure.
 *
 * ```js
 * const body = signedAnswer('orderQuery', { out_trade_no: 'A1001', trade_state: 'NOTPAY' })
 * ```
 */
export function signedAnswer(
  name: EndpointName,
  fields: Fields = {},
  options: SignedAnswerOptions = {},
): string {
  if (WIRE[name] === undefined) throw new TypeError(`there is no endpoint ${name}`)
  const { appid, mchid, key } = DOCUMENTS_MERCHANT
  const merchant: Merchant = {
    ...DOCUMENTS_MERCHANT,
    appid: options.appid ?? appid,
    mchid: options.mchid ?? mchid,
  }
  const asked: Flat = {}
  for (const [field, value] of Object.entries(fields))
    if (value != null) asked[field] = String(value)
  const sample = fields['err_code'] === undefined ? sampleOutcome(name, asked) : {}
  const message = compose(name, merchant, asked, { ...sample, ...fields }, new Dice())
  return signedXml(message, options.key ?? key, options.signType)
}

/** JSON, under the content type a caller asks for. */
export function json(
  value: unknown,
  status = 200,
  type = 'application/json; charset=utf-8',
): Answer {
  return {
    status,
    headers: { 'content-type': type, 'cache-control': 'no-store' },
    body: JSON.stringify(value),
  }
}

/** A plain refusal of an HTTP request that is no message of the protocol. */
export function plain(status: number, text: string, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
    body: `${text}\n`,
  }
}
