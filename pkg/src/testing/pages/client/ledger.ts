import type { Entry } from '../../ledger.js'
import { grouped } from '../yuan.js'
import { element, foreign } from './element.js'
import { beijing } from './time.js'

export const drawEntry = ({ kind, out_no, amount, time, balance }: Entry): HTMLElement =>
  element(
    'tr',
    {},
    element('td', {}, element('time', {}, beijing(time)[1])),
    element('td', {}, kind),
    element('td', { class: 'number' }, foreign(out_no)),
    element('td', { class: amount < 0 ? 'money out' : 'money' }, `${amount < 0 ? '' : '+'}${grouped(amount)}`),
    element('td', { class: 'money' }, grouped(balance)),
  )
