import type { Entry } from '../../ledger.js'
import type { RememberedMessage } from '../../messages.js'
import type { GatewayOrder } from '../../order.js'
import type { GatewayRefund } from '../../refunds.js'
import type { News } from '../feed.js'
import { grouped } from '../yuan.js'
import { control } from './control.js'
import { both, find } from './element.js'
import { FaultDesk } from './faults.js'
import { drawEntry } from './ledger.js'
import { List } from './list.js'
import type { Trail } from './notifications.js'
import { drawTrail, trails } from './notifications.js'
import { drawOrder } from './orders.js'
import { beijing } from './time.js'
import { drawMessage, numbersIn } from './wire.js'

const REMEMBERED = 'wxpay-gateway-language'

const refunds = new Map<string, GatewayRefund>()
const refundsOf = (out_trade_no: string): GatewayRefund[] =>
  [...refunds.values()].filter(refund => refund.out_trade_no === out_trade_no)

const orders = new List<GatewayOrder>(
  '#orders',
  '#orders ol',
  order => drawOrder(order, refundsOf(order.out_trade_no), look),
  () => [],
)
const wire: List<RememberedMessage> = new List('#wire', '#wire ol', drawMessage, message => {
  const asked = wire.record(String(message.replyTo))
  return asked === undefined ? numbersIn(message) : [...numbersIn(message), ...numbersIn(asked)]
})
const notifications = new List<Trail>('#notifications', '#notifications ol', drawTrail, ({ out_trade_no }) => [out_trade_no])
const ledger = new List<Entry>('#ledger', '#ledger tbody', drawEntry, ({ out_no }) => [out_no])
const faults = new FaultDesk()

/** The order that everything beside it is about, or null. */
let focused: string | null = null

function look(out_trade_no: string | null): void {
  focused = focused === out_trade_no ? null : out_trade_no
  focus()
}

function focus(): void {
  find('#focus').hidden = focused === null
  find('#focus code').textContent = focused ?? ''
  for (const row of document.querySelectorAll<HTMLElement>('.order'))
    row.classList.toggle('looked', row.dataset['no'] === focused)
  const numbers =
    focused === null ? null : new Set([focused, ...refundsOf(focused).map(({ out_refund_no }) => out_refund_no)])
  for (const list of [wire, notifications, ledger]) list.focus(numbers)
}

function clear(): void {
  refunds.clear()
  for (const list of [orders, wire, notifications, ledger]) list.clear()
}

let ahead = 0

function hear(news: News): void {
  ahead = news.now - Date.now()
  if (news.fresh === true) clear()
  for (const refund of news.refunds ?? []) {
    refunds.set(refund.out_refund_no, refund)
    orders.again(refund.out_trade_no)
  }
  for (const order of news.orders ?? []) orders.put(order.out_trade_no, order)
  for (const message of news.messages ?? []) wire.put(String(message.id), message)
  for (const entry of news.ledger ?? []) ledger.put(`${entry.kind} ${entry.no}`, entry)
  if (news.notifications !== undefined) {
    const { attempts, waiting } = news.notifications
    for (const [key, trail] of trails(attempts, waiting)) notifications.put(key, trail)
  }
  faults.show(news.faults)
  find('#balance').textContent = `¥${grouped(news.balance)}`
  const all = orders.records()
  const paid = all.filter(({ state }) => state === 'SUCCESS' || state === 'REFUND')
  find('#paid').textContent = `${paid.length} / ${all.length}`
  find('#ledger table').hidden = (news.ledger ?? []).length === 0 && find('#ledger tbody').childElementCount === 0
  if (focused !== null) focus()
  tick()
}

function tick(): void {
  const [date, time] = beijing(Date.now() + ahead)
  find('#time').textContent = time
  find('#date').textContent = date
}

function connect(): void {
  const link = find('#link')
  const say = (state: string, chinese: string, english: string): void => {
    link.dataset['state'] = state
    link.replaceChildren(both(chinese, english))
  }
  const source = new EventSource('/_gateway/events')
  source.addEventListener('open', () => say('live', '实时', 'Live'))
  source.addEventListener('error', () => say('lost', '连接断开', 'Connection lost'))
  source.addEventListener('message', ({ data }) => hear(JSON.parse(data as string) as News))
}

function languages(): void {
  const root = document.documentElement
  const kept = localStorage.getItem(REMEMBERED)
  const asked = new URLSearchParams(location.search).has('lang')
  if (!asked && (kept === 'en' || kept === 'zh-CN')) root.lang = kept
  find('#language').addEventListener('click', () => {
    root.lang = root.lang === 'en' ? 'zh-CN' : 'en'
    localStorage.setItem(REMEMBERED, root.lang)
  })
}

function actions(): void {
  for (const button of document.querySelectorAll<HTMLElement>('[data-seconds]')) {
    button.addEventListener('click', () => {
      const seconds = button.dataset['seconds'] || (find('#seconds') as HTMLInputElement).value.trim()
      if (seconds !== '') void control('clock', { seconds })
    })
  }
  find('#focus button').addEventListener('click', () => look(null))
  find('#reset').addEventListener('click', () => {
    const chinese = document.documentElement.lang !== 'en'
    if (confirm(chinese ? '清空订单、报文、账本和故障？' : 'Forget orders, messages, ledger and faults?'))
      void control('reset')
  })
}

languages()
actions()
connect()
tick()
setInterval(tick, 1000)
