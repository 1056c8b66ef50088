import { beijingDay } from './clock.js'
import type { State, Table } from './state.js'

/** What moved money. */
export type EntryKind =
  | 'payment'
  | 'refund'
  | 'transfer'
  | 'redpack'
  | 'redpack-return'
  | 'bank-payout'
  | 'bank-commission'
  | 'sharing'
  | 'sharing-return'

/** One movement of money, seen from the merchant: fen that came in, or went out where negative. */
export interface Entry {
  kind: EntryKind
  /** The merchant's number: of the order, the refund, the payout. */
  out_no: string
  /** WeChat's number. One entry per kind and number, whatever was called how often. */
  no: string
  amount: number
  /** Gateway time in milliseconds since 1970. */
  time: number
  /** What is on the account after it, in fen. */
  balance: number
}

/** The truth about money: every payment, refund and payout once. */
export class Ledger {
  readonly #entries: Table<Entry>
  readonly #days = new Map<string, Entry[]>()
  readonly #funds: number
  #balance: number

  /** `funds` is what the merchant begins with, in fen; `name` that of its table. */
  constructor(state: State, funds: number, name: string) {
    this.#funds = funds
    this.#balance = funds
    this.#entries = state.table(name)
    for (const entry of this.#entries.values()) this.#index(entry)
  }

  /** What the merchant has, in fen. */
  get balance(): number {
    return this.#balance
  }

  /** Books a movement; a second one of the same kind and number is a fault of the gateway itself. */
  book(kind: EntryKind, no: string, out_no: string, amount: number, time: number): void {
    const key = `${kind} ${no}`
    if (this.#entries.get(key) !== undefined) throw new Error(`the ledger has ${key} already`)
    const entry = { kind, out_no, no, amount, time, balance: this.#balance + amount }
    this.#index(entry)
    this.#entries.put(key, entry)
  }

  /** Every movement, oldest first. */
  list(): Entry[] {
    return Array.from(this.#entries.values(), entry => ({ ...entry }))
  }

  /** What moved on a day, `yyyyMMdd` in GMT+8, oldest first. */
  day(date: string): readonly Entry[] {
    return this.#days.get(date) ?? []
  }

  /** After the state was forgotten. */
  reset(): void {
    this.#days.clear()
    this.#balance = this.#funds
  }

  #index(entry: Entry): void {
    this.#balance = entry.balance
    const date = beijingDay(entry.time)
    const day = this.#days.get(date)
    if (day === undefined) this.#days.set(date, [entry])
    else day.push(entry)
  }
}
