import { nativeReply } from './client-pay.js'
import { within } from './deadline.js'
import { WxPayError } from './errors.js'
import { nativeCallback, type NativeCallback } from './facade.js'
import { Monitor } from './monitor.js'
import { check, type NotifyHandler, receive, type ReceiveOptions, type Route } from './receive.js'

/** What {@link nativeNotify} takes: who is asked, and who places the order. */
export interface NativeNotifyOptions extends Omit<ReceiveOptions, 'signType' | 'storeTimeout' | 'sub_mch_id'> {
  /**
   * Places the order (`unifiedOrder` with NATIVE) for the product that was scanned. Called once for
   * each callback, however often it is delivered to this process; `nonce_str` tells them apart
   * where there are several.
   */
  order(callback: NativeCallback): Promise<{ prepay_id: string }>
  /** Milliseconds from the callback to the reply; 4 500 by default, and at most. */
  orderTimeout?: number
  /** What the payer reads when there is no order; constant, whatever happened. */
  sorry?: string
  /** Where refused messages are listed. */
  store?: Route['store']
}

/** Callbacks that are remembered, and for how long, in milliseconds. */
const MOST = 1000
const MEMORY = 300_000
const LONGEST = 4500

/**
 * The callback of NATIVE mode 1 (chapter 6.4): a payer has scanned a product's code and waits for an
 * order. The reply is signed; without an order it says so, in one text for every reason.
 */
export function nativeNotify(options: NativeNotifyOptions): NotifyHandler {
  const { appid, mchid, order, orderTimeout = LONGEST, now = Date.now } = options
  const { monitor = new Monitor() } = options
  const { sorry = '下单失败，请稍后再试' } = options
  check('order', typeof order === 'function', 'is a function that places an order')
  const fits = Number.isSafeInteger(orderTimeout) && orderTimeout >= 1 && orderTimeout <= LONGEST
  check('orderTimeout', fits, `is an integer from 1 to ${LONGEST}`)
  const orders = new Map<string, { at: number; placed: Promise<{ prepay_id: string }> }>()

  /** The order of a callback; the same callback gets the same order, unless there was none. */
  function place(hash: string, callback: NativeCallback): Promise<{ prepay_id: string }> {
    const at = now()
    const fresh = (entry: { at: number }) => Math.abs(at - entry.at) < MEMORY
    const known = orders.get(hash)
    if (known !== undefined && fresh(known)) return known.placed
    for (const [key, entry] of orders) {
      if (orders.size < MOST && fresh(entry)) break
      orders.delete(key)
    }
    const placed = (async () => order(callback))()
    const entry = { at, placed }
    orders.set(hash, entry)
    placed.catch(() => orders.get(hash) === entry && orders.delete(hash))
    return placed
  }

  return receive({ ...options, monitor }, {
    kind: 'native',
    store: options.store,
    async act({ body, keys, receipt }) {
      const [key] = keys as [(typeof keys)[0]]
      const callback = nativeCallback(body, keys, { appid, mchid })
      const late = () => new WxPayError('TIMEOUT', `no order in ${orderTimeout} ms`)
      try {
        const { prepay_id } = await within(orderTimeout, place(receipt.hash, callback), late)
        const text = nativeReply({ appid, mch_id: mchid, prepay_id }, key)
        monitor.count('native', { outcome: 'ordered' })
        return text
      } catch (cause) {
        monitor.count('native', { outcome: 'failed' })
        const error = cause instanceof WxPayError ? cause : undefined
        monitor.alarm({ alarm: 'refused', message: 'native: no order could be placed', error })
        return nativeReply({ appid, mch_id: mchid, err_code_des: sorry }, key)
      }
    },
  })
}
