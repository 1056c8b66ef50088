// What does not compile. Above each mistake: the error, where it is shown, and words of its text.
import { WxPay, type UnifiedOrderRequest } from 'wxpay-wasm/client'

declare const pay: WxPay
declare const text: string
const order = { body: 'tea', out_trade_no: 'A1', total_fee: 88 }
const numbers = { out_trade_no: 'A1', out_refund_no: 'R1' }

//! 2345 at { trade_type -- Property 'openid' is missing
void pay.unifiedOrder({ trade_type: 'JSAPI', ...order })
//! 2345 at { body -- Property 'openid' is missing
void pay.unifiedOrder({ body: 'tea', out_trade_no: 'A1', total_fee: 88, trade_type: 'JSAPI' })
//! 2345 at { trade_type -- Property 'product_id' is missing
void pay.unifiedOrder({ trade_type: 'NATIVE', ...order })
//! 2345 at { trade_type -- Property 'scene_info' is missing
void pay.unifiedOrder({ trade_type: 'MWEB', ...order })
//! 2345 at { trade_type -- Property 'out_trade_no' is missing
void pay.unifiedOrder({ trade_type: 'APP', body: 'tea', total_fee: 88 })

//! 2322 at total_fee -- AmountsAreWholeFen
void pay.unifiedOrder({ trade_type: 'APP', body: 'tea', out_trade_no: 'A1', total_fee: 0.88 })
//! 2322 at total_fee -- AmountsAreWholeFen
void pay.unifiedOrder({ trade_type: 'APP', body: 'tea', out_trade_no: 'A1', total_fee: -88 })
//! 2322 at refund_fee -- AmountsAreWholeFen
void pay.refund({ ...numbers, total_fee: 88, refund_fee: 1e-7 })
//! 2322 at total_fee -- Type 'string' is not assignable to type 'number'
void pay.refund({ ...numbers, refund_fee: 88, total_fee: '88' })
//! 2322 at flag -- ValuesAreTextOrIntegers
void pay.unifiedOrder({ ...order, trade_type: 'APP', flag: true })
//! 2322 at detail -- is not assignable to type 'string
void pay.unifiedOrder({ ...order, trade_type: 'APP', detail: { goods: [] } })

//! 2322 at trade_type -- '"JSAPI" | "NATIVE" | "APP" | "MWEB"'
void pay.unifiedOrder({ ...order, trade_type: 'PAPER' })
//! 2322 at trade_type -- '"JSAPI" | "NATIVE" | "APP" | "MWEB"'
void pay.unifiedOrder({ ...order, trade_type: text })
//! 2322 at receipt -- '"Y" | "N"
void pay.unifiedOrder({ ...order, trade_type: 'APP', receipt: 'yes' })
//! 2820 at account_type -- Did you mean '"Basic"'?
void pay.downloadFundflow({ bill_date: '20200101', account_type: 'basic' })

//! 2345 at { transaction_id -- 'out_trade_no' are incompatible
void pay.orderQuery({ transaction_id: '1', out_trade_no: 'A1' })
//! 2345 at {} -- transaction_id: string; out_trade_no?: undefined
void pay.orderQuery({})
//! 2554 at orderQuery -- Expected 1-2 arguments, but got 0
void pay.orderQuery()
//! 2345 at { ...numbers -- Property 'total_fee' is missing
void pay.refund({ ...numbers, refund_fee: 88 })
//! 2345 at { plan_id -- Property 'contract_code' is missing
void pay.queryContract({ plan_id: 1 })

//! 2345 at order -- Property 'openid' is missing
void pay.getPayParams(order)
//! 2322 at total_fee -- AmountsAreWholeFen
void pay.getAppParams({ body: 'tea', out_trade_no: 'A1', total_fee: 0.88 })

//! 18048 at placed.code_url -- possibly 'undefined'
void pay.unifiedOrder({ ...order, trade_type: 'JSAPI', openid: 'o' }).then(placed => placed.code_url.length)
//! 2540 at trade_state -- read-only
void pay.orderQuery({ out_trade_no: 'A1' }).then(found => void (found.trade_state = 'SUCCESS'))
//! 2551 at unifiedorder -- Did you mean 'unifiedOrder'?
void pay.unifiedorder({})
//! 2561 at atach -- Did you mean to write 'attach'?
export const typo: UnifiedOrderRequest = { ...order, trade_type: 'APP', atach: 'x' }
