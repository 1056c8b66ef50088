// What one writes with an XML library and node:crypto.
import { randomBytes } from 'node:crypto'
import { appid, key } from './merchant.mjs'
import { sign, verify } from './signature.mjs'

export function readerAndCrypto(parse, build) {
  function parseVerify(xml) {
    const fields = parse(xml)
    return verify(fields, key) ? fields : null
  }
  const nonce = () => randomBytes(16).toString('hex')
  return {
    sign: fields => sign(fields, key),
    signHmac: fields => sign(fields, key, 'HMAC-SHA256'),
    verify: fields => verify(fields, key),
    signBuild: fields => build({ ...fields, sign: sign(fields, key) }),
    parseBytes: body => parse(body.toString()),
    parseString: parse,
    parseVerifyBytes: body => parseVerify(body.toString()),
    parseVerifyString: parseVerify,
    parseVerifyHmac: body => parseVerify(body.toString()),
    resign(prepayId) {
      const params = {
        appId: appid,
        timeStamp: `${Math.floor(Date.now() / 1000)}`,
        nonceStr: nonce(),
        package: `prepay_id=${prepayId}`,
        signType: 'MD5',
      }
      params.paySign = sign(params, key)
      return params
    },
    nonce,
    reject: body => parseVerify(body.toString()) === null,
  }
}
