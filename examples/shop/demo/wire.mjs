import { mask } from 'wxpay-wasm/client'
import { blue, indent, printable, quiet, say } from './terminal.mjs'

/** One element per line; JSON likewise when it is long. */
function pretty(body) {
  if (body.startsWith('{') && body.length > 90) return JSON.stringify(JSON.parse(body), null, 2)
  if (!body.startsWith('<xml>')) return body
  return body.replace(/\s*\n\s*/g, '').replace(/(^<xml>|<\/(?!xml>)\w+>)(?=<)/g, '$1\n').replace(/^<(?!\/?xml>)/gm, '  <')
}

/** `from → to  what`, and under it the message. */
export function message(from, to, what, body = '') {
  say(`    ${blue(`${from} → ${to}`)}  ${what}`)
  const text = printable(pretty(mask(String(body).trim())))
  if (text !== '') say(quiet(indent(text, 6)))
}

const SHOP = '店铺 shop'
const WECHAT = '微信 WeChat'

/** `log` of the shop: what its client sends to WeChat and hears from it. */
export function shopLog({ direction, url, body }) {
  const path = url.replace(/^https?:\/\/[^/]+/, '')
  if (direction === 'request') message(SHOP, WECHAT, `${path.startsWith('/sns/') ? 'GET' : 'POST'} ${path}`, body)
  else message(WECHAT, SHOP, '应答 answer', body)
}

/** `log` of the gateway, of which only the notifications are news. */
export function gatewayLog({ direction, url, body, status }) {
  if (direction === 'notification') message(WECHAT, SHOP, `POST ${new URL(url).pathname}`, body)
  if (direction === 'reply') message(SHOP, WECHAT, `${status}`, body)
}
