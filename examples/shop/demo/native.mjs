import { setTimeout as pause } from 'node:timers/promises'
import { renderUnicodeCompact } from 'uqr'
import { catalogue, findProduct } from '../catalogue.mjs'
import { buyer } from './buyer.mjs'
import { blackOnWhite, indent, say } from './terminal.mjs'
import { message } from './wire.mjs'

/** Order, QR code, the page behind it, notification. Returns what must be found in the database. */
export async function nativeFlow({ gateway, shop }, step) {
  const desk = buyer(shop.url, '浏览器 browser')

  step('网页下单（NATIVE），得到 code_url', 'a NATIVE order on the page gives a code_url')
  const { out_trade_no, code_url } = await desk.post('/order', { product_id: 'lapsang-50', trade_type: 'NATIVE' })

  step('code_url 画成二维码', 'the code_url as a QR code')
  const lines = renderUnicodeCompact(code_url, { ecc: 'M', border: 2 }).trimEnd().split('\n')
  say(indent(lines.map(blackOnWhite).join('\n'), 6))
  say(`      ${code_url}`)

  step('扫码，在付款页上付款', 'scan it, and pay on the page behind it')
  const page = await fetch(code_url)
  const html = await page.text()
  if (!page.ok || !/<form method="post"[^>]*>[^]*name="action" value="pay"/.test(html)) throw new Error('the pay page has no form to pay with')
  message('手机 phone', '微信 WeChat', `POST ${new URL(code_url).pathname}`, 'action=pay')
  const paid = await fetch(code_url, { method: 'POST', body: new URLSearchParams({ action: 'pay' }) })
  if (!paid.ok) throw new Error(`the pay page answered ${paid.status}`)
  const deadline = performance.now() + 5000
  while (!gateway.notifications().some((notification) => notification.out_trade_no === out_trade_no)) {
    if (performance.now() > deadline) throw new Error('no notification within 5 s')
    await pause(10)
  }

  step('网页看到已付款', 'the page sees the payment')
  await desk.get(`/order/${out_trade_no}`)
  return { out_trade_no, total_fee: findProduct(catalogue, 'lapsang-50').total_fee }
}
