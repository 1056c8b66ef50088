import { queriedPayment } from '../notify.js'
import { UsageError, type Command } from './command.js'
import { client, MERCHANT_OPTIONS, MERCHANT_USAGE } from './merchant.js'
import { lines } from './visible.js'

const ORDER = ['out-trade-no', 'transaction-id'] as const
const REFUND = ['out-refund-no', 'refund-id'] as const

export const command: Command = {
  usage: `usage: wxpay-wasm query OUT_TRADE_NO [--paid] [--refunds] [--json]
       wxpay-wasm query --transaction-id ID [--paid] [--refunds] [--json]
       wxpay-wasm query --out-refund-no NUMBER | --refund-id ID [--json]

Prints what is known of an order, or of a refund.

--paid                   exit code 1 unless the order is paid
--refunds                the refunds of an order
--out-trade-no NUMBER    the same as OUT_TRADE_NO

${MERCHANT_USAGE}`,
  options: {
    ...MERCHANT_OPTIONS,
    paid: { type: 'boolean' },
    refunds: { type: 'boolean' },
    'out-trade-no': { type: 'string' },
    'transaction-id': { type: 'string' },
    'out-refund-no': { type: 'string' },
    'refund-id': { type: 'string' },
  },
  async run(call) {
    const { positionals, values, json, io } = call
    const [number, ...more] = positionals
    const flags = [...ORDER, ...REFUND].filter(flag => values[flag] !== undefined)
    if (more.length > 0 || flags.length + positionals.length !== 1) {
      throw new UsageError(`query takes one number\n${command.usage}`)
    }
    const [flag = 'out-trade-no'] = flags
    const ofRefund = values['refunds'] === true || flag === 'out-refund-no' || flag === 'refund-id'
    if (ofRefund && values['paid'] === true) {
      throw new UsageError(`--paid asks about an order, not about refunds\n${command.usage}`)
    }
    const fields = { [flag.replaceAll('-', '_')]: number ?? (values[flag] as string) }
    const pay = await client(call)
    const signal = io.interruption()
    const answer = await pay.call(ofRefund ? 'refundQuery' : 'orderQuery', fields, { signal })
    io.print(json ? JSON.stringify(answer) : lines(answer))
    // Throws, with the state, unless it is paid.
    if (values['paid'] === true) queriedPayment(answer as Record<string, string>)
    return 0
  },
}
