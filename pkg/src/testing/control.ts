import { WxPayError } from '../errors.js'
import type { Answer } from './answer.js'
import { json } from './answer.js'
import type { Gateway } from './gateway.js'

/** A query value as an integer; NaN, which no amount accepts, for any other text. */
const whole = (value: string | null): number | undefined =>
  value === null || value === '' ? undefined : /^\d{1,10}$/.test(value) ? Number(value) : NaN

type Control = (gateway: Gateway, query: URLSearchParams) => unknown

/** The methods of `Gateway`, for tests in another process. */
const CONTROLS: Record<string, Control> = {
  'POST /_gateway/pay': (gateway, query) =>
    gateway.pay(query.get('out_trade_no') ?? '', {
      openid: query.get('openid') || undefined,
      coupon_fee: whole(query.get('coupon_fee')),
    }),
  'POST /_gateway/decline': (gateway, query) => gateway.decline(query.get('out_trade_no') ?? ''),
  'POST /_gateway/login': (gateway, query) => ({
    code: gateway.login(query.get('openid') || undefined),
  }),
  'GET /_gateway/orders': gateway => gateway.orders(),
  'GET /_gateway/notifications': gateway => gateway.notifications(),
}

/** Answers a control call in JSON: 200, 400 for a bad argument, 409 for a refusal; null for any other path. */
export async function control(
  gateway: Gateway,
  method: string,
  path: string,
  query: URLSearchParams,
): Promise<Answer | null> {
  const call = CONTROLS[`${method} ${path}`]
  if (call === undefined) return null
  try {
    return json(await call(gateway, query))
  } catch (error) {
    if (error instanceof WxPayError) return json({ code: error.code, message: error.message }, 409)
    if (error instanceof TypeError || error instanceof RangeError)
      return json({ code: error.name, message: error.message }, 400)
    throw error
  }
}
