import type { Fields, SignType } from '../index.js'
import { UsageError, type Call } from './command.js'

export const SIGN_TYPE_OPTIONS = { 'sign-type': { type: 'string' } } as const

const TYPES: readonly SignType[] = ['MD5', 'HMAC-SHA256']

/** The algorithm: as the flag says, the fields or the environment; MD5 where nothing says it. */
export function signTypeOf({ values, io }: Call, fields: Fields = {}): SignType {
  const flag = values['sign-type']
  const given = flag ?? (fields['sign_type'] || io.env['WXPAY_SIGN_TYPE'] || 'MD5')
  const type = TYPES.find(each => each === given)
  if (type !== undefined) return type
  throw new UsageError(`${flag === undefined ? 'sign_type' : '--sign-type'} is ${TYPES.join(' or ')}`)
}
