import { nonceStr } from '../facade.js'
import type { Answer } from './answer.js'
import type { GatewayContract } from './contracts.js'
import type { Order } from './order.js'
import { isPaid } from './order.js'

/** Inline, so that the page needs no second request; its nonce is in the CSP. */
const STYLE = `
:root{color-scheme:light dark;--ink:#1b1b19;--soft:#6b6a64;--line:#e3e1da;--paper:#faf9f6;--go:#0b7a43;--on-go:#fff}
@media (prefers-color-scheme:dark){:root{--ink:#ecebe5;--soft:#a19f96;--line:#34332f;--paper:#171715;--go:#4cc486;--on-go:#10130f}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:flex;flex-direction:column;background:var(--paper);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"PingFang SC","Noto Sans SC","Noto Sans CJK SC","Microsoft YaHei",sans-serif}
main{width:100%;max-width:25rem;margin:0 auto;padding:3rem 1.5rem 2rem;flex:1}
h1{margin:0;font-size:1rem;font-weight:600}
[lang=en]{color:var(--soft);font-size:.8125rem;font-weight:400;margin-inline-start:.35em}
.amount{margin:.25rem 0 2.25rem;font-size:3.25rem;line-height:1.15;font-weight:300;letter-spacing:-.02em;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.amount.long{font-size:2.25rem}
.amount small{font-size:.5em;margin-inline-end:.15em}
dl{margin:0 0 2.25rem;border-top:1px solid var(--line)}
dl div{display:flex;gap:1.5rem;justify-content:space-between;padding:.7rem 0;border-bottom:1px solid var(--line)}
dt{flex:none}
dd{margin:0;text-align:end;overflow-wrap:anywhere;min-width:0}
form{display:grid;gap:.75rem}
button{appearance:none;width:100%;min-height:3rem;padding:.6rem 1rem;border:1px solid var(--line);border-radius:.5rem;background:none;color:inherit;font:inherit;cursor:pointer}
button[value=pay]{background:var(--go);border-color:var(--go);color:var(--on-go);font-weight:600}
button[value=pay] [lang=en]{color:inherit}
button:focus-visible{outline:3px solid var(--ink);outline-offset:2px}
.note{margin:1rem 0 2.25rem;padding:.7rem 0 .7rem 1rem;border-inline-start:3px solid var(--line)}
.note [lang=en]{margin:0}
.paid h1{color:var(--go)}
footer{padding:1rem 1.5rem 1.5rem;text-align:center;color:var(--soft);font-size:.8125rem}
`

const ENTITY: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text for HTML; `bdi` keeps characters that turn the writing direction inside their own field. */
const text = (value: string): string =>
  `<bdi>${value.replace(/[&<>"']/g, mark => ENTITY[mark] ?? '')}</bdi>`

const both = (chinese: string, english: string): string =>
  `${chinese}<span lang="en">${english}</span>`

/** Fen as yuan, without floating point. */
const yuan = (fen: number): string =>
  String(fen)
    .padStart(3, '0')
    .replace(/(\d\d)$/, '.$1')

const amount = (fen: number): string => {
  const figure = yuan(fen)
  return `<p class="amount${figure.length > 8 ? ' long' : ''}"><small>¥</small>${figure}</p>`
}

const rows = (entries: [chinese: string, english: string, value: string | null][]): string => {
  const row = ([chinese, english, value]: (typeof entries)[number]): string =>
    value === null ? '' : `<div><dt>${both(chinese, english)}</dt><dd>${text(value)}</dd></div>`
  return `<dl>${entries.map(row).join('')}</dl>`
}

const heading = (chinese: string, english: string): string => `<h1>${both(chinese, english)}</h1>`

const note = (chinese: string, english: string): string =>
  `<p class="note">${chinese}<br><span lang="en">${english}</span></p>`

const FORM = `<form method="post">
<button name="action" value="pay">${both('立即支付', 'Pay')}</button>
<button name="action" value="decline">${both('取消支付', 'Decline')}</button>
</form>`

function orderView(order: Order, merchant: string): string {
  const facts = rows([
    ['收款方', 'Merchant', merchant],
    ['商品', 'Item', order.body],
    ['订单号', 'Order', order.out_trade_no],
    ['优惠', 'Coupon', order.coupon_fee === null ? null : `-¥${yuan(order.coupon_fee)}`],
    ['交易单号', 'Transaction', order.transaction_id],
  ])
  if (isPaid(order))
    return heading('支付成功', 'Paid') + amount(order.cash_fee ?? order.total_fee) + facts
  if (order.state !== 'NOTPAY') {
    return (
      heading('订单已关闭', 'Order closed') +
      amount(order.total_fee) +
      facts +
      note('订单已超过支付期限。', 'The order was not paid in time.')
    )
  }
  const declined = order.declined
    ? note('已取消，未支付。', 'Declined: nothing was paid. You can still pay.')
    : ''
  return heading('确认支付', 'Confirm payment') + amount(order.total_fee) + declined + facts + FORM
}

/** The pay page of one code, as a whole answer. Every value of the order is text; no script runs. */
export function payPage(order: Order | 'expired' | undefined, merchant: string): Answer {
  const nonce = nonceStr()
  let status = 200
  let view: string
  if (order === undefined) {
    status = 404
    view =
      heading('二维码无效', 'Unknown code') +
      note('没有这个支付码。', 'The gateway never gave out this code.')
  } else if (order === 'expired') {
    status = 410
    view =
      heading('二维码已过期', 'Code expired') +
      note(
        '支付码两小时内有效，请回到商户重新下单。',
        'A code is good for two hours. Go back to the shop for a new one.',
      )
  } else {
    view = orderView(order, merchant)
  }
  return page(view, status, typeof order === 'object' && isPaid(order), nonce)
}

/** The page where one signs a contract; undefined for one that nobody prepared. */
export function contractPage(contract: GatewayContract | undefined, merchant: string): Answer {
  if (contract === undefined) return page(heading('协议不存在', 'Unknown contract'), 404, false)
  const signing = contract.state === 'SIGNING'
  const title =
    contract.state === 'SIGNED'
      ? heading('签约成功', 'Signed')
      : heading('自动扣款授权', 'Automatic deductions')
  const facts = rows([
    ['商户', 'Merchant', merchant],
    ['账户', 'Account', contract.contract_display_account],
    ['协议号', 'Contract', contract.contract_code],
  ])
  const form = `<form method="post"><button name="action" value="pay">${both('同意并签约', 'Sign')}</button></form>`
  return page(title + facts + (signing ? form : ''), 200, contract.state === 'SIGNED')
}

function page(view: string, status: number, done: boolean, nonce = nonceStr()): Answer {
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; style-src 'nonce-${nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
      'cache-control': 'no-store',
      // Not no-referrer: browsers then send `Origin: null` with the form, which the gateway refuses.
      'referrer-policy': 'same-origin',
    },
    body: `<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>模拟支付 · Simulated payment</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<main${done ? ' class="paid"' : ''}>
${view}
</main>
<footer>模拟网关，不会真实扣款<br>Simulator: no money moves</footer>
</body>
</html>
`,
  }
}
