// Bills as WeChat writes them, of any size.

export const TITLES = {
  'ALL, new': '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注',
  'ALL, old': '交易时间,公众账号ID,商户号,子商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,总金额,代金券或立减优惠金额,微信退款单号,商户退款单号,退款金额,代金券或立减优惠退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率',
  'SUCCESS, new': '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,商品名称,商户数据包,手续费,费率,订单金额,费率备注',
  'SUCCESS, old': '交易时间,公众账号ID,商户号,子商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,总金额,代金券或立减优惠金额,商品名称,商户数据包,手续费,费率',
  'REFUND, new': '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,退款申请时间,退款成功时间,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注',
  'REFUND, old': '交易时间,公众账号ID,商户号,子商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,总金额,代金券或立减优惠金额,退款申请时间,退款成功时间,微信退款单号,商户退款单号,退款金额,代金券或立减优惠退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率',
  'RECHARGE_REFUND': '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,退款申请时间,退款成功时间,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,返还手续费,费率,订单金额,申请退款金额',
}
export const SUMMARY = {
  new: '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额',
  old: '总交易单数,总交易额,总退款金额,总代金券或立减优惠退款金额,手续费总金额',
}

export const line = values => values.map(value => '`' + value).join(',') + '\r\n'

/** A bill of these rows, each an array of values. */
export const bill = (titles, rows, summary = SUMMARY.new, sums) =>
  Buffer.from(
    `\uFEFF${titles}\r\n${rows.map(line).join('')}${summary}\r\n` +
      line(sums ?? [`${rows.length}.0`, ...summary.split(',').slice(1).map(() => '0.00')]),
  )

/** The values of a new payment's row in a bill of type ALL. */
export const paid = (out_trade_no, yuan, { state = 'SUCCESS', transaction_id, attach = '', refund = ['0', '0', '0.00'] } = {}) => [
  '2014-11-10 16:33:45', 'wx2421b1c4370ec43b', '10000100', '0', '1000', transaction_id ?? `42${out_trade_no}`, out_trade_no,
  'oUpF8uMEb4qRXf22hE3X68TekukE', 'JSAPI', state, 'CFT', 'CNY', state === 'REFUND' ? '0.00' : yuan, '0.00', refund[0], refund[1], refund[2], '0.00',
  refund[0] === '0' ? '' : 'ORIGINAL', refund[0] === '0' ? '' : 'SUCCESS', '被扫支付测试', attach, '0.00600', '0.60%', yuan, refund[2], '',
]

/** A bill of at least so many bytes, made as it is read; `rows` says how many it got. */
export function large(bytes, piece = 65536) {
  const made = { rows: 0, bytes: 0, fen: 0 }
  const body = ['被扫支付测试', 'tea, hot', '贡茶 `半糖`\r\n🧋', 'milk']
  async function* source() {
    yield Buffer.from(`\uFEFF${TITLES['ALL, new']}\r\n`)
    while (made.bytes < bytes) {
      let text = ''
      while (text.length < piece) {
        const n = made.rows++
        const fen = 1 + (n * 7919) % 100_000
        made.fen += fen
        const yuan = `${(fen - (fen % 100)) / 100}.${String(fen % 100).padStart(2, '0')}`
        const row = paid(`T${1_000_000_000 + n}`, yuan, { transaction_id: `4200000${1e12 + n * 1237}20141110`, attach: `shop=${n % 977},till=${n % 31}` })
        row[7] = `oUpF8u${(n * 2654435761 % 4294967296).toString(36).padStart(22, 'A')}`
        row[20] = body[n % 4]
        text += line(row)
      }
      const chunk = Buffer.from(text)
      made.bytes += chunk.length
      yield chunk
    }
    yield Buffer.from(`${SUMMARY.new}\r\n${line([`${made.rows}.0`, '0.00', '0.00', '0.00', '0.00000', `${(made.fen - (made.fen % 100)) / 100}.${String(made.fen % 100).padStart(2, '0')}`, '0.00'])}`)
  }
  return { made, source }
}
