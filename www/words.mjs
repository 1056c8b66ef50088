/** What the page says, in Chinese and English. */
export const titles = { zh: '签名诊断 · 微信支付 API v2', en: 'Signature doctor · WeChat Pay API v2' }

export const verdicts = {
  empty: {
    title: ['待验', 'Waiting'],
    text: [
      '填入报文和密钥，结果随即出现。报文带 sign，只答是否相符；不带，则算出签名。',
      'Give a message and the key; the answer follows as you type. A message with a sign is checked, one without is signed.',
    ],
  },
  unread: { title: ['读不通', 'Unreadable'] },
  unkeyed: {
    title: ['缺密钥', 'Needs the key'],
    text: ['报文已读，待签名字符串如下。填入密钥后作答。', 'The message is read, and its string to sign is below. The key is still missing.'],
  },
  signed: {
    title: ['已签', 'Signed'],
    text: ['报文不带 sign，这是它的签名。', 'The message carries no sign; this is its signature.'],
  },
  fits: {
    title: ['相符', 'Fits'],
    text: ['签名出自这把密钥，参与签名的字段一字未改。', 'The signature was made with this key, and no signed field has changed since.'],
  },
  misfit: { title: ['不符', 'Does not fit'] },
  mistaken: { title: ['找到了', 'Found'] },
  opened: {
    title: ['已解开', 'Opened'],
    text: [
      '退款结果通知没有签名：先与存下的退款单逐项核对，再采信。',
      'A refund notification carries no signature: match it with the stored refund before you believe it.',
    ],
  },
  refused: { title: ['不接受', 'Not accepted'] },
}

/** The package's own messages are in English; these stand before them for Chinese readers. */
export const reasons = {
  SIGN_MISMATCH: '签名与报文、密钥不符。请与对方逐字比对待签名字符串，并确认用的是 API v2 密钥，不是 v3 密钥。',
  SIGN_MISSING: 'sign 是空的：没有签名，报文里的一切都不可信。',
  SIGN_MALFORMED: '签名应为 32 位（MD5）或 64 位（HMAC-SHA256）大写十六进制。',
  SIGN_DOWNGRADE: '这里要求 HMAC-SHA256，而报文是用 MD5 签的。',
  SIGN_TYPE_UNKNOWN: 'sign_type 只能是 MD5 或 HMAC-SHA256。',
  SIGN_TYPE_CONTRADICTION: 'sign_type 与实际所用的算法不一致。',
  KEY_INVALID: '商户密钥通常是 32 位字母和数字，这一把不是。',
  FIELD_NAME: '字段名不合规，或者这一行不是 name=value。',
  FIELD_VALUE: '字段的值只能是文本或非负整数，且不含控制字符。',
  FIELD_RESERVED: '密钥不是报文的字段，请填在密钥栏里。',
  FIELD_DUPLICATE: '同一个字段出现了两次。',
  FIELD_LIMIT: '字段太多。',
  XML_NOT_UTF8: '报文不是合法的 UTF-8。',
  XML_NOT_XML: '这不是根元素为 <xml> 的报文。',
  XML_DOCTYPE: '报文不得含有 DOCTYPE 或实体声明。',
  XML_MALFORMED: 'XML 不完整，或用了报文里不该有的写法。',
  XML_DUPLICATE: '同一个字段出现了两次。',
  XML_NESTED: '字段里还套着元素；报文应当只有一层。',
  XML_LIMIT: '报文太大。',
  REFUND_UNDECIPHERABLE: '这把密钥解不开 req_info，或者它不完整。',
  FIELD_MISSING: '缺少必需的字段。',
  JSON: '这不是一个 JSON 对象。',
}

export const show = ['显示', 'Show']
export const hide = ['隐藏', 'Hide']
export const forgotten = ['密钥和报文都已清除', 'Key and messages are cleared']
export const copied = ['已复制', 'Copied']
export const linked = ['链接在此，不含密钥', 'The link is here, without the key']
export const stronger = ['比所选的 MD5 强，因此接受。', 'Stronger than the MD5 that was asked for, so it is accepted.']
export const unsigned = ['不参与签名', 'not signed']
export const maskedKey = ['密钥，已遮盖', 'the key, masked']
export const place = (byte, line) => [`第 ${byte} 字节，第 ${line} 行`, `byte ${byte}, line ${line}`]
export const count = (all, signed) => [
  `${all} 个，${signed} 个参与签名`,
  `${all}, of which ${signed === all ? 'all' : signed} signed`,
]
export const tried = (variants, milliseconds, complete) => [
  `试过 ${variants.toLocaleString('zh-CN')} 种变化，用时 ${milliseconds} 毫秒${complete ? '' : '；报文太大，没有试完'}。`,
  `${variants.toLocaleString('en')} variants tried in ${milliseconds} ms${complete ? '' : '; the message is too large to try all'}.`,
]
export const kinds = {
  missing: ['对方没有', 'not in theirs'],
  extra: ['报文没有', 'not in the message'],
  value: ['值不同', 'another value'],
  moved: ['位置不同', 'elsewhere'],
}
export const differs = ['加底色处与报文不同', 'shaded where it differs from the message']
export const wantsKey = ['填入密钥', 'the key is needed']
export const incomplete = ['timeStamp 是 10 位的秒，nonceStr 不能为空', 'timeStamp takes seconds, 10 digits; nonceStr must not be empty']
