import { WxPayError } from '../errors.js'
import type { Answer } from './answer.js'
import { json } from './answer.js'
import type { FaultRule } from './faults.js'
import type { Gateway } from './gateway.js'
import type { RefundStatus } from './refunds.js'

/** A query value as an integer; NaN, which no amount accepts, for any other text. */
const whole = (value: string | null): number | undefined =>
  value === null || value === '' ? undefined : /^\d{1,10}$/.test(value) ? Number(value) : NaN

type Control = (gateway: Gateway, query: URLSearchParams, body: Buffer) => unknown

const given = (query: URLSearchParams, name: string): string => query.get(name) ?? ''
const openidOf = (query: URLSearchParams): string | undefined => query.get('openid') || undefined
const now = (gateway: Gateway): { now: number } => ({ now: gateway.now() })

function rules(body: Buffer): FaultRule[] {
  try {
    return JSON.parse(body.toString('utf8')) as FaultRule[]
  } catch (cause) {
    throw new TypeError('the body must be a list of faults in JSON', { cause })
  }
}

/** The methods of `Gateway`, for tests in another process. */
const CONTROLS: Record<string, Control> = {
  'POST /_gateway/pay': (gateway, query) =>
    gateway.pay(given(query, 'out_trade_no'), {
      openid: openidOf(query),
      bank_type: query.get('bank_type') || undefined,
      coupon_fee: whole(query.get('coupon_fee')),
    }),
  'POST /_gateway/decline': (gateway, query) => gateway.decline(given(query, 'out_trade_no')),
  'POST /_gateway/login': (gateway, query) => ({ code: gateway.login(openidOf(query)) }),
  'POST /_gateway/scan': (gateway, query) =>
    gateway.scan(given(query, 'code'), given(query, 'callback'), openidOf(query)),
  'POST /_gateway/refund': (gateway, query) =>
    gateway.settleRefund(
      given(query, 'out_refund_no'),
      (query.get('status') || 'SUCCESS') as Exclude<RefundStatus, 'PROCESSING'>,
    ),
  'POST /_gateway/receive': (gateway, query) =>
    gateway.receive(given(query, 'mch_billno'), openidOf(query)),
  'POST /_gateway/contract': (gateway, query) =>
    gateway.signContract(given(query, 'contract_code'), openidOf(query)),
  'DELETE /_gateway/contract': (gateway, query) =>
    gateway.endContract(given(query, 'contract_code')),
  'POST /_gateway/faults': (gateway, _query, body) => {
    gateway.setFaults(rules(body))
    return gateway.faults()
  },
  'POST /_gateway/clock': async (gateway, query) => {
    await gateway.advance(whole(query.get('seconds')) ?? NaN)
    return now(gateway)
  },
  'POST /_gateway/reset': gateway => {
    gateway.reset()
    return now(gateway)
  },
  'GET /_gateway/clock': now,
  'GET /_gateway/faults': gateway => gateway.faults(),
  'GET /_gateway/orders': gateway => gateway.orders(),
  'GET /_gateway/refunds': gateway => gateway.refunds(),
  'GET /_gateway/transfers': gateway => gateway.transfers(),
  'GET /_gateway/redpacks': gateway => gateway.redpacks(),
  'GET /_gateway/contracts': gateway => gateway.contracts(),
  'GET /_gateway/ledger': gateway => gateway.ledger(),
  'GET /_gateway/notifications': gateway => gateway.notifications(),
  'GET /_gateway/messages': gateway => gateway.messages(),
}

/** Answers a control call in JSON: 200, 400 for a bad argument, 409 for a refusal; null for any other path. */
export async function control(
  gateway: Gateway,
  method: string,
  path: string,
  query: URLSearchParams,
  body: Buffer,
): Promise<Answer | null> {
  const call = CONTROLS[`${method} ${path}`]
  if (call === undefined) return null
  try {
    return json(await call(gateway, query, body))
  } catch (error) {
    if (error instanceof WxPayError) return json({ code: error.code, message: error.message }, 409)
    if (error instanceof TypeError || error instanceof RangeError)
      return json({ code: error.name, message: error.message }, 400)
    throw error
  }
}
