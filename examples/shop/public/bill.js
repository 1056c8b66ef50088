import { $, element, tell } from './draw.js'
import { watchOrder } from './watch.js'
import { clock, language, word, yuan } from './words.js'

/** What the page looks like, by the status of the order. */
const LOOKS = { waiting: 'waiting', paying: 'waiting', paid: 'paid', refunding: 'back', partly_refunded: 'back', refunded: 'back' }
const SEALS = { paid: '付讫', back: '退款', ended: '作废' }

let order = null // what the shop last said about it
let lost = false
let unwatch = () => {}
let nameOf = () => undefined

/** @param find the product with this id, or undefined: for its name in the reader's language */
export function nameProducts(find) {
  nameOf = find
}

function step(name, at, note) {
  const item = element('li', at === null ? 'ahead' : 'done')
  item.append(element('span', 'what', note === undefined ? word(name) : `${word(name)} ${note}`))
  item.append(element('span', 'when', at === null ? '' : clock(at)))
  return item
}

function steps() {
  const list = [step('ordered', order.created_at), step('payment', order.paid_at)]
  const open = order.paid_at === null && !['waiting', 'paying'].includes(order.status)
  if (open) list.pop()
  else if (order.delivered_at !== null || order.refunds.length === 0) list.push(step('sent', order.delivered_at))
  for (const { refund_fee, state, success_time } of order.refunds) {
    const at = success_time === null ? null : new Date(`${success_time.replace(' ', 'T')}+08:00`).getTime()
    list.push(step('refund', at, `${yuan(refund_fee)} · ${word(state)}`))
  }
  return list
}

function facts() {
  const rows = [['number', order.out_trade_no], ['attach', order.attach], ['transaction', order.transaction_id]]
  return rows.filter(([, value]) => value !== null).flatMap(([name, value]) => [element('dt', '', word(name)), element('dd', '', value)])
}

export function drawBill() {
  const bill = $('bill')
  document.body.dataset.view = order === null ? 'list' : 'bill'
  if (order === null) {
    bill.dataset.state = 'empty'
    return
  }
  const look = LOOKS[order.status] ?? 'ended'
  bill.dataset.state = look
  bill.dataset.status = order.status
  $('state').textContent = word(lost ? 'lost' : order.status)
  if (order.total_fee === undefined) return // not heard of it yet

  $('amount').textContent = yuan(order.total_fee)
  $('goods').textContent = nameOf(order.product_id)?.name[language] ?? order.body
  $('seal').textContent = SEALS[look] ?? ''

  const waiting = look === 'waiting'
  const qr = $('qr')
  qr.alt = word('qr')
  qr.hidden = order.qr === null
  if (order.qr !== null && qr.getAttribute('src') !== order.qr) qr.src = order.qr
  $('scan').hidden = !waiting || order.qr === null
  // weixin:// opens nothing on a desk; the simulator's code is a page.
  $('open').hidden = !waiting || !/^https?:/.test(order.code_url ?? '')
  if (!$('open').hidden) $('open').href = order.code_url
  $('cashier').hidden = !waiting || order.mweb_url === null
  if (!$('cashier').hidden) $('cashier').href = order.mweb_url
  $('have-paid').hidden = !waiting
  $('again').textContent = word(waiting ? 'back' : 'again')
  if (!waiting) tell('bill-trouble', null)

  $('steps').replaceChildren(...steps())
  $('facts').replaceChildren(...facts())
}

/** Shows an order and follows it. A reload finds it again by the address. */
export function followOrder(out_trade_no) {
  unwatch()
  order = { out_trade_no, status: 'waiting' }
  lost = false
  tell('bill-trouble', null)
  history.replaceState(null, '', `/?order=${out_trade_no}`)
  return new Promise((resolve) => {
    const heard = (now, trouble) => {
      if (order?.out_trade_no !== out_trade_no) return
      order = now
      lost = trouble
      drawBill()
      resolve()
    }
    unwatch = watchOrder(out_trade_no, {
      news: (now) => heard(now, false),
      lost: () => heard(order, true),
      gone: () => (leaveBill(), resolve()),
    })
  })
}

export function leaveBill() {
  unwatch()
  order = null
  history.replaceState(null, '', '/')
  drawBill()
}

// Back from the cashier the answer may take a moment longer than the buyer: he may have it asked for.
$('have-paid').addEventListener('click', async ({ target }) => {
  target.disabled = true
  tell('bill-trouble', null)
  const { out_trade_no } = order
  try {
    const answer = await fetch('/queryOrder', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ out_trade_no }),
    })
    if (answer.ok && order?.out_trade_no === out_trade_no) {
      order = await answer.json()
      drawBill()
      if (order.status === 'waiting') tell('bill-trouble', word('notYet'))
    }
  } catch {
    // What watches the order says that the connection is lost.
  }
  target.disabled = false
})
