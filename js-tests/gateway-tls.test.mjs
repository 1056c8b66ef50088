// The certificates in tls/ are for these tests only; the authority's key was thrown away.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import https from 'node:https'
import { describe, test } from 'node:test'
import { WxPay } from 'wxpay-wasm/client'
import { createGateway } from 'wxpay-wasm/testing'
import {
  APPID,
  KEY,
  MCHID,
  assertFault,
  nonce,
  orderFields,
  toFields,
  toXml,
  withSign,
} from './merchant.mjs'

const file = name => readFileSync(new URL(`tls/${name}`, import.meta.url), 'utf8')
const pair = name => ({ cert: file(`${name}.pem`), key: file(`${name}.key`) })
const tls = { ...pair('server'), ca: file('ca.pem') }

const onTls = (name, body) =>
  test(name, async () => {
    const gateway = await createGateway({ tls })
    try {
      await body(gateway)
    } finally {
      await gateway.close()
    }
  })

const send = (gateway, path, fields, identity = {}) =>
  new Promise((resolve, reject) => {
    const request = https.request(
      gateway.url + path,
      { method: 'POST', ca: tls.ca, agent: false, ...identity },
      response => {
        const chunks = []
        response.on('data', chunk => chunks.push(chunk))
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          resolve({
            status: response.statusCode,
            headers: response.headers,
            text,
            fields: toFields(text),
          })
        })
      },
    )
    request.on('error', reject)
    request.end(toXml(withSign(fields)))
  })

const refund = () => ({
  appid: APPID,
  mch_id: MCHID,
  nonce_str: nonce(),
  out_trade_no: 'A1001',
  out_refund_no: 'R1',
  total_fee: '1',
  refund_fee: '1',
})

describe('client certificates', () => {
  onTls('none where the table asks for none', async gateway => {
    assert.match(gateway.url, /^https:/)
    const { fields } = await send(gateway, '/pay/unifiedorder', orderFields())
    assert.equal(fields.result_code, 'SUCCESS')
  })

  onTls('the page of nginx without one, and with one that does not hold', async gateway => {
    for (const [identity, title] of [
      [{}, '400 No required SSL certificate was sent'],
      [pair('stranger'), '400 The SSL certificate error'],
    ]) {
      const { status, headers, text } = await send(
        gateway,
        '/secapi/pay/refund',
        refund(),
        identity,
      )
      assert.equal(status, 400)
      assert.equal(headers['content-type'], 'text/html')
      assert.ok(text.includes(`<title>${title}</title>`), text)
      assert.match(text, /<center><h1>400 Bad Request<\/h1><\/center>[^]*<center>nginx<\/center>/)
    }
  })

  onTls(
    'the certificate of another merchant is CA_ERROR; the right one is let in',
    async gateway => {
      assertFault(await send(gateway, '/secapi/pay/refund', refund(), pair('other')), 'CA_ERROR')
      assertFault(
        await send(gateway, '/secapi/pay/refund', refund(), pair('merchant')),
        'ORDERNOTEXIST',
      )
    },
  )

  onTls('a client of this package refunds over it', async gateway => {
    const identity = { ca: tls.ca, agent: false, ...pair('merchant') }
    const transport = ({ url, method, headers, body }) =>
      new Promise((resolve, reject) => {
        const call = https.request(url, { method, headers, ...identity }, async response => {
          const chunks = []
          for await (const chunk of response) chunks.push(chunk)
          resolve({
            status: response.statusCode,
            headers: response.headers,
            body: Buffer.concat(chunks),
          })
        })
        call.on('error', reject)
        call.end(body)
      })
    const merchant = { appid: APPID, mchid: MCHID, partnerKey: KEY }
    const pay = new WxPay({ ...merchant, baseUrl: gateway.url, transport })
    await pay.unifiedOrder({ ...orderFields(), total_fee: 1234 })
    await gateway.pay('A1001')
    const answer = await pay.refund({
      out_trade_no: 'A1001',
      out_refund_no: 'R1',
      total_fee: 1234,
      refund_fee: 34,
    })
    assert.match(answer.refund_id, /^5030/)
  })

  test('a key that is none is refused with the reason', async () => {
    await assert.rejects(createGateway({ tls: { cert: 'x', key: 'y' } }))
  })
})
