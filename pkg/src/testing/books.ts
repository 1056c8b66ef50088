import { BillBook } from './bills.js'
import { CombinedBook } from './combined.js'
import { ContractBook } from './contracts.js'
import type { Delivery } from './courier.js'
import type { Fields } from '../facade.js'
import type { Desk, Realm } from './desk.js'
import type { Ledger } from './ledger.js'
import { MicropayBook } from './micropay.js'
import { sandboxKey } from './merchant.js'
import type { Order } from './order.js'
import { paymentFields } from './order.js'
import { OrderBook } from './orders.js'
import { RedpackBook } from './redpacks.js'
import { RefundBook } from './refunds.js'
import { Sandbox } from './sandbox.js'
import { ScanDesk } from './scans.js'
import { SharingBook } from './sharing.js'
import { TransferBook } from './transfers.js'

/** Everything one realm remembers. */
export class Books {
  readonly desk: Desk
  readonly orders: OrderBook
  readonly refunds: RefundBook
  readonly micropay: MicropayBook
  readonly transfers: TransferBook
  readonly redpacks: RedpackBook
  readonly sharing: SharingBook
  readonly contracts: ContractBook
  readonly combined: CombinedBook
  readonly bills: BillBook
  readonly scans: ScanDesk
  readonly sandbox: Sandbox

  constructor(desk: Desk) {
    this.desk = desk
    this.orders = new OrderBook(desk)
    this.sharing = new SharingBook(desk, this.orders)
    this.refunds = new RefundBook(desk, this.orders, order => this.sharing.held(order))
    this.micropay = new MicropayBook(desk, this.orders)
    this.transfers = new TransferBook(desk)
    this.redpacks = new RedpackBook(desk)
    this.contracts = new ContractBook(desk, this.orders)
    this.combined = new CombinedBook(this.orders)
    this.bills = new BillBook(desk, this.orders, this.refunds)
    this.scans = new ScanDesk(desk)
    this.sandbox = new Sandbox(desk, this.orders)
  }

  get url(): string {
    return this.desk.url
  }

  get ledger(): Ledger {
    return this.desk.ledger
  }

  get maxRatio(): number {
    return this.desk.rules.maxRatio
  }

  get allowRemoteNotify(): boolean {
    return this.desk.rules.allowRemoteNotify
  }

  /** The key of a sandbox, as this merchant is told it. */
  signkey(realm: Exclude<Realm, 'production'>): Fields {
    const { mchid, key } = this.desk.merchant
    return { return_msg: 'ok', mch_id: mchid, sandbox_signkey: sandboxKey(key, realm) }
  }

  /** Tells the merchant what became of an order; null where nobody is told (chapter 4.4). */
  async notify(order: Order): Promise<Delivery | null> {
    const { mail } = this.desk
    const { notify_url: url, out_trade_no: no, signType, request } = order
    const silent = order.trade_type === 'MICROPAY' || order.trade_type === 'FACE'
    if (url === '' || silent) return null
    // sign_type comes back only when the order carried it (chapter 9.7).
    const fields =
      order.trade_type === 'PAP'
        ? this.contracts.deduction(order)
        : order.parts === null
          ? { ...paymentFields(order), sign_type: request['sign_type'] }
          : this.combined.paid(order)
    const delivery = await mail.signed({ url, no, signType }, fields)
    // A contract that was signed with the payment is told of on its own.
    if (request['contract_notify_url'] !== undefined)
      await this.contracts.signPaid(request, order.payer_openid, this.desk.clock.now())
    return delivery
  }

  /** After the state was forgotten. */
  reset(): void {
    for (const book of [this.orders, this.refunds, this.micropay, this.contracts]) book.reset()
  }
}
