import { $, element, tell } from './draw.js'
import { openRefund, sendRefund } from './refund.js'
import { clock, language, speakWith, word, yuan } from './words.js'

const EVERY = 3000
const KEY = 'admin-token'

/** As long as this tab lives; a request has it in a header, which no other site can set. */
let token = sessionStorage.getItem(KEY)
let orders = []
let products = []
let drawn = ''
let timer

async function call(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
    body: body && JSON.stringify(body),
  })
  if (answer.status === 401) {
    leave()
    tell('door-trouble', word('wrongToken'))
  }
  return { ok: answer.ok, status: answer.status, json: await answer.json() }
}

const nameOf = ({ product_id, body }) => products.find((product) => product.product_id === product_id)?.name[language] ?? body

function refundLine(order, { out_refund_no, refund_fee, state }) {
  const line = element('p', 'refund', `${word('refund')} ${yuan(refund_fee)} · ${word(state)}`)
  if (!order.unconfirmed.includes(out_refund_no)) return line
  const again = element('button', 'quiet-link', word('sendAgain'))
  again.type = 'button'
  again.addEventListener('click', async () => {
    again.disabled = true
    const problem = await sendRefund(call, { out_trade_no: order.out_trade_no, out_refund_no, refund_fee })
    tell('desk-trouble', problem)
    await look()
  })
  line.append(` · ${word('unconfirmed')} `, again)
  return line
}

function row(order) {
  const item = element('li', 'order')
  item.dataset.no = order.out_trade_no
  item.dataset.status = order.status
  const goods = element('div', 'what')
  goods.append(element('p', 'name', nameOf(order)), element('p', 'number', order.out_trade_no))
  if (order.attach !== null) goods.append(element('p', 'attach', order.attach))
  for (const refund of order.refunds) goods.append(refundLine(order, refund))
  const state = element('p', 'state', word(order.status))
  const when = element('p', 'when', clock(order.created_at))
  item.append(goods, element('p', 'price', yuan(order.total_fee)), state, when)
  if (order.left > 0 && order.unconfirmed.length === 0) {
    const back = element('button', 'button give-back', word('giveBack'))
    back.type = 'button'
    back.addEventListener('click', () => openRefund(order, nameOf(order), (request) => sendRefund(call, request), look))
    item.append(back)
  }
  return item
}

function draw() {
  document.body.dataset.view = token === null ? 'door' : 'desk'
  $('number').placeholder = word('search')
  $('number').setAttribute('aria-label', word('search'))
  tell('none', orders.length > 0 || token === null ? null : word($('number').value === '' ? 'none' : 'notFound'))
  $('orders').replaceChildren(...orders.map(row))
}

async function look() {
  clearTimeout(timer)
  if (token === null) return
  try {
    const { ok, json } = await call('GET', `/admin/orders?out_trade_no=${encodeURIComponent($('number').value.trim())}`)
    if (token === null) return
    if (!ok) throw new Error(json.code)
    tell('door-trouble', null)
    // Drawn anew only when something is new: a button must not go away under the hand.
    if (drawn !== JSON.stringify(json)) {
      drawn = JSON.stringify(json)
      orders = json
      draw()
    }
    tell('desk-trouble', null)
  } catch {
    tell('desk-trouble', word('deskFailed'))
  }
  timer = setTimeout(look, EVERY)
}

function leave() {
  clearTimeout(timer)
  sessionStorage.removeItem(KEY)
  token = null
  orders = []
  drawn = ''
  draw()
}

$('door').addEventListener('submit', async (event) => {
  event.preventDefault()
  token = $('token').value
  sessionStorage.setItem(KEY, token)
  await look()
  if (token === null) return
  $('token').value = ''
  draw()
})
$('search').addEventListener('submit', (event) => {
  event.preventDefault()
  drawn = ''
  look()
})
$('leave').addEventListener('click', leave)

speakWith(draw)
draw()
products = await fetch('/products').then((answer) => answer.json()).catch(() => [])
await look()
