/**
 * The order store: what the shop remembers about orders and refunds, the only
 * operations that may move them, and the events that each move leaves behind.
 *
 * Every store gives the same promises, whatever lies underneath:
 *
 * - Identifiers (`out_trade_no`, `transaction_id`) compare byte for byte. `A1`,
 *   `a1` and `A1 ` are three orders.
 * - A payment or refund is recorded at most once, together with its event,
 *   however many copies of the notification arrive and however many processes
 *   receive them. No order and no refund takes a step back.
 * - What a resolved promise reported is durable; what a rejected one tried has
 *   left nothing behind. With one exception: a database server that vanishes
 *   between COMMIT and its answer and stays away. Then the promise is rejected,
 *   the work may be done or not, and the same call again finds out.
 * - Amounts are integers in fen (1/100 yuan), times are milliseconds since
 *   1970-01-01 UTC. `time_end` stays the text WeChat sent.
 * - Anything unexpected is a `WxPayError`: `STORE_FAILED` (the cause is
 *   attached; try again), `STORE_CONFIG` (the database is not fit for money),
 *   `STORE_DUPLICATE`, or `FIELD_MISSING` and `FIELD_VALUE` for an argument
 *   that cannot be stored, with its name in `field`.
 *
 * @module
 */

import type { WxPayError } from '../errors.js'

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

/** What happened to an order. */
export type EventKind =
  | 'paid'
  /** Paid after it had been given up. */
  | 'paid_late'
  /** Given up before it was paid: CLOSED, PAYERROR or REVOKED. */
  | 'closed'
  /** Paid, and reversed since (REVOKED). */
  | 'revoked'
  /** A refund is SUCCESS. */
  | 'refunded'
  /** A refund is CHANGE: the money came back to the merchant, somebody must act. */
  | 'refund_changed'
  /** A refund is REFUNDCLOSE: no money moves. */
  | 'refund_closed'

/** One row per transition, written in the transaction of the transition. */
export interface OrderEvent {
  /** Grows, is never used twice: fit as an idempotency key. */
  id: number
  out_trade_no: string
  kind: EventKind
  transaction_id: string | null
  /** Fen, of the order. */
  total_fee: number
  /** The refund, where the event is about one. */
  out_refund_no: string | null
  /** Fen, of the refund. */
  refund_fee: number | null
  /** ms UTC. */
  created_at: number
}

/** An event as the worker sees it that shall act on it. */
export interface EventTask extends OrderEvent {
  /** How often it was taken, this time included. */
  attempts: number
  /** What the last attempt said. */
  last_error: string | null
}

/** `refund_status` of notifications and of the refund query. A refund moves to the right only. */
export type RefundState = 'PROCESSING' | 'CHANGE' | 'REFUNDCLOSE' | 'SUCCESS'

/** A refund before WeChat has been asked for it. */
export interface NewRefund {
  /** The merchant's refund number; unique, compared byte for byte. */
  out_refund_no: string
  out_trade_no: string
  /** Fen; with all other refunds of the order at most its `total_fee`. */
  refund_fee: number
  /** What the payer reads. */
  refund_desc?: string
}

/** A refund as it is stored. What is not known yet is `null`. */
export interface Refund {
  out_refund_no: string
  out_trade_no: string
  /** Of the payment. */
  transaction_id: string
  /** Fen, of the order. */
  total_fee: number
  /** Fen, as asked for. */
  refund_fee: number
  refund_desc: string | null
  state: RefundState
  /** WeChat's number of the refund; unique. `null` until WeChat has said something. */
  refund_id: string | null
  /** Fen, what really went back. */
  settlement_refund_fee: number | null
  /** Where the money went; WeChat's spelling. */
  refund_recv_accout: string | null
  /** `API` or `VENDOR_PLATFORM`. */
  refund_request_source: string | null
  /** `yyyy-MM-dd HH:mm:ss` in GMT+8, as WeChat sent it. */
  success_time: string | null
  /** ms UTC. */
  created_at: number
  /** When `state` was last written, ms UTC. */
  changed_at: number
}

/** What WeChat says about a refund: a decrypted notification, or one refund of a verified answer. */
export interface RefundResult {
  out_refund_no: string
  out_trade_no: string
  transaction_id: string
  refund_id: string
  /** Fen, of the order. */
  total_fee: number
  /** Fen. */
  refund_fee: number
  refund_status: RefundState
  /** Fen. */
  settlement_refund_fee: number | null
  refund_recv_accout: string | null
  refund_request_source: string | null
  success_time: string | null
}

/** What {@link OrderStore.recordRefund} found and did. */
export type RefundOutcome =
  /** This call, and no other, moved the refund to SUCCESS. */
  | 'refunded'
  /** ... to CHANGE: alarm. */
  | 'refund_changed'
  /** ... to REFUNDCLOSE. */
  | 'refund_closed'
  /** WeChat has the refund and is at it; its `refund_id` is known now. No event. */
  | 'refund_processing'
  /** Known already, or overtaken by what is known. Nothing changed. */
  | 'duplicate'
  /** Nobody here asked for this refund (merchant console). Recorded with its event: alarm. */
  | 'unknown_refund'
  /** Numbers or amounts differ from the stored refund or order. Refused: alarm, ask `refundquery`. */
  | 'refund_mismatch'
  /** The order's payment is not recorded here. Nothing changed: record it first, from `orderquery`. */
  | 'unpaid_order'
  /** No order has exactly this `out_trade_no`. Nothing is created: alarm. */
  | 'unknown_order'

/** Answer of {@link OrderStore.recordRefund}. */
export interface RefundRecord {
  outcome: RefundOutcome
  /** The refund as it stands after the call; `null` when there is none. */
  refund: Refund | null
  /** The order as it stands after the call; `null` when there is none. */
  order: Order | null
}

/** What the order query can report beside a payment. */
export type ReportedState = 'USERPAYING' | 'CLOSED' | 'PAYERROR' | 'REVOKED' | 'REFUND'

/** Answer of {@link OrderStore.closeOrder} and {@link OrderStore.recordState}. */
export interface StateRecord {
  /** Whether this call moved the order. */
  changed: boolean
  /** The order as it stands after the call; `null` when there is none. */
  order: Order | null
}

/** The message behind a payment or refund, for the audit. */
export interface Receipt {
  /** Names the exact bytes that came, a SHA-256 for example. Never made with the key. */
  hash: string
  /** ms UTC. */
  received_at: number
  /** The message itself. */
  body?: string | null
}

/** A message of which nothing but the audit is to know. */
export interface NewNotification extends Receipt {
  /** `payment`, `refund`, ... */
  kind: string
  out_trade_no?: string | null
  /** What became of it: an outcome, or `refused`. */
  outcome: string
  /** Why, for people. */
  reason?: string | null
}

/** A line of the audit. */
export interface NotificationRecord {
  id: number
  kind: string
  /** `null` where no message came, only its content (an order query). */
  hash: string | null
  /** ms UTC. */
  received_at: number
  out_trade_no: string | null
  outcome: string
  reason: string | null
  /** JSON of the payment or refund that was recorded or refused. */
  facts: string | null
  body: string | null
}

/** What waits for an answer from WeChat. */
export interface Pending {
  orders: Order[]
  refunds: Refund[]
}

/** What {@link OrderStore.health} says. */
export interface StoreHealth {
  /** Whether a durable write succeeded just now. */
  ok: boolean
  /** How long it took, ms. */
  latency: number
  /** Version of the tables. */
  schema: number | null
  /** Age of the oldest event nobody has finished, parked ones aside, ms; 0 without any. */
  lag: number | null
  counts: {
    /** Orders in NOTPAY or USERPAYING. */
    pending_orders: number
    /** Refunds in PROCESSING. */
    pending_refunds: number
    /** Events that are not finished, parked ones aside. */
    waiting_events: number
    parked_events: number
  } | null
  /** Why `ok` is false. */
  error: WxPayError | null
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
   *
   * With a receipt the audit has a line in the same transaction. Without one it
   * has a line for every outcome but `paid` and `duplicate`, so that a payment
   * nobody can place is kept all the same.
   */
  recordPayment(payment: Payment, receipt?: Receipt): Promise<PaymentRecord>

  /**
   * Stores a refund in state PROCESSING. Do it before the refund call: the
   * number is what the call can be repeated with when its outcome is unknown.
   *
   * @throws WxPayError `STORE_DUPLICATE` when the number exists; `FIELD_VALUE`
   * with `refund_fee` when the order has less left, with `out_trade_no` when it
   * is not paid; `STORE_FAILED` when there is no such order.
   */
  createRefund(refund: NewRefund): Promise<Refund>

  /**
   * Gives up a refund WeChat has refused for good: PROCESSING without a
   * `refund_id` becomes REFUNDCLOSE, and its amount is free again. Whatever
   * WeChat says about it later is recorded all the same.
   *
   * @returns whether this call changed it
   */
  closeRefund(out_refund_no: string): Promise<boolean>

  /**
   * Records what WeChat says about a refund. Safe to call any number of times
   * and in any order. Also moves the order from SUCCESS to REFUND, unless the
   * refund is REFUNDCLOSE. The audit is kept as by {@link recordPayment}.
   */
  recordRefund(result: RefundResult, receipt?: Receipt): Promise<RefundRecord>

  /** The refund with exactly this number, or `null`. */
  findRefund(out_refund_no: string): Promise<Refund | null>

  /** The refunds of an order, oldest first. */
  listRefunds(out_trade_no: string): Promise<Refund[]>

  /** NOTPAY and USERPAYING become CLOSED, nothing else does. After `closeorder` has succeeded. */
  closeOrder(out_trade_no: string): Promise<StateRecord>

  /**
   * Keeps a state that the order query reports. Never a step back, and never
   * SUCCESS: that takes the whole payment ({@link recordPayment}).
   */
  recordState(out_trade_no: string, state: ReportedState): Promise<StateRecord>

  /** Adds a line to the audit, for messages that were refused before the store saw them. */
  recordNotification(notification: NewNotification): Promise<void>

  /** The audit, newest first: of one order, or of one outcome (`unknown_order`); 100 lines before `before` (an `id`). */
  listNotifications(filter: { out_trade_no?: string; outcome?: string; before?: number; limit?: number }): Promise<NotificationRecord[]>

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

  /**
   * Takes at most `limit` events that are due, oldest first, for `leaseMs`
   * milliseconds: no other worker gets them meanwhile, in no process. Then an
   * event that was neither finished nor failed is due again, with the same
   * `id`: at least once, so act on each `id` once.
   *
   * @param worker who asks, for people
   */
  takeEvents(limit: number, leaseMs: number, worker: string): Promise<EventTask[]>

  /** It is done. */
  finishEvent(event: Pick<EventTask, 'id'>): Promise<void>

  /**
   * It did not work. Due again at `retryAt`, ms UTC, or parked when that is
   * `null`. Changes nothing when somebody else has taken the event since.
   */
  failEvent(event: Pick<EventTask, 'id' | 'attempts'>, error: string, retryAt: number | null): Promise<void>

  /** Parked events, oldest first, 100 of them unless told otherwise. */
  listParked(limit?: number): Promise<EventTask[]>

  /** Makes a parked event due again. */
  retryEvent(event: Pick<EventTask, 'id'>): Promise<void>

  /**
   * Takes orders in NOTPAY or USERPAYING and refunds in PROCESSING that were
   * made before `olderThan` (ms UTC), for the reconciler: at most `limit` of
   * each, those first that were not asked about for longest. Nobody gets them
   * again for `leaseMs` milliseconds, in no process.
   */
  listPending(choice: { olderThan: number; limit: number; leaseMs: number }): Promise<Pending>

  /** Whether the store can keep a payment now, proved by a write. Never throws. */
  health(): Promise<StoreHealth>

  /** Waits for what is under way, then lets go of the database. Calls after it throw `STORE_FAILED`. */
  close(): Promise<void>
}
