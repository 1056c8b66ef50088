// It knows no HMAC-SHA256, its callback never checks a signature (here it is done as its user
// would), and its nonces come from Math.random.
import WXPay from 'weixin-pay'
import { appid, key, mchid } from '../merchant.mjs'

export const name = 'weixin-pay'

const wxpay = new WXPay({ appid, mch_id: mchid, partner_key: key })
const util = wxpay.Util

/** Its reader takes a callback, and calls it before it returns. */
function parse(xml) {
  let found
  util.parseXML(xml, (error, message) => {
    if (error) throw error
    found = message
  })
  return found
}

const verify = fields => wxpay.sign(fields) === fields.sign

function parseVerify(xml) {
  const fields = parse(xml)
  return verify(fields) ? fields : null
}

export const operations = {
  sign: fields => wxpay.sign(fields),
  verify,
  signBuild(fields) {
    const order = util.mix({}, fields)
    order.sign = wxpay.sign(order)
    return util.buildXML({ xml: order })
  },
  parseBytes: body => parse(body.toString('utf8')),
  parseString: parse,
  parseVerifyBytes: body => parseVerify(body.toString('utf8')),
  parseVerifyString: parseVerify,
  resign(prepayId) {
    const params = {
      appId: appid,
      timeStamp: `${Math.floor(Date.now() / 1000)}`,
      nonceStr: util.generateNonceString(),
      package: `prepay_id=${prepayId}`,
      signType: 'MD5',
    }
    params.paySign = wxpay.sign(params)
    return params
  },
  nonce: () => util.generateNonceString(),
  reject: body => parseVerify(body.toString('utf8')) === null,
}
