/**
 * WeChat Pay API v2: signatures, XML and the second signature, for Node, cloud functions, Workers
 * and browsers. The rules are in Rust, compiled to WebAssembly, and start on the first call.
 *
 * @packageDocumentation
 */
export { ERROR_CODES, WxPayError } from './errors.js'
export type { ErrorCode, ErrorDetails, Phase, Query } from './errors.js'
export {
  appPay,
  buildXml,
  jsapiPay,
  miniProgramPay,
  nonceStr,
  parseNested,
  parseSigned,
  parseXml,
  sign,
  signedXml,
  stringToSign,
  verify,
} from './facade.js'
export type { AppPay, AppPrepaid, Element, JsapiPay, MiniProgramPay, Prepaid, SignType } from './facade.js'
export type { Fields, FieldValue, Flat } from './fields.js'
export { Key } from './key.js'
export { trapCount } from './traps.js'
