import { WxPayError } from './errors.js'

/** The texts and whole numbers of a JSON answer; what is nested is left out. */
export function jsonFields(body: Uint8Array): Record<string, string | number> {
  let read: unknown
  try {
    read = JSON.parse(new TextDecoder().decode(body))
  } catch {
    // The parser's own error quotes the text, where a session_key may stand.
    throw new WxPayError('ANSWER_INVALID', 'the answer is not JSON')
  }
  const fields: Record<string, string | number> = Object.create(null)
  if (typeof read !== 'object' || read === null || Array.isArray(read)) return fields
  for (const [name, value] of Object.entries(read)) {
    // Fields hold no negative numbers, and an errcode may be one.
    if (typeof value === 'string') fields[name] = value
    else if (Number.isSafeInteger(value)) fields[name] = (value as number) < 0 ? `${value}` : value
  }
  return fields
}
