import type { Answer } from './answer.js'
import type { Books } from './books.js'
import { contractPage } from './pages/contract.js'
import type { Visit } from './pages/document.js'
import { payPage } from './pages/pay.js'

/** A page is fetched after what was done on another one, so that a reload repeats nothing. */
const seeOther = (location: string): Answer => ({ status: 303, headers: { location }, body: '' })

/** The pages where a payer pays an order or signs a contract. */
export class Till {
  readonly #books: Books

  constructor(books: Books) {
    this.#books = books
  }

  /** The page at this path, or null. */
  answer(method: string, { pathname: path, search }: URL, body: Buffer, visit: Visit): Answer | null {
    const { query } = visit
    const here = `${path}${search}`
    const code =
      path === '/cgi-bin/mmpayweb-bin/checkmweb'
        ? (query.get('package') ?? '')
        : /^\/p\/([0-9A-Za-z]{8})$/.exec(path)?.[1]
    if (code !== undefined) return this.#pay(code, method, body, visit, here)
    return path === '/papay/sign' ? this.#sign(method, visit, here) : null
  }

  #pay(code: string, method: string, body: Buffer, visit: Visit, here: string): Answer {
    const { orders, desk } = this.#books
    const now = desk.clock.now()
    const order = orders.atCode(code, now)
    const form = new URLSearchParams(body.toString('utf8'))
    const action = method === 'POST' ? form.get('action') : null
    const payable = typeof order === 'object' && order.state === 'NOTPAY'
    if (payable && action === 'pay')
      void this.#books.notify(orders.pay(order.out_trade_no, {}, now))
    else if (payable && action === 'decline') orders.decline(order.out_trade_no, now)
    else if (payable && action === 'expire') orders.lapse(order.out_trade_no, now)
    else return payPage(order, desk.merchant.mchid, visit)
    return seeOther(here)
  }

  #sign(method: string, visit: Visit, here: string): Answer {
    const code = visit.query.get('contract_code') ?? ''
    const { contracts, desk } = this.#books
    const contract = contracts.list().find(({ contract_code }) => contract_code === code)
    if (method !== 'POST' || contract?.state !== 'SIGNING')
      return contractPage(contract, desk.merchant.mchid, visit)
    void contracts.sign(code, undefined, desk.clock.now())
    return seeOther(here)
  }
}
