import http from 'node:http'
import https from 'node:https'
import { parseSigned, signedXml, verify } from '../facade.js'
import type { Fields, Flat } from '../facade.js'
import { readBody } from './body.js'
import type { Desk } from './desk.js'
import { tableOf } from './desk.js'
import { openidOf } from './identifier.js'
import { refused } from './orders.js'
import type { Table } from './state.js'

/** Milliseconds a merchant has to answer the callback of a scan. */
const PATIENCE = 5_000

/** What came of a scan. */
export interface Scan {
  product_id: string
  openid: string
  /** The merchant's reply, verified; null when there was none of use. */
  reply: Flat | null
  error: string | null
}

/** NATIVE mode 1: codes of products, their short forms, and the callback of a scan (chapter 2.7). */
export class ScanDesk {
  readonly #desk: Desk
  readonly #short: Table<string>

  constructor(desk: Desk) {
    this.#desk = desk
    this.#short = tableOf(desk, 'short-urls')
  }

  /** A short address that a scan finds the long one by. */
  shorten(long_url: string): Fields {
    const short_url = `weixin://wxpay/s/${this.#desk.dice.about('short', long_url).text(8)}`
    this.#short.put(short_url, long_url)
    return { short_url }
  }

  /** A user scans a product's code: the merchant's callback is asked for an order. */
  async scan(code: string, callback: string, openid = openidOf('payer')): Promise<Scan> {
    const { merchant, dice } = this.#desk
    const long = this.#short.get(code) ?? code
    if (!long.startsWith('weixin://wxpay/bizpayurl?'))
      throw new TypeError('code must be the content of a QR code: weixin://wxpay/bizpayurl?…')
    const parameters = Object.fromEntries(new URLSearchParams(long.slice(long.indexOf('?') + 1)))
    const { product_id = '', appid, mch_id } = parameters
    if (
      appid !== merchant.appid ||
      mch_id !== merchant.mchid ||
      !signedByMerchant(parameters, merchant.key)
    )
      throw refused('the code is not signed by this merchant', 'sign')
    const fields = {
      appid,
      mch_id,
      openid,
      is_subscribe: 'N',
      nonce_str: dice.about('scan', product_id).text(32),
      product_id,
    }
    const found = { product_id, openid }
    try {
      const body = await post(callback, signedXml(fields, merchant.key))
      return { ...found, reply: parseSigned(body, merchant.key), error: null }
    } catch (error) {
      return {
        ...found,
        reply: null,
        error: error instanceof Error ? error.message : String(error),
      }
    }
  }
}

function signedByMerchant(parameters: Flat, key: string): boolean {
  return parameters['sign']?.length === 32 && verify(parameters, key)
}

function post(url: string, body: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? https.request : http.request
    const headers = {
      'content-type': 'text/xml',
      'content-length': Buffer.byteLength(body),
      'user-agent': 'Mozilla/4.0',
      'x-wxpay-gateway': 'simulator',
    }
    const options = { method: 'POST', agent: false, headers }
    const request = send(url, options, response => {
      readBody(response).then(bytes => {
        request.destroy()
        if (bytes === null) reject(new Error('the reply is too long'))
        else if (response.statusCode !== 200)
          reject(new Error(`the reply has status ${response.statusCode}`))
        else resolve(bytes)
      }, reject)
    })
    const late = () => request.destroy(new Error(`no whole reply in ${PATIENCE} ms`))
    const timer = setTimeout(late, PATIENCE)
    request.on('close', () => clearTimeout(timer))
    request.on('error', reject)
    request.end(body)
  })
}
