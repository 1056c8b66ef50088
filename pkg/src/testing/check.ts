import type { EndpointFacts } from '../../dist/generated/endpoints.js'
import type { WireFacts } from '../../dist/generated/wire.js'
import { WxPayError } from '../errors.js'
import { checkRequest } from '../facade.js'
import type { Flat } from '../facade.js'
import type { BusinessError, Refusal } from './answer.js'
import { fault } from './answer.js'
import { parseBeijingTime } from './clock.js'

/** Fields that only some trade types need (chapter 9.1). */
const BY_TRADE_TYPE = ['openid', 'product_id', 'scene_info']

/** What production calls the amounts when one is no integer. */
const AMOUNTS: Record<string, string> = {
  total_fee: '总金额',
  refund_fee: '退款金额',
  amount: '金额',
}

const missing = (field: string): Refusal => ({ return_msg: `缺少参数${field}` })
const tooLong = (field: string): Refusal => ({ return_msg: `${field}参数长度有误` })
const malformed = (field: string, err_code = 'PARAM_ERROR'): BusinessError =>
  fault(err_code, `${field}参数格式错误`)

/**
 * The checks on a verified request without empty fields: null when it is fit. The rules are the
 * core's table; what is added here is how production words a breach: missing and over-long fields
 * are refused unsigned, wrong values with a signed business error.
 */
export function check(
  { name, text }: EndpointFacts,
  { nonce }: WireFacts,
  fields: Flat,
): Refusal | BusinessError | null {
  if (nonce) {
    const given = fields['nonce_str']
    if (given === undefined) return missing('nonce_str')
    if (given.length > 32) return tooLong('nonce_str')
  }
  try {
    checkRequest(text, fields)
  } catch (error) {
    if (error instanceof WxPayError && error.field !== undefined)
      return worded(error.code, error.field, fields)
    throw error
  }
  // Only this gateway's merchant is known to be a domestic one: CNY alone (chapter 4.2).
  if (name !== 'queryExchangeRate' && (fields['fee_type'] ?? 'CNY') !== 'CNY')
    return malformed('fee_type')
  for (const field of ['time_start', 'time_expire']) {
    const time = fields[field]
    if (time !== undefined && parseBeijingTime(time) === undefined) return malformed(field)
  }
  return null
}

function worded(code: string, field: string, fields: Flat): Refusal | BusinessError {
  const value = fields[field] ?? ''
  if (code === 'FIELD_MISSING') {
    return BY_TRADE_TYPE.includes(field) && fields['trade_type'] !== undefined
      ? { return_msg: `${fields['trade_type']}支付必须传${field}` }
      : missing(field)
  }
  if (code === 'FIELD_LIMIT') return tooLong(field)
  const amount = AMOUNTS[field]
  if (amount !== undefined && !/^\d+$/.test(value)) {
    return {
      return_msg: `无法将输入源“/body/xml/${field}”映射到目标字段“${amount}”中，此字段需要一个整数`,
    }
  }
  // Characters of four bytes, emoji above all, do not exist in v2 (chapter 4.2).
  return malformed(field, /[\u{10000}-\u{10ffff}]/u.test(value) ? 'NOT_UTF8' : 'PARAM_ERROR')
}
