import { SUCCESS } from '../dist/generated/replies.js'
import { notified } from './facade.js'
import { Monitor } from './monitor.js'
import { check, inTime, type NotifyHandler, receive, type ReceiveOptions, type Route } from './receive.js'
import type { Receipt } from './stores/store.js'

/** A contract (委托代扣) that was signed or ended. */
export interface Contract {
  /** `ADD`: signed. `DELETE`: ended. */
  change_type: 'ADD' | 'DELETE'
  contract_id: string
  contract_code: string
  plan_id: string
  openid: string
  /** As WeChat writes it: `yyyy-MM-dd HH:mm:ss`. */
  operate_time: string
  request_serial?: string
  /** After `ADD`. */
  contract_expired_time?: string
  /** After `DELETE`: 1 expired, 2 by the user, 3 by API, 4 by the platform, 5 account cancelled. */
  contract_termination_mode?: string
}

/** What {@link contractNotify} takes: whose contracts, and who hears of them. */
export interface ContractNotifyOptions extends ReceiveOptions {
  /**
   * Keeps the contract, and resolves when it is durable; `storeTimeout` milliseconds at most. It is
   * called again with the same contract, and late messages come after newer ones: key by
   * `contract_id` and `change_type`, and let `operate_time` decide.
   */
  record(contract: Contract, receipt: Receipt): Promise<unknown>
  /** Where refused messages are listed. */
  store?: Route['store']
}

/**
 * The contract notification route (签约、解约结果通知): verified, then handed to `record`; SUCCESS
 * only after that has resolved.
 */
export function contractNotify(options: ContractNotifyOptions): NotifyHandler {
  const { record, store, storeTimeout, signType = 'MD5', monitor = new Monitor() } = options
  check('record', typeof record === 'function', 'is a function that keeps the contract')
  return receive({ ...options, monitor }, {
    kind: 'contract',
    store,
    async act({ body, keys, receipt }) {
      const fields = notified('contract', body, keys, signType, options)
      const contract = fields as unknown as Contract
      await inTime(storeTimeout, (async () => record(contract, receipt))())
      monitor.count('contracts', { change: contract.change_type })
      return SUCCESS
    },
  })
}
