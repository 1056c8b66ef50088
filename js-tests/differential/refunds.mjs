// Our decryption of refund notifications beside node:crypto's.
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import { decryptRefund, parseXml } from 'wxpay-wasm'
import { pick, seeded } from '../field-sets.mjs'
import { arrived, key as randomKey } from './inputs.mjs'
import { tally } from './tally.mjs'

/** Chapter 9.16: the key is the lower-case digits of the merchant key's MD5. */
const aesKey = key => createHash('md5').update(key).digest('hex')

function sealed(text, key) {
  const cipher = createCipheriv('aes-256-ecb', aesKey(key), null)
  return Buffer.concat([cipher.update(text), cipher.final()]).toString('base64')
}

/** The text, where Base64 (RFC 4648, with its padding) and PKCS #7 are as they should be. */
function opened(req_info, key) {
  const folded = req_info.replaceAll(/[\r\n]/g, '')
  const bytes = Buffer.from(folded, 'base64')
  if (bytes.toString('base64') !== folded) return null
  const decipher = createDecipheriv('aes-256-ecb', aesKey(key), null)
  try {
    return Buffer.concat([decipher.update(bytes), decipher.final()])
  } catch {
    return null
  }
}

function outcome(read) {
  try {
    return Object.entries(read())
  } catch (error) {
    if (error.name !== 'WxPayError') throw error
    return null
  }
}

/** What may happen to a `req_info` on its way. */
const damages = [
  (text, random) => text.slice(0, random(text.length + 1)),
  (text, random) => text.slice(0, Math.max(0, text.length - 1 - random(3))),
  (text, random) => {
    const at = random(text.length)
    return text.slice(0, at) + pick(random, ['A', '=', '/', '-', '_', ' ', '\n', '\r\n', '%2B', '中']) + text.slice(at + random(2))
  },
  (text, random) => text.replaceAll(/.{64}/g, `$&${pick(random, ['\n', '\r\n', ' '])}`),
  text => text.replaceAll('+', '-').replaceAll('/', '_'),
  text => text.replaceAll('=', ''),
  (text, random) => text.slice(0, Math.floor(random(text.length) / 64) * 64),
]

/** Compares so many `req_info`: whole ones, damaged ones, ones for another key. */
export async function refunds(inputs, seed) {
  const random = seeded(seed)
  const found = tally('decryptRefund: node:crypto', {})
  let accepted = 0
  for (let done = 0; done < inputs; done++) {
    const key = randomKey(random)
    const text = arrived(random).toString('latin1').replaceAll('xml>', 'root>')
    let req_info = sealed(Buffer.from(text, 'latin1'), random(20) ? key : randomKey(random))
    if (random(3) === 0) req_info = pick(random, damages)(req_info, random)
    const plain = opened(req_info, key)
    const theirs = plain && outcome(() => parseXml(plain, { root: 'root' }))
    const ours = outcome(() => decryptRefund(req_info, key))
    if (ours !== null) accepted++
    found.add(JSON.stringify(ours) === JSON.stringify(theirs), undefined, () => JSON.stringify({ key, req_info }))
  }
  return [{ ...found.result, accepted }]
}
