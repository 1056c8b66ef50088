import type { Clock } from './clock.js'
import type { Dice } from './dice.js'
import type { Faults } from './faults.js'
import type { Ledger } from './ledger.js'
import type { Mail } from './mail.js'
import type { Merchant } from './merchant.js'
import type { State, Table } from './state.js'

/** Production, and the two sandboxes: each with its own key and its own books. */
export type Realm = 'production' | 'sandbox' | 'xdc'

/** How strict and how slow the gateway is; pauses in milliseconds of its time. */
export interface Rules {
  /** From the acceptance of a refund or a deduction to its end. */
  settleAfter: number
  /** From the placing of an order to the earliest moment it can be closed. */
  closeAfter: number
  /** The largest part of an order that can be shared, in parts of 10000. */
  maxRatio: number
  /** So many unpaid orders are kept; then the oldest is forgotten. */
  maxOrders: number
  allowRemoteNotify: boolean
}

/** What every book works with. */
export interface Desk {
  realm: Realm
  /** With the key of this realm. */
  merchant: Merchant
  /** Where the gateway listens. */
  url: string
  rules: Rules
  clock: Clock
  dice: Dice
  faults: Faults
  ledger: Ledger
  mail: Mail
  /** Whether answers and notifications vary in what is not theirs to promise. */
  variety: boolean
  state: State
}

/** A table of this realm. */
export const tableOf = <T>({ state, realm }: Desk, name: string): Table<T> =>
  state.table(realm === 'production' ? name : `${realm}/${name}`)
