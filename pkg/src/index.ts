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
  chooseWxPay,
  contractSigning,
  couponUrl,
  h5Url,
  jsapiPay,
  nativeReply,
  nativeUrl,
  payscoreEnable,
  payscoreJump,
  payscoreUse,
  sendBizRedPacket,
  sendCoupon,
  wxConfig,
} from './client-pay.js'
export type {
  AppPay,
  AppPrepaid,
  BizRedPacket,
  BizRedPacketGiven,
  BusinessView,
  ChooseWxPay,
  Contract,
  Coupon,
  CouponGiving,
  JsapiPay,
  MiniProgramJump,
  NativeProduct,
  NativeReply,
  PayscoreOrder,
  PayscoreService,
  PluginCoupon,
  WxConfig,
  WxConfigGiven,
} from './client-pay.js'
export {
  buildXml,
  decryptRefund,
  miniProgramPay,
  nativeCallback,
  nonceStr,
  parseNested,
  parseSigned,
  parseXml,
  sign,
  signedXml,
  stringToSign,
  verify,
} from './facade.js'
export type { Element, MiniProgramPay, NativeCallback, Prepaid, SignType } from './facade.js'
export type { Fields, FieldValue, Flat } from './fields.js'
export { Key } from './key.js'
export { trapCount } from './traps.js'
export { workwxSign } from './workwx.js'
export type { WorkwxRequest } from './workwx.js'
