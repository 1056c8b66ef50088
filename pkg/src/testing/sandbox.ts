import { fault, plain } from './answer.js'
import type { Coupon } from './coupon.js'
import type { Desk } from './desk.js'
import type { Call, Outcome } from './handlers.js'
import { openidOf } from './identifier.js'
import type { OrderBook } from './orders.js'
import { paymentFields } from './order.js'

/** The amounts of the old sandbox's cases, in fen, and whether one fen of it is a gift coupon (chapter 9.1). */
const CASES: Record<string, { coupon: boolean }> = {
  101: { coupon: false },
  102: { coupon: false },
  201: { coupon: false },
  301: { coupon: false },
  501: { coupon: true },
  502: { coupon: true },
  551: { coupon: true },
  552: { coupon: true },
}

/** What the new sandbox takes, in fen, and the coupons it uses (chapter 9.2). */
const XDC: Record<string, Coupon[]> = {
  1: [],
  2: [{ coupon_id: '10000', coupon_type: 'CASH', coupon_fee: 1 }],
  3: [
    { coupon_id: '10000', coupon_type: 'CASH', coupon_fee: 1 },
    { coupon_id: '10001', coupon_type: 'NO_CASH', coupon_fee: 2 },
  ],
}

/** What the two sandboxes do otherwise than production. */
export class Sandbox {
  readonly #desk: Desk
  readonly #orders: OrderBook

  constructor(desk: Desk, orders: OrderBook) {
    this.#desk = desk
    this.#orders = orders
  }

  /** A call of the old sandbox: only its amounts, and paid at once. Elsewhere the call as it is. */
  run(call: Call, run: () => Outcome): Outcome {
    if (this.#desk.realm !== 'sandbox') return run()
    const { name, fields, now } = call
    const amount = fields['total_fee'] ?? ''
    const ordered = name === 'unifiedOrder' || name === 'micropay'
    if (ordered && CASES[amount] === undefined)
      return { return_msg: `沙箱支付金额(${amount})无效，请检查需要验收的case` }
    const outcome = run()
    if ('body' in outcome || 'return_msg' in outcome || outcome['err_code'] !== undefined)
      return outcome
    const order =
      name === 'unifiedOrder' ? this.#orders.find(fields['out_trade_no'], now) : undefined
    if (order?.state === 'NOTPAY') {
      if (CASES[amount]?.coupon === true)
        order.coupons = [{ coupon_id: '10000', coupon_type: 'NO_CASH', coupon_fee: 1 }]
      this.#orders.settle(order, now)
      const { notify_url: url, out_trade_no: no, signType } = order
      const oddities = { device_info: 'sandbox', err_code: 'SUCCESS', err_code_des: 'ok' }
      this.#desk.clock.after(0, () =>
        this.#desk.mail.signed({ url, no, signType }, { ...paymentFields(order), ...oddities }),
      )
    }
    return {
      ...outcome,
      device_info: 'sandbox',
      result_code: 'SUCCESS',
      err_code: 'SUCCESS',
      err_code_des: 'ok',
    }
  }

  /** A payment by code in the new sandbox, whose header asks for failures. */
  xdcMicropay({ fields, signType, now, negative }: Call): Outcome {
    const coupons = XDC[fields['total_fee'] ?? '']
    if (coupons === undefined) return fault('PARAM_ERROR', 'total_fee参数格式错误')
    const waiting = negative === 'MICROPAY_USERPAYING'
    const order = this.#orders.place(fields, signType, now, {
      state: 'USERPAYING',
      trade_type: 'MICROPAY',
    })
    if ('err_code' in order) return order
    if (negative === 'MICROPAY_PAYERROR') {
      this.#orders.move(order, 'PAYERROR')
      return fault('TRADE_ERROR', '支付失败')
    }
    if (waiting) return fault('USERPAYING', '需要用户输入支付密码')
    order.coupons = coupons
    order.payer_openid = openidOf(fields['auth_code'] ?? '')
    this.#orders.settle(order, now)
    const late = negative === 'MICROPAY_TIMEOUT' || negative === 'MICROPAY_PAY_QUERY_TIMEOUT'
    return late
      ? { ...plain(504, 'Gateway Timeout'), manner: { delay: 1000 } }
      : paymentFields(order)
  }
}
