// Every endpoint of the table, asked as the table says and with every algorithm it allows: the gateway
// answers in the table's form. What is sent and checked is worked out of the published table alone.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { parseNested } from 'wxpay-wasm'
import { createGateway } from 'wxpay-wasm/testing'
import { MERCHANT, SUB, TABLE, expected, row } from './table.mjs'
import { digest, read, signed } from './wire.mjs'

let gateway
before(async () => {
  gateway = await createGateway({ mchid: MERCHANT.mchid, allowRemoteNotify: true })
})
after(() => gateway.close())

const local = {
  ...MERCHANT,
  ...SUB,
  notify_url: 'http://127.0.0.1:9/n',
  refund_url: 'http://127.0.0.1:9/r',
}

/** What an example leaves open. */
const MORE = {
  facepay: { out_trade_no: 'F1', total_fee: '88' },
  combinedOrder: {
    sub_order_list: JSON.stringify({
      order_num: 1,
      order_list: [{ mch_id: MERCHANT.mchid, out_trade_no: 'C1', total_fee: 1, body: 'a' }],
    }),
  },
}

/** A request as the table has it, at a moment and with a nonce of its own. */
function request(endpoint, type, serial) {
  const fields = { ...expected(endpoint, local, type), ...MORE[endpoint.name] }
  if (fields.mch_billno !== undefined) fields.mch_billno = `H${serial}`
  for (const { name, kind } of endpoint.request)
    if (kind === 'notify') fields[name] &&= local.notify_url
  if (fields.nonce_str !== undefined) fields.nonce_str = `n${serial}`
  if (fields.timestamp !== undefined) fields.timestamp = '1414488825'
  return fields
}

const paths = ({ path, sandbox }) => [path, ...(sandbox === null ? [] : [sandbox])]

let serial = 0
const calls = TABLE.filter(
  ({ origin, method }) => method === 'POST' && !origin.includes('api.weixin'),
)

async function ask(endpoint, type, change = {}) {
  const fields = { ...request(endpoint, type, (serial += 1)), ...change }
  const body = signed(fields, { type })
  const response = await fetch(gateway.url + endpoint.path, { method: 'POST', body })
  assert.equal(response.status, 200)
  return { text: await response.text(), type: response.headers.get('content-type') }
}

describe('every call of the table', () => {
  test('there are some', () => assert.ok(calls.length > 60, String(calls.length)))

  for (const endpoint of calls) {
    for (const type of endpoint.algorithms) {
      test(`${endpoint.name}, ${type}`, async () => {
        if (endpoint.name.startsWith('xdc') && endpoint.name !== 'xdcGetSignkey') return
        const { text } = await ask(endpoint, type)
        if (endpoint.name === 'batchQueryComment') return void assert.equal(text, '0\r\n')
        assert.match(text, /^<xml>/)
        const fields = endpoint.body === 'nested' ? {} : read(text)
        if (endpoint.body === 'nested') return void assert.equal(parseNested(text).name, 'xml')
        assert.doesNotMatch(fields.return_msg ?? '', /签名|格式错误|缺少/, text)
        if (endpoint.body === 'csv') return
        assert.equal(fields.return_code, 'SUCCESS', text)
        if (endpoint.signed)
          assert.equal(fields.sign, digest(fields, { type }), 'signed like the question')
        else assert.equal(fields.sign, undefined)
        if (fields.result_code === 'FAIL') return void assert.ok(fields.err_code)
        const has = row(endpoint.answer, 'result_code') !== undefined
        assert.equal(fields.result_code !== undefined, has)
        for (const { name, need } of endpoint.answer) {
          if (need === 'always') assert.ok(fields[name.replace('$n', '0')] ?? name === 'sign', name)
        }
      })
    }

    if (endpoint.algorithms.join() === 'HMAC-SHA256')
      test(`${endpoint.name}: MD5 is SYSTEMERROR, signed with HMAC-SHA256`, async () => {
        const { text } = await ask(endpoint, 'MD5', { sign_type: 'MD5' })
        const fields = read(text)
        assert.deepEqual([fields.result_code, fields.err_code], ['FAIL', 'SYSTEMERROR'])
        if (endpoint.signed) assert.equal(fields.sign, digest(fields, { type: 'HMAC-SHA256' }))
      })

    if (row(endpoint.request, 'nonce_str') !== undefined)
      test(`${endpoint.name}: not without a nonce`, async () => {
        if (endpoint.name.startsWith('xdc') && endpoint.name !== 'xdcGetSignkey') return
        const { text } = await ask(endpoint, endpoint.algorithms[0], { nonce_str: '' })
        assert.match(text, /缺少参数nonce_str/)
      })
  }

  test('a GET is told to be a POST; the old sandbox has its own paths', async () => {
    for (const endpoint of calls) {
      for (const path of paths(endpoint)) {
        const text = await (await fetch(gateway.url + path)).text()
        assert.equal(read(text).return_msg, '请使用post方法', path)
      }
    }
  })
})
