import type { ServerResponse } from 'node:http'
import { ENDPOINTS } from '../../../dist/generated/endpoints.js'
import { DASHBOARD_CSS, DASHBOARD_JS, PAGE_CSS } from '../../../dist/generated/pages.js'
import type { Answer } from '../answer.js'
import { ANSWER_FAULTS, NOTIFICATION_FAULTS } from '../faults.js'
import type { Source } from './feed.js'
import { Feed } from './feed.js'
import type { Html } from './html.js'
import { both, html } from './html.js'
import type { Language } from './language.js'
import { languageOf } from './language.js'

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const file = (type: string, body: string): Answer => ({
  status: 200,
  headers: { 'content-type': `${type}; charset=utf-8`, 'content-security-policy': POLICY, 'cache-control': 'no-store' },
  body,
})

/** The page of the gateway itself, at `/_gateway/`, and the stream that keeps it up to date. */
export class Dashboard {
  readonly #source: Source
  readonly #feeds = new Set<Feed>()

  constructor(source: Source) {
    this.#source = source
  }

  /** The page and its two files; null for any other path. */
  answer(method: string, path: string, query: URLSearchParams, accepted: string | undefined): Answer | null {
    if (method !== 'GET' && method !== 'HEAD') return null
    switch (path) {
      case '/_gateway':
        return { status: 302, headers: { location: '/_gateway/' }, body: '' }
      case '/_gateway/':
        return file('text/html', shell(this.#source, languageOf(query, accepted)).toString())
      case '/_gateway/page.css':
        return file('text/css', PAGE_CSS + DASHBOARD_CSS)
      case '/_gateway/page.js':
        return file('text/javascript', DASHBOARD_JS)
      default:
        return null
    }
  }

  /** Keeps an answer open and tells it what happens. */
  stream(response: ServerResponse): void {
    const feed = new Feed(this.#source, response)
    this.#feeds.add(feed)
    response.on('close', () => this.#feeds.delete(feed))
  }

  /** Something changed that is no event: the clock, a fault. */
  touch(): void {
    for (const feed of this.#feeds) feed.touch()
  }

  /** Everything was forgotten. */
  begin(): void {
    for (const feed of this.#feeds) feed.begin()
  }
}

const options = (names: readonly string[]): Html[] => names.map(name => html`<option>${name}</option>`)

const advance = (seconds: number, chinese: string, english: string): Html =>
  html`<button type="button" data-seconds="${seconds}">${both(chinese, english)}</button>`

const section = (id: string, chinese: string, english: string, body: Html): Html =>
  html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${both(chinese, english)} <small data-count="${id}"></small></h2>
${body}
</section>`

const field = (name: string, chinese: string, english: string, input: Html): Html =>
  html`<label data-field="${name}">${both(chinese, english)}${input}</label>`

const FAULTS = html`<form>
${field('on', '发生在', 'On', html`<select name="on">${options(['notification', '*', ...Object.keys(ENDPOINTS).sort()])}</select>`)}
${field('notification-fault', '故障', 'Fault', html`<select name="notification-fault">${options(NOTIFICATION_FAULTS)}</select>`)}
${field('answer-fault', '故障', 'Fault', html`<select name="answer-fault">${options(ANSWER_FAULTS)}</select>`)}
${field('err_code', '错误码', 'err_code', html`<input name="err_code" placeholder="SYSTEMERROR" maxlength="32">`)}
${field('delay', '延迟秒数', 'Delay, s', html`<input name="delay" inputmode="numeric" placeholder="60">`)}
${field('times', '次数', 'Times', html`<input name="times" inputmode="numeric" placeholder="1">`)}
${field('no', '只对单号', 'Only for no.', html`<input name="no" maxlength="64">`)}
<button class="main">${both('打开', 'Switch on')}</button>
</form>
<ol id="fault-list"></ol>`

/** The page without its contents, which the stream brings. */
const shell = ({ gateway }: Source, language: Language): Html => html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${language === 'en' ? 'Gateway simulator' : '模拟网关'} ${gateway.mchid}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="page.css">
<script type="module" src="page.js"></script>
</head>
<body class="desk" translate="no" spellcheck="false">
<header class="masthead">
<h1>${both('模拟网关', 'Gateway simulator')}</h1>
<p class="subject">${both('微信支付 API v2', 'WeChat Pay API v2')}<span class="ids">appid <code>${gateway.appid}</code></span><span class="ids">mch_id <code>${gateway.mchid}</code></span></p>
<p id="link" role="status" data-state="waiting">${both('正在连接', 'Connecting')}</p>
<button type="button" id="language" class="plain">${html`<span class="zh" lang="en">English</span><span class="en" lang="zh-CN">中文</span>`}</button>
</header>
<noscript><p class="masthead">本页需要 JavaScript。This page needs JavaScript.</p></noscript>
<section class="figures" aria-label="${language === 'en' ? 'At a glance' : '概览'}">
<div class="clock">
<h2>${both('网关时间，东八区', 'Gateway time, GMT+8')}</h2>
<p class="figure"><time id="time">--:--:--</time><small id="date"></small></p>
<p class="ahead">${advance(15, '+15 秒', '+15 s')}${advance(300, '+5 分', '+5 min')}${advance(7200, '+2 小时', '+2 h')}${advance(86_400, '+1 天', '+1 day')}<input id="seconds" inputmode="numeric" placeholder="${language === 'en' ? 's' : '秒'}" aria-label="${language === 'en' ? 'seconds' : '秒'}"><button type="button" data-seconds="">${both('拨快', 'Advance')}</button></p>
</div>
<div>
<h2>${both('商户余额', 'Merchant’s balance')}</h2>
<p class="figure" id="balance">–</p>
</div>
<div>
<h2>${both('已付 / 全部', 'Paid / all')}</h2>
<p class="figure" id="paid">–</p>
</div>
</section>
<p id="focus" hidden>${both('只看', 'Only')} <code></code> <button type="button" class="plain">${both('看全部', 'Show all')}</button></p>
<main>
<div class="column">
${section('orders', '订单', 'Orders', html`<p class="none">${both('还没有订单：向这个地址下单，它们就会出现。', 'No orders yet: place one at this address and it appears.')} <code>${gateway.url}</code></p><ol></ol>`)}
${section('faults', '故障', 'Faults', FAULTS)}
</div>
<div class="column">
${section('wire', '报文', 'On the wire', html`<p class="none">${both('还没有报文。', 'No messages yet.')}</p><ol></ol>`)}
${section('notifications', '通知', 'Notifications', html`<p class="none">${both('还没有通知。', 'No notifications yet.')}</p><ol></ol>`)}
${section('ledger', '账本', 'Ledger', html`<p class="none">${both('还没有进出。', 'No money has moved yet.')}</p><div class="scroll"><table hidden><tbody></tbody></table></div>`)}
</div>
</main>
<footer><p>${both('模拟网关只用测试密钥，不会真实扣款。', 'The simulator signs with a test key; no money moves.')}</p><button type="button" id="reset" class="plain">${both('清空一切', 'Forget everything')}</button></footer>
<p id="trouble" role="alert" hidden></p>
</body>
</html>
`
