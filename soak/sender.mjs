// WeChat's side: a notification is sent until its reply is SUCCESS, whole and in time.
import http from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { signedNotification } from 'wxpay-wasm/testing'

export const MERCHANT = { appid: 'wxd930ea5d5a258f4f', mchid: '1900000109', partnerKey: '192006250b4c09247ec02edce69f6a2d' }
export const TOTAL_FEE = 101

export const transactionOf = out_trade_no => `4200000001${out_trade_no.padStart(18, '0')}`

/** The notification of the order's payment, always the same but for its nonce. */
export function notificationOf(out_trade_no) {
  const { appid, mchid, partnerKey: key } = MERCHANT
  const fields = { out_trade_no, transaction_id: transactionOf(out_trade_no), total_fee: TOTAL_FEE }
  return signedNotification(fields, { appid, mchid, key })
}

/** One attempt: SUCCESS, FAIL, the HTTP status, or `broken`; and how long it took, ms. */
export function post(agent, port, body, { path = '/pay/notify', patience = 10_000 } = {}) {
  const began = performance.now()
  return new Promise(resolve => {
    const done = reply => resolve({ reply, took: performance.now() - began })
    const headers = { 'content-type': 'text/xml', 'content-length': Buffer.byteLength(body) }
    const request = http.request({ host: '127.0.0.1', port, path, method: 'POST', agent, headers }, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', part => (text += part))
      response.on('error', () => done('broken'))
      response.on('end', () => {
        if (!response.complete) done('broken')
        else done(/<return_code><!\[CDATA\[(SUCCESS|FAIL)\]\]>/.exec(text)?.[1] ?? String(response.statusCode))
      })
    })
    request.setTimeout(patience, () => request.destroy())
    request.on('error', () => done('broken'))
    request.end(body)
  })
}

/** Connections that are kept, so many at most. */
export const connections = count => new http.Agent({ keepAlive: true, maxSockets: count })

/**
 * Sends each body until it is taken.
 *
 * @param portOf where to, at each attempt
 * @param options.seen hears of each attempt: index, reply, took
 * @returns how many attempts it took
 */
export async function deliver(portOf, bodies, { at = 16, pause = 20, until = () => false, seen = () => {}, path } = {}) {
  const agent = connections(at)
  let next = 0
  let attempts = 0
  const worker = async () => {
    while (next < bodies.length && !until()) {
      const index = next++
      for (;;) {
        attempts++
        const { reply, took } = await post(agent, portOf(index), bodies[index], { path })
        seen(index, reply, took)
        if (reply === 'SUCCESS' || until()) break
        await sleep(pause)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(at, bodies.length) }, worker))
  agent.destroy()
  return attempts
}
