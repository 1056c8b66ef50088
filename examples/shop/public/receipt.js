import { word, yuan } from './words.js'

const EVERY = 1000

const $ = (id) => document.getElementById(id)
const OPEN = new Set(['NOTPAY', 'USERPAYING'])

let order = null // what the shop last said about it
let trouble = null // a word of words.js while something is in the way
let timer

const waiting = () => OPEN.has(order.state) && !order.expired

function fact(list, name, value) {
  if (value === null || value === undefined) return
  const dt = document.createElement('dt')
  const dd = document.createElement('dd')
  // textContent only: whatever stands in an order is text, never markup.
  dt.textContent = word(name)
  dd.textContent = value
  list.append(dt, dd)
}

/** yyyyMMddHHmmss (GMT+8) as WeChat writes it -> 2026-01-31 12:34:56 */
function clock(time) {
  return time?.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/, '$1-$2-$3 $4:$5:$6') ?? null
}

export function drawReceipt() {
  const receipt = $('receipt')
  if (order === null) {
    receipt.dataset.state = 'empty'
    return
  }
  receipt.dataset.state = waiting() ? 'waiting' : order.state === 'SUCCESS' ? 'paid' : 'ended'
  $('state').textContent = word(trouble ?? (order.expired ? 'expired' : order.state))
  if (order.total_fee === undefined) return // not heard of it yet
  $('amount').textContent = yuan(order.total_fee)
  $('goods').textContent = order.body

  const qr = $('qr')
  qr.alt = word('qr')
  if (order.qr !== null && qr.getAttribute('src') !== order.qr) qr.src = order.qr

  // weixin:// opens nothing on a desk; the simulator's code is a page.
  const open = $('open')
  open.hidden = !/^https?:/.test(order.code_url ?? '')
  if (!open.hidden) open.href = order.code_url

  const facts = $('facts')
  facts.replaceChildren()
  fact(facts, 'number', order.out_trade_no)
  fact(facts, 'attach', order.attach)
  fact(facts, 'transaction', order.transaction_id)
  fact(facts, 'time', clock(order.time_end))
}

async function look() {
  clearTimeout(timer)
  const watched = order.out_trade_no
  try {
    const answer = await fetch(`/order/${watched}`)
    if (order?.out_trade_no !== watched) return
    if (answer.status === 404) return leaveReceipt()
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
    order = await answer.json()
    trouble = null
  } catch {
    if (order?.out_trade_no !== watched) return
    trouble = 'lost'
  }
  drawReceipt()
  if (waiting()) timer = setTimeout(look, EVERY)
}

/** Shows an order and follows it until it is paid. A reload finds it again by the address. */
export async function followOrder(out_trade_no) {
  clearTimeout(timer)
  order = { out_trade_no, state: 'NOTPAY' }
  trouble = null
  history.replaceState(null, '', `#${out_trade_no}`)
  await look()
}

export function leaveReceipt() {
  clearTimeout(timer)
  order = null
  history.replaceState(null, '', location.pathname)
  drawReceipt()
}

// A tab in the background is slowed down; look at once when somebody comes back to it.
document.addEventListener('visibilitychange', () => {
  if (!document.hidden && order !== null && waiting()) look()
})
