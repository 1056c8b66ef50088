// What the wire looks like for a client that somebody else wrote.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe } from 'node:test'
import {
  APPID,
  KEY,
  MCHID,
  OTHER_KEY,
  ask,
  assertDone,
  assertFault,
  assertRefused,
  assertSigned,
  buy,
  call,
  nonce,
  onGateway,
  order,
  orderFields,
  post,
  query,
  signature,
  toXml,
  withSign,
} from './merchant.mjs'

const HMAC = 'HMAC-SHA256'

describe('algorithms', () => {
  onGateway(
    'MD5 where only HMAC-SHA256 is taken: SYSTEMERROR, signed with the latter',
    {},
    async gateway => {
      const fields = { bill_date: '20260303', account_type: 'Basic' }
      for (const changes of [{}, { sign_type: 'MD5' }]) {
        const answer = await ask(
          gateway,
          '/pay/downloadfundflow',
          { ...fields, ...changes },
          { type: 'MD5' },
        )
        assert.equal(answer.fields.result_code, 'FAIL')
        assert.equal(answer.fields.err_code, 'SYSTEMERROR')
      }
      const shared = { transaction_id: '42', out_order_no: 'S1' }
      const { fields: answer } = await call(gateway, '/pay/profitsharingquery', {
        ...shared,
        sign_type: 'MD5',
      })
      assertSigned(answer, HMAC)
      assert.equal(answer.err_code, 'SYSTEMERROR')
      assert.equal(answer.err_code_des, undefined)
    },
  )

  onGateway('HMAC-SHA256 without sign_type, where nothing else is taken', {}, async gateway => {
    const { fields } = await call(
      gateway,
      '/pay/profitsharingquery',
      { transaction_id: '42', out_order_no: 'S1' },
      { type: HMAC },
    )
    assertSigned(fields, HMAC)
    assert.equal(fields.err_code, 'ORDERNOTEXIST')
    assert.equal(fields.appid, APPID, 'the answer has it, the request has not')
  })

  onGateway('a wrong key there is a wrong signature like anywhere', {}, async gateway => {
    const wrong = { key: OTHER_KEY, type: HMAC }
    const fields = { transaction_id: '42', out_order_no: 'S1', sign_type: HMAC }
    assertRefused(
      await call(gateway, '/pay/profitsharingquery', fields, wrong),
      '签名错误，请检查后再试',
    )
  })

  onGateway('an answer is signed like its question', {}, async gateway => {
    assertDone(await order(gateway))
    assertDone(await order(gateway, { sign_type: HMAC, out_trade_no: 'A1002' }), HMAC)
    assertFault(await query(gateway, { out_trade_no: 'none' }), 'ORDERNOTEXIST')
  })
})

describe('shapes', () => {
  onGateway('text in CDATA, integers bare, another nonce', {}, async gateway => {
    await buy(gateway, { nonce_str: 'mine' })
    const { text, fields } = await query(gateway, { out_trade_no: 'A1001' })
    assert.match(text, /^<xml><return_code><!\[CDATA\[SUCCESS\]\]><\/return_code>/)
    assert.match(text, /<cash_fee>1234<\/cash_fee>/)
    assert.match(text, /<bank_type><!\[CDATA\[OTHERS\]\]><\/bank_type>/)
    assert.notEqual(fields.nonce_str, 'mine')
  })

  onGateway('sub-merchants are echoed, by the order too', {}, async gateway => {
    const sub = { sub_mch_id: '1900000108', sub_appid: 'wx8888888888888888' }
    const placed = await order(gateway, sub)
    assertDone(placed)
    assert.equal(placed.fields.sub_mch_id, sub.sub_mch_id)
    await gateway.pay('A1001')
    const { fields } = await query(gateway, { out_trade_no: 'A1001' })
    assertSigned(fields)
    assert.equal(fields.sub_appid, sub.sub_appid)
  })

  onGateway(
    'IPv6, unknown fields and op_user_id are accepted; emoji are not',
    {},
    async gateway => {
      assertDone(
        await order(gateway, { spbill_create_ip: '2001:db8::1', x_new: '新', op_user_id: MCHID }),
      )
      assertFault(await order(gateway, { out_trade_no: 'A2', attach: '🍵' }), 'NOT_UTF8')
    },
  )

  onGateway(
    'XML with a declaration, comments and references, as other languages write it',
    {},
    async gateway => {
      const fields = withSign(orderFields({ body: 'a<b>&"c"' }))
      const escaped = text =>
        text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
      const elements = Object.entries(fields).map(
        ([name, value]) => `  <${name}>${escaped(value)}</${name}>\n`,
      )
      const body = `<?xml version="1.0" encoding="UTF-8"?>\n<xml>\n${elements.join('')}</xml>\n`
      assertDone(await post(gateway, '/pay/unifiedorder', body))
      assert.equal(gateway.orders()[0].body, 'a<b>&"c"')
    },
  )

  onGateway('a short address, and reports that nobody reads', {}, async gateway => {
    const long_url = 'weixin://wxpay/bizpayurl?appid=A&product_id=P'
    const short = await ask(gateway, '/tools/shorturl', { long_url })
    assertDone(short)
    assert.match(short.fields.short_url, /^weixin:\/\/wxpay\/s\/\w{8}$/)
    const trades =
      '[{"out_trade_no":"A1","begin_time":"20160602203256","end_time":"20160602203257","state":"OK"}]'
    const told = await ask(gateway, '/payitil/report', {
      interface_url: 'https://api.mch.weixin.qq.com/pay/micropay',
      user_ip: '8.8.8.8',
      trades,
    })
    assert.deepEqual(told.fields, {
      return_code: 'SUCCESS',
      return_msg: 'OK',
      result_code: 'SUCCESS',
    })
  })
})

describe('endpoints without a memory answer what is documented', () => {
  const base = { appid: APPID, mch_id: MCHID }
  const workwx = createHash('md5').update('x').digest('hex').toUpperCase()
  for (const [path, fields, expected, { signed = true, type = 'MD5' } = {}] of [
    [
      '/mmpaymkttransfers/send_coupon',
      { ...base, coupon_stock_id: '1757', openid_count: '1', partner_trade_no: 'G1', openid: 'oX' },
      { ret_code: 'SUCCESS', coupon_stock_id: '1757', openid: 'oX' },
    ],
    [
      '/mmpaymkttransfers/query_coupon_stock',
      { ...base, coupon_stock_id: '1757' },
      { coupon_stock_status: '4', coupon_total: '100' },
    ],
    [
      '/mmpaymkttransfers/querycouponsinfo',
      { ...base, coupon_id: '1565', openid: 'oX', stock_id: '58818' },
      { coupon_state: 'SENDED', coupon_id: '1565' },
    ],
    [
      '/mmpaymkttransfers/sendworkwxredpack',
      {
        mch_id: MCHID,
        wxappid: APPID,
        mch_billno: 'W1',
        re_openid: 'oX',
        total_amount: '100',
        act_name: 'a',
        workwx_sign: workwx,
      },
      { mch_billno: 'W1', wxappid: APPID },
    ],
    [
      '/mmpaymkttransfers/promotion/paywwsptrans2pocket',
      {
        ...base,
        partner_trade_no: 'W2',
        openid: 'oX',
        amount: '100',
        desc: 'd',
        ww_msg_type: 'NORMAL_MSG',
        workwx_sign: workwx,
      },
      { partner_trade_no: 'W2' },
      { signed: false },
    ],
    [
      '/cgi-bin/mch/customs/customdeclareorder',
      {
        ...base,
        nonce_str: '',
        out_trade_no: 'A1',
        transaction_id: '42',
        customs: 'SHANGHAI_ZS',
        mch_customs_no: '1',
      },
      { state: 'SUBMITTED', out_trade_no: 'A1' },
    ],
    [
      '/cgi-bin/mch/customs/customdeclarequery',
      { ...base, nonce_str: '', out_trade_no: 'A1', customs: 'SHANGHAI_ZS' },
      { count: '1', state_0: 'SUBMITTED' },
    ],
    [
      '/pay/queryexchagerate',
      { ...base, nonce_str: '', fee_type: 'USD', date: '20150807' },
      { fee_type: 'USD', rate: '650000000' },
    ],
    [
      '/pay/settlementquery',
      {
        appid: APPID,
        mch_id: '',
        mchid: MCHID,
        usetag: '1',
        offset: '0',
        limit: '10',
        date_start: '20150807',
        date_end: '20150807',
      },
      { record_num: '10' },
    ],
    ['/risk/getcertficates', { sign_type: HMAC }, { certificates: '{}' }, { type: HMAC }],
    ['/risk/getviolation', { sign_type: HMAC }, { result_code: 'SUCCESS' }, { signed: false }],
  ]) {
    onGateway(path, {}, async gateway => {
      const message = { mch_id: MCHID, nonce_str: nonce(), ...fields }
      const answer = await post(
        gateway,
        path,
        toXml({ ...message, sign: signature(message, KEY, fields.sign_type) }),
      )
      assert.equal(answer.fields.return_code, 'SUCCESS', answer.text)
      if (signed) assertSigned(answer.fields, type)
      else assert.equal(answer.fields.sign, undefined)
      for (const [name, value] of Object.entries(expected))
        assert.equal(answer.fields[name], value, name)
    })
  }

  onGateway('and refuse what the table refuses', {}, async gateway => {
    assertRefused(await ask(gateway, '/tools/shorturl', {}), '缺少参数long_url')
    const { text } = await ask(gateway, '/mmpaymkttransfers/query_coupon_stock', {})
    assert.match(text, /coupon_stock_id/)
  })
})
