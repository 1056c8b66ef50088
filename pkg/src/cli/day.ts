import { UsageError } from './command.js'

/** `20140603` or `2014-06-03`, as a `bill_date`; `undefined` for any other text. */
export function dayIn(text: string): string | undefined {
  return /^\d{4}(-?)\d\d\1\d\d$/.test(text) ? text.replaceAll('-', '') : undefined
}

/** A day that must be one. */
export function day(text: string): string {
  const found = dayIn(text)
  if (found === undefined) throw new UsageError('a day is written as 20140603 or 2014-06-03')
  return found
}
