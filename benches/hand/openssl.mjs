// MD5 through Node's one-shot hash, or createHash where there is none.
import * as crypto from 'node:crypto'
import { equal } from './equal.mjs'
import * as memory from './memory.mjs'

const hash = crypto.hash
  ? data => crypto.hash('md5', data, 'hex')
  : data => crypto.createHash('md5').update(data).digest('hex')

const views = memory.views()

/** Upper-case hexadecimal digits of a text. */
export const md5 = text => hash(text).toUpperCase()

export const textMatches = (text, sign) => equal(md5(text), sign)

/** Whether `sign` is the digest of the first `length` bytes of `memory.base` from its start. */
export function baseMatches(length, sign) {
  return equal(hash(memory.view(views, memory.START, length)).toUpperCase(), sign)
}
