import type { Fields, Flat, SignType } from '../facade.js'
import type { Answer, BusinessError, EndpointName, Refusal } from './answer.js'
import { fault, sampleOutcome } from './answer.js'
import type { Books } from './books.js'
import { hostOf, isLoopback } from './loopback.js'

/** One call that may be answered: signed by the merchant, fit by the table. */
export interface Call {
  name: EndpointName
  /** The fields that are not empty. */
  fields: Flat
  signType: SignType
  /** Gateway time, in milliseconds since 1970. */
  now: number
  /** The sandbox's header `Wechatpay-Negative-Test`. */
  negative: string | undefined
}

/** What a book says: fields of a success, an error, or a whole answer. */
export type Outcome = Fields | BusinessError | Refusal | Answer

/** What answers an endpoint. */
export interface Handler {
  run(call: Call): Outcome
  /** Of several numbers that name one thing the first one counts; elsewhere they contradict. */
  first?: boolean
}

type Family = (call: Call, books: Books) => Outcome

const orderQuery: Family = ({ fields, now }, { orders }) => orders.query(fields, now)
const place: Family = ({ fields, signType, now }, { orders }) => {
  const order = orders.place(fields, signType, now)
  return 'err_code' in order ? order : orders.prepaid(order)
}
const micropay: Family = (call, { micropay }) => micropay.charge(call)
/** The public pages say little of face payments: these fields are required nowhere, but nothing goes without. */
const facepay: Family = (call, { micropay }) => {
  const missing = ['out_trade_no', 'total_fee'].find(name => call.fields[name] === undefined)
  return missing === undefined
    ? micropay.charge(call, 'FACE')
    : { return_msg: `缺少参数${missing}` }
}
const reverse: Family = (call, { micropay }) => micropay.reverse(call)
const refund: Family = ({ fields, now }, { refunds }) => refunds.apply(fields, now)
const refundQuery: Family = ({ fields, now }, { refunds }) => refunds.query(fields, now)
const redpack: Family = ({ fields, now }, { redpacks }) => redpacks.send(fields, now)
const deduct: Family = (call, { contracts }) => contracts.deduct(call)
const queryContract: Family = (call, { contracts }) => contracts.query(call)
const deleteContract: Family = (call, { contracts }) => contracts.delete(call)

const contractPage: Family = ({ fields }, { contracts, url }) => {
  const contract = contracts.prepare(fields, fields['notify_url'])
  if ('err_code' in contract) return contract
  return {
    redirect_url: `${url}/papay/sign?contract_code=${encodeURIComponent(contract.contract_code)}`,
  }
}

const contractApp: Family = ({ fields }, { contracts }) => {
  const contract = contracts.prepare(fields, fields['notify_url'])
  return 'err_code' in contract ? contract : { pre_entrustweb_id: contract.contract_id }
}

const contractWeb: Family = (call, books) => {
  const outcome = contractPage(call, books)
  const address = 'redirect_url' in outcome ? outcome['redirect_url'] : undefined
  return address == null
    ? outcome
    : { status: 302, headers: { location: String(address) }, body: '' }
}

/** Two things in one: the order, and the contract that is signed with its payment. */
const contractOrder: Family = ({ fields, signType, now }, { orders, contracts }) => {
  const order = orders.place(fields, signType, now)
  if ('err_code' in order) return order
  const contract = contracts.prepare(fields, fields['contract_notify_url'])
  const { contract_display_account } = fields
  const failed = 'err_code' in contract
  return {
    ...orders.prepaid(order),
    contract_result_code: failed ? 'FAIL' : 'SUCCESS',
    contract_err_code: failed ? contract.err_code : undefined,
    contract_err_code_des: failed ? contract.err_code_des : undefined,
    contract_display_account,
  }
}

/** A deposit that is taken in part: the rest goes back at once (chapter 3.29). */
const consume: Family = ({ fields, now }, { orders, ledger }) => {
  const order = orders.named(fields, now)
  if (order === undefined || order.transaction_id === null)
    return fault('ORDERNOTEXIST', '订单不存在')
  const consume_fee = Number(fields['consume_fee'])
  const same = order.consume_fee === null || order.consume_fee === consume_fee
  if (Number(fields['total_fee']) !== order.total_fee || consume_fee > order.total_fee || !same)
    return fault('PARAM_ERROR', 'consume_fee参数格式错误')
  if (order.consume_fee === null) {
    order.consume_fee = consume_fee
    const rest = order.total_fee - consume_fee
    if (rest > 0) ledger.book('refund', order.transaction_id, order.out_trade_no, -rest, now)
    orders.move(order, order.state)
  }
  const { transaction_id, out_trade_no, total_fee } = order
  return { transaction_id, out_trade_no, total_fee, consume_fee, fee_type: 'CNY' }
}

/** The endpoints with a memory. Every other one of the table answers its documented success. */
const FAMILIES: Partial<Record<EndpointName, Family>> = {
  unifiedOrder: place,
  depositUnifiedOrder: place,
  orderQuery,
  papOrderQuery: orderQuery,
  partnerPapOrderQuery: orderQuery,
  facepayQuery: orderQuery,
  depositOrderQuery: orderQuery,
  closeOrder: ({ fields, now }, { orders }) => orders.close(fields['out_trade_no'], now),
  refund,
  refundV2: refund,
  depositRefund: refund,
  refundQuery,
  refundQueryV2: refundQuery,
  depositRefundQuery: refundQuery,
  micropay,
  depositMicropay: micropay,
  facepay,
  depositFacepay: facepay,
  reverse,
  facepayReverse: reverse,
  depositReverse: reverse,
  depositConsume: consume,
  authCodeToOpenid: ({ fields }, { micropay }) => micropay.openid(fields['auth_code'] ?? ''),
  shortUrl: ({ fields }, { scans }) => scans.shorten(fields['long_url'] ?? ''),
  report: () => ({}),
  downloadBill: ({ fields, now }, { bills }) => bills.trades(fields, now),
  downloadFundflow: ({ fields, now }, { bills }) => bills.flow(fields, now),
  batchQueryComment: ({ fields }, { bills }) => bills.comments(fields),
  transfers: ({ fields, now }, { transfers }) => transfers.pay(fields, now),
  transfersQuery: ({ fields }, { transfers }) => transfers.query(fields['partner_trade_no'] ?? ''),
  payBank: ({ fields, now }, { transfers }) => transfers.payBank(fields, now),
  queryBank: ({ fields }, { transfers }) => transfers.queryBank(fields['partner_trade_no'] ?? ''),
  getPublicKey: (_call, { transfers }) => transfers.publicKey(),
  sendRedpack: redpack,
  sendMiniprogramRedpack: redpack,
  sendGroupRedpack: ({ fields, now }, { redpacks }) => redpacks.send(fields, now, 'GROUP'),
  redpackQuery: ({ fields, now }, { redpacks }) => redpacks.query(fields, now),
  profitSharing: (call, { sharing }) => sharing.share(call, 'single'),
  multiProfitSharing: (call, { sharing }) => sharing.share(call, 'multi'),
  profitSharingFinish: (call, { sharing }) => sharing.finish(call),
  profitSharingQuery: (call, { sharing }) => sharing.query(call),
  profitSharingReturn: (call, { sharing }) => sharing.giveBack(call),
  profitSharingReturnQuery: (call, { sharing }) => sharing.returnQuery(call),
  profitSharingAddReceiver: (call, { sharing }) => sharing.receivers.add(call),
  profitSharingRemoveReceiver: (call, { sharing }) => sharing.receivers.remove(call),
  profitSharingOrderAmountQuery: (call, { sharing }) => sharing.unsplit(call),
  profitSharingMerchantRatioQuery: (_call, { maxRatio }) => ({ max_ratio: maxRatio }),
  entrustWeb: contractWeb,
  partnerEntrustWeb: contractWeb,
  h5EntrustWeb: contractPage,
  partnerH5EntrustWeb: contractPage,
  preEntrustWeb: contractApp,
  partnerPreEntrustWeb: contractApp,
  contractOrder,
  papPayApply: deduct,
  partnerPapPayApply: deduct,
  queryContract,
  partnerQueryContract: queryContract,
  deleteContract,
  partnerDeleteContract: deleteContract,
  combinedOrder: (call, { combined }) => combined.place(call),
  queryCombinedOrder: (call, { combined }) => combined.query(call),
  closeCombinedOrder: (call, { combined }) => combined.close(call),
  getSignkey: (_call, books) => books.signkey('sandbox'),
  xdcGetSignkey: (_call, books) => books.signkey('xdc'),
  xdcMicropay: (call, { sandbox }) => sandbox.xdcMicropay(call),
  xdcOrderQuery: orderQuery,
}

/** Refund calls take the most exact of several numbers (chapters 3.4 and 3.5). */
const FIRST = new Set<Family | undefined>([refund, refundQuery])

/** What answers the endpoint of this name from these books. */
export function handlerOf(name: EndpointName, books: Books): Handler {
  const family = FAMILIES[name]
  if (family === undefined) return { run: ({ fields }) => sampleOutcome(name, fields) }
  const run = (call: Call): Outcome =>
    stranger(call, books) ?? books.sandbox.run(call, () => family(call, books))
  return FIRST.has(family) ? { run, first: true } : { run }
}

/** Why a notify_url is not called from here, or null. */
function stranger({ fields }: Call, { allowRemoteNotify }: Books): Outcome | null {
  for (const name of ['notify_url', 'contract_notify_url']) {
    const url = fields[name]
    if (url === undefined) continue
    const host = hostOf(url)
    if (host === undefined) return fault('PARAM_ERROR', `${name}参数格式错误`)
    if (!allowRemoteNotify && !isLoopback(host)) {
      return {
        return_msg: `模拟网关只通知本机: ${name} must be a loopback URL (or set allowRemoteNotify)`,
      }
    }
  }
  return null
}
