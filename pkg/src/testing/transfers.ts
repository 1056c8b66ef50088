import { constants, createHash, generateKeyPairSync, privateDecrypt } from 'node:crypto'
import type { Fields, Flat } from '../facade.js'
import type { BusinessError } from './answer.js'
import { fault } from './answer.js'
import { beijingDateTime } from './clock.js'
import type { Desk } from './desk.js'
import { tableOf } from './desk.js'
import { payoutId } from './identifier.js'
import type { Table } from './state.js'

/** A payout to a user's balance or to a bank card. Fen; milliseconds since 1970. */
export interface GatewayTransfer {
  partner_trade_no: string
  payment_no: string
  amount: number
  /** Null for a bank card. */
  openid: string | null
  desc: string | null
  time: number
  request: Flat
}

/** Fields that may differ when a payout is asked for again. */
const MAY_DIFFER = new Set(['nonce_str', 'sign', 'spbill_create_ip', 'device_info'])

const isSame = (one: Flat, other: Flat): boolean =>
  [...new Set([...Object.keys(one), ...Object.keys(other)])].every(
    // What is enciphered is random and never the same twice.
    name => MAY_DIFFER.has(name) || name.startsWith('enc_') || one[name] === other[name],
  )

/** Payouts to balances and to bank cards: one number is one payment. */
export class TransferBook {
  readonly #desk: Desk
  readonly #transfers: Table<GatewayTransfer>
  readonly #cards: Table<
    GatewayTransfer & { bank_no_md5: string; true_name_md5: string; cmms_amt: number }
  >
  #keys: { publicKey: string; privateKey: string } | undefined

  constructor(desk: Desk) {
    this.#desk = desk
    this.#transfers = tableOf(desk, 'transfers')
    this.#cards = tableOf(desk, 'bank-payouts')
  }

  /** Pays a balance, or says again that it did (chapter 3.14). */
  pay(request: Flat, now: number): Fields | BusinessError {
    const known = this.#transfers.get(request['partner_trade_no'] ?? '')
    if (known !== undefined)
      return isSame(known.request, request)
        ? paid(known)
        : fault('FATAL_ERROR', '此单号已使用，且参数与之前不一致')
    if (Number(request['amount']) < 30)
      return fault('AMOUNT_LIMIT', '付款金额超出限制：低于最小金额0.30元')
    return this.#book(request, now, transfer => {
      this.#desk.ledger.book(
        'transfer',
        transfer.payment_no,
        transfer.partner_trade_no,
        -transfer.amount,
        now,
      )
      return paid(this.#transfers.put(transfer.partner_trade_no, transfer))
    })
  }

  /** How a payout to a balance stands (chapter 3.15). */
  query(partner_trade_no: string): Fields | BusinessError {
    const transfer = this.#transfers.get(partner_trade_no)
    if (transfer === undefined) return fault('NOT_FOUND', '指定单号数据不存在')
    const time = beijingDateTime(transfer.time)
    return {
      detail_id: transfer.payment_no,
      status: 'SUCCESS',
      openid: transfer.openid,
      transfer_name: transfer.request['re_user_name'],
      payment_amount: transfer.amount,
      transfer_time: time,
      payment_time: time,
      desc: transfer.desc,
    }
  }

  /** Pays a bank card, for a commission of 0.1 %, one yuan at least and 25 at most (chapter 3.23). */
  payBank(request: Flat, now: number): Fields | BusinessError {
    const known = this.#cards.get(request['partner_trade_no'] ?? '')
    if (known !== undefined)
      return isSame(known.request, request)
        ? paidCard(known)
        : fault('FATAL_ERROR', '此单号已使用，且参数与之前不一致')
    const [number, name] = [request['enc_bank_no'], request['enc_true_name']].map(text =>
      this.#decipher(text ?? ''),
    )
    if (number === undefined || name === undefined)
      return fault('PARAM_ERROR', '银行卡号或姓名解密失败，请检查RSA公钥和填充方式')
    const cmms_amt = Math.min(2500, Math.max(100, Math.round(Number(request['amount']) / 1000)))
    return this.#book(request, now, transfer => {
      const { payment_no, partner_trade_no, amount } = transfer
      this.#desk.ledger.book('bank-payout', payment_no, partner_trade_no, -amount, now)
      this.#desk.ledger.book('bank-commission', payment_no, partner_trade_no, -cmms_amt, now)
      const card = { ...transfer, bank_no_md5: md5(number), true_name_md5: md5(name), cmms_amt }
      return paidCard(this.#cards.put(partner_trade_no, card))
    })
  }

  /** How a payout to a bank card stands (chapter 3.24). */
  queryBank(partner_trade_no: string): Fields | BusinessError {
    const card = this.#cards.get(partner_trade_no)
    if (card === undefined) return fault('ORDERNOTEXIST', '订单不存在')
    const { payment_no, bank_no_md5, true_name_md5, amount, cmms_amt } = card
    const time = beijingDateTime(card.time)
    return {
      payment_no,
      bank_no_md5,
      true_name_md5,
      amount,
      cmms_amt,
      status: 'SUCCESS',
      create_time: time,
      pay_succ_time: time,
    }
  }

  /** The key that card numbers are enciphered with, as PKCS#1 (chapter 3.25); made when first asked for. */
  publicKey(): Fields {
    return { pub_key: this.#pair().publicKey }
  }

  /** Every payout, oldest first. */
  list(): GatewayTransfer[] {
    return [...this.#transfers.values(), ...this.#cards.values()].map(transfer => ({ ...transfer }))
  }

  #book(
    request: Flat,
    now: number,
    enter: (transfer: GatewayTransfer) => Fields,
  ): Fields | BusinessError {
    const amount = Number(request['amount'])
    if (amount > this.#desk.ledger.balance)
      return fault('NOTENOUGH', '余额不足，请充值后用原单号重试')
    const partner_trade_no = request['partner_trade_no'] ?? ''
    return enter({
      partner_trade_no,
      payment_no: payoutId(this.#desk.dice.about('transfer', partner_trade_no), now),
      amount,
      openid: request['openid'] ?? null,
      desc: request['desc'] ?? null,
      time: now,
      request,
    })
  }

  #pair(): { publicKey: string; privateKey: string } {
    this.#keys ??= generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    })
    return this.#keys
  }

  #decipher(text: string): string | undefined {
    const key = {
      key: this.#pair().privateKey,
      padding: constants.RSA_PKCS1_OAEP_PADDING,
      oaepHash: 'sha1',
    }
    try {
      return privateDecrypt(key, Buffer.from(text, 'base64')).toString('utf8')
    } catch {
      return undefined
    }
  }
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex')

const paid = ({ payment_no, time }: GatewayTransfer): Fields => ({
  payment_no,
  payment_time: beijingDateTime(time),
})

const paidCard = ({
  payment_no,
  amount,
  cmms_amt,
}: GatewayTransfer & { cmms_amt: number }): Fields => ({
  payment_no,
  amount,
  cmms_amt,
})
