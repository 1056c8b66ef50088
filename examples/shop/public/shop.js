import { drawReceipt, followOrder, leaveReceipt } from './receipt.js'
import { language, speak, toggleLanguage, word, yuan } from './words.js'

const $ = (id) => document.getElementById(id)

let products = []
let trouble = null

function drawTrouble() {
  $('trouble').hidden = trouble === null
  $('trouble').textContent = trouble === null ? '' : word(trouble)
}

function text(tag, className, content) {
  const element = document.createElement(tag)
  element.className = className
  element.textContent = content
  return element
}

function row(product) {
  const item = document.createElement('li')
  const other = language === 'zh' ? 'en' : 'zh'
  const names = document.createElement('div')
  names.className = 'names'
  const second = text('p', 'second', product.name[other])
  second.lang = other === 'zh' ? 'zh-CN' : 'en'
  names.append(text('h3', 'name', product.name[language]), second, text('p', 'about', product.about[language]))

  const buy = text('button', 'buy', word('buy'))
  buy.type = 'button'
  buy.dataset.product = product.product_id
  buy.setAttribute('aria-label', `${word('buy')} ${product.name[language]} ${yuan(product.total_fee)}`)
  buy.addEventListener('click', () => order(product.product_id, buy))

  item.append(names, text('p', 'price', yuan(product.total_fee)), buy)
  return item
}

function draw() {
  speak()
  $('products').replaceChildren(...products.map(row))
  drawReceipt()
  drawTrouble()
}

async function order(product_id, button) {
  button.disabled = true
  trouble = null
  try {
    const attach = $('note').value.trim()
    const answer = await fetch('/order', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      // No price here: the server knows it.
      body: JSON.stringify({ product_id, trade_type: 'NATIVE', attach }),
    })
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
    const { out_trade_no } = await answer.json()
    await followOrder(out_trade_no)
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches
    $('receipt').scrollIntoView({ behavior: still ? 'auto' : 'smooth', block: 'nearest' })
  } catch {
    trouble = 'orderFailed'
  }
  drawTrouble()
  button.disabled = false
}

$('language').addEventListener('click', () => {
  toggleLanguage()
  draw()
})

$('again').addEventListener('click', () => {
  $('note').value = ''
  leaveReceipt()
})

draw()
try {
  const answer = await fetch('/products')
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
  products = await answer.json()
} catch {
  trouble = 'listFailed'
}
draw()
if (/^#[0-9A-Za-z]{1,32}$/.test(location.hash)) await followOrder(location.hash.slice(1))
