import type { Delivery, Waiting } from '../../courier.js'
import { both, element, foreign } from './element.js'
import { beijing } from './time.js'

/** The attempts to tell one thing to one address, and when the next one is made. */
export interface Trail {
  out_trade_no: string
  url: string
  attempts: Delivery[]
  due: number | null
}

/** One trail for each number and address, in the order of their first attempt. */
export function trails(attempts: readonly Delivery[], waiting: readonly Waiting[]): Map<string, Trail> {
  const found = new Map<string, Trail>()
  for (const attempt of attempts) {
    const { out_trade_no, url } = attempt
    const key = `${out_trade_no} ${url}`
    const trail = found.get(key)
    if (trail === undefined) found.set(key, { out_trade_no, url, attempts: [attempt], due: null })
    else trail.attempts.push(attempt)
  }
  for (const { out_trade_no, url, due } of waiting) {
    const trail = found.get(`${out_trade_no} ${url}`)
    if (trail !== undefined) trail.due = due
  }
  return found
}

export function drawTrail({ out_trade_no, url, attempts, due }: Trail): HTMLElement {
  return element(
    'li',
    { class: 'trail' },
    element(
      'p',
      { class: 'line' },
      element('span', { class: 'number' }, foreign(out_trade_no)),
      element('span', { class: 'address' }, foreign(url)),
    ),
    element('ol', {}, ...attempts.map(drawAttempt)),
    due === null
      ? null
      : element('p', { class: 'next' }, both('下一次', 'Next'), element('time', {}, beijing(due).join(' '))),
  )
}

function drawAttempt({ attempt, time, status, accepted, error, reply }: Delivery): HTMLElement {
  const why = error ?? `HTTP ${status ?? '–'} ${reply.slice(0, 120)}`
  return element(
    'li',
    { class: accepted ? 'attempt' : 'attempt bad' },
    element('span', { class: 'ordinal' }, String(attempt)),
    element('time', {}, beijing(time)[1]),
    element('span', {}, accepted ? both('已确认', 'Accepted') : foreign(why)),
  )
}
