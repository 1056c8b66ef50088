// Signatures made with mistakes, by node:crypto and plain string code: the package must not agree with
// itself. A recipe is what a faulty program does: each mistake changes one step of it.
import { createHash, createHmac } from 'node:crypto'

export const KEY = '192006250b4c09247ec02edce69f6a2d'

/** The order that is sent. Every mistake shows in it. */
export const ORDER = {
  appid: 'wxd930ea5d5a258f4f',
  attach: ' 订单=1&b=<2>"é" +x\n',
  body: '腾讯充值中心-QQ会员充值',
  detail: '{ "goods_detail": [ { "goods_id": "a/b" } ] }',
  device_info: '',
  goods_tag: '',
  mch_id: '10000100',
  nonce_str: 'ibuaiVcKdpRxkhJA',
  notify_url: 'https://example.com/wx/notify',
  openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
  out_trade_no: '00020150806125346',
  receipt: 'Y',
  settle_fee: '0',
  sign_type: 'MD5',
  spbill_create_ip: '123.12.12.123',
  time_start: '1490840662',
  total_fee: '88',
  trade_type: 'JSAPI',
}

/** What miniprograms and the web view sign. */
export const PAGE = {
  timeStamp: '1490840662',
  appId: 'wxd678efh567hg6787',
  nonceStr: '5K8264ILTKCH16CQ2502SI8ZNMTM67VS',
  package: 'prepay_id=wx2017033010242291fcfe0db70013231072',
  signType: 'MD5',
}

const byBytes = ([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))
const filled = ([name, value]) => name !== 'sign' && value !== ''

/** The right way, step by step. */
export const right = fields => ({
  fields: Object.entries(fields).filter(filled),
  empty: Object.entries(fields).filter(([, value]) => value === ''),
  arrange: pairs => [...pairs].sort(byBytes),
  pair: ([name, value]) => Buffer.concat([Buffer.from(`${name}=`), bytesOf(value)]),
  joiner: '&',
  seal: (text, key) => Buffer.concat([text, Buffer.from('&key='), key]),
  key: Buffer.from(KEY),
  hmac: fields.sign_type === 'HMAC-SHA256' || fields.signType === 'HMAC-SHA256',
  digest: (message, key, hmac) => (hmac ? createHmac('sha256', key).update(message) : createHash('md5').update(message)).digest(),
  write: digest => digest.toString('hex').toUpperCase(),
})

const bytesOf = value => (Buffer.isBuffer(value) ? value : Buffer.from(value))

/** The bytes that are hashed, and the signature. */
export function make({ fields, arrange, pair, joiner, seal, key, hmac, digest, write }) {
  const parts = arrange(fields).map(pair)
  const text = Buffer.concat(parts.flatMap((part, i) => (i === 0 ? [part] : [Buffer.from(joiner), part])))
  const message = seal(text, key)
  return { message: Buffer.concat([message, Buffer.from('\0'), hmac ? key : Buffer.alloc(0)]), sign: write(digest(message, key, hmac)) }
}

/** Values are text until a mistake makes bytes of them, which no further text step can touch. */
const onText = change => value => (Buffer.isBuffer(value) ? value : change(value))
const values = (names, change) => recipe => ({
  ...recipe,
  fields: recipe.fields.map(([name, value]) => [name, names === undefined || names.includes(name) ? onText(change)(value) : value]),
})
const names = change => recipe => ({ ...recipe, fields: recipe.fields.map(([name, value]) => [change(name), value]) })
const drop = name => recipe => ({ ...recipe, fields: recipe.fields.filter(([known]) => known !== name) })
const add = (...pairs) => recipe => ({ ...recipe, fields: [...recipe.fields, ...pairs] })
const step = (name, value) => recipe => ({ ...recipe, [name]: value })
const key = change => recipe => ({ ...recipe, key: change(recipe.key) })
const tail = (before, after = '') => step('seal', (text, key) => Buffer.concat([text, Buffer.from(before), key, Buffer.from(after)]))
const arrange = compare => step('arrange', pairs => [...pairs].sort(compare))
const fold = text => text.toLowerCase()
const less = (a, b) => (a < b ? -1 : a > b ? 1 : 0)

const escape = value => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const form = value => new URLSearchParams([['', value]]).toString().slice(1)

let gbk
/** What iconv writes. */
function toGbk(text) {
  if (gbk === undefined) {
    gbk = new Map()
    const decoder = new TextDecoder('gbk')
    for (let lead = 0x81; lead < 0xff; lead++) {
      for (let trail = 0x40; trail < 0xff; trail++) {
        const decoded = decoder.decode(Uint8Array.of(lead, trail))
        if (decoded.length === 1 && decoded !== '\ufffd') gbk.set(decoded, [lead, trail])
      }
    }
  }
  return Buffer.from(Array.from(text).flatMap(c => (c < '\x80' ? [c.charCodeAt(0)] : gbk.get(c))))
}

/**
 * The mistakes that this order can show: id, field, and the faulty step. `dimension` is what it
 * changes: two of the same are not combined.
 */
export const MADE = [
  ['lower-case', undefined, step('write', digest => digest.toString('hex')), 'write'],
  ['base64', undefined, step('write', digest => digest.toString('base64')), 'write'],
  ['algorithm', undefined, recipe => ({ ...recipe, hmac: !recipe.hmac }), 'digest'],
  ['hmac-for-md5', undefined, step('digest', (message, key) => createHmac('md5', key).update(message).digest()), 'digest'],
  ['key-newline', undefined, key(key => Buffer.concat([key, Buffer.from('\n')])), 'key'],
  ['key-newline', undefined, key(key => Buffer.concat([key, Buffer.from('\r\n')])), 'key'],
  ['key-space', undefined, key(key => Buffer.concat([key, Buffer.from(' ')])), 'key'],
  ['key-space', undefined, key(key => Buffer.concat([Buffer.from(' '), key])), 'key'],
  ['key-quotes', undefined, key(key => Buffer.from(`"${key}"`)), 'key'],
  ['key-quotes', undefined, key(key => Buffer.from(`'${key}'`)), 'key'],
  ['key-bom', undefined, key(key => Buffer.from(`\ufeff${key}`)), 'key'],
  ['key-length', undefined, key(key => key.subarray(0, 31)), 'key'],
  ['key-length', undefined, key(key => key.subarray(1)), 'key'],
  ['key-hex', undefined, key(key => Buffer.from(key.toString(), 'hex')), 'key'],
  ['key-case', undefined, key(key => Buffer.from(key.toString().toUpperCase())), 'key'],
  ['key-empty', undefined, key(() => Buffer.alloc(0)), 'key'],
  ['key-empty', undefined, key(() => Buffer.from('undefined')), 'key'],
  ['key-not-appended', undefined, step('seal', text => text), 'seal'],
  ['key-name', undefined, tail('&KEY='), 'seal'],
  ['key-name', undefined, tail('&partnerKey='), 'seal'],
  ['key-name-missing', undefined, tail('&'), 'seal'],
  ['key-name-missing', undefined, tail(''), 'seal'],
  ['key-joint', undefined, tail('key='), 'seal'],
  ['key-joint', undefined, tail('&&key='), 'seal'],
  ['key-joint', undefined, tail('&key=', '&'), 'seal'],
  ['key-first', undefined, step('seal', (text, key) => Buffer.concat([Buffer.from('key='), key, Buffer.from('&'), text])), 'seal'],
  ['key-sorted', undefined, recipe => ({ ...recipe, fields: [...recipe.fields, ['key', recipe.key]], seal: text => text }), 'seal'],
  ['joiner', undefined, step('joiner', '&amp;'), 'joiner'],
  ['joiner', undefined, step('joiner', ''), 'joiner'],
  ['sign-included', 'sign', add(['sign', '']), 'sign'],
  ['empty-included', undefined, recipe => add(...recipe.empty)(recipe), 'empty'],
  ['empty-included', 'device_info', add(['device_info', '']), 'empty'],
  ['null-text', undefined, recipe => add(...recipe.empty.map(([name]) => [name, 'null']))(recipe), 'empty'],
  ['null-text', undefined, recipe => add(...recipe.empty.map(([name]) => [name, 'undefined']))(recipe), 'empty'],
  ['null-text', 'goods_tag', add(['goods_tag', '[object Object]']), 'empty'],
  ['sign-type-dropped', 'sign_type', drop('sign_type'), 'sign_type'],
  ['sign-type-value', 'sign_type', values(['sign_type'], () => 'HMAC-SHA256'), 'sign_type'],
  ['zero-dropped', 'settle_fee', drop('settle_fee'), 'settle_fee'],
  ['field-dropped', 'attach', drop('attach'), 'attach'],
  ['field-dropped', 'openid', drop('openid'), 'openid'],
  ['field-dropped', 'nonce_str', drop('nonce_str'), 'nonce_str'],
  ['field-name', 'appid', names(name => (name === 'appid' ? 'appId' : name)), 'names'],
  ['field-name', 'nonce_str', names(name => (name === 'nonce_str' ? 'nonceStr' : name)), 'names'],
  ['field-name', 'mch_id', names(name => (name === 'mch_id' ? 'mchid' : name)), 'names'],
  ['field-name', undefined, names(name => name.replace(/_(\w)/g, (_, c) => c.toUpperCase())), 'names'],
  ['order-reversed', undefined, arrange((a, b) => byBytes(b, a)), 'arrange'],
  ['trimmed', 'attach', values(undefined, value => value.trim()), 'attach'],
  ['line-breaks', 'attach', values(undefined, value => value.replaceAll('\n', '\r\n')), 'attach'],
  ['cdata-included', undefined, values(undefined, value => `<![CDATA[${value}]]>`), 'values'],
  ['cdata-included', 'body', values(['body'], value => `<![CDATA[${value}]]>`), 'body'],
  ['escaped', 'attach', values(['attach'], escape), 'attach'],
  ['escaped', undefined, values(undefined, value => escape(value).replaceAll('"', '&quot;').replaceAll("'", '&#39;')), 'values'],
  ['url-encoded', undefined, values(undefined, encodeURIComponent), 'values'],
  ['url-encoded', 'notify_url', values(['notify_url'], encodeURIComponent), 'notify_url'],
  ['form-encoded', undefined, values(undefined, form), 'values'],
  ['form-encoded', 'attach', values(['attach'], form), 'attach'],
  ['plus-space', 'attach', values(['attach'], value => value.replaceAll(' ', '+')), 'attach'],
  ['plus-space', 'attach', values(['attach'], value => value.replaceAll('+', ' ')), 'attach'],
  ['gbk', undefined, values(undefined, toGbk), 'bytes'],
  ['gbk', 'body', values(['body'], toGbk), 'body'],
  ['latin1', undefined, values(undefined, value => Buffer.from(value, 'latin1')), 'bytes'],
  ['mojibake', undefined, values(undefined, value => Buffer.from(value).toString('latin1')), 'values'],
  ['unicode-form', 'attach', values(undefined, value => value.normalize('NFD')), 'attach'],
  ['unicode-escaped', 'body', values(['body'], value => value.replace(/[^\0-\x7f]/g, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)), 'body'],
  ['json-reformatted', 'detail', values(['detail'], value => JSON.stringify(JSON.parse(value))), 'detail'],
  ['object-text', 'detail', values(['detail'], () => '[object Object]'), 'detail'],
  ['quoted', 'body', values(['body'], JSON.stringify), 'body'],
  ['amount-yuan', 'total_fee', values(['total_fee'], value => (Number(value) / 100).toFixed(2)), 'total_fee'],
  ['number-float', 'total_fee', values(['total_fee'], value => `${value}.0`), 'total_fee'],
  ['number-float', 'total_fee', values(['total_fee'], value => `${value}.00`), 'total_fee'],
  ['number-parsed', 'out_trade_no', values(['out_trade_no'], value => String(Number(value))), 'out_trade_no'],
  ['boolean', 'receipt', values(['receipt'], () => 'true'), 'receipt'],
  ['timestamp-milliseconds', 'time_start', values(['time_start'], value => `${value}000`), 'time_start'],
].map(([id, field, apply, dimension]) => ({ id, field, apply, dimension }))
