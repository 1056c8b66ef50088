// The protocol's signature as everybody writes it with node:crypto: the reference that every
// contender's result is checked against, and the crypto half of "xml2js + node:crypto".
import * as crypto from 'node:crypto'

/** One-shot hashing where Node has it (20.12, 21.7), which is the faster. */
const md5 = crypto.hash
  ? text => crypto.hash('md5', text, 'hex')
  : text => crypto.createHash('md5').update(text).digest('hex')

/** The string that is signed, without the key. */
export function stringToSign(fields) {
  return Object.keys(fields)
    .filter(name => name !== 'sign' && fields[name] !== '' && fields[name] != null)
    .sort()
    .map(name => `${name}=${fields[name]}`)
    .join('&')
}

export function sign(fields, key, type = 'MD5') {
  const text = `${stringToSign(fields)}&key=${key}`
  const digits =
    type === 'MD5' ? md5(text) : crypto.createHmac('sha256', key).update(text).digest('hex')
  return digits.toUpperCase()
}

export function verify(fields, key) {
  const claimed = Buffer.from(fields.sign ?? '')
  const type = claimed.length === 64 ? 'HMAC-SHA256' : 'MD5'
  const expected = Buffer.from(sign(fields, key, type))
  return claimed.length === expected.length && crypto.timingSafeEqual(claimed, expected)
}
