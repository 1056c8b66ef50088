// Random inputs from a seed: fields as programs hand them over, and bodies as networks deliver them.
import { fields as plainFields, name, pick, text, written } from '../field-sets.mjs'
import { xml } from '../wire.mjs'

const ODD_NAMES = ['key', 'pfx', 'partner_key', 'sign', 'sign_type', '__proto__', '0', '9a', 'a&b', 'a=b', 'ключ', '', 'a b', 'x'.repeat(64), 'x'.repeat(65)]
const ODD_VALUES = ['\ud83d', '\ude00x', '\0', '\x01', '\x1f', '\ufffe', 1.5, -1, 2 ** 53, NaN, true, false]
const EMPTY = [null, undefined, '', 0, '0']
const ALPHANUMERIC = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'

const set = (fields, name, value) => Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true })

/** Fields as a program may hand them over: most are a message, some are none. */
export function handed(random) {
  if (random(200) === 0) return random(2) ? {} : { sign: 'A'.repeat(32), a: '' }
  const fields = plainFields(random)
  if (random(6) === 0) set(fields, pick(random, ODD_NAMES), text(random))
  if (random(6) === 0) set(fields, name(random), pick(random, EMPTY))
  if (random(24) === 0) set(fields, name(random), pick(random, ODD_VALUES))
  return fields
}

export function key(random) {
  let key = ''
  for (let more = random(10) ? 32 : 1 + random(150); more > 0; more--) key += pick(random, ALPHANUMERIC)
  return key
}

const TOKENS = [
  '<', '>', '/', '&', ';', '#', 'x', '!', '?', '-', '[', ']', '=', '"', "'", ':', ' ', '\n', '\r', '\t', '\0', 'a', '0',
  '</', '/>', '<a>', '</a>', '<a/>', '<b >', '</b\n>', '<xml>', '</xml>', '<xml/>', '<root>', ']]>', '<![CDATA[', '<!--',
  '-->', '<?', '?>', '<?xml version="1.0"?>', '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>',
  "<?xml version='1.1'?>", '<?xml encoding="GBK"?>', '<?xml version="1.0" encoding="GBK"?>', '<!DOCTYPE xml>',
  '<!DOCTYPE xml [<!ENTITY e "f">]>', '&e;', '&amp;', '&lt;', '&gt;', '&quot;', '&apos;', '&#65;', '&#x4e2d;', '&#13;',
  '&#0;', '&#1;', '&#xD800;', '&#xFFFE;', '&#x110000;', '&#00000000000000000000000000000000065;', 'a="b"', 'xmlns="y"',
  '\ufeff', '\ufffd', '\ufffe', '\u0085', '\u00a0', '\u2028', '\u3000', '中', 'é', '😀', '\u{10ffff}',
].map(token => Buffer.from(token))

const RAW = [Buffer.from([0xff]), Buffer.from([0xc0, 0xaf]), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from([0xf4, 0x90, 0x80, 0x80]), Buffer.from([0xd6, 0xa7])]

/** A body as it may arrive: genuine, damaged, or a heap of markup. */
export function arrived(random) {
  if (random(3) === 0) {
    let heap = []
    for (let more = random(9); more > 0; more--) heap.push(pick(random, TOKENS))
    heap = Buffer.concat(heap).toString()
    return Buffer.from(pick(random, [heap, `<xml>${heap}</xml>`, `<xml><b>${heap}</b></xml>`, `<xml><a>1</a>${heap}<b>2</b></xml>`]))
  }
  const fields = Object.fromEntries(
    Object.entries(plainFields(random, { most: 6, full: true })).map(([name, value]) => [name, String(value).replaceAll(']]>', ']')]),
  )
  let body = Buffer.from(random(2) ? xml(fields) : written(fields))
  for (let more = random(4); more > 0; more--) {
    const at = random(body.length + 1)
    const end = Math.min(body.length, at + (random(3) === 0 ? random(8) : 0))
    const part = pick(random, random(12) ? TOKENS : RAW)
    const piece = pick(random, [part, part, Buffer.alloc(0), body.subarray(at, at + random(20))])
    body = Buffer.concat([body.subarray(0, at), piece, body.subarray(end)])
  }
  return body
}
