/** What a pasted text is, in words; how it is read is decided in message.mjs and by the doctor. */

const FORMS = {
  xml: ['XML', 'XML'],
  json: ['JSON', 'JSON'],
  string: ['待签名字符串', 'string to sign'],
  lines: ['name=value', 'name=value'],
  log: ['日志', 'log'],
  base64: ['Base64', 'Base64'],
}

/** In this order: the first of which all fields are there. */
const KINDS = [
  [['req_info'], ['退款结果通知', 'refund notification']],
  [['paySign'], ['调起支付的参数', 'parameters of requestPayment']],
  [['timeStamp', 'package'], ['调起支付的参数', 'parameters of requestPayment']],
  [['partnerid', 'prepayid'], ['App 调起支付的参数', 'parameters of an app']],
  [['product_id', 'openid', 'is_subscribe'], ['扫码回调', 'callback of a scanned code']],
  [['return_code', 'prepay_id'], ['统一下单的应答', 'answer of unifiedorder']],
  [['transaction_id', 'time_end'], ['支付结果', 'result of a payment']],
  [['return_code'], ['微信的应答', 'answer of WeChat']],
  [['out_refund_no', 'refund_fee'], ['退款请求', 'refund request']],
  [['out_trade_no', 'total_fee'], ['下单请求', 'order']],
]

/** A bare `req_info`: whole AES blocks in Base64. */
export function isCiphertext(text) {
  const bare = text.replace(/\s/g, '')
  return /^[A-Za-z0-9+/]{64,}={0,2}$/.test(bare) && bare.length % 4 === 0
}

/** Form and kind as `[zh, en]`; nothing for an empty text. */
export function recognise(text, fields) {
  const start = text.trim()
  if (start === '') return undefined
  const form = FORMS[formOf(start)]
  const has = (name) => fields !== undefined && Object.hasOwn(fields, name)
  const kind = KINDS.find(([names]) => names.every(has))?.[1]
  return kind === undefined ? form : [0, 1].map((language) => `${kind[language]} · ${form[language]}`)
}

function formOf(text) {
  if (text[0] === '<') return 'xml'
  if (text[0] === '{' || text[0] === '[') return 'json'
  if (isCiphertext(text)) return 'base64'
  if (/<xml>|\{\s*"/.test(text)) return 'log'
  return /^[\w.-]+=[^\n]*&[\w.-]+=[^\n]*$/.test(text) ? 'string' : 'lines'
}
