import {
  miniProgramPay,
  nonceStr,
  parseSigned,
  parseXml,
  sign,
  signedXml,
  verify,
  WxPayError,
} from 'wxpay-wasm'
import { appid, key } from '../merchant.mjs'

export const name = 'wxpay-wasm'

const LARGE = { maxBytes: 4 * 1024 * 1024 }

export const operations = {
  sign: fields => sign(fields, key),
  signHmac: fields => sign(fields, key, 'HMAC-SHA256'),
  verify: fields => verify(fields, key),
  signBuild: fields => signedXml(fields, key),
  parseBytes: body => parseXml(body),
  parseString: body => parseXml(body),
  parseLarge: body => parseXml(body, LARGE),
  parseVerifyBytes: body => parseSigned(body, key),
  parseVerifyString: body => parseSigned(body, key),
  parseVerifyHmac: body => parseSigned(body, key, { signType: 'HMAC-SHA256' }),
  resign: prepay_id => miniProgramPay({ appId: appid, prepay_id }, key),
  nonce: () => nonceStr(),
  reject(body) {
    try {
      parseSigned(body, key)
      return false
    } catch (error) {
      return error instanceof WxPayError && error.code === 'SIGN_MISMATCH'
    }
  },
}
