import { $, tell } from './draw.js'
import { fen, word, yuan } from './words.js'

/** Sends a refund; resolves with a sentence about what is wrong, or null. */
export async function sendRefund(call, request) {
  try {
    const { ok, json } = await call('POST', '/admin/refund', request)
    if (!ok) return word('refundFailed') + json.code
    return json.known ? null : word('refundUnknown')
  } catch {
    // It may have arrived: the same number can be sent again.
    return word('refundUnknown')
  }
}

let asked // what the open dialog is about

/** Asks how much to pay back, and why. */
export function openRefund(order, name, send, done) {
  asked = { order, send, done }
  $('dialog-goods').textContent = name
  $('dialog-number').textContent = order.out_trade_no
  $('left').textContent = `${word('left')} ${yuan(order.left)}`
  $('fee').value = yuan(order.left).slice(1)
  $('desc').value = ''
  tell('refund-trouble', null)
  $('confirm').disabled = false
  $('dialog').showModal()
}

$('fee').addEventListener('input', () => tell('refund-trouble', null))
$('cancel').addEventListener('click', () => $('dialog').close())
$('refund').addEventListener('submit', async (event) => {
  event.preventDefault()
  const { order, send, done } = asked
  const refund_fee = fen($('fee').value)
  if (refund_fee === null || refund_fee < 1 || refund_fee > order.left) return tell('refund-trouble', word('badAmount'))
  $('confirm').disabled = true
  // The number is of the order: however often this is sent, WeChat pays back once.
  const { out_trade_no, next_refund_no: out_refund_no } = order
  const problem = await send({ out_trade_no, out_refund_no, refund_fee, refund_desc: $('desc').value.trim() })
  $('confirm').disabled = false
  tell('refund-trouble', problem)
  if (problem === null) $('dialog').close()
  await done()
})
