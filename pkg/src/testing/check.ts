import { ENDPOINTS } from '../../dist/generated/endpoints.js'
import { WxPayError } from '../errors.js'
import { checkRequest } from '../facade.js'
import type { Flat } from '../facade.js'
import type { BusinessError, Refusal } from './answer.js'
import { parseBeijingTime } from './clock.js'

/** What the gateway answers to, by the last part of the path, and its name in the table of endpoints. */
const NAMES = { unifiedorder: 'unifiedOrder', orderquery: 'orderQuery' } as const

export type Endpoint = keyof typeof NAMES

/** Fields that only some trade types need (chapter 9.1). */
const BY_TRADE_TYPE = ['openid', 'product_id', 'scene_info']

const missing = (field: string): Refusal => ({ return_msg: `缺少参数${field}` })
const tooLong = (field: string): Refusal => ({ return_msg: `${field}参数长度有误` })
const malformed = (field: string, err_code = 'PARAM_ERROR'): BusinessError => ({
  err_code,
  err_code_des: `${field}参数格式错误`,
})

/**
 * The checks on a verified request without empty fields: null when it is fit. The rules are the
 * core's table; what is added here is how production words a breach: missing and over-long fields
 * are refused unsigned, wrong values with a signed business error.
 */
export function checkOrder(endpoint: Endpoint, fields: Flat): Refusal | BusinessError | null {
  const nonce = fields['nonce_str']
  if (nonce === undefined) return missing('nonce_str')
  if (nonce.length > 32) return tooLong('nonce_str')
  try {
    checkRequest(ENDPOINTS[NAMES[endpoint]].text, fields)
  } catch (error) {
    if (error instanceof WxPayError && error.field !== undefined)
      return worded(error.code, error.field, fields)
    throw error
  }
  if (endpoint === 'orderquery') return null
  // Only this gateway's merchant is known to be a domestic one: CNY alone (chapter 4.2).
  if ((fields['fee_type'] ?? 'CNY') !== 'CNY') return malformed('fee_type')
  for (const name of ['time_start', 'time_expire']) {
    const time = fields[name]
    if (time !== undefined && parseBeijingTime(time) === undefined) return malformed(name)
  }
  return null
}

function worded(code: string, field: string, fields: Flat): Refusal | BusinessError {
  const value = fields[field] ?? ''
  if (code === 'FIELD_MISSING') {
    return BY_TRADE_TYPE.includes(field)
      ? { return_msg: `${fields['trade_type']}支付必须传${field}` }
      : missing(field)
  }
  if (code === 'FIELD_LIMIT') return tooLong(field)
  if (field === 'total_fee' && !/^\d+$/.test(value)) {
    return {
      return_msg: '无法将输入源“/body/xml/total_fee”映射到目标字段“总金额”中，此字段需要一个整数',
    }
  }
  // Characters of four bytes, emoji above all, do not exist in v2 (chapter 4.2).
  return malformed(field, /[\u{10000}-\u{10ffff}]/u.test(value) ? 'NOT_UTF8' : 'PARAM_ERROR')
}
