/**
 * Why a signature does not fit: finds the mistake, or the two mistakes, that make exactly the
 * signature in question, by recomputing it. A WebAssembly module of its own, loaded on the first call.
 *
 * @packageDocumentation
 */
import type { MistakeId } from '../dist/generated/mistakes.js'
import { compileDoctor, glue } from './doctor-module.js'
import { WxPayError } from './errors.js'
import { secret, type SignType } from './facade.js'
import type { Key } from './key.js'
import { spell } from './spelling.js'
import { compiled, trapped } from './traps.js'

export { MISTAKES } from '../dist/generated/mistakes.js'
export type { MistakeId }
export type { Key, SignType }

/** What is known besides the message. Only the key is needed. */
export interface DiagnoseOptions {
  /** The merchant's API v2 key, as the program has it: with its line break, if it has one. */
  key: string | Key
  /**
   * Other keys that may have been used, by name. One that is named `sandbox` is the sandbox's: without
   * it, the use of the sandbox key cannot be told from any other wrong key.
   */
  keys?: Readonly<Record<string, string | Key>> | undefined
  /** The signature that was sent, received or refused; the message's own, where absent. */
  sign?: string | undefined
  /** The algorithm that is wanted; the one that the message says, where absent. */
  signType?: SignType | undefined
  /** Whether WeChat made the signature; whether the message looks like an answer, where absent. */
  received?: boolean | undefined
  /** The string that the other side signed. */
  theirs?: string | undefined
  /** The order, as sent or as answered, where the input are the parameters of `requestPayment`. */
  order?: DiagnoseInput | undefined
}

/**
 * The message: XML, JSON, form or query text, the string to sign, a line of a log with one of these
 * inside, raw bytes, or an object of fields.
 */
export type DiagnoseInput = string | Uint8Array | Readonly<Record<string, unknown>>

/** How it ended. `unexplained`: no known mistake, alone or with another, makes the signature. */
export type Verdict =
  | 'right'
  | 'mistakes'
  | 'unexplained'
  | 'no-signature'
  | 'not-a-signature'
  | 'unreadable'
  | 'other-api'

/** A mistake that was found, in words. */
export interface Finding {
  id: MistakeId
  /** The field that it concerns, or the name of the key that fits; absent where it concerns all. */
  field?: string
  zh: string
  en: string
  fix_zh: string
  fix_en: string
}

/** A field that is not the same in both strings; positions in characters from 0. */
export interface Differing {
  field: string
  /** `missing`: the other side has not signed it; `extra`: the message does not have it. */
  kind: 'missing' | 'extra' | 'value' | 'moved'
  ours?: string
  theirs?: string
  ours_at?: number
  theirs_at?: number
}

/** Holds no key and no signature that was not given. */
export interface Diagnosis {
  verdict: Verdict
  /** One sentence with the remedy, in Chinese. */
  zh: string
  /** One sentence with the remedy, in English. */
  en: string
  /** Empty unless the verdict is `mistakes`. */
  mistakes: Finding[]
  /**
   * The string that was signed where that is known, else the one that should have been: the key is
   * `***`, invisible characters are made visible.
   */
  signed_string: string
  /** Where the other side's string differs from the one that the message gives. */
  diff: Differing[]
  /** How many variants were computed. */
  tried: number
  /** `false` where the message is so large that the search ended before its end. */
  complete: boolean
}

/**
 * Finds out why a signature does not fit.
 *
 * @example
 * diagnose(rejectedXml, { key }).mistakes // [{ id: 'url-encoded', field: 'notify_url', … }]
 * @throws WxPayError `KEY_MISSING`, `SIGN_TYPE_UNKNOWN`
 */
export function diagnose(input: DiagnoseInput, options: DiagnoseOptions): Diagnosis {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError('options must be an object with the key')
  }
  const { key, keys = {}, sign, signType, received, theirs, order } = options
  const known = {
    candidates: Object.entries(keys).flatMap(([name, key]) => [name, secret(key)]),
    sign: optional('sign', sign),
    signType: optional('signType', signType),
    received,
    theirs: optional('theirs', theirs),
    order: order === undefined ? undefined : text('order', order),
    spell,
  }
  const pasted = text('input', input)
  const merchant = secret(key)
  return call(() => glue.diagnose(pasted, merchant, known) as Diagnosis)
}

let ready = false

function call<T>(run: () => T): T {
  if (!ready) {
    compiled(() => glue.initSync({ module: compileDoctor() }))
    ready = true
  }
  try {
    return run()
  } catch (thrown) {
    if (thrown instanceof WebAssembly.RuntimeError) {
      glue.__wbg_reset_state()
      throw trapped(thrown)
    }
    // The core throws plain objects; what is an error comes from elsewhere, with codes of its own.
    if (thrown instanceof Error) throw thrown
    const { code, message } = thrown as WxPayError
    throw new WxPayError(code, message)
  }
}

function optional(name: string, value: string | undefined): string | undefined {
  if (value !== undefined && typeof value !== 'string') throw new TypeError(`${name} must be a string`)
  return value
}

/** Bytes are UTF-8, or else most likely GBK. */
function text(name: string, input: DiagnoseInput): string {
  if (typeof input === 'string') return input
  if (input instanceof Uint8Array) {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(input)
    } catch {
      return new TextDecoder('gbk').decode(input)
    }
  }
  if (typeof input !== 'object' || input === null) {
    throw new TypeError(`${name} must be a string, the raw bytes or an object of fields`)
  }
  return JSON.stringify(input, (_, value: unknown) => {
    if (value === undefined || typeof value === 'function') return null
    return typeof value === 'bigint' ? String(value) : value
  })
}
