// The sequence diagram of the README in both languages, as SVG: `node docs/sequence.mjs`.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const LANGUAGES = {
  '': {
    title: 'A payment with wxpay-wasm: order, payment, notification, query',
    who: ['Payer', 'Your server', 'WeChat Pay'],
    steps: [
      [0, 1, 'buys'],
      [1, 1, 'store.createOrder'],
      [1, 2, 'pay.unifiedOrder', 'signed XML'],
      [2, 1, 'prepay_id or code_url', 'verified, then matched with the question'],
      [1, 0, 'QR code, or pay.miniProgramPay(prepay_id)', 'signed a second time'],
      [0, 2, 'pays'],
      [2, 1, 'notification', 'maybe twice, late or never'],
      [1, 1, 'paymentNotify: verify, compare, record once'],
      [1, 2, 'SUCCESS', 'after the commit'],
      [1, 2, 'reconcileOrders: pay.orderQuery', 'where no notification came'],
      [1, 0, 'handleEvents: delivers'],
    ],
  },
  '.zh-CN': {
    title: '用 wxpay-wasm 完成一笔支付：下单、支付、通知、查单',
    who: ['用户', '你的服务器', '微信支付'],
    steps: [
      [0, 1, '下单'],
      [1, 1, 'store.createOrder 订单入库'],
      [1, 2, 'pay.unifiedOrder 统一下单', '签名的 XML'],
      [2, 1, 'prepay_id 或 code_url', '先验签，再核对是否对应本次请求'],
      [1, 0, '二维码，或 pay.miniProgramPay(prepay_id)', '二次签名'],
      [0, 2, '支付'],
      [2, 1, '回调通知', '可能重复、迟到或不来'],
      [1, 1, 'paymentNotify：验签、核对、只入账一次'],
      [1, 2, 'SUCCESS', '提交落盘之后'],
      [1, 2, 'reconcileOrders：pay.orderQuery 查单', '没有等到通知时'],
      [1, 0, 'handleEvents：发货'],
    ],
  },
}

const WIDTH = 860
const LANES = [90, 400, 770]
const TOP = 76
const STEP = 48

const escape = text => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** The drawing, of which nothing is placed by hand. */
export function sequence({ title, who, steps }) {
  const height = TOP + steps.length * STEP + 20
  const lanes = who.map((name, lane) => `<line class="lane" x1="${LANES[lane]}" y1="56" x2="${LANES[lane]}" y2="${height - 10}"/>
<rect x="${LANES[lane] - 70}" y="14" width="140" height="36" rx="6"/><text class="who" x="${LANES[lane]}" y="37">${escape(name)}</text>`)
  const arrows = steps.map(([from, to, text, note], index) => {
    const y = TOP + index * STEP + 26
    const said = (x, anchor) => `<text x="${x}" y="${y - 8}" text-anchor="${anchor}">${escape(text)}</text>${note ? `<text class="note" x="${x}" y="${y + 16}" text-anchor="${anchor}">${escape(note)}</text>` : ''}`
    if (from === to) {
      const x = LANES[from]
      return `<path class="arrow" d="M${x} ${y - 8}h26v16h-20" marker-end="url(#head)"/><text x="${x + 36}" y="${y + 4}">${escape(text)}</text>`
    }
    const way = Math.sign(LANES[to] - LANES[from])
    // A line that passes a lane tells its words where it starts.
    const middle = (LANES[from] + LANES[from + way]) / 2
    return `<line class="arrow" x1="${LANES[from]}" y1="${y}" x2="${LANES[to] - way * 3}" y2="${y}" marker-end="url(#head)"/>${said(middle, 'middle')}`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img">
<title>${escape(title)}</title>
<style>
text { font: 13px system-ui, "Noto Sans CJK SC", sans-serif; fill: #1f2328 }
.who { font-weight: 600; text-anchor: middle }
.note { font-size: 12px; fill: #59636e }
rect { fill: #f6f8fa; stroke: #afb8c1 }
.lane { stroke: #afb8c1; stroke-dasharray: 3 4 }
.arrow { fill: none; stroke: #1f883d; stroke-width: 1.5 }
.point { fill: #1f883d }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc }
  .note { fill: #9198a1 }
  rect { fill: #212830; stroke: #656c76 }
  .lane { stroke: #656c76 }
  .arrow { stroke: #3fb950 }
  .point { fill: #3fb950 }
}
</style>
<defs><marker id="head" markerWidth="8" markerHeight="8" refX="6" refY="4" orient="auto"><path class="point" d="M0 0l8 4-8 4z"/></marker></defs>
${lanes.join('\n')}
${arrows.join('\n')}
</svg>
`
}

export const drawings = () => Object.entries(LANGUAGES).map(([name, words]) => [`sequence${name}.svg`, sequence(words)])

export function writeSequence() {
  for (const [name, svg] of drawings()) writeFileSync(new URL(name, import.meta.url), svg)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeSequence()
