import type { Bill } from '../bill.js'
import type { BillCallOptions, WxPay } from '../client.js'
import type { Fields } from '../index.js'
import { UsageError, type Call, type Command } from './command.js'
import { day } from './day.js'
import { output } from './file.js'
import { client, MERCHANT_OPTIONS, MERCHANT_USAGE } from './merchant.js'

/** What asks for a bill, here and in `reconcile`. */
export const BILL_OPTIONS = {
  type: { type: 'string' },
  gzip: { type: 'boolean' },
} as const

export const command: Command = {
  usage: `usage: wxpay-wasm bill DATE -o FILE [--type TYPE] [--gzip] [--csv] [--force] [--json]
       wxpay-wasm bill DATE -o FILE --fundflow [--type ACCOUNT] [--gzip] [--csv] [--force] [--json]

Downloads the bill of a day: 20140603 or 2014-06-03. FILE appears when the bill is whole.

-o, --output FILE        - is standard output, where a bill that breaks off may have begun
--type TYPE              ALL, the default, SUCCESS, REFUND or RECHARGE_REFUND
--fundflow               the fund flow; its types are Basic, the default, Operation and Fees. The
                         client certificate is needed
--csv                    the bytes as they come; otherwise a line of JSON for each row, amounts in
                         fen
--gzip                   asks for a compressed bill; with --csv FILE stays compressed
--force                  overwrites FILE
--json                   says in JSON what was written

${MERCHANT_USAGE}`,
  options: {
    ...MERCHANT_OPTIONS,
    ...BILL_OPTIONS,
    output: { type: 'string', short: 'o' },
    fundflow: { type: 'boolean' },
    csv: { type: 'boolean' },
    force: { type: 'boolean' },
  },
  async run(call) {
    const { positionals, values, json, io } = call
    const [date, ...more] = positionals
    const file = values['output']
    if (date === undefined || more.length > 0 || typeof file !== 'string') {
      throw new UsageError(`bill takes a day, and -o FILE\n${command.usage}`)
    }
    const bill_date = day(date)
    const pay = await client(call)
    const signal = io.interruption()
    const out = await output(file, values['force'] === true)
    const csv = values['csv'] === true
    let bytes = 0
    let pieces: Uint8Array[] = []
    try {
      const bill = await billOf(pay, call, bill_date, {
        signal,
        ...(csv ? { onBytes: piece => void pieces.push(piece) } : {}),
        onProgress(progress) {
          bytes = progress.bytes
          const speed = `${Math.round(progress.bytesPerSecond / 1024)} KB/s`
          io.progress(`${progress.rows} rows, ${Math.round(bytes / 1024)} KB, ${speed}`)
        },
      })
      const exists = bill.columns.length > 0
      for await (const rows of bill.batches()) {
        if (csv) {
          for (const piece of pieces.splice(0)) await out.write(piece)
        } else {
          await out.write(rows.map(row => `${JSON.stringify(row)}\n`).join(''))
        }
      }
      // Where no bill exists, what came says so and is none.
      if (csv && exists) for (const piece of pieces) await out.write(piece)
      await out.keep()
      pieces = []
      io.progress()
      const { rows, summary } = bill
      const facts = { file, bill_date, exists, rows, bytes, summary }
      // On standard output the bill stands alone.
      const said = exists ? `${rows} rows in ${file}` : `no bill exists for ${bill_date}: no trades; ${file} is empty`
      if (file === '-') io.note(said)
      else io.print(json ? JSON.stringify(facts) : said)
      return 0
    } catch (error) {
      await out.drop()
      io.progress()
      throw error
    }
  },
}

/** Asks for the bill of a day. */
export function billOf(
  pay: WxPay,
  { values }: Call,
  bill_date: string,
  options: BillCallOptions,
): Promise<Bill> {
  const type = values['type'] as string | undefined
  const packed = values['gzip'] === true ? { tar_type: 'GZIP' } : {}
  const [name, fields] =
    values['fundflow'] === true
      ? ['downloadFundFlow', { account_type: type ?? 'Basic' }]
      : ['downloadBill', { bill_type: type ?? 'ALL' }]
  const asked = { bill_date, ...fields, ...packed } as Fields
  return pay.call(name, asked, options) as unknown as Promise<Bill>
}
