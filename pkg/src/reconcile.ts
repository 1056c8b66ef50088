import type { Bill, BillRow } from './bill.js'
import { WxPayError } from './errors.js'
import { Fingerprints } from './fingerprints.js'

/** What the merchant's side knows of an order; every order of an `OrderStore` is one. */
export interface LedgerOrder {
  out_trade_no: string
  transaction_id: string | null
  /** Fen. */
  total_fee: number
  /** ISO 4217. */
  fee_type: string
  /** `trade_state` of the order query. */
  state: string
}

/** What the merchant's side knows of a refund. */
export interface LedgerRefund {
  out_refund_no: string
  out_trade_no: string
  /** Fen. */
  refund_fee: number
  /** `refund_status` of the refund query: `PROCESSING`, `SUCCESS`, `CHANGE`, `REFUNDCLOSE`. */
  state: string
}

/** The merchant's side; every `OrderStore` of this package is one. */
export interface Ledger {
  /** The orders with these numbers, in any order; at most 500 numbers are asked for. */
  findOrders(out_trade_nos: readonly string[]): Promise<readonly LedgerOrder[]>
  /** The orders paid from the first time to the second, both included; `yyyyMMddHHmmss` in GMT+8. */
  listPaid(from: string, to: string): AsyncIterable<LedgerOrder>
  /** The refunds with these numbers; where it is absent refunds are not compared. */
  findRefunds?(out_refund_nos: readonly string[]): Promise<readonly LedgerRefund[]>
  /** The refunds that succeeded from the first time to the second: the bill must have them. */
  listRefunded?(from: string, to: string): AsyncIterable<LedgerRefund>
}

/** What can differ. */
export type DifferenceKind =
  /** In the bill, and not in the ledger. */
  | 'missing_here'
  /** Paid in the ledger, and not in the bill. */
  | 'missing_there'
  /** `total_fee` or `fee_type`; of a refund, `refund_fee`. */
  | 'amount'
  /** Paid there and not here, or the other way round. */
  | 'state'
  /** Another `transaction_id`: two payments for one number. Of a refund, another order. */
  | 'transaction'

/** One difference; `ours` and `theirs` are as they stand on each side, amounts in fen. */
export type Difference =
  | {
      about: 'payment'
      kind: DifferenceKind
      out_trade_no: string
      ours: LedgerOrder | null
      theirs: BillRow | null
    }
  | {
      about: 'refund'
      kind: DifferenceKind
      out_trade_no: string
      out_refund_no: string
      ours: LedgerRefund | null
      theirs: BillRow | null
    }

/** How many numbers are looked up together. */
const GROUP = 500

/**
 * Compares an order bill of one day with the ledger, row by row while it arrives. What is kept of a
 * row is at most 32 bytes, for finding what the bill lacks; that comes last.
 *
 * @example
 * for await (const { kind, out_trade_no, ours, theirs } of reconcile(bill, store, '20140603')) …
 *
 * @param day the bill's `bill_date`, `yyyyMMdd`
 * @throws WxPayError as `readBill` and the ledger; `BILL_INVALID` for a bill that is none of orders
 */
export async function* reconcile(
  bill: Bill,
  ledger: Ledger,
  day: string,
): AsyncGenerator<Difference, void, undefined> {
  if (!/^\d{8}$/.test(day)) throw new TypeError('day must be the bill_date, as 20140603')
  const { columns } = bill
  const has = (name: string) => columns.includes(name)
  // No bill exists for a day without trades: then nothing of ours may be of that day.
  const none = columns.length === 0
  // Bills of refunds alone have the times of each refund.
  const payments = none || !has('refund_apply_time')
  const refunds = none || has('out_refund_no')
  const needed = ['trade_state', 'out_trade_no', 'total_fee', 'fee_type', 'transaction_id']
  if (refunds) needed.push('out_refund_no', 'refund_fee', 'refund_status')
  const lacking = none ? undefined : needed.find(name => !has(name))
  if (lacking !== undefined) {
    throw new WxPayError('BILL_INVALID', `an order bill is compared, and this one has no ${lacking}`)
  }

  const paid = new Fingerprints()
  const refunded = new Fingerprints()
  for await (const batch of bill.batches()) {
    for (let at = 0; at < batch.length; at += GROUP) {
      const rows = batch.slice(at, at + GROUP)
      const [back, forth] = [rows.filter(isRefund), rows.filter(row => !isRefund(row))]
      yield* comparePayments(ledger, forth)
      if (ledger.findRefunds !== undefined) yield* compareRefunds(ledger, back)
      for (const row of forth) paid.add(text(row, 'out_trade_no'))
      for (const row of back) refunded.add(text(row, 'out_refund_no'))
    }
  }

  const [from, to] = [`${day}000000`, `${day}235959`]
  if (payments) {
    for await (const ours of ledger.listPaid(from, to)) {
      const { out_trade_no } = ours
      if (paid.has(out_trade_no)) continue
      yield { about: 'payment', kind: 'missing_there', out_trade_no, ours, theirs: null }
    }
  }
  if (refunds && ledger.listRefunded !== undefined) {
    for await (const ours of ledger.listRefunded(from, to)) {
      const { out_trade_no, out_refund_no } = ours
      if (refunded.has(out_refund_no)) continue
      const kind = 'missing_there'
      yield { about: 'refund', kind, out_trade_no, out_refund_no, ours, theirs: null }
    }
  }
}

const isRefund = (row: BillRow): boolean => row['trade_state'] === 'REFUND'
const text = (row: BillRow, name: string): string => String(row[name])

/** States of an order that was paid: what is refunded later was paid on its day. */
const PAID: readonly string[] = ['SUCCESS', 'REFUND']

async function* comparePayments(ledger: Ledger, rows: BillRow[]): AsyncGenerator<Difference> {
  if (rows.length === 0) return
  const numbers = [...new Set(rows.map(row => text(row, 'out_trade_no')))]
  const found = new Map(
    (await ledger.findOrders(numbers)).map(order => [order.out_trade_no, order]),
  )
  for (const theirs of rows) {
    const out_trade_no = text(theirs, 'out_trade_no')
    const ours = found.get(out_trade_no) ?? null
    const differs = (kind: DifferenceKind): Difference => ({
      about: 'payment',
      kind,
      out_trade_no,
      ours,
      theirs,
    })
    if (ours === null) {
      yield differs('missing_here')
      continue
    }
    const paid = theirs['trade_state'] === 'SUCCESS'
    const amount = ours.total_fee === theirs['total_fee'] && ours.fee_type === theirs['fee_type']
    // Of a payment that was revoked no money is left to compare.
    if (paid && !amount) yield differs('amount')
    if (paid ? !PAID.includes(ours.state) : ours.state !== theirs['trade_state']) {
      yield differs('state')
    }
    if (ours.transaction_id !== null && ours.transaction_id !== theirs['transaction_id']) {
      yield differs('transaction')
    }
  }
}

async function* compareRefunds(ledger: Ledger, rows: BillRow[]): AsyncGenerator<Difference> {
  if (rows.length === 0) return
  const numbers = [...new Set(rows.map(row => text(row, 'out_refund_no')))]
  const refunds = (await ledger.findRefunds?.(numbers)) ?? []
  const found = new Map(refunds.map(refund => [refund.out_refund_no, refund]))
  for (const theirs of rows) {
    const out_trade_no = text(theirs, 'out_trade_no')
    const out_refund_no = text(theirs, 'out_refund_no')
    const ours = found.get(out_refund_no) ?? null
    const differs = (kind: DifferenceKind): Difference => ({
      about: 'refund',
      kind,
      out_trade_no,
      out_refund_no,
      ours,
      theirs,
    })
    if (ours === null) {
      yield differs('missing_here')
      continue
    }
    if (ours.refund_fee !== theirs['refund_fee']) yield differs('amount')
    if (ours.state !== theirs['refund_status']) yield differs('state')
    if (ours.out_trade_no !== out_trade_no) yield differs('transaction')
  }
}
