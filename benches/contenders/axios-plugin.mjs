// The two ends of its axios pipeline, without axios. A failed check returns an Error.
import wechatpay from 'wechatpay-axios-plugin'
import { appid, key, mchid } from '../merchant.mjs'

export const name = 'wechatpay-axios-plugin'

const { Formatter, Hash, Transformer } = wechatpay
const transformer = new Transformer(mchid, key)
const [signer, stringify] = transformer.request
const [parse, verifier] = transformer.response
const config = { method: 'post', url: '/pay/unifiedorder' }

function parseVerify(xml) {
  const found = verifier.call(config, parse.call(config, xml))
  return found instanceof Error ? null : found
}

export const operations = {
  sign: fields => Hash.sign('MD5', fields, key),
  signHmac: fields => Hash.sign('HMAC-SHA256', fields, key),
  verify: fields => Hash.equals(Hash.sign('MD5', fields, key), fields.sign),
  signBuild: fields => stringify.call(config, signer.call(config, fields)),
  parseBytes: body => Transformer.toObject(body.toString()),
  parseString: xml => Transformer.toObject(xml),
  parseVerifyBytes: body => parseVerify(body.toString()),
  parseVerifyString: parseVerify,
  parseVerifyHmac: body => parseVerify(body.toString()),
  resign(prepayId) {
    const params = {
      appId: appid,
      timeStamp: `${Formatter.timestamp()}`,
      nonceStr: Formatter.nonce(),
      package: `prepay_id=${prepayId}`,
      signType: 'MD5',
    }
    params.paySign = Hash.sign('MD5', params, key)
    return params
  },
  nonce: () => Formatter.nonce(),
  reject: body => parseVerify(body.toString()) === null,
}
