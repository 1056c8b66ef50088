// A merchant beside the gateway simulator. Requests are signed and answers checked with node:crypto,
// so that the package cannot agree with itself.
import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import { test } from 'node:test'
import { createGateway } from 'wxpay-wasm/testing'

export const KEY = '192006250b4c09247ec02edce69f6a2d'
export const OTHER_KEY = 'abcdefghijklmnopqrstuvwxyz012345'
export const APPID = 'wxd930ea5d5a258f4f'
export const MCHID = '1900000109'
export const NOON = Date.UTC(2026, 2, 4, 4, 0, 0) // 12:00:00 in Beijing
export const SUCCESS =
  '<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>'
export const FAIL = SUCCESS.replace('SUCCESS', 'FAIL')

// --- an independent implementation of chapter 4.3 (signatures), for the tests only ---

export const signature = (fields, key, type = 'MD5') => {
  const names = Object.keys(fields).filter(name => name !== 'sign' && fields[name] !== '')
  const text =
    names
      .sort()
      .map(name => `${name}=${fields[name]}&`)
      .join('') + `key=${key}`
  const hash = type === 'MD5' ? createHash('md5') : createHmac('sha256', key)
  return hash.update(text, 'utf8').digest('hex').toUpperCase()
}

export const toXml = fields =>
  `<xml>${Object.entries(fields)
    .map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`)
    .join('')}</xml>`

export const toFields = xml => {
  const fields = {}
  for (const [, name, quoted, bare] of xml.matchAll(
    /<(\w+)>(?:<!\[CDATA\[(.*?)\]\]>|([^<]*))<\/\1>/gs,
  ))
    fields[name] = quoted ?? bare
  return fields
}

// --- a merchant ---

let serial = 0
/** A nonce that no other request of this run has. */
export const nonce = () => `nonce${(serial += 1)}`
export const orderFields = (changes = {}) => ({
  appid: APPID,
  mch_id: MCHID,
  nonce_str: nonce(),
  body: '腾讯充值中心-QQ会员充值',
  out_trade_no: 'A1001',
  total_fee: '1234',
  spbill_create_ip: '123.12.12.123',
  notify_url: 'http://127.0.0.1:9/notify',
  trade_type: 'NATIVE',
  product_id: 'P1',
  ...changes,
})

export const drop = (fields, ...names) =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)))

export const withSign = (fields, key = KEY) => ({
  ...fields,
  sign: signature(fields, key, fields.sign_type),
})

export async function post(gateway, path, body, headers = {}) {
  const response = await fetch(`${gateway.url}${path}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'text/xml', ...headers },
  })
  const text = await response.text()
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    marker: response.headers.get('x-wxpay-gateway'),
    text,
    fields: toFields(text),
  }
}

export const order = (gateway, changes, ...dropped) =>
  post(gateway, '/pay/unifiedorder', toXml(withSign(drop(orderFields(changes), ...dropped))))

export const query = (gateway, which) =>
  post(
    gateway,
    '/pay/orderquery',
    toXml(withSign({ appid: APPID, mch_id: MCHID, nonce_str: nonce(), ...which })),
  )

export const control = async (gateway, method, path) => {
  const response = await fetch(`${gateway.url}/_gateway/${path}`, { method })
  return { status: response.status, value: await response.json() }
}

export const assertSigned = (fields, type = 'MD5', key = KEY) => {
  assert.equal(fields.return_code, 'SUCCESS')
  assert.equal(fields.sign, signature(fields, key, type))
}

export const assertFault = ({ fields }, code, text) => {
  assertSigned(fields, fields.sign?.length === 64 ? 'HMAC-SHA256' : 'MD5')
  assert.equal(fields.result_code, 'FAIL')
  assert.equal(fields.err_code, code)
  if (text !== undefined) assert.equal(fields.err_code_des, text)
  assert.equal(fields.prepay_id, undefined)
}

export const assertRefused = ({ status, text }, message) => {
  assert.equal(status, 200)
  assert.equal(
    text,
    `<xml><return_code><![CDATA[FAIL]]></return_code><return_msg><![CDATA[${message}]]></return_msg></xml>`,
  )
}

/** Runs `body` with a gateway at noon whose clock can be moved, and closes it. */
export const withGateway = (options, body) => async () => {
  const clock = { now: NOON }
  const gateway = await createGateway({ now: () => clock.now, ...options })
  try {
    await body(gateway, clock)
  } finally {
    await gateway.close()
  }
}

/** A test of which nothing stands outside its gateway. */
export const onGateway = (name, options, body) => test(name, withGateway(options, body))

/** A merchant's server that answers notification n with `replies[n]` (the last one for ever). */
export async function withShop(replies, body) {
  const received = []
  const server = http.createServer((request, response) => {
    const chunks = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', () => {
      const reply = replies[Math.min(received.length, replies.length - 1)]
      received.push({
        method: request.method,
        url: request.url,
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      })
      if (reply === 'hang') return
      const {
        status = 200,
        headers = {},
        body: text = '',
      } = typeof reply === 'string' ? { body: reply } : reply
      response.writeHead(status, headers).end(text)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await body(`http://127.0.0.1:${server.address().port}/pay/notify`, received)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

export const until = async condition => {
  const end = Date.now() + 5000
  while (!condition()) {
    assert.ok(Date.now() < end, 'waited 5 s in vain')
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

/** Timers that run only when the test says so; `pending` shows the delays. */
export const handTimers = () => {
  const pending = new Map()
  return {
    pending,
    setTimeout: (callback, delay) => {
      const handle = Symbol('timer')
      pending.set(handle, { callback, delay })
      return handle
    },
    clearTimeout: handle => pending.delete(handle),
    fire: delay => {
      const [handle, timer] =
        [...pending].find(([, entry]) => entry.delay === delay) ??
        assert.fail(`no timer of ${delay} ms`)
      pending.delete(handle)
      timer.callback()
    },
  }
}

/** Posts a signed request; `type` is the algorithm where no `sign_type` names it, `key` the merchant's. */
export const call = (
  gateway,
  path,
  fields,
  { type = fields.sign_type, key = KEY, headers } = {},
) => {
  const message = { mch_id: MCHID, nonce_str: nonce(), ...fields }
  return post(gateway, path, toXml({ ...message, sign: signature(message, key, type) }), headers)
}

/** The same with the app id, as most endpoints want it. */
export const ask = (gateway, path, fields, options) =>
  call(gateway, path, { appid: APPID, ...fields }, options)

/** Places an order and pays it. */
export const buy = async (gateway, changes = {}, payer) => {
  const placed = await order(gateway, changes)
  assert.equal(placed.fields.result_code, 'SUCCESS', placed.text)
  return gateway.pay(changes.out_trade_no ?? 'A1001', payer)
}

export const refundOf = (gateway, changes = {}, options) =>
  ask(
    gateway,
    '/secapi/pay/refund',
    {
      out_trade_no: 'A1001',
      out_refund_no: 'R1',
      total_fee: '1234',
      refund_fee: '1234',
      ...changes,
    },
    options,
  )

/** The answer says yes and its signature holds. */
export const assertDone = ({ fields, text }, type) => {
  assert.equal(fields.result_code, 'SUCCESS', text)
  assertSigned(fields, type)
}
