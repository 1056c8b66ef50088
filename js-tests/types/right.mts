// What compiles.
import { WxPay, type RefundRequest, type UnifiedOrderRequest } from 'wxpay-wasm/client'

declare const pay: WxPay
declare const fen: number
declare const optional: string | undefined
const order = { body: 'tea', out_trade_no: 'A1', total_fee: 88 }

// sub_openid stands in for openid.
void pay.unifiedOrder({ ...order, trade_type: 'JSAPI', openid: 'o' })
void pay.unifiedOrder({ ...order, trade_type: 'JSAPI', sub_openid: 'o' })

// An amount that is only known to be a number is checked at run time.
void pay.unifiedOrder({ ...order, total_fee: fen, trade_type: 'APP' })

// The protocol grows.
void pay.unifiedOrder({ ...order, trade_type: 'APP', a_new_field: 'x', another: 1, third: undefined })

// What an answer promises follows from the question.
void pay.unifiedOrder({ ...order, trade_type: 'NATIVE', product_id: 'P' }).then(placed => {
  const address: string = placed.code_url
  const same: string = placed.prepay_id
  const unknown: string | undefined = placed.a_new_field
  return [address, same, unknown]
})
void pay.unifiedOrder({ ...order, trade_type: 'MWEB', scene_info: '{}' }).then(({ mweb_url }) => mweb_url.length)

// A variable, an annotated one, an interface without an index signature.
const app = { ...order, trade_type: 'APP' } as const
void pay.unifiedOrder(app)
const annotated: UnifiedOrderRequest = { ...order, trade_type: 'JSAPI', openid: 'o', attach: optional }
void pay.unifiedOrder(annotated)
interface OurRefund {
  out_trade_no: string
  out_refund_no: string
  total_fee: number
  refund_fee: number
}
declare const ours: OurRefund
void pay.refund(ours)
const refund: RefundRequest = { ...ours, refund_desc: '售完' }
void pay.refund(refund, { timeout: 1000 })

// Either number.
void pay.orderQuery({ out_trade_no: 'A1' })
void pay.orderQuery({ transaction_id: '1', out_trade_no: undefined })
void pay.queryContract({ contract_id: '1' })
void pay.queryContract({ plan_id: 1, contract_code: 'x' })

// Parts of an order.
const declaration = { out_trade_no: 'A1', transaction_id: '1', customs: 'SHANGHAI_ZS', mch_customs_no: '1' }
void pay.customDeclareOrder(declaration)
void pay.customDeclareOrder({
  ...declaration, sub_order_no: 'A1-1', fee_type: 'CNY', order_fee: 88, transport_fee: 0, product_fee: 88,
})

// An order and what its front end is given.
void pay.getPayParams({ ...order, openid: 'o', a_new_field: 'x' }).then(({ paySign }) => paySign.length)
void pay.getAppParams(order).then(({ sign }) => sign.length)

// Bills.
void pay.downloadBill({ bill_date: '20200101' }, { timeout: 60_000 })

// Other names, and none.
void pay.createOrder({ ...order, trade_type: 'NATIVE', product_id: 'P' }).then(({ code_url }) => code_url.length)
void pay.getAccessToken()
void pay.call('/any/path', { anything: 1 }, { certificate: true }).then(({ whatever }) => whatever?.length)
void pay.code2Session('code').then(({ openid, unionid }) => openid + (unionid ?? ''))
