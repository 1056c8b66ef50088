// Random fields from a seed, and a reader and a writer of messages that share nothing with the package.

/** Numbers below `most`, the same for the same seed (mulberry32). */
export function seeded(seed) {
  let state = seed
  return most => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % most
  }
}

export const pick = (random, list) => list[random(list.length)]

const KNOWN = (
  'appid mch_id device_info nonce_str body detail attach out_trade_no fee_type total_fee time_start time_expire ' +
  'goods_tag notify_url trade_type product_id openid scene_info return_code return_msg result_code err_code ' +
  'err_code_des is_subscribe bank_type cash_fee coupon_fee coupon_count coupon_id_0 coupon_id_10 coupon_id_2 ' +
  'coupon_fee_0 coupon_fee_1 transaction_id time_end trade_state prepay_id code_url nonceStr timeStamp signType ' +
  'package paySign refund_fee refund_fee_0 wishing account wxpay_goods_id'
).split(' ')
const NOT_FREE = new Set(['sign', 'sign_type', 'key'])
const FIRST = 'ABCXYZ_abcxyz'
const REST = `${FIRST}0189.-`
const PARTS = [
  ']]>', ']]', ']', '>', '<', '<a>1</a>', '&', '&amp;', '&#13;', '&key=', '=', '%26', '+', '"', "'", '\r', '\r\n', '\n',
  '\t', ' ', '支付', '😀', 'é', '\u{10ffff}', '\ufffd', '\ufeff', '\u0085', '\u2028', '\x7f', '0', '100', 'wxd930ea5d5a258f4f',
]

/** A name of the dialect: known to the package, like a known one, or any other. */
export function name(random) {
  const known = pick(random, KNOWN)
  switch (random(10)) {
    case 0:
      return known.slice(0, 1 + random(known.length))
    case 1:
      return known + pick(random, REST)
    case 2:
      return known.toUpperCase()
    case 3:
      return pick(random, ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '_', 'Sign', 'sign_', 'Key', 'z'])
    case 4:
    case 5: {
      let text = pick(random, FIRST)
      for (let more = random(random(8) === 0 ? 64 : 8); more > 0; more--) text += pick(random, REST)
      return text
    }
    default:
      return known
  }
}

export function text(random) {
  let text = ''
  for (let parts = 1 + random(4); parts > 0; parts--) text += random(2) ? pick(random, PARTS) : `v${random(1e6)}`
  return text
}

/** A set of 1 to `most` fields, one of them filled at least; `full` leaves no empty one among them. */
export function fields(random, { most = 16, full = random(2) === 0 } = {}) {
  const found = {}
  for (let more = 1 + random(most); more > 0; more--) {
    let given = name(random)
    if (NOT_FREE.has(given)) given += '_'
    let value = text(random)
    if (random(5) === 0) value = pick(random, [0, 1, 88, random(1e9), Number.MAX_SAFE_INTEGER])
    if (!full && more > 1 && random(5) === 0) value = pick(random, ['', null, undefined])
    // `__proto__` is a field like any other.
    Object.defineProperty(found, given, { value, enumerable: true, configurable: true, writable: true })
  }
  return found
}

/** The filled fields as the text that a receiver gets. */
export function filled(fields) {
  const list = Object.entries(fields).filter(([, value]) => value !== '' && value != null)
  return nullProto(list.map(([name, value]) => [name, String(value)]))
}

/** An object without a prototype, as the package returns it. */
export const nullProto = entries => Object.setPrototypeOf(Object.fromEntries(entries), null)

const byBytes = ([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))

/** The string to sign of chapter 4.3. */
export function stringOf(fields) {
  const list = Object.entries(filled(fields)).filter(([name]) => name !== 'sign')
  return list.sort(byBytes).map(pair => pair.join('=')).join('&')
}

const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' }

/** A message without CDATA. */
export function written(fields) {
  const elements = Object.entries(fields).map(
    ([name, value]) => `<${name}>${value.replace(/[&<>\r]/g, c => ESCAPES[c])}</${name}>`,
  )
  return `<xml>${elements.join('')}</xml>`
}

const ELEMENT = /<([\w.-]+)>((?:<!\[CDATA\[[^]*?\]\]>|[^<])*)<\/\1>/g
const PIECE = /<!\[CDATA\[([^]*?)\]\]>|&#(\d+);|&(amp|lt|gt|quot|apos);|([^<&]+)/g
const NAMED = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** The fields of a message in CDATA, bare text or both. */
export function readBack(xml) {
  const inner = /^<xml>([^]*)<\/xml>$/.exec(xml)[1]
  const elements = Array.from(inner.matchAll(ELEMENT), ([whole, name, content]) => {
    const pieces = Array.from(content.matchAll(PIECE), ([, quoted, code, entity, bare]) =>
      code !== undefined ? String.fromCodePoint(Number(code)) : (quoted ?? NAMED[entity] ?? bare),
    )
    return { length: whole.length, pair: [name, pieces.join('')] }
  })
  const read = elements.reduce((sum, { length }) => sum + length, 0)
  if (read !== inner.length) throw new Error(`not all of it was read: ${xml}`)
  return nullProto(elements.map(({ pair }) => pair))
}
