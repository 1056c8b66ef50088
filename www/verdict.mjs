/** What can be said of a message and a key. Every rule is the package's; this asks in order. */
import { diagnose } from './wxpay-wasm/doctor.js'
import {
  buildXml, decryptRefund, Key, parseSigned, sign, signedXml, stringToSign, verify,
} from './wxpay-wasm/index.js'
import { readMessage } from './message.mjs'
import { isCiphertext } from './recognise.mjs'

const HMAC = 'HMAC-SHA256'

/** Verdicts of the doctor that say more than the first look did. */
const SAID = { right: 'fits', mistakes: 'mistaken', 'other-api': 'refused', 'not-a-signature': 'refused' }

/**
 * @param text       the message
 * @param key        the merchant key, '' where there is none yet
 * @param algorithm  'auto', 'MD5' or 'HMAC-SHA256'
 * @param sign       a signature that is not in the message, or ''
 * @param theirs     the string that the other side signed, or ''
 * @param order      the order, where the message are the parameters of a payment, or ''
 * @returns { state, fields?, string?, signature?, algorithm?, error?, diagnosis?, took? }; `state` is
 *   'empty' | 'unread' | 'unkeyed' | 'signed' | 'fits' | 'misfit' | 'mistaken' | 'refused' | 'opened'.
 *   A `signature` comes only for a message that carries none: the right signature of somebody
 *   else's message is what a forger lacks.
 */
export function examine({ text, key, algorithm, sign, theirs, order }) {
  const found = judge({ text, key, algorithm, asked: sign !== '' || theirs !== '' })
  if (key === '' || ['empty', 'opened', 'signed'].includes(found.state)) return found
  // A request without sign_type is MD5's to WeChat, whatever it was signed with.
  const doubtful = found.algorithm === HMAC && algorithm === 'auto'
  if (found.state === 'fits' && !doubtful) return found
  const begin = performance.now()
  const known = {
    key,
    sign: sign.trim() || undefined,
    signType: algorithm === 'auto' ? undefined : algorithm,
    theirs: theirs.trim() || undefined,
    order: order.trim() || undefined,
  }
  const diagnosis = diagnose(text, known)
  const took = performance.now() - begin
  // A first look that could read nothing knows best why, where the doctor read nothing either.
  if (['no-signature', 'unreadable'].includes(diagnosis.verdict)) {
    return found.state === 'unkeyed' ? { ...found, state: 'refused', diagnosis } : found
  }
  const state = SAID[diagnosis.verdict] ?? (found.state === 'refused' ? 'refused' : 'misfit')
  return found.state === 'fits' && state === 'fits' ? found : { ...found, state, diagnosis, took }
}

/** The first look: whether the signature holds. */
function judge({ text, key, algorithm, asked }) {
  if (text.trim() === '') return { state: 'empty' }
  let fields, string
  try {
    fields = isCiphertext(text) ? { req_info: text.replace(/\s/g, '') } : readMessage(text)
    if (fields.req_info) return open(fields, key)
    // The key has no place among the fields, and the string to sign would show it.
    if (fields.key) sign(fields, 'x')
    const { paySign, ...rest } = fields
    string = stringToSign(rest)
  } catch (error) {
    return { state: 'unread', error }
  }
  const read = { fields, string }
  // The doctor knows which of the parameters of a payment are signed.
  if (key === '' || asked || fields.paySign !== undefined) return { ...read, state: 'unkeyed' }
  try {
    const made = Object.hasOwn(fields, 'sign')
      ? check(text, fields, key, algorithm)
      : make(fields, key, algorithm)
    return { ...read, ...made }
  } catch (error) {
    return { ...read, state: error.code === 'SIGN_MISMATCH' ? 'misfit' : 'refused', error }
  }
}

/** The notification of a refund: nothing is signed, and the key opens it. */
function open({ req_info, ...rest }, key) {
  if (key === '') return { state: 'unkeyed', fields: { ...rest, req_info } }
  try {
    return { state: 'opened', fields: { ...rest, ...decryptRefund(req_info, key) } }
  } catch (error) {
    return { state: 'refused', fields: { ...rest, req_info }, error }
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
export const isSigned = (name, value) =>
  name !== 'paySign' && stringToSign({ [name]: value }) !== ''

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
