import type { Html, Part } from './html.js'
import { both, foreign, html } from './html.js'
import { yuan } from './yuan.js'

/** The parts of which the payer's pages are made. */
export const heading = (chinese: string, english: string): Html =>
  html`<h1>${both(chinese, english)}</h1>`

export const amount = (fen: number): Html => {
  const figure = yuan(fen)
  return html`<p class="amount${figure.length > 8 ? ' long' : ''}"><small>¥</small>${figure}</p>`
}

/** A number of WeChat's fits into one line of a phone. */
const LONG = html` class="long"`

export const note = (chinese: string, english: string): Html =>
  html`<p class="note">${both(chinese, english)}</p>`

/** A row for each fact there is; null and the empty text are none. */
export function facts(...rows: [chinese: string, english: string, value: string | null][]): Html {
  const there = rows.filter(([, , value]) => value !== null && value !== '')
  return html`<dl>${there.map(
    ([chinese, english, value]) =>
      html`<div><dt>${both(chinese, english)}</dt><dd${(value ?? '').length > 24 ? LONG : null}>${foreign(value ?? '')}</dd></div>`,
  )}</dl>`
}

/** A form of one page; each button is an action by name. */
export const form = (...buttons: Part[]): Html =>
  html`<form method="post">
${buttons.map(button => html`${button}
`)}</form>`

export const button = (action: string, chinese: string, english: string): Html =>
  html`<button name="action" value="${action}">${both(chinese, english)}</button>`
