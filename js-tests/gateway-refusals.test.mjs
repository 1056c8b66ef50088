import assert from 'node:assert/strict'
import { describe } from 'node:test'
import {
  KEY,
  OTHER_KEY,
  SUCCESS,
  FAIL,
  signature,
  toXml,
  orderFields,
  drop,
  withSign,
  post,
  order,
  query,
  assertFault,
  assertRefused,
  onGateway,
} from './merchant.mjs'

describe('the requests it refuses', () => {
  const good = () => withSign(orderFields())

  for (const [name, body] of [
    ['JSON', '{"appid":"wx"}'],
    ['a root without an end', '<xml><appid>a</appid>'],
    [
      'a DOCTYPE',
      '<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/passwd">]><xml><appid>&x;</appid></xml>',
    ],
    ['a field given twice', toXml(good()).replace('</xml>', '<appid>wx</appid></xml>')],
    ['nested elements', '<xml><a><b>1</b></a></xml>'],
    ['bytes that are not UTF-8', Buffer.from('<xml><body>\xff</body></xml>', 'latin1')],
  ]) {
    onGateway(`malformed XML: ${name}`, {}, async gateway => {
      assertRefused(await post(gateway, '/pay/unifiedorder', body), 'XML格式错误')
    })
  }

  onGateway('no usable mch_id: the plain-text error of the machine in front', {}, async gateway => {
    for (const fields of [
      drop(orderFields(), 'mch_id'),
      orderFields({ mch_id: '' }),
      orderFields({ mch_id: 'abc' }),
    ]) {
      const { type, marker, text } = await post(gateway, '/pay/orderquery', toXml(withSign(fields)))
      assert.match(type, /^text\/plain/)
      assert.equal(marker, 'simulator')
      assert.equal(
        text,
        '<xml><return_code>FAIL</return_code><retmsg>param mch_id invalid</retmsg><retcode>1</retcode></xml>',
      )
    }
  })

  onGateway('method, empty body, merchant, sign_type', {}, async gateway => {
    const got = await fetch(`${gateway.url}/pay/unifiedorder`)
    assertRefused({ status: got.status, text: await got.text() }, '请使用post方法')
    assertRefused(await post(gateway, '/pay/unifiedorder', ''), 'post数据为空')
    assertRefused(await order(gateway, {}, 'appid'), '缺少参数appid')
    assertRefused(
      await order(gateway, { appid: 'wx0000000000000000' }),
      'AppID不存在，请检查后再试',
    )
    assertRefused(await order(gateway, { mch_id: '1900000108' }), '商户号mch_id与appid不匹配')
    assertRefused(await order(gateway, { key: KEY }), '不识别的参数key')
    assertRefused(await order(gateway, { sign_type: 'SHA1' }), 'sign_type参数格式错误')
  })

  onGateway('a wrong signature, with no other field in the answer', {}, async gateway => {
    const fields = orderFields()
    const hmac = signature(fields, KEY, 'HMAC-SHA256')
    for (const wrong of [
      { ...withSign(fields), total_fee: '1' },
      withSign(fields, OTHER_KEY),
      fields,
      { ...fields, sign: '' },
      { ...fields, sign: 'F'.repeat(32) },
      { ...fields, sign: hmac }, // an HMAC without sign_type is no MD5
      {
        ...fields,
        sign_type: 'HMAC-SHA256',
        sign: signature({ ...fields, sign_type: 'HMAC-SHA256' }, KEY, 'MD5'),
      },
    ]) {
      assertRefused(
        await post(gateway, '/pay/unifiedorder', toXml(wrong)),
        '签名错误，请检查后再试',
      )
      assertRefused(await post(gateway, '/pay/orderquery', toXml(wrong)), '签名错误，请检查后再试')
    }
    assert.deepEqual(gateway.orders(), [])
  })

  onGateway('missing fields', {}, async gateway => {
    for (const name of [
      'nonce_str',
      'body',
      'out_trade_no',
      'total_fee',
      'spbill_create_ip',
      'notify_url',
      'trade_type',
    ]) {
      assertRefused(await order(gateway, {}, name), `缺少参数${name}`)
      assertRefused(await order(gateway, { [name]: '' }), `缺少参数${name}`)
    }
    assertRefused(await order(gateway, { trade_type: 'JSAPI' }), 'JSAPI支付必须传openid')
    assertRefused(await order(gateway, {}, 'product_id'), 'NATIVE支付必须传product_id')
    assertRefused(await order(gateway, { trade_type: 'MWEB' }), 'MWEB支付必须传scene_info')
    assertRefused(await query(gateway, {}), '缺少参数transaction_id')
    assertFault(await query(gateway, { out_trade_no: 'A1', transaction_id: '42' }), 'PARAM_ERROR')
  })

  onGateway('limits count bytes', {}, async gateway => {
    assert.equal(
      (await order(gateway, { out_trade_no: 'L1', body: '\u4e2d'.repeat(42) })).fields.result_code,
      'SUCCESS',
    )
    assertRefused(
      await order(gateway, { out_trade_no: 'L2', body: '\u4e2d'.repeat(43) }),
      'body参数长度有误',
    )
    assertRefused(
      await order(gateway, { out_trade_no: 'L3', attach: 'a'.repeat(128) }),
      'attach参数长度有误',
    )
    assertRefused(await order(gateway, { nonce_str: 'n'.repeat(33) }), 'nonce_str参数长度有误')
    assertRefused(
      await order(gateway, { out_trade_no: 'L'.repeat(33) }),
      'out_trade_no参数长度有误',
    )
    assertRefused(
      await query(gateway, { out_trade_no: 'L'.repeat(33) }),
      'out_trade_no参数长度有误',
    )
  })

  onGateway('amounts', {}, async gateway => {
    const integer = '无法将输入源“/body/xml/total_fee”映射到目标字段“总金额”中，此字段需要一个整数'
    for (const total_fee of ['1.5', '-1', '+1', 'x', '1e2'])
      assertRefused(await order(gateway, { total_fee }), integer)
    for (const total_fee of ['0', '01', '10000000001'])
      assertFault(await order(gateway, { total_fee }), 'PARAM_ERROR', 'total_fee参数格式错误')
    assert.deepEqual(gateway.orders(), [])
  })

  onGateway('wrong values, as signed business errors', {}, async gateway => {
    for (const [name, value] of [
      ['out_trade_no', 'a b'],
      ['out_trade_no', '订单'],
      ['trade_type', 'MICROPAY'],
      ['fee_type', 'USD'],
      ['time_start', '20260230120000'],
      ['time_expire', 'tomorrow'],
      ['notify_url', 'http://127.0.0.1/n?a=1'],
      ['notify_url', 'ftp://127.0.0.1/'],
      ['notify_url', '/notify'],
      ['notify_url', 'http://[/'],
      ['limit_pay', 'no_debit'],
      ['receipt', 'y'],
      ['profit_sharing', 'y'],
    ])
      assertFault(await order(gateway, { [name]: value }), 'PARAM_ERROR', `${name}参数格式错误`)
    for (const name of ['body', 'attach']) {
      assertFault(
        await order(gateway, { [name]: 'tea \u{1f375}' }),
        'NOT_UTF8',
        `${name}参数格式错误`,
      )
    }
    assertFault(
      await order(gateway, { time_expire: '20260304120059' }),
      'INVALID_REQUEST',
      'time_expire时间过短',
    )
    assert.deepEqual(gateway.orders(), [])
  })

  onGateway('more than 64 KB', {}, async gateway => {
    const { status, marker } = await post(gateway, '/pay/unifiedorder', 'x'.repeat(65_537))
    assert.equal(status, 413)
    assert.equal(marker, 'simulator')
  })
})
