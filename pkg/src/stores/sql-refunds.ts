import type { Kysely } from 'kysely'
import { WxPayError } from '../errors.js'
import { newEvent } from './event.js'
import { auditLine } from './notification.js'
import { checkedRefund, COUNTING, foundRefund, newRefund, refundEvent, refundOutcomeOf, resultColumns, statesBefore, WRITING } from './refund.js'
import { toOrder, toRefund } from './rows.js'
import type { SqlDialect, Tables } from './schema.js'
import { ownEvent, same } from './sql-orders.js'
import type { Order, Receipt, Refund, RefundOutcome, RefundRecord, RefundResult } from './store.js'
import type { Work } from './writer.js'

export async function findRefund(db: Kysely<Tables>, out_refund_no: string): Promise<Refund | null> {
  const row = await db.selectFrom('wxpay_refunds').selectAll().where('out_refund_no', '=', out_refund_no).executeTakeFirst()
  return row ? toRefund(row) : null
}

export async function listRefunds(db: Kysely<Tables>, out_trade_no: string): Promise<Refund[]> {
  const rows = await db.selectFrom('wxpay_refunds').selectAll().where('out_trade_no', '=', out_trade_no).orderBy('created_at').orderBy('out_refund_no').execute()
  return rows.map(toRefund)
}

/** The order, held still until the transaction ends: whoever writes refunds of an order takes it first. */
async function hold(dialect: SqlDialect, trx: Kysely<Tables>, out_trade_no: string): Promise<Order | null> {
  const row = await dialect.lock(trx.selectFrom('wxpay_orders').selectAll().where('out_trade_no', '=', out_trade_no)).executeTakeFirst()
  return row ? toOrder(row) : null
}

/** The new refund, or why there is none. */
export function refunding(dialect: SqlDialect, asked: ReturnType<typeof checkedRefund>, at: number): Work<Refund | WxPayError> {
  return async (trx, again) => {
    const order = await hold(dialect, trx, asked.out_trade_no)
    if (order === null) return new WxPayError('STORE_FAILED', 'no order has this out_trade_no', { field: 'out_trade_no' })
    const refunds = await listRefunds(trx, asked.out_trade_no)
    const standing = refunds.find(({ out_refund_no }) => out_refund_no === asked.out_refund_no) ?? (await findRefund(trx, asked.out_refund_no))
    const others = refunds.filter((refund) => refund !== standing && COUNTING.includes(refund.state))
    const refund = newRefund(asked, order, others.reduce((sum, { refund_fee }) => sum + refund_fee, 0), at)
    if (standing) {
      if (again && !(refund instanceof WxPayError) && same(refund, standing)) return standing
      return new WxPayError('STORE_DUPLICATE', 'a refund with this out_refund_no exists', { field: 'out_refund_no' })
    }
    if (refund instanceof WxPayError) return refund
    try {
      await trx.insertInto('wxpay_refunds').values(refund).execute()
    } catch (error) {
      // For another order, at the same moment.
      if (!dialect.isDuplicate(error)) throw error
      return new WxPayError('STORE_DUPLICATE', 'a refund with this out_refund_no exists', { field: 'out_refund_no' })
    }
    return refund
  }
}

/** Whether the refund was given up by this call. */
export function closingRefund(out_refund_no: string, changed_at: number): Work<boolean> {
  return async (trx, again) => {
    const { numUpdatedRows } = await trx
      .updateTable('wxpay_refunds')
      .set({ state: 'REFUNDCLOSE', changed_at })
      .where('out_refund_no', '=', out_refund_no)
      .where('state', '=', 'PROCESSING')
      .where('refund_id', 'is', null)
      .executeTakeFirst()
    if (numUpdatedRows === 1n || !again) return numUpdatedRows === 1n
    const refund = await findRefund(trx, out_refund_no)
    return refund?.state === 'REFUNDCLOSE' && refund.changed_at === changed_at
  }
}

/** Records what WeChat says about a refund, with order, event and audit. */
export function recordingRefund(dialect: SqlDialect, result: RefundResult, receipt: Required<Receipt> | null, now: () => number): Work<RefundRecord> {
  /** As in `paying`. */
  const written: bigint[] = []
  let first: RefundOutcome | undefined

  return async (trx, again) => {
    const at = now()
    const order = await hold(dialect, trx, result.out_trade_no)
    const refund = await findRefund(trx, result.out_refund_no)
    const holder = await trx.selectFrom('wxpay_refunds').selectAll().where('refund_id', '=', result.refund_id).executeTakeFirst()
    const outcome = refundOutcomeOf(result, refund, order, holder ? toRefund(holder).out_refund_no : null)
    if (again && outcome === 'duplicate' && first && (written.length === 0 || (await ownEvent(trx, written, result.out_trade_no)))) {
      return { outcome: first, refund, order }
    }
    if (order && WRITING.includes(outcome)) {
      const insertId = await write(trx, result, refund, order, at)
      if (insertId !== undefined) written.push(insertId)
      first = outcome
    }
    const line = auditLine('refund', result, outcome, receipt, at)
    if (line) await trx.insertInto('wxpay_notifications').values(line).execute()
    return { outcome, refund: await findRefund(trx, result.out_refund_no), order: await hold(dialect, trx, result.out_trade_no) }
  }
}

/** The row of the refund, the state of the order, the event: the id of the last, where there is one. */
async function write(trx: Kysely<Tables>, result: RefundResult, refund: Refund | null, order: Order, at: number): Promise<bigint | undefined> {
  if (refund === null) {
    await trx.insertInto('wxpay_refunds').values(foundRefund(result, at)).execute()
  } else {
    const { numUpdatedRows } = await trx
      .updateTable('wxpay_refunds')
      .set(resultColumns(result, at))
      .where('out_refund_no', '=', result.out_refund_no)
      .where((where) => {
        const before = statesBefore(result.refund_status)
        const unheard = where('refund_id', 'is', null)
        return before.length === 0 ? unheard : where.or([unheard, where('state', 'in', before)])
      })
      .executeTakeFirst()
    if (numUpdatedRows !== 1n) throw new Error('the refund has changed while its order was held')
  }
  if (result.refund_status !== 'REFUNDCLOSE') {
    await trx.updateTable('wxpay_orders').set({ state: 'REFUND' }).where('out_trade_no', '=', order.out_trade_no).where('state', '=', 'SUCCESS').execute()
  }
  const kind = refundEvent(result.refund_status)
  if (kind === null) return undefined
  const { insertId } = await trx.insertInto('wxpay_events').values(newEvent(kind, order, result, at)).executeTakeFirst()
  return insertId
}
