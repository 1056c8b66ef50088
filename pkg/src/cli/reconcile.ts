import { createReadStream, openSync } from 'node:fs'
import { readBill, reconcile, type Bill, type Difference } from '../bill.js'
import { BILL_OPTIONS, billOf } from './bill.js'
import { UsageError, type Call, type Command } from './command.js'
import { day, dayIn } from './day.js'
import { ledger } from './ledger.js'
import { client, MERCHANT_OPTIONS, MERCHANT_USAGE } from './merchant.js'
import { visible } from './visible.js'

export const command: Command = {
  usage: `usage: wxpay-wasm reconcile DATE --store FILE [--type TYPE] [--gzip] [--json]
       wxpay-wasm reconcile BILL --date DATE --store FILE [--json]

Says what differs between the bill of a day and your orders. The bill is downloaded, or it is the
file BILL, plain or compressed; - is standard input. Exit code 0 if nothing differs, 1 if something
does.

--store FILE             your orders: the SQLite file of an order store, or JSON: an array of
                         { out_trade_no, transaction_id, total_fee, fee_type, state, time_end }, a
                         line for each, or { orders, refunds }; amounts are in fen. Refunds,
                         { out_refund_no, out_trade_no, refund_fee, refund_status }, are compared
                         where there are some
--date DATE              the day of BILL: 20140603 or 2014-06-03
--json                   a line for each difference, and one with the counts

${MERCHANT_USAGE}`,
  options: { ...MERCHANT_OPTIONS, ...BILL_OPTIONS, store: { type: 'string' }, date: { type: 'string' } },
  async run(call) {
    const { positionals, values, json, io } = call
    const [source, ...more] = positionals
    const store = values['store']
    if (source === undefined || more.length > 0 || typeof store !== 'string') {
      throw new UsageError(`reconcile takes a day or a bill, and --store FILE\n${command.usage}`)
    }
    const ours = await ledger(store)
    const signal = io.interruption()
    const { bill, date } = await billFrom(source, call, signal)
    let differences = 0
    for await (const difference of reconcile(bill, ours, date)) {
      differences++
      io.print(json ? JSON.stringify(difference) : sentence(difference))
    }
    const { rows } = bill
    const counts = `${rows} rows, ${differences === 0 ? 'nothing differs' : `${differences} differ`}`
    io.print(json ? JSON.stringify({ rows, differences }) : io.paint(differences === 0 ? 'green' : 'red', counts))
    return differences === 0 ? 0 : 1
  },
}

async function billFrom(
  source: string,
  call: Call,
  signal: AbortSignal,
): Promise<{ bill: Bill; date: string }> {
  const date = call.values['date']
  const asked = typeof date === 'string' ? undefined : dayIn(source)
  if (asked !== undefined) {
    return { bill: await billOf(await client(call), call, asked, { signal }), date: asked }
  }
  if (typeof date !== 'string') {
    throw new UsageError(`${source} is no day: a bill needs --date DATE\n${command.usage}`)
  }
  const of = day(date)
  return { bill: await readBill(source === '-' ? process.stdin : file(source), { signal }), date: of }
}

function file(path: string) {
  try {
    return createReadStream(path, { fd: openSync(path, 'r') })
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}

const KINDS: Record<Difference['kind'], string> = {
  missing_here: 'is in the bill, and not among your orders',
  missing_there: 'is paid among your orders, and not in the bill',
  amount: 'has another amount',
  state: 'has another state',
  transaction: 'has another number of the payment',
}

function sentence(difference: Difference): string {
  const { about, kind, out_trade_no } = difference
  const what = about === 'refund' ? `refund ${difference.out_refund_no} of` : 'payment of'
  return visible(`${kind}: ${what} ${out_trade_no} ${KINDS[kind]}${sides(difference)}`)
}

function sides({ about, kind, ours, theirs }: Difference): string {
  if (ours === null || theirs === null) return ''
  const there = theirs as Record<string, unknown>
  const here = ours as unknown as Record<string, unknown>
  const pair = (a: string, b: string) => `: ${String(here[a])} here, ${String(there[b])} there`
  const fee = about === 'refund' ? 'refund_fee' : 'total_fee'
  if (kind === 'amount') return pair(fee, fee)
  if (kind === 'state') return about === 'refund' ? pair('state', 'refund_status') : pair('state', 'trade_state')
  return about === 'refund' ? pair('out_trade_no', 'out_trade_no') : pair('transaction_id', 'transaction_id')
}
