import { WxPayError } from '../errors.js'
import { buildXml } from '../facade.js'

/**
 * The message that a parser made an object of: its fields, or those in its `xml`. Nothing is taken on
 * trust: the message is read and verified like any other.
 *
 * @throws WxPayError `NOTIFY_BODY` for what is no flat object of strings
 */
export function fromParsed(body: unknown): string {
  const root = isObject(body) && isObject(body['xml']) ? only(body) : body
  if (!isObject(root) || Object.keys(root).length === 0) throw refused('is no object with fields')
  for (const [name, value] of Object.entries(root)) {
    if (typeof value === 'string') continue
    const found = Array.isArray(value) ? 'an array' : value === null ? 'null' : `of type ${typeof value}`
    throw refused(`has a field that is ${found}; xml2js needs \`explicitArray: false\``, name)
  }
  return buildXml(root as Record<string, string>)
}

/** What is in `xml`, where there is nothing beside it that would go unverified. */
function only(body: Record<string, unknown>): unknown {
  if (Object.keys(body).length > 1) throw refused('has fields beside its `xml`')
  return body['xml']
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refused(reason: string, field?: string): WxPayError {
  const details = field === undefined ? {} : { field }
  return new WxPayError('NOTIFY_BODY', `the parsed notification ${reason}`, details)
}
