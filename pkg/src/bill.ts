import { COMMENTS, TITLES } from '../dist/generated/columns.js'
import { WxPayError } from './errors.js'
import type { ByteSource } from './source.js'
import { call } from './tools.js'
import { type Limits, Window, type Witness } from './window.js'

export { reconcile } from './reconcile.js'
export type { Difference, DifferenceKind, Ledger, LedgerOrder, LedgerRefund } from './reconcile.js'
export type { ByteSource } from './source.js'

/**
 * A row of a bill, by WeChat's names; which of them it has depends on the type of the bill, and a
 * column that is not known stands under its own title. Amounts are in fen, `null` where the bill
 * leaves them empty; everything else is text as it stands in the bill.
 */
export interface BillRow {
  [name: string]: string | number | null
}

/** The rows of an order bill (交易账单), for `readBill<TradeRow>(…)`. */
export interface TradeRow extends BillRow {
  /** `yyyy-MM-dd HH:mm:ss` in GMT+8. */
  trade_time: string
  appid: string
  mch_id: string
  sub_mch_id: string
  device_info: string
  transaction_id: string
  out_trade_no: string
  openid: string
  trade_type: string
  /** `SUCCESS`, `REFUND` or `REVOKED`. */
  trade_state: string
  bank_type: string
  fee_type: string
  /** The order's amount in fen. */
  total_fee: number
  /** Fen. */
  coupon_fee: number
  body: string
  attach: string
  /** Yuan, with five decimals. */
  poundage: string
  /** As `0.60%`. */
  poundage_rate: string
}

/** A refund's row of an order bill. */
export interface RefundRow extends TradeRow {
  refund_id: string
  out_refund_no: string
  /** What was asked to be refunded, in fen. */
  refund_fee: number
  /** Fen. */
  coupon_refund_fee: number
  refund_channel: string
  refund_status: string
}

/** A row of the fund flow (资金账单). */
export interface FundRow extends BillRow {
  /** `yyyy-MM-dd HH:mm:ss` in GMT+8. */
  billing_time: string
  biz_transaction_id: string
  fund_flow_id: string
  biz_name: string
  biz_type: string
  financial_type: string
  /** Fen. */
  financial_fee: number
  /** Fen. */
  account_balance: number
  fund_applicant: string
  memo: string
  biz_voucher_id: string
}

/** A row of `batchquerycomment`. */
export interface CommentRow extends BillRow {
  /** `yyyy-MM-dd HH:mm:ss` in GMT+8. */
  comment_time: string
  transaction_id: string
  /** 1 to 5. */
  stars: number
  comment: string
}

/** How far the reading has come. */
export interface BillProgress {
  /** Bytes taken from the source, so compressed ones of a compressed bill. */
  bytes: number
  rows: number
  /** Since the reading began. */
  bytesPerSecond: number
}

/** Options of {@link readBill}. */
export interface BillOptions extends Limits, Witness {
  /** The columns that rows shall have, by name; all of them by default. Fewer are faster. */
  columns?: readonly string[]
  /** Hears of each part of the bill that was read, at most 64 KB. */
  onProgress?: (progress: BillProgress) => void
  /** The clock, ms. */
  now?: () => number
}

/** A bill, read while it arrives; its rows can be read once. */
export interface Bill<Row extends BillRow = BillRow> extends AsyncIterable<Row> {
  /** The names of its columns, in their order; none where no bill exists. */
  readonly columns: readonly string[]
  /** How many rows were read so far. */
  readonly rows: number
  /**
   * The last line, once all rows are read: `total_count` and sums in fen; the `offset` to go on with
   * of comments. `null` before that, and where no bill exists.
   */
  readonly summary: BillRow | null
  /** The rows in groups, as they are read: faster than one by one. */
  batches(): AsyncGenerator<Row[]>
}

/** What follows the rows of a window, as the tools say it. */
const MORE = 0
const SUMMARY = 1

/** No bill exists, instead of a line of titles. */
const NO_BILL = -1

/** The high half of an amount that is left empty. */
const NOTHING = -(2 ** 31)

/**
 * Reads a bill (下载对账单, 下载资金账单, 拉取订单评价; chapters 9.6, 9.18, 9.17) while it arrives,
 * compressed or not. The promise settles with the first line; rows come from the bill. Where the
 * gateway says that no bill exists, that day had no trades: the bill is empty.
 *
 * @example
 * const bill = await readBill(createReadStream('20140603.csv.gz'))
 * for await (const row of bill) console.log(row.out_trade_no, row.total_fee)
 * console.log(bill.summary?.total_count)
 *
 * @throws WxPayError `BILL_INVALID`, `BILL_LIMIT`, `BILL_NOT_READY`, `RETURN_FAIL`, `RESULT_FAIL`,
 * `ANSWER_INVALID`, `ABORTED`, `TRANSPORT`. Rows that came before are real, but not all.
 */
export async function readBill<Row extends BillRow = BillRow>(
  source: ByteSource,
  options: BillOptions = {},
): Promise<Bill<Row>> {
  const { columns: wanted, onProgress, now = () => performance.now() } = options
  const input = new Window(source, options)
  const began = now()
  let rows = 0
  let summary: BillRow | null = null
  let started = false

  const tell = () => {
    const { received: bytes } = input
    const seconds = (now() - began) / 1000
    onProgress?.({ bytes, rows, bytesPerSecond: seconds > 0 ? Math.round(bytes / seconds) : 0 })
  }

  const letGo = async (error: unknown): Promise<never> => {
    await input.close()
    throw error
  }
  const head = await opening(input).catch(letGo)
  const names = head?.columns.map(({ name }) => name) ?? []
  const strange = wanted?.find(name => head !== null && !names.includes(name))
  if (strange !== undefined) {
    const has = names.join(', ')
    await letGo(new RangeError(`columns: this bill has no ${strange}, only ${has}`))
  }

  async function* batches(): AsyncGenerator<Row[]> {
    if (started) throw new TypeError('the rows of a bill are read once; they were')
    started = true
    try {
      if (head === null) return tell()
      const read = reader(head.columns, wanted ?? names)
      for (;;) {
        await input.fill()
        const { batch, next } = read(input, rows + 1)
        const ended = next !== MORE
        if (ended ? (next === SUMMARY) === head.comments : batch.length === 0) throw cut()
        rows += batch.length
        if (ended) summary = head.comments ? { offset: head.line } : await closing(input)
        tell()
        if (batch.length > 0) yield batch as Row[]
        if (ended) return
      }
    } finally {
      await input.close()
    }
  }

  return {
    columns: names,
    get rows() {
      return rows
    },
    get summary() {
      return summary
    },
    batches,
    [Symbol.asyncIterator]: () => singly(batches()),
  }
}

interface Column {
  letter: string
  name: string
}

interface Head {
  /** The line as it stands in the bill. */
  line: string
  columns: Column[]
  comments: boolean
}

/** The line of titles; `null` where no bill exists. */
async function opening(input: Window): Promise<Head | null> {
  await input.fill()
  const bytes = call(tools => tools.billOpening(input.view, input.last))
  if (bytes === NO_BILL) return null
  if (bytes < 0) throw cut()
  const line = new TextDecoder().decode(input.view.subarray(0, bytes)).replace(/\r?\n$/, '')
  input.skip(bytes)
  const comments = /^\d+$/.test(line)
  const titles = line.split(',')
  const columns = comments
    ? COMMENTS.map(([letter, name]) => ({ letter, name }))
    : titles.map(title => {
        const [letter, name, beside, other] = TITLES.get(title) ?? ['t', title]
        return { letter, name: beside !== undefined && titles.includes(beside) ? other! : name }
      })
  return { line, columns, comments }
}

/** The summary: its titles, one line, and nothing more. */
async function closing(input: Window): Promise<BillRow> {
  const head = await opening(input)
  if (head === null || head.comments) throw cut()
  await input.fill()
  const { batch, next } = reader(head.columns)(input, 1)
  const [summary, more] = batch
  if (summary === undefined || more !== undefined || next === MORE || next === SUMMARY) throw cut()
  return summary
}

function cut(): WxPayError {
  return new WxPayError(
    'BILL_INVALID',
    'the bill is cut off, or no bill: a line of titles, rows and a summary were expected',
  )
}

/** From here on a piece of a string is no copy in V8: it would keep the whole window in memory. */
const SLICED = 13

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const decode =
  typeof Buffer === 'function'
    ? (bytes: Uint8Array, start: number, end: number, encoding: 'utf8' | 'latin1') =>
        (bytes as Buffer).toString(encoding, start, end)
    : (bytes: Uint8Array, start: number, end: number) => decoder.decode(bytes.subarray(start, end))

/** Reads the complete rows of the window and moves it on. */
function reader(columns: readonly Column[], wanted?: readonly string[]) {
  const taken = columns.filter(({ name }) => wanted === undefined || wanted.includes(name))
  const letters = columns.map(column =>
    (taken.includes(column) ? column.letter : column.letter.toUpperCase()).charCodeAt(0),
  )
  const kinds = Uint8Array.from(letters)
  const names = taken.map(({ name }) => name)
  const numbers = taken.map(({ letter }) => letter === 'f' || letter === 'c')
  const blank = Object.fromEntries(names.map(name => [name, null])) as BillRow
  return (input: Window, first: number): { batch: BillRow[]; next: number } => {
    const { view } = input
    const found = call(tools => tools.billRows(view, kinds, first, input.last))
    const consumed = found[0] as number
    const next = found[2] as number
    const batch = new Array<BillRow>(found[1] as number)
    const ascii = decode(view, 0, consumed, 'latin1')
    let at = 3
    for (let i = 0; i < batch.length; i++) {
      const row: BillRow = { ...blank }
      for (let c = 0; c < names.length; c++, at += 2) {
        const a = found[at] as number
        const b = found[at + 1] as number
        let value: string | number | null
        if (numbers[c] === true) value = a === NOTHING ? null : a * 2 ** 32 + (b >>> 0)
        else if (b < 0) value = decode(view, a, ~b, 'utf8')
        else if (b - a < SLICED) value = ascii.slice(a, b)
        else value = decode(view, a, b, 'latin1')
        row[names[c] as string] = value
      }
      batch[i] = row
    }
    input.skip(consumed)
    return { batch, next }
  }
}

/** One by one, without the three turns of the event loop's queue that a generator takes for each. */
function singly<Row>(batches: AsyncGenerator<Row[]>): AsyncIterableIterator<Row> {
  let batch: Row[] = []
  let at = 0
  const next = async (): Promise<IteratorResult<Row>> => {
    const { done, value } = await batches.next()
    if (done === true) return { done: true, value: undefined }
    batch = value
    at = 1
    return { done: false, value: batch[0] as Row }
  }
  return {
    next: () =>
      at < batch.length ? Promise.resolve({ done: false, value: batch[at++] as Row }) : next(),
    async return() {
      batch = []
      await batches.return(undefined)
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
