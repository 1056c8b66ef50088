import type { Answer } from '../answer.js'
import type { GatewayContract } from '../contracts.js'
import type { Visit } from './document.js'
import { document } from './document.js'
import { html } from './html.js'
import { button, facts, form, heading } from './receipt.js'

const SIGN = form(button('pay', '同意并签约', 'Sign'))

/** The page where one signs a contract; undefined for one that nobody prepared. */
export function contractPage(contract: GatewayContract | undefined, merchant: string, visit: Visit): Answer {
  if (contract === undefined)
    return document(visit, 'unknown', heading('协议不存在', 'Unknown contract'), 404)
  const { state } = contract
  const signed = state === 'SIGNED'
  const title = signed ? heading('签约成功', 'Signed') : heading('自动扣款授权', 'Automatic deductions')
  const rows = facts(
    ['商户', 'Merchant', merchant],
    ['账户', 'Account', contract.contract_display_account],
    ['协议号', 'Contract', contract.contract_code],
  )
  return document(visit, signed ? 'paid' : 'open', html`${title}${rows}${state === 'SIGNING' ? SIGN : null}`)
}
