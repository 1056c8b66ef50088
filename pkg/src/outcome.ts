import type { EndpointFacts } from '../dist/generated/endpoints.js'
import { WxPayError } from './errors.js'
import type { Flat } from './fields.js'

/** Answers that settle the matter: the request was refused, or the business failed for sure. */
const SETTLED = ['RETURN_FAIL', 'RESULT_FAIL']

/**
 * The error of a call that was answered, or may have arrived. Where money moves, anything but a
 * settled failure is an unknown outcome, and the error names the query to run next.
 */
export function outcomeUnknown(facts: EndpointFacts, fields: Flat, error: unknown): unknown {
  if (!(error instanceof WxPayError) || !facts.money) return error
  const { code, message, field, err_code, action } = error
  const query = queryOf(facts, fields)
  if (SETTLED.includes(code)) {
    return new WxPayError(code, message, { field, err_code, action, query, cause: error.cause })
  }
  const next =
    query === undefined
      ? 'ask the merchant platform before it is repeated'
      : `ask ${query.endpoint} with ${Object.entries(query.fields)
          .map(([name, value]) => `${name} ${value}`)
          .join(', ')} before anything else`
  return new WxPayError(
    'OUTCOME_UNKNOWN',
    `${facts.name} may have been carried out: ${message}; ${next}`,
    { field, err_code, action, query, cause: error },
  )
}

function queryOf({ query }: EndpointFacts, fields: Flat): WxPayError['query'] {
  if (query === null) return undefined
  const given = query.fields.filter(name => fields[name] !== undefined)
  return {
    endpoint: query.endpoint,
    fields: Object.fromEntries(given.map(name => [name, fields[name] as string])),
  }
}
