// Our signatures beside those of node:crypto and of other libraries.
import { createHash, createHmac } from 'node:crypto'
import { sign, verify } from 'wxpay-wasm'
import { seeded } from '../field-sets.mjs'
import { handed, key as randomKey } from './inputs.mjs'
import { python } from './python.mjs'
import { CLASSES, SIGNERS, WECHATPY } from './signers.mjs'
import { tally } from './tally.mjs'

const TYPES = ['MD5', 'HMAC-SHA256']
const BATCH = 500

const filledPairs = fields =>
  Object.entries(fields).filter(([name, value]) => name !== 'sign' && value !== '' && value !== null && value !== undefined)

/** The string over these pairs, its `&` with it; no two names of a message that is not refused differ in more than ASCII. */
function stringOf(pairs, joint = pairs.length > 0) {
  const sorted = [...pairs].sort(([a], [b]) => (a < b ? -1 : 1))
  return `${sorted.map(pair => pair.join('=')).join('&')}${joint ? '&' : ''}`
}

/** The signature over this string, with node:crypto. */
function digest(string, key, type) {
  const hash = type === 'MD5' ? createHash('md5') : createHmac('sha256', key)
  return hash.update(`${string}key=${key}`).digest('hex').toUpperCase()
}

/** The signature, or the code of the refusal. */
function outcome(run) {
  try {
    return run()
  } catch (error) {
    if (error.name !== 'WxPayError') throw error
    return error.code
  }
}

const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/
// Production 2 of XML 1.0; with the u flag a lone half of a pair is a character of its own.
const TEXT = /^[\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u
const isValue = value =>
  typeof value === 'string' ? TEXT.test(value) : Number.isSafeInteger(value) && value >= 0

/** Why a message has to be refused: any of these codes will do. */
function refusals(fields) {
  const sent = Object.entries(fields).filter(([, value]) => value !== '' && value !== null && value !== undefined)
  return [
    ...(sent.some(([name]) => !NAME.test(name)) ? ['FIELD_NAME'] : []),
    ...(sent.some(([, value]) => !isValue(value)) ? ['FIELD_VALUE'] : []),
    ...(sent.some(([name]) => name === 'key') ? ['FIELD_RESERVED'] : []),
  ]
}

/** The quirks that a message shows, and what the library makes of it with them. */
function imitated({ quirks }, fields, key, type) {
  let pairs = filledPairs(fields)
  let joint
  const shown = []
  for (const [kind, { concerns, apply, joint: more }] of Object.entries(quirks)) {
    if (!concerns(fields, pairs)) continue
    shown.push(kind)
    pairs = apply(pairs, fields)
    joint = more
  }
  return { shown, signature: digest(stringOf(pairs, joint), key, type) }
}

const visible = (fields, key) => JSON.stringify({ fields, key }, (_, value) => (value === undefined ? 'undefined' : value))

/** Compares so many messages; each is signed with both algorithms by everybody who can. */
export async function signatures(inputs, seed) {
  const random = seeded(seed)
  const reference = tally('sign: node:crypto', CLASSES)
  const verdicts = tally('verify: node:crypto', CLASSES)
  const others = [...SIGNERS, WECHATPY].map(signer => ({ signer, tally: tally(`sign: ${signer.name}`, CLASSES) }))
  const wechatpy = python('wechatpy_signer.py')

  function judge({ signer, tally }, fields, key, type, ours, theirs) {
    const kind = () => {
      // What has to be refused they may sign as they like.
      const codes = refusals(fields)
      if (codes.length > 0) return codes.includes(ours) ? ours : undefined
      const { shown, signature } = imitated(signer, fields, key, type)
      return signature === theirs ? shown[0] : undefined
    }
    const agree = ours === theirs || (theirs === null && !/^[0-9A-F]+$/.test(ours))
    tally.add(agree, agree ? undefined : kind(), () => visible(fields, key))
  }

  for (let done = 0; done < inputs; done += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, inputs - done) }, () => [handed(random), randomKey(random)])
    const asked = wechatpy.ask(batch.map(input => JSON.stringify(input)))
    const mine = batch.map(([fields, key]) => TYPES.map(type => outcome(() => sign(fields, key, type))))
    const python = await asked
    batch.forEach(([fields, key], i) => {
      const string = stringOf(filledPairs(fields))
      TYPES.forEach((type, t) => {
        const ours = mine[i][t]
        const right = digest(string, key, type)
        const refused = !/^[0-9A-F]+$/.test(ours)
        reference.add(ours === right, refused && refusals(fields).includes(ours) ? ours : undefined, () => visible(fields, key))
        if (!refused) {
          const declared = fields.sign_type === undefined || fields.sign_type === null || ['', type].includes(fields.sign_type)
          const verdict = outcome(() => verify({ ...fields, sign: right }, key, type))
          verdicts.add(verdict === declared, undefined, () => visible(fields, key))
          const at = random(right.length)
          const forged = right.slice(0, at) + (right[at] === '0' ? '1' : '0') + right.slice(at + 1)
          verdicts.add(verify({ ...fields, sign: forged }, key, type) === false, undefined, () => visible(fields, key))
        }
        for (const other of others) {
          const { sign: signer } = other.signer
          if (signer === undefined) judge(other, fields, key, type, ours, python[i][t])
          else if (signer[type] !== undefined) judge(other, fields, key, type, ours, signer[type](fields, key))
        }
      })
    })
  }
  wechatpy.end()
  return [reference.result, verdicts.result, ...others.map(({ tally }) => tally.result)]
}
