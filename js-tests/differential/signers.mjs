// The signers of other libraries, and how each of them reads a message otherwise than chapter 4.3.
import { createRequire } from 'node:module'
import tenpay from 'tenpay'
import wechatpay from 'wechatpay-axios-plugin'

/**
 * What a library signs otherwise. A quirk tells the fields it concerns, and what becomes of the list
 * of pairs; whoever repeats the quirks of a library must come to the library's signature.
 */
const drops = names => ({
  concerns: fields => names.some(name => Object.hasOwn(fields, name)),
  apply: pairs => pairs.filter(([name]) => !names.includes(name)),
})

const nulls = text => ({
  concerns: fields => Object.values(fields).includes(null),
  apply: (pairs, fields) => [...pairs, ...Object.keys(fields).flatMap(name => (name !== 'sign' && fields[name] === null ? [[name, text]] : []))],
})

const zeros = {
  concerns: fields => Object.values(fields).includes(0),
  apply: (pairs, fields) => pairs.filter(([name]) => fields[name] !== 0),
}

const nothing = { concerns: (_, pairs) => pairs.length === 0, apply: pairs => pairs, joint: true }

/** Who is right, and why; the chapters are those of the official documents. */
export const CLASSES = {
  'null-as-text': {
    right: 'wxpay-wasm',
    because: 'a field that is null is signed as the text "null", and an empty element or none is sent (chapter 4.3: empty fields are not signed)',
  },
  'null-as-empty': {
    right: 'wxpay-wasm',
    because: 'a field that is null is signed as `name=`, which chapter 4.3 forbids: empty fields are not signed',
  },
  'zero-dropped': {
    right: 'wxpay-wasm',
    because: 'the number 0 is taken for an empty value; on the wire it is the text "0", which chapter 4.3 signs',
  },
  'proto-dropped': {
    right: 'wxpay-wasm',
    because: 'a field named `__proto__` is set as the prototype of an object, and neither signed nor refused',
  },
  'names-dropped': {
    right: 'wxpay-wasm',
    because: 'fields named `pfx` and `partner_key`, which are options of the library, are left out although they are sent',
  },
  'nothing-to-sign': {
    right: 'nobody',
    because: 'without fields the string is `&key=…` there and `key=…` here; chapter 4.3 does not say, and no message is without fields',
  },
  FIELD_RESERVED: {
    right: 'wxpay-wasm',
    because: 'a field named `key` makes the end of the string ambiguous; it is refused, and signed or silently dropped by others',
  },
  FIELD_VALUE: {
    right: 'wxpay-wasm',
    because: 'half a surrogate pair, a character that XML cannot carry, a fraction, a truth value: what arrives would not be what was signed',
  },
  FIELD_NAME: {
    right: 'wxpay-wasm',
    because: 'a name that is no XML name of the dialect (a digit in front, an ampersand): it cannot be sent',
  },
}

const both = sign => ({ MD5: (fields, key) => sign(fields, key, 'MD5'), 'HMAC-SHA256': (fields, key) => sign(fields, key, 'HMAC-SHA256') })

const Tenpay = tenpay
let payment = { partnerKey: undefined }

/** The libraries of npm; `weixin-pay` is there where the benchmark is installed. */
export const SIGNERS = [
  {
    name: 'tenpay',
    sign: both((fields, key, type) => {
      if (payment.partnerKey !== key) payment = new Tenpay({ appid: 'a', mchid: 'm', partnerKey: key })
      return payment._getSign(fields, type)
    }),
    quirks: { 'null-as-text': nulls('null'), 'nothing-to-sign': nothing },
  },
  {
    name: 'wechatpay-axios-plugin',
    sign: both((fields, key, type) => wechatpay.Hash.sign(type, fields, key)),
    quirks: { 'null-as-empty': nulls(''), 'proto-dropped': drops(['__proto__']), 'nothing-to-sign': nothing },
  },
  ...weixinPay(),
]

/** wechatpy, in a process of its own. */
export const WECHATPY = { name: 'wechatpy', quirks: { 'zero-dropped': zeros } }

function weixinPay() {
  let WXPay
  try {
    WXPay = createRequire(new URL('../../benches/package.json', import.meta.url))('weixin-pay')
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error
    return []
  }
  /** Its MD5 throws where a text is none. */
  function sign(fields, key) {
    try {
      return new WXPay({ appid: 'a', mch_id: 'm', partner_key: key }).sign(fields)
    } catch (error) {
      if (error instanceof URIError) return null
      throw error
    }
  }
  const quirks = {
    'null-as-text': nulls('null'),
    'names-dropped': drops(['pfx', 'partner_key']),
    'nothing-to-sign': nothing,
  }
  return [{ name: 'weixin-pay', sign: { MD5: sign }, quirks }]
}
