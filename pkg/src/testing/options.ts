import type { Timers } from './clock.js'
import { SECOND } from './clock.js'
import type { Rules } from './desk.js'
import type { FaultRule } from './faults.js'
import type { MerchantOptions } from './merchant.js'
import type { Message } from './messages.js'
import type { TlsOptions } from './server.js'

/** The merchant's part: `key` only with `testKey: true`; the default is the merchant of the official documents. */
export interface GatewayOptions extends MerchantOptions {
  /** 0, the default, takes a free one. */
  port?: number | undefined
  /** 127.0.0.1; another one only with `allowRemote`. */
  host?: string | undefined
  /** Listen beyond this machine: whoever reaches the port can pay and refund in the simulator. */
  allowRemote?: boolean | undefined
  /** Names by which the gateway may be called beside localhost and 127.0.0.1, of a proxy for instance. */
  hosts?: readonly string[] | undefined
  /** Speak HTTPS, and demand the merchant's certificate where WeChat does. */
  tls?: TlsOptions | undefined
  /** Divides the pauses of the gateway, between the attempts of a notification above all: 3600 makes an hour a second. */
  timeScale?: number | undefined
  /** Let orders name a notify_url on another machine. */
  allowRemoteNotify?: boolean | undefined
  /** Gateway time, in milliseconds since 1970. */
  now?: (() => number) | undefined
  timers?: Timers | undefined
  /** Told of every message. */
  log?: ((message: Message) => void) | undefined
  /**
   * An integer: with the same one the same calls about an order get the same numbers, nonces and
   * faults, whatever other orders do.
   */
  seed?: number | undefined
  /** What is to go wrong. */
  faults?: readonly FaultRule[] | undefined
  /** Empty elements, unknown fields and a missing `sign_type` now and then, as production has them. */
  variety?: boolean | undefined
  /** Remember everything in this file, and go on from it after a restart. */
  stateFile?: string | undefined
  /** Seconds from the acceptance of a refund, a share or a deduction to its end; 10 where absent. */
  settleAfter?: number | undefined
  /** Seconds from placing an order to the moment it can be closed; 300 as documented, where absent. */
  closeAfter?: number | undefined
  /** What the merchant has before the first payment, in fen; a hundred million yuan where absent. */
  funds?: number | undefined
  /** The largest part of an order that can be shared, in parts of 10000; 3000 where absent. */
  maxRatio?: number | undefined
  /** So many unpaid orders are kept, then the oldest is forgotten; 100000 where absent. */
  maxOrders?: number | undefined
  /** So many messages and attempts to notify are remembered; 1000 where absent. */
  memory?: number | undefined
}

/** The longest pause that a timer of JavaScript can make, in whole days. */
const MOST_SECONDS = 24 * 86_400

/** How strict and how slow these options make the gateway. */
export function rulesOf(options: GatewayOptions): Rules {
  const seconds = (name: 'settleAfter' | 'closeAfter', usual: number): number => {
    const value = options[name] ?? usual
    if (!(value >= 0 && value <= MOST_SECONDS))
      throw new RangeError(`options.${name} must be from 0 to ${MOST_SECONDS} (seconds)`)
    return value * SECOND
  }
  const { maxRatio = 3000, funds = 0 } = options
  if (!(Number.isSafeInteger(maxRatio) && maxRatio >= 0 && maxRatio <= 10_000))
    throw new RangeError('options.maxRatio must be an integer from 0 to 10000')
  if (!(Number.isSafeInteger(funds) && funds >= 0))
    throw new RangeError('options.funds must be an integer from 0 up (fen)')
  return {
    settleAfter: seconds('settleAfter', 10),
    closeAfter: seconds('closeAfter', 300),
    maxRatio,
    maxOrders: checkedCount('maxOrders', options.maxOrders ?? 100_000),
    allowRemoteNotify: options.allowRemoteNotify ?? false,
  }
}

/** An option that counts. */
export function checkedCount(name: string, value: number): number {
  if (!(Number.isSafeInteger(value) && value >= 1))
    throw new RangeError(`options.${name} must be an integer from 1 up`)
  return value
}
