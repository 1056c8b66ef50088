import { renderANSI, renderUnicodeCompact } from 'uqr'
import { beijingTime } from '../beijing.js'
import type { WxPay } from '../client.js'
import { WxPayError } from '../errors.js'
import { nonceStr, type Fields } from '../index.js'
import { queriedPayment } from '../notify.js'
import { UsageError, type Command } from './command.js'
import { fieldsOf, INPUT_OPTIONS } from './input.js'
import { client, MERCHANT_OPTIONS, MERCHANT_USAGE, whole } from './merchant.js'
import type { Terminal } from './terminal.js'
import { lines } from './visible.js'

/** Milliseconds between two queries, growing (protocol: after 5 s, then with growing gaps). */
const FIRST_GAP = 5000
const GROWTH = 1.25
const LONGEST_GAP = 30_000

const FLAGS = {
  'total-fee': { type: 'string' },
  body: { type: 'string' },
  'out-trade-no': { type: 'string' },
  'product-id': { type: 'string' },
  'notify-url': { type: 'string' },
} as const

export const command: Command = {
  usage: `usage: wxpay-wasm order --total-fee FEN --body TEXT [-f NAME=VALUE…] [FILE] [--wait SECONDS] [--json]

Places a NATIVE order, shows its QR code, and waits until it is paid. Exit code 0 when it is paid,
1 when it is not. Ctrl-C ends the waiting and not the order: close does that.

--total-fee FEN          the amount, in fen
--body TEXT              what is paid for, as the payer reads it
--out-trade-no NUMBER    the order number; a fresh one, where absent
--product-id ID          the order number, where absent
--notify-url URL         where the notification goes; or WXPAY_NOTIFY_URL
-f, --field NAME=VALUE   any other field of unifiedorder; FILE, or - for standard input, has more
--wait SECONDS           how long to wait, 300 by default; 0 does not wait
--json                   a line when the order is placed, and one when the waiting is over

${MERCHANT_USAGE}`,
  options: { ...MERCHANT_OPTIONS, ...INPUT_OPTIONS, ...FLAGS, wait: { type: 'string' } },
  async run(call) {
    const { values, json, io } = call
    const given = await fieldsOf(call, false)
    const flags = Object.keys(FLAGS).filter(flag => values[flag] !== undefined)
    const named = flags.map(flag => [flag.replaceAll('-', '_'), values[flag]])
    const fields: Record<string, unknown> = { ...given, ...Object.fromEntries(named) }
    if ((fields['trade_type'] ?? 'NATIVE') !== 'NATIVE') {
      throw new UsageError('order places NATIVE orders: a QR code is all that a terminal can show')
    }
    const wait = whole('wait', (values['wait'] as string | undefined) ?? '300') * 1000
    const out_trade_no = String(fields['out_trade_no'] ?? beijingTime(io.now()) + nonceStr().slice(0, 8))
    const order = { product_id: out_trade_no, ...fields, out_trade_no, trade_type: 'NATIVE' }
    const pay = await client(call)
    const signal = io.interruption()

    let placed
    try {
      placed = await pay.call('unifiedOrder', order as Fields, { signal })
    } catch (error) {
      // A fresh number is told even so: the order may be there.
      if (error instanceof WxPayError && error.sent === true) io.note(`the order is ${out_trade_no}`)
      throw error
    }
    const { code_url = '', prepay_id } = placed as Record<string, string>
    if (json) io.print(JSON.stringify({ out_trade_no, prepay_id, code_url }))
    else io.print(`${picture(code_url, io)}\n${lines({ out_trade_no, code_url })}`)
    if (wait === 0) return 0

    const answer = await paid(pay, out_trade_no, { until: io.clock.now() + wait, signal, io })
    const { trade_state, transaction_id, total_fee, time_end } = answer
    const facts = { out_trade_no, trade_state, transaction_id, total_fee, time_end }
    io.print(json ? JSON.stringify(facts) : lines(facts))
    // Throws, with the state, unless it is paid.
    queriedPayment(answer)
    return 0
  },
}

/** In the terminal's own colours a code may come out inverted, and phones do not read that. */
function picture(code_url: string, { colours }: Terminal): string {
  return colours ? renderANSI(code_url, { border: 2 }) : renderUnicodeCompact(code_url, { border: 2 })
}

interface Waiting {
  /** On the clock's own count. */
  until: number
  signal: AbortSignal
  io: Terminal
}

/** The last answer of the query: paid, given up, or still open when the time was over. */
async function paid(pay: WxPay, out_trade_no: string, { until, signal, io }: Waiting): Promise<Record<string, string>> {
  const interrupted = () => {
    const how = `wxpay-wasm query ${out_trade_no} asks for it, wxpay-wasm close ${out_trade_no} closes it`
    return new WxPayError('ABORTED', `order ${out_trade_no} is open and may still be paid: ${how}`)
  }
  for (let gap = FIRST_GAP; ; gap = Math.min(LONGEST_GAP, gap * GROWTH)) {
    const left = Math.max(0, until - io.clock.now())
    io.progress(`waiting for the payment, ${Math.ceil(left / 1000)} s left`)
    await io.clock.sleep(Math.min(gap, left), signal)
    if (signal.aborted) throw interrupted()
    const over = io.clock.now() >= until
    try {
      const answer = (await pay.call('orderQuery', { out_trade_no }, { signal })) as Record<string, string>
      if (over || !OPEN.has(answer['trade_state'] ?? '')) {
        io.progress()
        return answer
      }
    } catch (error) {
      if (signal.aborted) throw interrupted()
      if (over || !passing(error)) throw error
      io.note(`${error.code}: ${error.message}; asking again`)
    }
  }
}

/** States in which a payment may still come. */
const OPEN: ReadonlySet<string> = new Set(['NOTPAY', 'USERPAYING'])

/** Whether the next query may be answered. */
function passing(error: unknown): error is WxPayError {
  if (!(error instanceof WxPayError)) return false
  return error.action === 'retry' || ['TRANSPORT', 'TIMEOUT', 'ANSWER_INVALID'].includes(error.code)
}
