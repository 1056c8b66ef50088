/** What can be said of a message and a key. Every rule is the package's; this asks in order. */
import { buildXml, Key, parseSigned, sign, signedXml, stringToSign, verify } from './wxpay-wasm/index.js'
import { readMessage } from './message.mjs'

const HMAC = 'HMAC-SHA256'

/**
 * @param text       the message
 * @param key        the merchant key, '' where there is none yet
 * @param algorithm  'auto', 'MD5' or 'HMAC-SHA256'
 * @returns { state, fields?, string?, signature?, algorithm?, error? }; `state` is
 *   'empty' | 'unread' | 'unkeyed' | 'signed' | 'fits' | 'misfit' | 'refused'.
 *   A `signature` comes only for a message that carries none: the right signature of somebody
 *   else's message is what a forger lacks.
 */
export function judge({ text, key, algorithm }) {
  if (text.trim() === '') return { state: 'empty' }
  let fields, string
  try {
    fields = readMessage(text)
    // The key has no place among the fields, and the string to sign would show it.
    if (fields.key) sign(fields, 'x')
    string = stringToSign(fields)
  } catch (error) {
    return { state: 'unread', error }
  }
  const read = { fields, string }
  if (key === '') return { ...read, state: 'unkeyed' }
  try {
    const made = Object.hasOwn(fields, 'sign')
      ? check(text, fields, key, algorithm)
      : make(fields, key, algorithm)
    return { ...read, ...made }
  } catch (error) {
    return { ...read, state: error.code === 'SIGN_MISMATCH' ? 'misfit' : 'refused', error }
  }
}

function make(fields, key, algorithm) {
  const used = algorithm === 'auto' ? fields.sign_type || 'MD5' : algorithm
  signedXml(fields, key, used) // refuses a sign_type that says otherwise
  return { state: 'signed', signature: sign(fields, key, used), algorithm: used }
}

function check(text, fields, key, algorithm) {
  const body = text.trimStart().startsWith('<') ? text : buildXml(fields)
  parseSigned(body, key, { signType: algorithm === HMAC ? HMAC : 'MD5' })
  return { state: 'fits', algorithm: verify(fields, key, HMAC) ? HMAC : 'MD5' }
}

/** Whether the field takes part in the signature. */
export const isSigned = (name, value) => stringToSign({ [name]: value }) !== ''

/** What is unusual about the shape of the key, in the package's words; nothing for '' or a good one. */
export function doubtAbout(key) {
  if (key === '') return undefined
  try {
    new Key(key)
    return undefined
  } catch (error) {
    return error
  }
}
