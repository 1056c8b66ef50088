import { WxPayError, type Query } from '../errors.js'
import { UsageError } from './command.js'
import { visible } from './visible.js'

/** What an error says: one line, or with `--json` one object; wrong usage has the usage below it. */
export function report(error: unknown, json: boolean): string {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof UsageError) {
    if (!json) return `wxpay-wasm: ${message}`
    return JSON.stringify({ code: 'USAGE', message: message.split('\n')[0] })
  }
  if (!(error instanceof WxPayError)) {
    return json ? JSON.stringify({ code: 'INTERNAL', message }) : `wxpay-wasm: INTERNAL: ${visible(message)}`
  }
  const { code, field, offset, err_code, action, query } = error
  const run = query === undefined ? undefined : commandOf(query)
  if (json) return JSON.stringify({ code, message, field, offset, err_code, action, query, run })
  const advice = run === undefined ? '' : `; run: ${run}`
  return `wxpay-wasm: ${code}: ${visible(message)}${advice}`
}

/** The command that asks the query. */
function commandOf({ fields }: Query): string {
  const numbers = Object.entries(fields).map(
    ([name, value]) => `--${name.replaceAll('_', '-')}=${quoted(value)}`,
  )
  return ['npx wxpay-wasm query', ...numbers].join(' ')
}

const quoted = (text: string): string =>
  /^[\w.@-]+$/.test(text) ? text : `'${visible(text).replaceAll("'", "'\\''")}'`
