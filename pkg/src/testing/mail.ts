import { buildXml, encryptRefund, signedXml } from '../facade.js'
import type { Fields, SignType } from '../facade.js'
import { SECOND } from './clock.js'
import type { Clock } from './clock.js'
import type { Courier, Delivery } from './courier.js'
import type { Dice } from './dice.js'
import type { Faults } from './faults.js'
import { wrong } from './faults.js'
import type { Merchant } from './merchant.js'
import { alphabetical } from './notification.js'

/** Where a notification goes, what it is about, and how it is signed. */
export interface Address {
  url: string
  /** The merchant's number of the order, the refund or the contract. */
  no: string
  signType: SignType
}

/** Writes the notifications of one realm and hands them to the courier. */
export class Mail {
  readonly #merchant: Merchant
  readonly #courier: Courier
  readonly #clock: Clock
  readonly #dice: Dice
  readonly #faults: Faults
  readonly #variety: boolean
  #held: (() => unknown)[] = []

  constructor(
    merchant: Merchant,
    courier: Courier,
    clock: Clock,
    dice: Dice,
    faults: Faults,
    variety: boolean,
  ) {
    this.#merchant = merchant
    this.#courier = courier
    this.#clock = clock
    this.#dice = dice
    this.#faults = faults
    this.#variety = variety
  }

  /** Sends a signed notification; resolves after the first attempt, or with null where none is made now. */
  signed(address: Address, fields: Fields): Promise<Delivery | null> {
    const dice = this.#dice.about('notification', address.no)
    const message = alphabetical({
      appid: this.#merchant.appid,
      mch_id: this.#merchant.mchid,
      nonce_str: dice.text(32),
      return_code: 'SUCCESS',
      result_code: 'SUCCESS',
      ...fields,
      ...(this.#variety && dice.hits(0.5) ? { [`x_${dice.text(4)}`]: '新字段' } : {}),
      // It comes back when the order carried it, and even then not always (chapter 4.4).
      ...(this.#variety && fields['sign_type'] != null && dice.hits(0.5)
        ? { sign_type: undefined }
        : {}),
    })
    return this.#send(address, signedXml(message, this.#merchant.key, address.signType), dice)
  }

  /** Sends a refund notification: unsigned, the fields enciphered (chapter 4.5). */
  sealed(address: Address, fields: Fields, ids: Fields): Promise<Delivery | null> {
    const dice = this.#dice.about('notification', address.no)
    const req_info = encryptRefund(fields, this.#merchant.key)
    const { appid, mchid: mch_id } = this.#merchant
    return this.#send(
      address,
      buildXml({
        return_code: 'SUCCESS',
        appid,
        mch_id,
        ...ids,
        nonce_str: dice.text(32),
        req_info,
      }),
      dice,
    )
  }

  async #send({ url, no }: Address, message: string, dice: Dice): Promise<Delivery | null> {
    const rule = this.#faults.strike('notification', { out_trade_no: no })
    const empty = this.#variety && dice.hits(0.5)
    const varied = empty
      ? message.replace('<xml>', '<xml><device_info><![CDATA[]]></device_info>')
      : message
    const parcel = {
      out_trade_no: no,
      url,
      body: rule?.fault === 'wrong-sign' ? wrong(varied) : varied,
    }
    const deliver = (): Promise<Delivery> => this.#courier.deliver(parcel)
    switch (rule?.fault) {
      case 'never':
        return null
      case 'late':
        this.#clock.after((rule.delay ?? 60) * SECOND, deliver)
        return null
      case 'reordered':
        this.#held.push(deliver)
        return null
      case 'twice':
        return (await Promise.all([deliver(), this.#courier.deliver(parcel)]))[0]
    }
    const first = await deliver()
    const held = this.#held
    this.#held = []
    for (const later of held) await later()
    return first
  }
}
