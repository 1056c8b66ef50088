// What the figures of the READMEs are called, in each language.

const lines = rows => rows.join('\n')

export const ENGLISH = {
  corner: 'time / time of wxpay-wasm',
  last: 'ours, ns',
  name: english => english,
  native: (inside, native, ratio) =>
    lines([
      `Reading and verifying the notification takes ${inside} ns inside WebAssembly and ${native} ns in`,
      `native Rust: ${ratio} times as long.`,
    ]),
  growth: ({ few, many, ours, inside, best }) =>
    lines([
      `From ${few} to ${many} fields with names that the module does not know, the time for each field of`,
      `parse + verify grows by a factor of ${ours} (inside WebAssembly ${inside}, hand-written JS, best,`,
      `${best}).`,
    ]),
}

/** By the English name; tenpay and its like keep theirs. */
const NAMES = {
  'hand-written JS, best': '手写 JS，最优',
  'hand-written JS, plain': '手写 JS，普通',
  'sign MD5, 11 fields': 'MD5 签名，11 个字段',
  'sign MD5, 8 key sets mixed': 'MD5 签名，8 种字段组合混合',
  'sign HMAC-SHA256, 11 fields': 'HMAC-SHA256 签名，11 个字段',
  'verify, object of 18 fields': '验签，18 个字段的对象',
  'sign + build XML, 11 fields': '签名并生成 XML，11 个字段',
  'parse 0.9 KB, bytes': '解析 0.9 KB，字节',
  'parse 0.9 KB, string': '解析 0.9 KB，字符串',
  'notification: parse + verify, bytes': '通知：解析并验签，字节',
  'notification: parse + verify, string': '通知：解析并验签，字符串',
  'notification: parse + verify HMAC-SHA256, bytes': '通知：解析并验 HMAC-SHA256，字节',
  'notification: parse + verify, 64 key sets mixed': '通知：解析并验签，64 种字段组合混合',
  'query answer 4 KB, 83 fields: parse': '查单应答 4 KB，83 个字段：解析',
  'query answer 4 KB, 83 fields: parse + verify': '查单应答 4 KB，83 个字段：解析并验签',
  'requestPayment re-sign': 'requestPayment 二次签名',
  nonceStr: '随机字符串 nonceStr',
  'forged notification rejected': '拒绝伪造的通知',
}

export const CHINESE = {
  corner: '耗时 / wxpay-wasm 的耗时',
  last: 'wxpay-wasm，纳秒',
  name: english => NAMES[english] ?? english,
  native: (inside, native, ratio) =>
    `解析一条通知并验签，在 WebAssembly 内部需要 ${inside} 纳秒，原生 Rust 需要 ${native} 纳秒，前者是后者的 ${ratio} 倍。`,
  growth: ({ few, many, ours, inside, best }) =>
    `字段名都是模块不认识的，从 ${few} 个增加到 ${many} 个时，解析并验签平均每个字段的耗时变为 ${ours} 倍（WebAssembly 内部 ${inside} 倍，手写 JS 最优 ${best} 倍）。`,
}
