/**
 * The order store: what the shop remembers about an order, and the one
 * operation that may turn it into a paid one.
 *
 * Every store gives the same promises, whatever lies underneath:
 *
 * - Identifiers (`out_trade_no`, `transaction_id`) compare byte for byte. `A1`,
 *   `a1` and `A1 ` are three orders.
 * - A payment is recorded at most once, together with its event, however many
 *   copies of the notification arrive and however many processes receive them.
 * - What a resolved promise reported is durable; what a rejected one tried has
 *   left nothing behind.
 * - Amounts are integers in fen (1/100 yuan), times are milliseconds since
 *   1970-01-01 UTC. `time_end` stays the text WeChat sent.
 * - Anything unexpected is a `WxPayError`: `STORE_FAILED` (the cause is
 *   attached; try again), `STORE_CONFIG` (the database is not fit for money),
 *   `STORE_DUPLICATE`, or `FIELD_MISSING` and `FIELD_VALUE` for an argument
 *   that cannot be stored, with its name in `field`.
 *
 * @module
 */

/** `trade_state` of the order query, as far as an order that can be paid once goes. */
export type OrderState = 'NOTPAY' | 'SUCCESS' | 'REFUND' | 'CLOSED' | 'REVOKED' | 'USERPAYING' | 'PAYERROR'

/** An order before it has been sent to WeChat. */
export interface NewOrder {
  /** The merchant's order number; unique, compared byte for byte. */
  out_trade_no: string
  appid: string
  mch_id: string
  /** `JSAPI`, `NATIVE`, ... as sent to `unifiedorder`. */
  trade_type: string
  /** What the payer reads. */
  body: string
  /** Price in fen; a positive safe integer. */
  total_fee: number
  /** ISO 4217 code, `CNY` unless told otherwise. */
  fee_type?: string
  /** The user who was asked to pay (JSAPI). */
  openid?: string
  /** Text WeChat hands back unchanged. */
  attach?: string
  product_id?: string
}

/** An order as it is stored. What is not known yet is `null`. */
export interface Order {
  out_trade_no: string
  appid: string
  mch_id: string
  trade_type: string
  body: string
  /** Price in fen. */
  total_fee: number
  /** ISO 4217 code of `total_fee`. */
  fee_type: string
  openid: string | null
  attach: string | null
  product_id: string | null
  /** Valid for two hours from `unifiedorder`. */
  prepay_id: string | null
  /** Content of the QR code (NATIVE); valid for two hours. */
  code_url: string | null
  state: OrderState
  /** WeChat's number of the payment; unique over all orders. */
  transaction_id: string | null
  /** What the payer really spent, in fen; below `total_fee` when coupons were used. */
  cash_fee: number | null
  /** The user who paid; not always the one who was asked to. */
  payer_openid: string | null
  bank_type: string | null
  /** `yyyyMMddHHmmss` in GMT+8, as WeChat sent it; never interpreted here. */
  time_end: string | null
  /** ms UTC. */
  created_at: number
  /** When the payment was recorded here, ms UTC; `time_end` says when it was made. */
  paid_at: number | null
}

/** A verified payment: from a notification whose signature holds, or from an order query. */
export interface Payment {
  out_trade_no: string
  transaction_id: string
  /** Fen. Decides, together with `fee_type`, whether this is the payment of the order. */
  total_fee: number
  /** ISO 4217; a notification without `fee_type` means `CNY`. */
  fee_type: string
  /** Fen; may be lower than `total_fee`. `null` where the message does not say. */
  cash_fee: number | null
  openid: string | null
  bank_type: string | null
  /** `yyyyMMddHHmmss` in GMT+8. */
  time_end: string
}

/** What {@link OrderStore.recordPayment} found and did. */
export type PaymentOutcome =
  /** This call, and no other, moved the order from NOTPAY or USERPAYING to SUCCESS. */
  | 'paid'
  /** The order had been given up (CLOSED, PAYERROR, REVOKED). Payment recorded, state SUCCESS: alarm, a refund may be due. */
  | 'paid_late'
  /** Paid before by the same `transaction_id`, also when the state is REFUND by now. Nothing changed. */
  | 'duplicate'
  /** Paid before by another `transaction_id`. The first is kept: alarm, the second is a refund candidate. */
  | 'other_transaction'
  /** This `transaction_id` has paid another order. Refused: alarm. */
  | 'transaction_reused'
  /** `total_fee` or `fee_type` differ from the order. Refused: alarm. */
  | 'amount_mismatch'
  /** No order has exactly this `out_trade_no`. Nothing is created. */
  | 'unknown_order'

/** One row per transition, written in the transaction of the transition. */
export interface OrderEvent {
  /** Grows, is never used twice: fit as an idempotency key. */
  id: number
  out_trade_no: string
  kind: 'paid' | 'paid_late'
  transaction_id: string
  /** Fen. */
  total_fee: number
  /** ms UTC. */
  created_at: number
}

/** Answer of {@link OrderStore.recordPayment}. */
export interface PaymentRecord {
  outcome: PaymentOutcome
  /** The order as it stands after the call; `null` when there is none. */
  order: Order | null
}

/** A place where orders outlive the process. */
export interface OrderStore {
  /**
   * Stores a new order in state NOTPAY. Do it before `unifiedorder`, so that
   * no notification can arrive for an order nobody knows.
   *
   * @throws WxPayError `STORE_DUPLICATE` when the number exists; the stored order is left as it was.
   */
  createOrder(order: NewOrder): Promise<Order>

  /**
   * Keeps the answer of `unifiedorder`. A later call replaces it: asking again
   * with the same parameters gives a new `prepay_id`.
   *
   * @throws WxPayError `STORE_FAILED` when there is no such order.
   */
  setPrepay(out_trade_no: string, prepay: { prepay_id: string; code_url?: string }): Promise<void>

  /**
   * Records a verified payment. Resolves only after the commit is durable, so
   * `SUCCESS` may be replied to WeChat. Safe to call any number of times, from
   * any number of processes: exactly one call answers `paid` or `paid_late`.
   *
   * A business reason never throws; it is an {@link PaymentOutcome | outcome}.
   */
  recordPayment(payment: Payment): Promise<PaymentRecord>

  /** The order with exactly this number, or `null`. */
  findOrder(out_trade_no: string): Promise<Order | null>

  /** The orders with these numbers, in any order; for at most a thousand numbers. */
  findOrders(out_trade_nos: readonly string[]): Promise<Order[]>

  /**
   * The orders whose `time_end` lies from the first time to the second, both included, by number;
   * `yyyyMMddHHmmss` in GMT+8. Orders that are paid while it runs may be missing.
   */
  listPaid(from: string, to: string): AsyncIterable<Order>

  /** The transitions of an order, oldest first. */
  listEvents(out_trade_no: string): Promise<OrderEvent[]>

  /** Waits for what is under way, then lets go of the database. Calls after it throw `STORE_FAILED`. */
  close(): Promise<void>
}
