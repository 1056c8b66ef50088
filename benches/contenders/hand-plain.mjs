// What a careful programmer writes in an afternoon, without typed arrays and tables: one-shot
// hashing, the sorted order of a set of names remembered, one pass over the XML. It shows how much
// of the best one's speed is effort.
import * as crypto from 'node:crypto'
import { appid, key } from '../merchant.mjs'

export const name = 'hand-written, plain'

const md5 = crypto.hash
  ? text => crypto.hash('md5', text, 'hex').toUpperCase()
  : text => crypto.createHash('md5').update(text).digest('hex').toUpperCase()
const secret = crypto.createSecretKey(Buffer.from(key))
const hmac = text =>
  crypto.createHmac('sha256', secret).update(text).digest('hex').toUpperCase()

const orders = new Map()

function sorted(fields) {
  const names = Object.keys(fields)
  const id = names.join()
  let order = orders.get(id)
  if (!order) {
    order = names.filter(name => name !== 'sign').sort()
    if (orders.size < 1000) orders.set(id, order)
  }
  return order
}

function base(fields) {
  let text = ''
  for (const name of sorted(fields)) {
    const value = fields[name]
    if (value !== '' && value != null) text += `${name}=${value}&`
  }
  return `${text}key=${key}`
}

function verify(fields) {
  const claimed = Buffer.from(fields.sign ?? '')
  const text = base(fields)
  const expected = Buffer.from(claimed.length === 64 ? hmac(text) : md5(text))
  return claimed.length === expected.length && crypto.timingSafeEqual(claimed, expected)
}

function build(fields, sign) {
  let xml = '<xml>'
  for (const name of Object.keys(fields)) {
    const value = fields[name]
    if (value === '' || value == null) continue
    if (typeof value === 'number') xml += `<${name}>${value}</${name}>`
    else if (value.includes(']]>')) throw new Error(`${name} holds ]]>`)
    else xml += `<${name}><![CDATA[${value}]]></${name}>`
  }
  return `${xml}<sign>${sign}</sign></xml>`
}

const ENTITIES = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&apos;': "'" }

function parse(xml) {
  const fields = {}
  let at = xml.indexOf('<xml>') + 5
  if (at < 5) throw new Error('no <xml>')
  for (;;) {
    const open = xml.indexOf('<', at)
    if (open < 0) throw new Error('the root does not end')
    if (xml.charCodeAt(open + 1) === 47) break
    const inside = xml.indexOf('>', open) + 1
    const name = xml.substring(open + 1, inside - 1)
    let end
    let value
    if (xml.startsWith('<![CDATA[', inside)) {
      const close = xml.indexOf(']]>', inside + 9)
      value = xml.substring(inside + 9, close)
      end = close + 3
    } else {
      end = xml.indexOf('<', inside)
      value = xml.substring(inside, end)
      if (value.includes('&')) value = value.replace(/&\w+;/g, entity => ENTITIES[entity] ?? entity)
    }
    if (!xml.startsWith(`</${name}>`, end)) throw new Error(`</${name}> is missing`)
    if (name === '__proto__' || name in fields) throw new Error(`${name} cannot stand here`)
    fields[name] = value
    at = end + name.length + 3
  }
  return fields
}

function parseVerify(xml) {
  const fields = parse(xml)
  return verify(fields) ? fields : null
}

const nonce = () => crypto.randomBytes(16).toString('hex')

export const operations = {
  sign: fields => md5(base(fields)),
  signHmac: fields => hmac(base(fields)),
  verify,
  signBuild: fields => build(fields, md5(base(fields))),
  parseBytes: body => parse(body.toString()),
  parseString: parse,
  parseVerifyBytes: body => parseVerify(body.toString()),
  parseVerifyString: parseVerify,
  parseVerifyHmac: body => parseVerify(body.toString()),
  resign(prepayId) {
    const params = {
      appId: appid,
      timeStamp: `${Math.floor(Date.now() / 1000)}`,
      nonceStr: nonce(),
      package: `prepay_id=${prepayId}`,
      signType: 'MD5',
    }
    return { ...params, paySign: md5(base(params)) }
  },
  nonce,
  reject: body => parseVerify(body.toString()) === null,
}
