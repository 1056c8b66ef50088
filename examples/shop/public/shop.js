import { drawBill, followOrder, leaveBill, nameProducts } from './bill.js'
import { $, element, tell } from './draw.js'
import { language, speakWith, word, yuan } from './words.js'

let products = []
let trouble = null

function row(product) {
  const item = element('li')
  const other = language === 'zh' ? 'en' : 'zh'
  const names = element('div', 'names')
  const second = element('p', 'second', product.name[other])
  second.lang = other === 'zh' ? 'zh-CN' : 'en'
  names.append(element('h3', 'name', product.name[language]), second, element('p', 'about', product.about[language]))

  const buy = element('button', 'button buy', word('buy'))
  buy.type = 'button'
  buy.dataset.product = product.product_id
  buy.setAttribute('aria-label', `${word('buy')} ${product.name[language]} ${yuan(product.total_fee)}`)
  buy.addEventListener('click', () => order(product.product_id, buy))

  item.append(names, element('p', 'price', yuan(product.total_fee)), buy)
  return item
}

function draw() {
  $('products').replaceChildren(...products.map(row))
  drawBill()
  tell('trouble', trouble === null ? null : word(trouble))
}

async function order(product_id, button) {
  button.disabled = true
  trouble = null
  try {
    const answer = await fetch('/order', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      // No price here: the server knows it.
      body: JSON.stringify({
        product_id,
        trade_type: document.querySelector('[name="trade_type"]:checked').value,
        attach: $('note').value.trim(),
      }),
    })
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
    const { out_trade_no } = await answer.json()
    await followOrder(out_trade_no)
    scrollTo({ top: 0 })
  } catch {
    trouble = 'orderFailed'
  }
  tell('trouble', trouble === null ? null : word(trouble))
  button.disabled = false
}

$('again').addEventListener('click', () => {
  $('note').value = ''
  leaveBill()
})

// Who holds a phone cannot scan its own screen.
if (matchMedia('(pointer: coarse)').matches) document.querySelector('[value="MWEB"]').checked = true
nameProducts((product_id) => products.find((product) => product.product_id === product_id))
speakWith(draw)
draw()
try {
  const answer = await fetch('/products')
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
  products = await answer.json()
} catch {
  trouble = 'listFailed'
}
draw()
const named = new URLSearchParams(location.search).get('order')
if (/^[0-9A-Za-z]{1,32}$/.test(named ?? '')) await followOrder(named)
