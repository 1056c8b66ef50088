import type { EndpointFacts } from '../../dist/generated/endpoints.js'
import { WIRE } from '../../dist/generated/wire.js'
import { WxPayError } from '../errors.js'
import { buildXml, parseXml, signedXml, verify } from '../facade.js'
import type { Fields, Flat, SignType } from '../facade.js'
import type { Answer, BusinessError, EndpointName, Refusal } from './answer.js'
import {
  compose,
  fault,
  refuse,
  refuseCertificate,
  refuseCoded,
  refuseInFront,
  xml,
} from './answer.js'
import { check } from './check.js'
import type { Desk } from './desk.js'
import type { Dice } from './dice.js'
import type { FaultRule } from './faults.js'
import { errorOf, isBooked, numbersIn, spoil, wrong } from './faults.js'
import type { Handler } from './handlers.js'

const LENGTH: Record<string, number> = { MD5: 32, 'HMAC-SHA256': 64 }

/** What the connection says of the caller's certificate; null on plain HTTP, where there is none. */
export type Certificate = { shown: boolean; valid: boolean; mchid: string | undefined } | null

/** A request as it came in. */
export interface Received {
  /** Of a POST. */
  body: Uint8Array
  /** Of a GET. */
  query: URLSearchParams
  certificate: Certificate
  /** The sandbox's header `Wechatpay-Negative-Test`. */
  negative: string | undefined
}

/** An empty element counts as an absent one (chapter 4.3). */
function present(fields: Flat): Flat {
  const kept: Flat = Object.create(null)
  for (const name in fields) if (fields[name] !== '') kept[name] = fields[name] as string
  return kept
}

/** Whether the payout family's words are used: `SIGN_ERROR`, and an `err_code` in a refusal. */
const isPayout = (name: string): boolean =>
  WIRE[name]?.errors.includes('SIGN_ERROR') === true &&
  WIRE[name]?.answer.every(([row]) => row !== 'sign')

/** Answers one call of an endpoint of the table. */
export function answerTo(
  facts: EndpointFacts,
  received: Received,
  desk: Desk,
  handler: Handler,
): Answer {
  const { certificate } = received
  if (facts.certificate && certificate !== null) {
    if (!certificate.shown) return refuseCertificate('No required SSL certificate was sent')
    if (!certificate.valid) return refuseCertificate('The SSL certificate error')
  }
  const request = facts.method === 'POST' ? read(received.body) : Object.fromEntries(received.query)
  if (typeof request === 'string') return refuse(request)
  return new Exchange(facts, desk, request, received).answer(handler)
}

function read(body: Uint8Array): Flat | string {
  if (body.length === 0) return 'post数据为空'
  try {
    return parseXml(body)
  } catch (error) {
    if (error instanceof WxPayError && error.code.startsWith('XML_')) return 'XML格式错误'
    throw error
  }
}

/** One request and what becomes of it. */
class Exchange {
  readonly #facts: EndpointFacts
  readonly #desk: Desk
  readonly #fields: Flat
  readonly #all: Flat
  readonly #received: Received
  #signType: SignType = 'MD5'
  #rule: FaultRule | undefined

  constructor(facts: EndpointFacts, desk: Desk, all: Flat, received: Received) {
    this.#facts = facts
    this.#desk = desk
    this.#all = all
    this.#fields = present(all)
    this.#received = received
  }

  answer(handler: Handler): Answer {
    const name = this.#facts.name as EndpointName
    const { faults } = this.#desk
    const refusal = this.#stranger()
    if (refusal !== null) return refusal
    this.#rule = faults.strike(name, this.#fields)
    if (this.#rule !== undefined && !isBooked(this.#rule)) {
      return spoil(this.#outcome(errorOf(this.#rule)), this.#rule)
    }
    const outcome = this.#judge(handler)
    const rule = this.#rule
    if (rule === undefined) return this.#outcome(outcome)
    return spoil(this.#outcome(rule.fault === 'error' ? errorOf(rule) : outcome), rule)
  }

  /** Why nothing is signed for this caller, or null. */
  #stranger(): Answer | null {
    const { name } = this.#facts
    const { merchant, realm } = this.#desk
    const wire = WIRE[name]
    if (wire === undefined) throw new Error(`the table has no endpoint ${name}`)
    const fields = this.#fields
    const mchid = wire.mch_id === null ? merchant.mchid : fields[wire.mch_id]
    if (!/^\d{1,32}$/.test(mchid ?? '')) return refuseInFront()
    if (wire.appid !== null && realm !== 'xdc') {
      const appid = fields[wire.appid]
      if (appid === undefined) return refuse(`缺少参数${wire.appid}`)
      if (appid !== merchant.appid) return refuse('AppID不存在，请检查后再试')
    }
    if (mchid !== merchant.mchid) return refuse('商户号mch_id与appid不匹配')
    // The merchant key ends the string that is signed and never travels; a client that sends it must notice.
    if (fields['key'] !== undefined) return refuse('不识别的参数key')
    const [usual = 'MD5', ...others] = wire.algorithms as SignType[]
    // Where the table has no sign_type, one that is sent is a field like any other.
    const declared = wire.declares ? (fields['sign_type'] ?? usual) : usual
    if (declared !== 'MD5' && declared !== 'HMAC-SHA256') return refuse('sign_type参数格式错误')
    this.#signType = declared
    if (declared !== usual && !others.includes(declared)) {
      // Who signs with MD5 where only HMAC-SHA256 is taken hears an error that is signed with the latter.
      this.#signType = usual
      if (isSigned(this.#all, merchant.key, declared))
        return this.#outcome(fault('SYSTEMERROR', ''))
    }
    if (isSigned(this.#all, merchant.key, this.#signType)) return this.#impostor()
    if (others.length === 0 && usual !== 'MD5' && isSigned(this.#all, merchant.key, 'MD5'))
      return this.#outcome(fault('SYSTEMERROR', ''))
    if (realm !== 'production') return refuse('沙箱验证签名失败，请确认沙箱签名key是否正确')
    return isPayout(name)
      ? refuseCoded(fault('SIGN_ERROR', '签名错误'))
      : refuse('签名错误，请检查后再试')
  }

  /** The certificate of another merchant, or null. */
  #impostor(): Answer | null {
    const { certificate } = this.#received
    const { merchant } = this.#desk
    const mchid = this.#facts.certificate ? certificate?.mchid : undefined
    if (mchid === undefined || mchid === merchant.mchid) return null
    return this.#outcome(fault('CA_ERROR', '证书与商户号不匹配，请检查证书'))
  }

  /** What the rules and the books say. */
  #judge(handler: Handler): Fields | BusinessError | Refusal | Answer {
    const wire = WIRE[this.#facts.name]
    if (wire === undefined) throw new Error(`the table has no endpoint ${this.#facts.name}`)
    const fields = Object.assign(Object.create(null) as Flat, this.#fields)
    if (handler.first === true) {
      const [first, ...others] = wire.alternatives.filter(name => fields[name] !== undefined)
      if (first !== undefined) for (const other of others) delete fields[other]
    }
    const undeclared = wire.declares && fields['sign_type'] === undefined
    if (undeclared) fields['sign_type'] = this.#signType
    const problem = check(this.#facts, wire, fields)
    if (problem !== null) return problem
    // What the books compare and keep is what was sent.
    if (undeclared) delete fields['sign_type']
    const { negative } = this.#received
    const name = this.#facts.name as EndpointName
    return handler.run({
      name,
      fields,
      signType: this.#signType,
      negative,
      now: this.#desk.clock.now(),
    })
  }

  #outcome(outcome: Fields | BusinessError | Refusal | Answer): Answer {
    const name = this.#facts.name as EndpointName
    if (isAnswer(outcome)) return outcome
    if (isRefusal(outcome))
      return isPayout(name)
        ? refuseCoded(fault('PARAM_ERROR', outcome.return_msg))
        : this.#desk.realm === 'sandbox' && outcome.return_msg.includes('total_fee')
          ? refuseInFront('请确认请求参数是否正确total_fee')
          : refuse(outcome.return_msg)
    const { merchant } = this.#desk
    const dice = this.#desk.dice.about(name, ...numbersIn(this.#fields))
    const message = compose(name, merchant, this.#fields, outcome as Fields, dice)
    if (!this.#facts.signed || this.#rule?.fault === 'no-sign')
      return xml(this.#varied(buildXml(message), dice))
    const body = signedXml(message, merchant.key, this.#signType)
    return xml(this.#varied(this.#rule?.fault === 'wrong-sign' ? wrong(body) : body, dice))
  }

  /** Empty elements, which are not signed, now and then. */
  #varied(body: string, dice: Dice): string {
    return this.#desk.variety && dice.hits(0.3)
      ? body.replace('<xml>', '<xml><remark><![CDATA[]]></remark>')
      : body
  }
}

const isAnswer = (outcome: object): outcome is Answer =>
  'status' in outcome && 'body' in outcome && 'headers' in outcome
const isRefusal = (outcome: object): outcome is Refusal =>
  'return_msg' in outcome && Object.keys(outcome).length === 1

/**
 * The algorithm is the one that `sign_type` names, or the endpoint's. `verify` alone would also
 * take an HMAC for MD5, as receivers of notifications must; production does not.
 */
function isSigned(received: Flat, key: string, signType: SignType): boolean {
  if (received['sign']?.length !== LENGTH[signType]) return false
  try {
    return verify(received, key, signType)
  } catch (error) {
    // A sign_type that contradicts the signature is no signature.
    if (error instanceof WxPayError) return false
    throw error
  }
}
