// What is signed and read: 64 of each kind, so that nobody profits from seeing one message twice.
// The same in every process: the generator is seeded.
import assert from 'node:assert/strict'
import { appid, key, mchid } from './merchant.mjs'
import { sign } from './signature.mjs'

export const COUNT = 64

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const GOODS = ['腾讯充值中心-会员充值', '深圳分店-招牌豆浆两杯', '年度会员（含周边）', '现磨咖啡-大杯拿铁']

/** mulberry32. */
function generator(seed) {
  let state = seed
  return limit => {
    state = (state + 0x6d2b79f5) | 0
    let x = Math.imul(state ^ (state >>> 15), 1 | state)
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x
    return ((x ^ (x >>> 14)) >>> 0) % limit
  }
}

const random = generator(20260424)
const text = (length, alphabet = LETTERS) =>
  Array.from({ length }, () => alphabet[random(alphabet.length)]).join('')
const digits = length => text(length, '0123456789')
const amount = () => 1 + random(100_000)
const many = make => Array.from({ length: COUNT }, (_, i) => flat(make(i)))

/** As if just parsed or received: no ropes of concatenated strings. */
const flat = fields => JSON.parse(JSON.stringify(fields))

const order = () => ({
  appid,
  attach: '深圳分店',
  body: GOODS[random(GOODS.length)],
  mch_id: mchid,
  nonce_str: text(32),
  notify_url: 'https://shop.example.com/pay/notify',
  openid: `oUpF8u${text(22)}`,
  out_trade_no: digits(20),
  spbill_create_ip: '123.12.12.123',
  total_fee: amount(),
  trade_type: 'JSAPI',
})

/** What a shop's server sends besides orders: eight sets of names, not sorted. */
const REQUESTS = [
  order,
  () => ({ ...order(), trade_type: 'NATIVE', product_id: digits(16), openid: '' }),
  () => ({ ...order(), trade_type: 'MWEB', scene_info: '{"h5_info":{"type":"Wap"}}' }),
  () => ({ transaction_id: digits(28), appid, mch_id: mchid, nonce_str: text(32) }),
  () => ({ appid, mch_id: mchid, nonce_str: text(32), out_trade_no: digits(20) }),
  () => ({
    ...{ appid, mch_id: mchid, nonce_str: text(32), out_trade_no: digits(20) },
    ...{ out_refund_no: digits(20), total_fee: amount(), refund_fee: 1, refund_desc: '商品已售完' },
  }),
  () => ({ ...order(), time_start: digits(14), time_expire: digits(14), limit_pay: 'no_credit' }),
  () => ({ mch_id: mchid, appid, refund_id: digits(28), nonce_str: text(32), offset: 0 }),
]

/** A payment notification; `extra` is laid over the 18 fields. Alphabetical, as WeChat sends it. */
function notification(extra = {}) {
  const fields = {
    appid,
    attach: '深圳分店-外卖订单，请尽快送达',
    bank_type: 'CMB_DEBIT',
    cash_fee: String(amount()),
    device_info: '013467007045764',
    fee_type: 'CNY',
    is_subscribe: 'N',
    mch_id: mchid,
    nonce_str: text(32),
    openid: `oUpF8u${text(22)}`,
    out_trade_no: digits(20),
    result_code: 'SUCCESS',
    return_code: 'SUCCESS',
    sign: '',
    time_end: `2026${digits(10)}`,
    total_fee: String(amount()),
    trade_type: 'JSAPI',
    transaction_id: `42000${digits(23)}`,
    ...extra,
  }
  return Object.fromEntries(
    Object.keys(fields)
      .sort()
      .map(name => [name, fields[name]]),
  )
}

/** Six groups of optional fields: each of the 64 messages has another set of names. */
const OPTIONAL = [
  () => ({ sub_appid: `wx${text(16)}`, sub_mch_id: digits(10) }),
  () => ({ sub_openid: text(28), sub_is_subscribe: 'N' }),
  () => ({ settlement_total_fee: String(amount()) }),
  () => ({ cash_fee_type: 'CNY' }),
  () => ({ coupon_count: '1', coupon_fee: '10', coupon_fee_0: '10', coupon_id_0: digits(10) }),
  () => ({ rate_value: digits(9) }),
]

const optional = mask =>
  Object.assign({}, ...OPTIONAL.filter((_, bit) => (mask >> bit) & 1).map(make => make()))

/** The answer of an order query with twenty coupons: 83 fields, 4 KB, not sorted. */
function queryAnswer() {
  const fields = {
    return_code: 'SUCCESS',
    return_msg: 'OK',
    result_code: 'SUCCESS',
    mch_id: mchid,
    appid,
    device_info: '013467007045764',
    nonce_str: text(32),
    sign: '',
    openid: `oUpF8u${text(22)}`,
    is_subscribe: 'N',
    trade_type: 'JSAPI',
    bank_type: 'CMB_DEBIT',
    total_fee: String(amount()),
    fee_type: 'CNY',
    cash_fee: String(amount()),
    cash_fee_type: 'CNY',
    coupon_fee: '200',
    coupon_count: '20',
    transaction_id: `42000${digits(23)}`,
    out_trade_no: digits(20),
    attach: '深圳分店-外卖订单',
    time_end: `2026${digits(10)}`,
    trade_state: 'SUCCESS',
  }
  for (let n = 0; n < 20; n++) {
    fields[`coupon_type_${n}`] = 'NO_CASH'
    fields[`coupon_id_${n}`] = digits(10)
    fields[`coupon_fee_${n}`] = '10'
  }
  return fields
}

const signed = (fields, type) => ({ ...fields, sign: sign(fields, key, type) })

/** WeChat's style: text in CDATA, `total_fee` bare, a line for each field. */
function xml(fields) {
  const lines = Object.entries(fields).map(([name, value]) =>
    name === 'total_fee' ? `<${name}>${value}</${name}>` : `<${name}><![CDATA[${value}]]></${name}>`,
  )
  return `<xml>${lines.join('\n')}\n</xml>`
}

const bytes = fields => Buffer.from(xml(fields))

// The official worked example (chapter 4.3) vouches for the reference.
assert.equal(
  sign(
    {
      ...{ appid: 'wxd930ea5d5a258f4f', mch_id: '10000100', device_info: '1000', body: 'test' },
      nonce_str: 'ibuaiVcKdpRxkhJA',
    },
    key,
  ),
  '9A0A8659F005D6984697E2CA0A9CF3B7',
)

const orders = many(order)
const requests = many(i => REQUESTS[i % REQUESTS.length]())
const received = many(() => signed(notification()))
const hmacReceived = many(() => signed(notification({ sign_type: 'HMAC-SHA256' }), 'HMAC-SHA256'))
const received64 = many(i => signed(notification(optional(i))))
const answers = many(() => signed(queryAnswer()))

const prepaid = many(() => `wx2026${digits(30)}`)

/**
 * What is timed: an operation of the contenders and what it is given. `expected[i]` is what must
 * come back for `inputs[i]`; where a check needs more than equality, `check.mjs` knows it. The
 * operations are those of `contenders/`.
 */
export const workloads = {
  sign: {
    title: 'sign MD5, 11 fields',
    op: 'sign',
    inputs: orders,
    expected: orders.map(o => sign(o, key)),
  },
  'sign-mixed': {
    title: 'sign MD5, 8 key sets mixed',
    op: 'sign',
    inputs: requests,
    expected: requests.map(r => sign(r, key)),
  },
  'sign-hmac': {
    title: 'sign HMAC-SHA256, 11 fields',
    op: 'signHmac',
    inputs: orders,
    expected: orders.map(o => sign(o, key, 'HMAC-SHA256')),
  },
  verify: {
    title: 'verify, object of 18 fields',
    op: 'verify',
    inputs: received,
    expected: received.map(() => true),
  },
  'sign-build': {
    title: 'sign + build XML, 11 fields',
    op: 'signBuild',
    inputs: orders,
    expected: orders.map(o => strings(signed(o))),
  },
  'parse-bytes': {
    title: 'parse 0.9 KB, bytes',
    op: 'parseBytes',
    inputs: received.map(bytes),
    expected: received,
  },
  'parse-string': {
    title: 'parse 0.9 KB, string',
    op: 'parseString',
    inputs: received.map(fields => bytes(fields).toString()),
    expected: received,
  },
  'notify-bytes': {
    title: 'notification: parse + verify, bytes',
    op: 'parseVerifyBytes',
    inputs: received.map(bytes),
    expected: received,
  },
  'notify-string': {
    title: 'notification: parse + verify, string',
    op: 'parseVerifyString',
    inputs: received.map(fields => bytes(fields).toString()),
    expected: received,
  },
  'notify-hmac': {
    title: 'notification: parse + verify HMAC-SHA256, bytes',
    op: 'parseVerifyHmac',
    inputs: hmacReceived.map(bytes),
    expected: hmacReceived,
  },
  'notify-64': {
    title: 'notification: parse + verify, 64 key sets mixed',
    op: 'parseVerifyBytes',
    inputs: received64.map(bytes),
    expected: received64,
  },
  'query-parse': {
    title: 'query answer 4 KB, 83 fields: parse',
    op: 'parseBytes',
    inputs: answers.map(bytes),
    expected: answers,
  },
  'query-verify': {
    title: 'query answer 4 KB, 83 fields: parse + verify',
    op: 'parseVerifyBytes',
    inputs: answers.map(bytes),
    expected: answers,
  },
  resign: { title: 'requestPayment re-sign', op: 'resign', inputs: prepaid },
  nonce: { title: 'nonceStr', op: 'nonce', inputs: prepaid },
  reject: {
    title: 'forged notification rejected',
    op: 'reject',
    inputs: received.map(fields => bytes({ ...fields, total_fee: `${fields.total_fee}0` })),
    expected: received.map(() => true),
  },
}

/** What the package's dictionary does not have: it knows the first twenty. */
const beyond = n => `coupon_id_${n + 20}`

/** Messages of `count` fields, as rows for the growth of cost: at each size of the same kinds. */
export function wide(count) {
  const inputs = Array.from({ length: 16 }, () =>
    flat(
      Object.fromEntries([
        ...Object.entries({ mch_id: mchid, appid }),
        ...Array.from({ length: count - 2 }, (_, n) => [beyond(n), digits(10)]),
      ]),
    ),
  )
  const answers = inputs.map(fields => {
    // Three give way to the two codes and the signature.
    const rest = Object.entries(fields).slice(0, -3)
    return signed({ ...OK, ...Object.fromEntries(rest) })
  })
  return rows(inputs, answers, 'parseVerifyBytes')
}

/** Messages in which one value has `size` bytes. */
export function long(size) {
  const inputs = Array.from({ length: 4 }, () =>
    flat({ ...order(), attach: Buffer.alloc(size, text(64)).toString() }),
  )
  const answers = inputs.map(fields => signed({ ...OK, ...strings(fields) }))
  return rows(inputs, answers, 'parseLarge')
}

const OK = { return_code: 'SUCCESS', result_code: 'SUCCESS' }

/** `parseLarge` raises the package's limit on the size of a body; others have none. */
function rows(inputs, answers, op) {
  return {
    sign: { title: 'sign', op: 'sign', inputs, expected: inputs.map(f => sign(f, key)) },
    read: { title: 'read', op, otherwise: 'parseBytes', inputs: answers.map(bytes), expected: answers },
  }
}

/** As a reader returns them: filled fields, each a string. */
function strings(fields) {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => [name, String(value)]),
  )
}
