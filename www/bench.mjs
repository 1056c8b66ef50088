/** The workbench below: what is made without a question about a signature. */
import { at, both } from './make.mjs'
import * as words from './words.mjs'
import { buildXml, miniProgramPay, nonceStr, parseXml } from './wxpay-wasm/index.js'

/** Fills in what the message says, where the field is still empty. */
export function adopt(fields = {}) {
  for (const [id, text] of [['five-app', fields.appid], ['five-prepay', fields.prepay_id]]) {
    if (text && fields.prepay_id) at(id).value = text
  }
}

export function drawBench(key) {
  drawFive(key)
  drawConverted()
}

/** A fresh time and nonce for the next payment. */
export function freshen() {
  at('five-time').value = String(Math.floor(Date.now() / 1000))
  at('five-nonce').value = nonceStr()
}

export function drawNonce() {
  at('nonce').textContent = nonceStr()
}

function drawFive(key) {
  const text = (id) => at(id).value.trim()
  const [appId, prepay_id] = [text('five-app'), text('five-prepay')]
  show('five', appId !== '' && prepay_id !== '', () => {
    if (key === '') return both(words.wantsKey)
    const [timeStamp, nonceStr, signType] = [Number(text('five-time')), text('five-nonce'), at('five-type').value]
    if (!/^\d{10}$/.test(text('five-time')) || nonceStr === '') return both(words.incomplete)
    return [JSON.stringify(miniProgramPay({ appId, prepay_id, timeStamp, nonceStr, signType }, key), null, 2)]
  })
}

function drawConverted() {
  const text = at('convert').value.trim()
  show('converted', text !== '', () =>
    [text[0] === '<' ? JSON.stringify(parseXml(text), null, 2) : buildXml(JSON.parse(text)).replaceAll('><', '>\n<')])
}

/** The result, or why there is none. */
function show(id, asked, result) {
  const output = at(id)
  output.classList.remove('bad')
  try {
    output.replaceChildren(...(asked ? result() : []))
  } catch (error) {
    output.classList.add('bad')
    const zh = words.reasons[error.code ?? 'JSON'] ?? error.message
    output.replaceChildren(...both([zh, error.message]))
  }
}

/** Whole fen, without a detour over floating point. */
export function exchange(edited) {
  const yuan = edited === 'yuan'
  const text = at(edited).value.trim()
  const [, whole, part = ''] = (yuan ? /^(\d+)(?:\.(\d{0,2}))?$/ : /^(\d+)$/).exec(text) ?? []
  at(edited).setAttribute('aria-invalid', String(text !== '' && whole === undefined))
  at(yuan ? 'fen' : 'yuan').removeAttribute('aria-invalid')
  if (whole === undefined) at(yuan ? 'fen' : 'yuan').value = ''
  else if (yuan) at('fen').value = String(BigInt(whole + part.padEnd(2, '0')))
  else at('yuan').value = `${BigInt(whole) / 100n}.${String(BigInt(whole) % 100n).padStart(2, '0')}`
}
