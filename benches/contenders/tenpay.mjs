// Its middleware is `_parse`, its requests are `_getSign` and `buildXML`. Reading is asynchronous,
// nonces come from Math.random, and re-signing takes no time or nonce from the caller.
import Payment from 'tenpay'
import util from 'tenpay/lib/util.js'
import { appid, key, mchid } from '../merchant.mjs'

export const name = 'tenpay'

const payment = new Payment({ appid, mchid, partnerKey: key })
const parseVerify = xml => payment._parse(xml, 'middleware_pay')

export const operations = {
  sign: fields => payment._getSign(fields),
  signHmac: fields => payment._getSign(fields, 'HMAC-SHA256'),
  verify: fields => fields.sign === payment._getSign(fields, fields.sign_type),
  signBuild(fields) {
    const params = { ...fields }
    params.sign = payment._getSign(params, params.sign_type)
    return util.buildXML(params)
  },
  parseBytes: body => util.parseXML(body.toString()),
  parseString: xml => util.parseXML(xml),
  parseVerifyBytes: body => parseVerify(body.toString()),
  parseVerifyString: parseVerify,
  parseVerifyHmac: body => parseVerify(body.toString()),
  resign: prepay_id => payment.getPayParamsByPrepay({ prepay_id }),
  nonce: () => util.generate(32),
  async reject(body) {
    try {
      await parseVerify(body.toString())
      return false
    } catch (error) {
      return error.message === 'sign签名错误'
    }
  },
}
