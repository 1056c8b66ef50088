import type { Fields, Flat } from '../facade.js'
import type { BusinessError } from './answer.js'
import { fault } from './answer.js'
import { beijingDateTime, DAY } from './clock.js'
import type { Delivery } from './courier.js'
import type { Desk } from './desk.js'
import { tableOf } from './desk.js'
import type { Call } from './handlers.js'
import { openidOf } from './identifier.js'
import type { Order } from './order.js'
import type { OrderBook } from './orders.js'
import { paymentFields } from './order.js'
import { refused } from './orders.js'
import type { Table } from './state.js'

/** Contracts are signed for ten years. */
const LIFE = 3650 * DAY

/** `contract_state`: signed, ended or not signed, being signed. */
const STATE = { SIGNED: 0, ENDED: 1, SIGNING: 9 } as const

/** A contract of deduction. Times in milliseconds since 1970. */
export interface GatewayContract {
  contract_id: string
  plan_id: string
  contract_code: string
  request_serial: string
  contract_display_account: string
  notify_url: string
  state: keyof typeof STATE
  openid: string | null
  signed: number | null
  ended: number | null
  /** 0 not, 2 the payer, 3 the merchant's call. */
  termination_mode: number
  termination_remark: string | null
}

const keyOf = (fields: Flat): string => `${fields['plan_id']} ${fields['contract_code']}`

/** Contracts: made by the payer, used for deductions, ended by either side (chapter 3.27). */
export class ContractBook {
  readonly #desk: Desk
  readonly #orders: OrderBook
  readonly #contracts: Table<GatewayContract>
  readonly #ids = new Map<string, GatewayContract>()

  constructor(desk: Desk, orders: OrderBook) {
    this.#desk = desk
    this.#orders = orders
    this.#contracts = tableOf(desk, 'contracts')
    for (const contract of this.#contracts.values()) this.#ids.set(contract.contract_id, contract)
    for (const order of orders.list(0)) if (order.state === 'ACCEPT') this.#await(order)
  }

  /** Prepares a contract for the payer to sign; `notify_url` hears of it. */
  prepare(fields: Flat, notify_url: string | undefined): GatewayContract | BusinessError {
    const known = this.#contracts.get(keyOf(fields))
    if (known?.state === 'SIGNED') return fault('PARAM_ERROR', '已签约')
    const contract: GatewayContract = {
      contract_id: this.#desk.dice.about('contract', keyOf(fields)).digits(18).replace(/^0/, '2'),
      plan_id: fields['plan_id'] ?? '',
      contract_code: fields['contract_code'] ?? '',
      request_serial: fields['request_serial'] ?? '',
      contract_display_account: fields['contract_display_account'] ?? '',
      notify_url: notify_url ?? '',
      state: 'SIGNING',
      openid: null,
      signed: null,
      ended: null,
      termination_mode: 0,
      termination_remark: null,
    }
    this.#ids.set(contract.contract_id, contract)
    return this.#contracts.put(keyOf(fields), contract)
  }

  /** The payer signs; resolves after the first attempt to notify. */
  async sign(
    contract_code: string,
    openid: string | undefined,
    now: number,
  ): Promise<{ contract: GatewayContract; notification: Delivery | null }> {
    const contract = this.#coded(contract_code)
    if (contract.state !== 'SIGNING')
      throw refused(`contract ${contract_code} is ${contract.state}`, 'contract_code')
    const notification = await this.#sign(contract, openid ?? openidOf('payer'), now)
    return { contract: { ...contract }, notification }
  }

  /** Signs the contract that was prepared with an order which is now paid. */
  async signPaid(request: Flat, openid: string | null, now: number): Promise<void> {
    const contract = this.#contracts.get(keyOf(request))
    if (contract?.state === 'SIGNING') await this.#sign(contract, openid, now)
  }

  /** The payer ends it; resolves after the first attempt to notify. */
  async terminate(
    contract_code: string,
    now: number,
  ): Promise<{ contract: GatewayContract; notification: Delivery | null }> {
    const contract = this.#coded(contract_code)
    if (contract.state !== 'SIGNED')
      throw refused(`contract ${contract_code} is ${contract.state}`, 'contract_code')
    const notification = await this.#end(contract, 2, '用户解约', now)
    return { contract: { ...contract }, notification }
  }

  query({ fields }: Call): Fields | BusinessError {
    const contract = this.#find(fields)
    if (contract === undefined) return fault('-25', 'RESULT NULL')
    const { signed, ended } = contract
    return {
      ...identity(contract),
      request_serial: contract.request_serial,
      contract_display_account: contract.contract_display_account,
      contract_state: STATE[contract.state],
      contract_signed_time: signed === null ? undefined : beijingDateTime(signed),
      contract_expired_time: signed === null ? undefined : beijingDateTime(signed + LIFE),
      contract_terminated_time: ended === null ? undefined : beijingDateTime(ended),
      contract_termination_mode: contract.termination_mode,
      contract_termination_remark: contract.termination_remark,
      openid: contract.openid,
    }
  }

  /** The merchant ends it. */
  delete({ fields, now }: Call): Fields | BusinessError {
    const contract = this.#find(fields)
    if (contract === undefined) return fault('-25', 'RESULT NULL')
    if (contract.state !== 'SIGNED') return fault('INVALID_REQUEST', '协议已解约或未签约')
    void this.#end(contract, 3, fields['contract_termination_remark'] ?? '', now)
    return identity(contract)
  }

  /** Accepts a deduction; it comes through, and is notified, after a while (chapter 3.27). */
  deduct({ fields, signType, now }: Call): Fields | BusinessError {
    const contract = this.#ids.get(fields['contract_id'] ?? '')
    if (contract?.state !== 'SIGNED') return fault('INVALID_REQUEST', '协议不存在或已解约')
    const { contract_id } = contract
    const order = this.#orders.place(fields, signType, now, {
      state: 'ACCEPT',
      trade_type: 'PAP',
      contract_id,
    })
    if ('err_code' in order) return order
    if (order.placed === now && order.payer_openid === null) {
      order.payer_openid = contract.openid
      this.#orders.move(order, 'ACCEPT')
      this.#await(order)
    }
    return {}
  }

  /** The fields of the notification of a deduction, which tells of a failure too (chapter 4.8). */
  deduction(order: Order): Fields {
    if (order.state !== 'PAYERROR')
      return { ...paymentFields(order), contract_id: order.contract_id }
    return {
      result_code: 'FAIL',
      err_code: 'NOTENOUGH',
      err_code_des: '余额不足',
      contract_id: order.contract_id,
      out_trade_no: order.out_trade_no,
      total_fee: order.total_fee,
      trade_type: order.trade_type,
      openid: order.payer_openid,
    }
  }

  /** Every contract, oldest first. */
  list(): GatewayContract[] {
    return Array.from(this.#contracts.values(), contract => ({ ...contract }))
  }

  /** After the state was forgotten. */
  reset(): void {
    this.#ids.clear()
  }

  #await(order: Order): void {
    const { clock, rules, mail } = this.#desk
    clock.after(Math.max(0, order.placed + rules.settleAfter - clock.now()), () => {
      if (order.state !== 'ACCEPT') return undefined
      this.#orders.settle(order, clock.now())
      const { notify_url: url, out_trade_no: no, signType } = order
      return mail.signed({ url, no, signType }, this.deduction(order))
    })
  }

  #find(fields: Flat): GatewayContract | undefined {
    const { contract_id } = fields
    return contract_id === undefined
      ? this.#contracts.get(keyOf(fields))
      : this.#ids.get(contract_id)
  }

  #coded(contract_code: string): GatewayContract {
    for (const contract of this.#contracts.values())
      if (contract.contract_code === contract_code) return contract
    throw refused(`there is no contract ${contract_code}`, 'contract_code')
  }

  #sign(contract: GatewayContract, openid: string | null, now: number): Promise<Delivery | null> {
    contract.state = 'SIGNED'
    contract.openid = openid
    contract.signed = now
    return this.#notify(contract, 'ADD', now)
  }

  #end(
    contract: GatewayContract,
    mode: number,
    remark: string,
    now: number,
  ): Promise<Delivery | null> {
    contract.state = 'ENDED'
    contract.ended = now
    contract.termination_mode = mode
    contract.termination_remark = remark
    return this.#notify(contract, 'DELETE', now)
  }

  #notify(
    contract: GatewayContract,
    change_type: 'ADD' | 'DELETE',
    now: number,
  ): Promise<Delivery | null> {
    this.#contracts.put(keyOf({ ...identity(contract) }), contract)
    const { contract_code, notify_url, openid, request_serial, signed } = contract
    return this.#desk.mail.signed(
      { url: notify_url, no: contract_code, signType: 'MD5' },
      {
        appid: undefined, // not in a merchant's own contract (chapter 4.7)
        nonce_str: undefined,
        ...identity(contract),
        openid,
        change_type,
        operate_time: beijingDateTime(now),
        contract_expired_time:
          change_type === 'ADD' ? beijingDateTime((signed ?? now) + LIFE) : undefined,
        contract_termination_mode: change_type === 'DELETE' ? contract.termination_mode : undefined,
        request_serial,
      },
    )
  }
}

const identity = ({
  contract_id,
  plan_id,
  contract_code,
}: GatewayContract): Record<string, string> => ({
  contract_id,
  plan_id,
  contract_code,
})
