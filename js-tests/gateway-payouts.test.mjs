import assert from 'node:assert/strict'
import { constants, createHash, createPublicKey, publicEncrypt } from 'node:crypto'
import { describe } from 'node:test'
import { parseNested } from 'wxpay-wasm'
import {
  APPID,
  MCHID,
  OTHER_KEY,
  ask,
  call,
  control,
  nonce,
  onGateway,
  post,
  toXml,
  withSign,
} from './merchant.mjs'

const payout = (changes = {}) => ({
  mch_appid: APPID,
  mchid: MCHID,
  nonce_str: nonce(),
  partner_trade_no: 'P1',
  openid: 'oPayee',
  check_name: 'NO_CHECK',
  amount: '100',
  desc: '理赔',
  spbill_create_ip: '192.168.0.1',
  ...changes,
})
const transfer = (gateway, changes) =>
  post(gateway, '/mmpaymkttransfers/promotion/transfers', toXml(withSign(payout(changes))))
const transferInfo = (gateway, partner_trade_no = 'P1') =>
  ask(gateway, '/mmpaymkttransfers/gettransferinfo', { partner_trade_no })

const redpack = (gateway, changes = {}, path = 'sendredpack') =>
  call(gateway, `/mmpaymkttransfers/${path}`, {
    wxappid: APPID,
    mch_billno: 'H1',
    send_name: '天虹百货',
    re_openid: 'oLucky',
    total_amount: '1000',
    total_num: '1',
    wishing: '新年快乐',
    client_ip: '192.168.0.1',
    act_name: '新年红包',
    remark: '快来抢',
    ...changes,
  })
const redpackInfo = (gateway, mch_billno = 'H1') =>
  ask(gateway, '/mmpaymkttransfers/gethbinfo', { mch_billno, bill_type: 'MCHT' })

const assertUnsigned = ({ fields }, err_code) => {
  assert.equal(fields.sign, undefined)
  assert.equal(fields.result_code, err_code === undefined ? 'SUCCESS' : 'FAIL')
  if (err_code !== undefined) assert.equal(fields.err_code, err_code)
}

describe('payouts to a balance', () => {
  onGateway('one number is one payout; answers are unsigned', {}, async gateway => {
    const first = await transfer(gateway)
    assertUnsigned(first)
    assert.equal(first.fields.mchid, MCHID)
    assert.equal(first.fields.mch_appid, APPID)
    assert.equal(first.fields.partner_trade_no, 'P1')
    assert.equal(first.fields.payment_time, '2026-03-04 12:00:00')
    await gateway.advance(5)
    assert.equal((await transfer(gateway)).fields.payment_no, first.fields.payment_no)
    assertUnsigned(await transfer(gateway, { amount: '101' }), 'FATAL_ERROR')
    assert.deepEqual(
      gateway.ledger().map(({ kind, out_no, amount }) => [kind, out_no, amount]),
      [['transfer', 'P1', -100]],
    )
    const info = await transferInfo(gateway)
    assertUnsigned(info)
    assert.deepEqual(
      [info.fields.status, info.fields.payment_amount, info.fields.openid, info.fields.detail_id],
      ['SUCCESS', '100', 'oPayee', first.fields.payment_no],
    )
    assertUnsigned(await transferInfo(gateway, 'P2'), 'NOT_FOUND')
    assert.equal((await control(gateway, 'GET', 'transfers')).value.length, 1)
  })

  onGateway('errors say FAIL twice, and why', { funds: 1000 }, async gateway => {
    const forged = withSign(payout(), OTHER_KEY)
    const { fields } = await post(gateway, '/mmpaymkttransfers/promotion/transfers', toXml(forged))
    assert.deepEqual(
      [fields.return_code, fields.result_code, fields.err_code],
      ['FAIL', 'FAIL', 'SIGN_ERROR'],
    )
    assertUnsigned(await transfer(gateway, { check_name: 'FORCE_CHECK' }), 'PARAM_ERROR')
    assertUnsigned(await transfer(gateway, { amount: '29' }), 'AMOUNT_LIMIT')
    assertUnsigned(await transfer(gateway, { amount: '1001' }), 'NOTENOUGH')
    assertUnsigned(await transfer(gateway, { amount: '1000' }))
  })
})

describe('red packets', () => {
  onGateway('sent, taken, told of in the one nested answer', {}, async gateway => {
    const sent = await redpack(gateway)
    assertUnsigned(sent)
    assert.equal(sent.fields.err_code, 'SUCCESS', 'an err_code is no failure here')
    assert.equal(sent.fields.total_amount, '1000')
    assert.equal((await redpack(gateway)).fields.send_listid, sent.fields.send_listid)
    assert.equal((await redpackInfo(gateway)).fields.status, 'SENT')
    const taken = await control(gateway, 'POST', 'receive?mch_billno=H1')
    assert.equal(taken.value.status, 'RECEIVED')
    const tree = parseNested((await redpackInfo(gateway)).text)
    const child = name => tree.children.find(element => element.name === name)
    assert.equal(child('status').text, 'RECEIVED')
    const [info] = child('hblist').children
    assert.equal(info.name, 'hbinfo')
    assert.deepEqual(
      info.children.map(({ name, text }) => [name, text]),
      [
        ['openid', 'oLucky'],
        ['amount', '1000'],
        ['rcv_time', '2026-03-04 12:00:00'],
      ],
    )
    assert.throws(() => gateway.receive('H1'), { code: 'GATEWAY_REFUSED' })
    assert.deepEqual(
      gateway.ledger().map(({ amount }) => amount),
      [-1000],
    )
  })

  onGateway('back after a day', {}, async gateway => {
    await redpack(gateway)
    await gateway.advance(86_399)
    assert.equal((await redpackInfo(gateway)).fields.status, 'SENT')
    await gateway.advance(1)
    const { fields } = await redpackInfo(gateway)
    assert.deepEqual(
      [fields.status, fields.refund_time, fields.refund_amount],
      ['REFUND', '2026-03-05 12:00:00', '1000'],
    )
    assert.deepEqual(
      gateway.ledger().map(({ amount }) => amount),
      [-1000, 1000],
    )
  })

  onGateway('a group shares all of it', { seed: 7 }, async gateway => {
    const group = { total_num: '3', amt_type: 'ALL_RAND', client_ip: '' }
    assertUnsigned(
      await redpack(gateway, { ...group, total_num: '2' }, 'sendgroupredpack'),
      'PARAM_ERROR',
    )
    assertUnsigned(await redpack(gateway, group, 'sendgroupredpack'))
    for (const name of ['oA', 'oB', 'oC']) gateway.receive('H1', name)
    const [{ received, status }] = gateway.redpacks()
    assert.equal(status, 'RECEIVED')
    assert.equal(
      received.reduce((sum, { amount }) => sum + amount, 0),
      1000,
    )
  })

  onGateway('a mini program gets a package', {}, async gateway => {
    const { fields } = await redpack(
      gateway,
      { notify_way: 'MINI_PROGRAM_JSAPI', client_ip: '' },
      'sendminiprogramhb',
    )
    assert.match(fields.package, /^sendid=\d+&ver=8&sign=/)
  })

  onGateway('failures say FAIL twice', {}, async gateway => {
    await redpack(gateway)
    for (const [changes, err_code] of [
      [{ total_amount: '1001' }, 'FATAL_ERROR'],
      [{ mch_billno: 'H2', total_amount: '99' }, 'PARAM_ERROR'],
      [{ mch_billno: 'H2', total_amount: '20001' }, 'PARAM_ERROR'],
    ]) {
      const answer = await redpack(gateway, changes)
      assertUnsigned(answer, err_code)
      assert.equal(answer.fields.return_code, 'FAIL')
    }
    assertUnsigned(
      await redpack(gateway, { mch_billno: 'H2', total_amount: '99', scene_id: 'PRODUCT_2' }),
    )
    assertUnsigned(await redpackInfo(gateway, 'H9'), 'NOT_FOUND')
  })
})

describe('payouts to a card', () => {
  onGateway('enciphered with the key that it gives out, for a commission', {}, async gateway => {
    const key = await call(gateway, '/risk/getpublickey', { sign_type: 'MD5' })
    assert.match(key.fields.pub_key, /^-----BEGIN RSA PUBLIC KEY-----/)
    const padding = {
      key: createPublicKey(key.fields.pub_key),
      padding: constants.RSA_PKCS1_OAEP_PADDING,
    }
    const seal = text => publicEncrypt(padding, Buffer.from(text)).toString('base64')
    const pay = changes =>
      call(gateway, '/mmpaysptrans/pay_bank', {
        partner_trade_no: 'BANK0001',
        enc_bank_no: seal('6225000000000000'),
        enc_true_name: seal('张三'),
        bank_code: '1001',
        amount: '500000',
        ...changes,
      })
    const paid = await pay()
    assertUnsigned(paid)
    assert.equal(paid.fields.cmms_amt, '500')
    assert.equal((await pay()).fields.payment_no, paid.fields.payment_no)
    const { fields } = await call(gateway, '/mmpaysptrans/query_bank', {
      partner_trade_no: 'BANK0001',
    })
    assert.equal(fields.status, 'SUCCESS')
    assert.equal(fields.bank_no_md5, createHash('md5').update('6225000000000000').digest('hex'))
    assertUnsigned(await pay({ partner_trade_no: 'BANK0002', enc_bank_no: 'AAAA' }), 'PARAM_ERROR')
    assert.deepEqual(
      gateway.ledger().map(({ kind, amount }) => [kind, amount]),
      [
        ['bank-payout', -500_000],
        ['bank-commission', -500],
      ],
    )
  })
})
