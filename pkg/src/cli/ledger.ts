import { openSync, readFileSync, readSync, closeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Ledger, LedgerOrder, LedgerRefund } from '../bill.js'
import { WxPayError } from '../errors.js'
import { UsageError } from './command.js'

/** An order with the time of its payment, as the stores of this package keep it. */
interface Entry extends LedgerOrder {
  /** `yyyyMMddHHmmss` in GMT+8. */
  time_end: string | null
}

const SQLITE = 'SQLite format 3\0'

/** The merchant's orders: the SQLite file of an order store, or an export of them as JSON. */
export async function ledger(given: string): Promise<Ledger> {
  const path = given.replace(/^(sqlite|file):(\/\/(?=\/))?/, '')
  if (/^\w+:\/\//.test(path)) {
    throw new UsageError(
      `the command line reads SQLite files and JSON, and no ${path.split(':')[0]} server; export the orders as JSON`,
    )
  }
  try {
    return head(path) === SQLITE ? await sqlite(path) : exported(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (error instanceof WxPayError || error instanceof UsageError || code === undefined) throw error
    throw new WxPayError('STORE_CONFIG', `${path} cannot be read: ${code}`, { cause: error })
  }
}

function head(path: string): string {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(SQLITE.length)
    return bytes.toString('latin1', 0, readSync(file, bytes))
  } finally {
    closeSync(file)
  }
}

/** One object `{ orders, refunds }`, an array of orders, or a line for each order. */
function exported(path: string): Ledger {
  const text = readFileSync(path, 'utf8').replace(/^\uFEFF/, '')
  const { orders, refunds } = shaped(text, path)
  const refuse = (what: string, at: number, expected: string) =>
    new WxPayError('STORE_CONFIG', `${path}: ${what} ${at + 1} has no ${expected}`)
  const entries = orders.map((order, at): Entry => {
    const { out_trade_no, transaction_id = null, total_fee, fee_type = 'CNY', state, time_end = null } = order
    for (const [name, value] of Object.entries({ out_trade_no, state, fee_type })) {
      if (typeof value !== 'string' || value === '') throw refuse('order', at, name)
    }
    if (!Number.isSafeInteger(total_fee)) throw refuse('order', at, 'total_fee in fen')
    return { out_trade_no, transaction_id, total_fee, fee_type, state, time_end } as Entry
  })
  const backs = refunds?.map((refund, at): LedgerRefund => {
    const { out_refund_no, out_trade_no, refund_fee, refund_status } = refund
    for (const [name, value] of Object.entries({ out_refund_no, out_trade_no, refund_status })) {
      if (typeof value !== 'string' || value === '') throw refuse('refund', at, name)
    }
    if (!Number.isSafeInteger(refund_fee)) throw refuse('refund', at, 'refund_fee in fen')
    return { out_refund_no, out_trade_no, refund_fee, state: refund_status } as LedgerRefund
  })
  const byNumber = new Map(entries.map(entry => [entry.out_trade_no, entry]))
  const byRefund = backs && new Map(backs.map(refund => [refund.out_refund_no, refund]))
  return {
    findOrders: numbers => Promise.resolve(found(byNumber, numbers)),
    async *listPaid(from, to) {
      for (const entry of entries) {
        const { time_end } = entry
        if (time_end !== null && from <= time_end && time_end <= to) yield entry
      }
    },
    ...(byRefund && { findRefunds: numbers => Promise.resolve(found(byRefund, numbers)) }),
  }
}

function found<T>(all: ReadonlyMap<string, T>, numbers: readonly string[]): T[] {
  return numbers.flatMap(number => all.get(number) ?? [])
}

type Row = Record<string, unknown>

function shaped(text: string, path: string): { orders: Row[]; refunds?: Row[] } {
  try {
    const read: unknown = text.trimStart().startsWith('[') ? JSON.parse(text) : object(text)
    const { orders, refunds } = (Array.isArray(read) ? { orders: read } : read) as Record<string, unknown>
    const rows = (value: unknown): value is Row[] =>
      Array.isArray(value) && value.every(row => typeof row === 'object' && row !== null)
    if (rows(orders)) return rows(refunds) ? { orders, refunds } : { orders }
  } catch {
    // Said below, without what stands in the file.
  }
  throw new WxPayError(
    'STORE_CONFIG',
    `${path} is neither SQLite nor orders as JSON: an array, { orders, refunds }, or a line for each order`,
  )
}

/** `{ orders, refunds }`, or a line for each order. */
function object(text: string): unknown {
  try {
    const read = JSON.parse(text) as Row
    return 'orders' in read ? read : { orders: [read] }
  } catch {
    const lines = text.split('\n').filter(line => line.trim() !== '')
    return { orders: lines.map(line => JSON.parse(line) as unknown) }
  }
}

/** What the drivers have in common. */
interface Driver {
  prepare(sql: string): { all(...parameters: unknown[]): unknown[] }
}

const COLUMNS = 'select out_trade_no, transaction_id, total_fee, fee_type, state, time_end from wxpay_orders'

/** How many orders are read together. */
const PAGE = 500

/** The orders of `sqlStore`, only read: it is the shop's file, and the shop may be running. */
async function sqlite(path: string): Promise<Ledger> {
  const database = await opened(path)
  const rows = (sql: string, ...parameters: unknown[]): Entry[] => {
    try {
      const all = database.prepare(`${COLUMNS} where ${sql}`).all(...parameters) as Entry[]
      return all.map(row => ({ ...row, total_fee: Number(row.total_fee) }))
    } catch (cause) {
      throw new WxPayError('STORE_FAILED', `${path}: ${(cause as Error).message}`, { cause })
    }
  }
  return {
    findOrders(numbers) {
      return Promise.resolve(rows(`out_trade_no in (${numbers.map(() => '?').join()})`, ...numbers))
    },
    async *listPaid(from, to) {
      const where = `time_end >= ? and time_end <= ? and out_trade_no > ? order by out_trade_no limit ${PAGE}`
      for (let last: string | undefined = ''; last !== undefined; ) {
        const page = rows(where, from, to, last)
        yield* page
        last = page.length < PAGE ? undefined : page.at(-1)?.out_trade_no
      }
    },
  }
}

/** Node's own SQLite, or a driver where the command runs. */
async function opened(path: string): Promise<Driver> {
  const node = 'node:sqlite'
  try {
    const { DatabaseSync } = (await import(node)) as {
      DatabaseSync: new (path: string, options: { readOnly: boolean }) => Driver
    }
    return new DatabaseSync(path, { readOnly: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_UNKNOWN_BUILTIN_MODULE') throw error
  }
  const here = createRequire(join(process.cwd(), 'package.json'))
  for (const name of ['better-sqlite3', 'libsql']) {
    let made
    try {
      made = here(name) as new (path: string, options: { readonly: boolean }) => Driver
    } catch {
      continue
    }
    return new made(path, { readonly: true })
  }
  throw new WxPayError(
    'STORE_CONFIG',
    `${path} is SQLite, and Node ${process.version} cannot read it: take Node 22.13 or later, install ` +
      'better-sqlite3 or libsql here, or export the orders as JSON',
  )
}
