import type { Fields } from '../index.js'
import { UsageError, type Command } from './command.js'
import { fieldsOf, INPUT_OPTIONS } from './input.js'
import { client, MERCHANT_OPTIONS, MERCHANT_USAGE } from './merchant.js'
import { lines, visible } from './visible.js'

const FLAGS = {
  'out-trade-no': { type: 'string' },
  'transaction-id': { type: 'string' },
  'out-refund-no': { type: 'string' },
  'refund-fee': { type: 'string' },
  'total-fee': { type: 'string' },
  'refund-desc': { type: 'string' },
} as const

export const command: Command = {
  usage: `usage: wxpay-wasm refund OUT_TRADE_NO --out-refund-no NUMBER --refund-fee FEN [--total-fee FEN]
                         [-f NAME=VALUE…] [--yes] [--json]

Gives back what was paid, in part or whole, after asking you. The client certificate is needed.
Exit code 3: nobody knows whether the money moved. Run the query that is printed; then run the
same command again, with the same --out-refund-no, if there is no such refund.

--out-refund-no NUMBER   your number of this refund; a repetition with the same one is no second
                         refund
--refund-fee FEN         what is given back, in fen
--total-fee FEN          the order's amount; asked for with a query, where absent
--transaction-id ID      in place of OUT_TRADE_NO
--refund-desc TEXT       the reason, for the payer to read
-f, --field NAME=VALUE   any other field of refund
--yes                    does not ask

${MERCHANT_USAGE}`,
  options: {
    ...MERCHANT_OPTIONS,
    ...FLAGS,
    field: INPUT_OPTIONS.field,
    yes: { type: 'boolean' },
  },
  async run(call) {
    const { positionals, values, json, io } = call
    const [number, ...more] = positionals
    if (more.length > 0) throw new UsageError(`refund takes one order number\n${command.usage}`)
    const flags = Object.keys(FLAGS).filter(flag => values[flag] !== undefined)
    const named = flags.map(flag => [flag.replaceAll('-', '_'), values[flag]])
    const given: Record<string, unknown> = {
      ...(await fieldsOf({ ...call, positionals: [] }, false)),
      ...(number === undefined ? {} : { out_trade_no: number }),
      ...Object.fromEntries(named),
    }
    for (const name of ['out_refund_no', 'refund_fee']) {
      if (given[name] === undefined) {
        throw new UsageError(`--${name.replaceAll('_', '-')} is needed\n${command.usage}`)
      }
    }
    const pay = await client(call)
    const signal = io.interruption()
    const { out_trade_no, transaction_id } = given
    const order = transaction_id === undefined ? { out_trade_no } : { transaction_id }
    const fields = {
      ...given,
      total_fee:
        given['total_fee'] ?? (await pay.call('orderQuery', order as Fields, { signal }))['total_fee'],
    } as Fields

    if (values['yes'] !== true) {
      const { refund_fee, total_fee, out_refund_no } = fields
      const what = `refund ${String(refund_fee)} of ${String(total_fee)} fen of order`
      const which = `${String(out_trade_no ?? transaction_id)}, as ${String(out_refund_no)}`
      const answer = await io.ask(visible(`${what} ${which}? [y/N]`))
      if (answer === undefined) {
        throw new UsageError('a refund is confirmed on a terminal, or with --yes; nothing was sent')
      }
      if (!/^y(es)?$/i.test(answer.trim())) {
        io.note('nothing was refunded')
        return 1
      }
    }
    const answer = await pay.call('refund', fields, { signal })
    io.print(json ? JSON.stringify(answer) : lines(answer))
    return 0
  },
}
