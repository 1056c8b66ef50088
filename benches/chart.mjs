// The chart of the README: bars of a few rows, light and dark.
import { NAMES } from './report.mjs'

const ROWS = {
  'notify-bytes': 'Read and verify a payment notification',
  'query-verify': 'Read and verify a 4 KB answer of an order query',
  'sign-build': 'Sign an order and build its XML',
}
const WIDTH = 760
const LABEL = 210
const BAR = 18
const STEP = 24
const PANEL = 44

const escape = text => text.replace(/&/g, '&amp;').replace(/</g, '&lt;')

export function svg({ table, machine }) {
  const panels = Object.entries(ROWS).filter(([row]) => table[row])
  const parts = []
  let y = 8
  for (const [row, title] of panels) {
    const cells = table[row]
    const bars = Object.keys(NAMES).filter(id => cells[id])
    const longest = Math.max(...bars.map(id => cells[id].ratio))
    const scale = (WIDTH - LABEL - 70) / longest
    parts.push(`<text class="title" x="0" y="${y + 18}">${escape(title)}</text>`)
    y += 30
    for (const id of bars) {
      const { ratio } = cells[id]
      const width = Math.max(1, ratio * scale).toFixed(1)
      const kind = id === 'ours' ? ' class="ours"' : ''
      parts.push(
        `<text class="name" x="${LABEL - 8}" y="${y + 13}">${escape(NAMES[id])}</text>`,
        `<rect${kind} x="${LABEL}" y="${y}" width="${width}" height="${BAR}" rx="2"/>`,
        `<text x="${(LABEL + Number(width) + 6).toFixed(1)}" y="${y + 13}">${label(ratio)}</text>`,
      )
      y += STEP
    }
    y += PANEL - STEP
  }
  parts.push(`<text class="note" x="0" y="${y + 6}">${escape(
    `Time relative to wxpay-wasm, shorter is faster. Node ${machine.node}, ${machine.cpu}.`,
  )}</text>`)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 16}" role="img">
<title>Time of wxpay-wasm and of its rivals</title>
<style>
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 14px; font-weight: 600 }
.name { text-anchor: end }
.note { fill: #59636e }
rect { fill: #afb8c1 }
.ours { fill: #1f883d }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc }
  .note { fill: #9198a1 }
  rect { fill: #656c76 }
  .ours { fill: #3fb950 }
}
</style>
${parts.join('\n')}
</svg>
`
}

const label = ratio => `${ratio >= 10 ? ratio.toFixed(0) : ratio.toFixed(2)}×`
