import { createCipheriv, createHash } from 'node:crypto'
import { buildXml } from '../facade.js'
import type { Fields } from '../facade.js'

/**
 * The `req_info` of a refund notification (chapter 4.5): AES-256-ECB with the lower-case MD5 of the
 * key, as text. ECB protects from nothing; it is what the protocol has.
 */
export function encryptRefund(fields: Fields, key: string): string {
  const text = buildXml(fields)
    .replace(/^<xml>/, '<root>')
    .replace(/<\/xml>$/, '</root>')
  const cipher = createCipheriv('aes-256-ecb', createHash('md5').update(key).digest('hex'), null)
  return cipher.update(text, 'utf8', 'base64') + cipher.final('base64')
}
