import { nonceStr } from '../../facade.js'
import { PAGE_CSS, PAY_CSS } from '../../../dist/generated/pages.js'
import type { Answer } from '../answer.js'
import type { Part } from './html.js'
import { both, Html, html } from './html.js'
import type { Language } from './language.js'

/** No script, nothing from elsewhere; the one style sheet is inline and named by its nonce. */
const policy = (nonce: string): string =>
  `default-src 'none'; style-src 'nonce-${nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`

/** Who looks at a page, and where. */
export interface Visit {
  language: Language
  query: URLSearchParams
}

/** A page for the payer's phone, as a whole answer. It needs no second request. */
export function document(visit: Visit, state: string, view: Part, status = 200): Answer {
  const { language } = visit
  const nonce = nonceStr()
  const other = language === 'en' ? 'zh-CN' : 'en'
  const query = new URLSearchParams(visit.query)
  query.set('lang', other)
  const page = html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${language === 'en' ? 'Simulated payment' : '模拟支付'}</title>
<style nonce="${nonce}">${Html.sheet(PAGE_CSS + PAY_CSS)}</style>
</head>
<body class="pay" data-state="${state}">
<header>
<p>${both('模拟支付', 'Simulated payment')}</p>
<a href="?${query.toString()}" hreflang="${other}">${language === 'en' ? html`<span lang="zh-CN">中文</span>` : html`<span lang="en">English</span>`}</a>
</header>
<main>
${view}
</main>
<footer>${both('模拟网关，不会真实扣款', 'A simulator: no money moves')}</footer>
</body>
</html>
`
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy(nonce),
      'cache-control': 'no-store',
      // Not no-referrer: browsers then send `Origin: null` with the form, which the gateway refuses.
      'referrer-policy': 'same-origin',
    },
    body: page.toString(),
  }
}
