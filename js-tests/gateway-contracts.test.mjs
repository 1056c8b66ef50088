import assert from 'node:assert/strict'
import { describe } from 'node:test'
import {
  APPID,
  KEY,
  MCHID,
  SUCCESS,
  assertDone,
  assertFault,
  assertSigned,
  ask,
  control,
  drop,
  onGateway,
  orderFields,
  post,
  query,
  signature,
  toFields,
  toXml,
  until,
  withShop,
  withSign,
} from './merchant.mjs'

const terms = {
  plan_id: '12535',
  contract_code: 'C100',
  request_serial: '1000',
  contract_display_account: '微信代扣',
}
const signing = notify_url => ({
  appid: APPID,
  mch_id: MCHID,
  ...terms,
  notify_url,
  version: '1.0',
  timestamp: '1414488825',
})
/** Calls without a nonce. */
const bare = (gateway, path, fields) =>
  post(gateway, path, toXml(withSign({ appid: APPID, mch_id: MCHID, version: '1.0', ...fields })))
const contractOf = (gateway, which = { plan_id: '12535', contract_code: 'C100' }) =>
  bare(gateway, '/papay/querycontract', which)
const prepare = (gateway, notify_url) =>
  post(gateway, '/papay/preentrustweb', toXml(withSign(signing(notify_url))))

const deduct = (gateway, contract_id, changes = {}) =>
  ask(gateway, '/pay/pappayapply', {
    ...drop(orderFields({ trade_type: 'PAP' }), 'product_id'),
    contract_id,
    ...changes,
  })

describe('contracts', () => {
  onGateway('prepared, signed, notified, ended by the merchant', {}, gateway =>
    withShop([SUCCESS], async (notify_url, received) => {
      assertFault(await contractOf(gateway), '-25')
      const prepared = await prepare(gateway, notify_url)
      assertDone(prepared)
      assert.ok(prepared.fields.pre_entrustweb_id)
      assert.equal((await contractOf(gateway)).fields.contract_state, '9')
      const signed = await control(gateway, 'POST', 'contract?contract_code=C100&openid=oSigner')
      assert.equal(signed.value.contract.state, 'SIGNED')
      const { sign, ...added } = toFields(received[0].body)
      assert.equal(sign, signature(added, KEY))
      assert.deepEqual(added, {
        return_code: 'SUCCESS',
        result_code: 'SUCCESS',
        mch_id: MCHID,
        contract_id: signed.value.contract.contract_id,
        plan_id: '12535',
        contract_code: 'C100',
        openid: 'oSigner',
        change_type: 'ADD',
        operate_time: '2026-03-04 12:00:00',
        contract_expired_time: '2036-03-01 12:00:00',
        request_serial: '1000',
      })
      const state = await contractOf(gateway, { contract_id: added.contract_id })
      assertDone(state)
      assert.equal(state.fields.nonce_str, undefined, 'these have none')
      assert.deepEqual([state.fields.contract_state, state.fields.openid], ['0', 'oSigner'])
      assertFault(await prepare(gateway, notify_url), 'PARAM_ERROR', '已签约')
      const ending = { contract_id: added.contract_id, contract_termination_remark: '解约原因' }
      assertDone(await bare(gateway, '/papay/deletecontract', ending))
      await until(() => received.length === 2)
      const deleted = toFields(received[1].body)
      assert.deepEqual([deleted.change_type, deleted.contract_termination_mode], ['DELETE', '3'])
      assert.equal((await contractOf(gateway)).fields.contract_state, '1')
      assertFault(await bare(gateway, '/papay/deletecontract', ending), 'INVALID_REQUEST')
    }),
  )

  onGateway('deductions: accepted, then paid and notified with the contract', {}, gateway =>
    withShop([SUCCESS], async (notify_url, received) => {
      await prepare(gateway, notify_url)
      const { contract } = await gateway.signContract('C100', 'oSigner')
      const accepted = await deduct(gateway, contract.contract_id, { notify_url })
      assertDone(accepted)
      const state = async () =>
        (await ask(gateway, '/pay/paporderquery', { out_trade_no: 'A1001' })).fields.trade_state
      assert.equal(await state(), 'ACCEPT')
      assertDone(await deduct(gateway, contract.contract_id, { notify_url }))
      await gateway.advance(10)
      assert.equal(await state(), 'SUCCESS')
      const paid = toFields(received.at(-1).body)
      assertSigned(paid)
      assert.deepEqual(
        [paid.trade_type, paid.contract_id, paid.total_fee, paid.openid],
        ['PAP', contract.contract_id, '1234', 'oSigner'],
      )
      assertFault(await deduct(gateway, contract.contract_id, { notify_url }), 'ORDERPAID')
      assert.equal(gateway.ledger().length, 1)
    }),
  )

  onGateway('a deduction that fails is notified too', {}, gateway =>
    withShop([SUCCESS], async (notify_url, received) => {
      await prepare(gateway, notify_url)
      const { contract } = await gateway.signContract('C100')
      await deduct(gateway, contract.contract_id, { notify_url })
      gateway.decline('A1001')
      await until(() => received.length === 2)
      const failed = toFields(received[1].body)
      assertSigned(failed)
      assert.deepEqual([failed.result_code, failed.err_code], ['FAIL', 'NOTENOUGH'])
      await gateway.advance(60)
      assert.deepEqual(gateway.ledger(), [])
      await gateway.endContract('C100')
      assertFault(
        await deduct(gateway, contract.contract_id, { out_trade_no: 'A1002' }),
        'INVALID_REQUEST',
      )
    }),
  )

  onGateway('signed on a page: official account and H5', {}, async gateway => {
    const signed = (fields, type) =>
      new URLSearchParams({ ...fields, sign: signature(fields, KEY, type) })
    const base = signing('http://127.0.0.1:9/c')
    const web = await fetch(`${gateway.url}/papay/entrustweb?${signed(base)}`, {
      redirect: 'manual',
    })
    assert.equal(web.status, 302)
    const page = await fetch(web.headers.get('location'))
    assert.match(await page.text(), /同意并签约/)
    const h5 = { ...base, clientip: '123.12.12.123' }
    // Without sign_type this one takes HMAC-SHA256.
    const answer = await fetch(`${gateway.url}/papay/h5entrustweb?${signed(h5, 'HMAC-SHA256')}`)
    const fields = toFields(await answer.text())
    assert.deepEqual(
      [fields.return_code, fields.result_code, fields.sign],
      ['SUCCESS', 'SUCCESS', undefined],
    )
    const done = await fetch(fields.redirect_url, { method: 'POST' })
    assert.match(await done.text(), /签约成功/)
    assert.equal(gateway.contracts()[0].state, 'SIGNED')
    const md5 = await fetch(`${gateway.url}/papay/h5entrustweb?${signed(h5)}`)
    assert.equal(toFields(await md5.text()).return_msg, '签名错误，请检查后再试')
  })

  onGateway('signed while paying: two notifications', {}, gateway =>
    withShop([SUCCESS], async (notify_url, received) => {
      const placed = await ask(gateway, '/pay/contractorder', {
        ...orderFields({ notify_url }),
        ...terms,
        contract_mchid: MCHID,
        contract_appid: APPID,
        contract_notify_url: notify_url,
      })
      assertDone(placed)
      assert.equal(placed.fields.contract_result_code, 'SUCCESS')
      assert.match(placed.fields.prepay_id, /^wx/)
      await gateway.pay('A1001', { openid: 'oBoth' })
      assert.equal(received.length, 2)
      assert.equal(toFields(received[0].body).out_trade_no, 'A1001')
      assert.equal(toFields(received[1].body).change_type, 'ADD')
      assert.equal((await query(gateway, { out_trade_no: 'A1001' })).fields.trade_state, 'SUCCESS')
    }),
  )
})
