import type { RememberedMessage } from '../../messages.js'
import { both, element, foreign } from './element.js'
import { beijing } from './time.js'

const ARROWS: Record<RememberedMessage['direction'], [arrow: string, chinese: string, english: string]> = {
  request: ['→', '请求', 'request'],
  answer: ['←', '应答', 'answer'],
  notification: ['↗', '通知', 'notification'],
  reply: ['↙', '回复', 'reply'],
}

/** The value of an element of a flat message, for show. */
const valueOf = (body: string, name: string): string | undefined => {
  const [, quoted, bare] =
    new RegExp(`<${name}>(?:<!\\[CDATA\\[([^]*?)\\]\\]>|([^<]*))</${name}>`).exec(body) ?? []
  return quoted ?? bare
}

/** What became of it, in a word. */
function outcome({ direction, body, status }: RememberedMessage): [text: string, good: boolean] {
  const word = ['err_code', 'result_code', 'return_code'].map(name => valueOf(body, name)).find(Boolean)
  if (direction === 'request') return ['', true]
  if (status !== undefined && status !== 200) return [`HTTP ${status}`, false]
  const good = word === 'SUCCESS' && valueOf(body, 'return_code') !== 'FAIL'
  if (word === 'FAIL') return [valueOf(body, 'return_msg') ?? word, false]
  return [word ?? '', good || word === undefined]
}

/** The merchant's and WeChat's numbers in a message. */
export const numbersIn = ({ body }: RememberedMessage): string[] =>
  ['out_trade_no', 'transaction_id', 'out_refund_no'].flatMap(name => valueOf(body, name) ?? [])

/** One message; its parts are written when somebody opens it. */
export function drawMessage(message: RememberedMessage): HTMLElement {
  const { direction, endpoint, url, time } = message
  const [arrow, chinese, english] = ARROWS[direction]
  const [word, good] = outcome(message)
  const details = element(
    'details',
    { class: 'message', 'data-direction': direction },
    element(
      'summary',
      {},
      element('time', {}, beijing(time)[1]),
      element('span', { class: 'arrow', 'aria-hidden': 'true' }, arrow),
      element('span', { class: 'unseen' }, both(chinese, english)),
      element('span', { class: 'name' }, foreign(endpoint ?? url)),
      element('span', { class: good ? 'word' : 'word bad' }, foreign(word)),
    ),
  )
  details.addEventListener('toggle', () => {
    if (details.open && details.childElementCount === 1) details.append(...parts(message))
  })
  return element('li', {}, details)
}

function parts({ url, body, stringToSign }: RememberedMessage): HTMLElement[] {
  const sign = valueOf(body, 'sign')
  const shown = [part('地址', 'Address', url)]
  if (stringToSign !== null && sign !== undefined) {
    const text = part('签名的字符串', 'The string that was signed', stringToSign)
    text.querySelector('pre')?.append(element('span', { class: 'tail' }, '&key=••••'))
    shown.push(text, part('签名', 'Signature', sign))
  }
  if (body !== '') shown.push(part('原文', 'Body', body.replace(/(<xml>|<\/\w+>)(?=<)/g, '$1\n')))
  return shown
}

const part = (chinese: string, english: string, text: string): HTMLElement =>
  element('div', { class: 'part' }, element('h3', {}, both(chinese, english)), element('pre', {}, text))
