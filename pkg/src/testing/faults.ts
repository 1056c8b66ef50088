import { ENDPOINTS } from '../../dist/generated/endpoints.js'
import { gzipSync } from 'node:zlib'
import type { Answer, BusinessError } from './answer.js'
import { fault } from './answer.js'
import type { Dice } from './dice.js'

/** What can go wrong with an answer. */
export const ANSWER_FAULTS = [
  'error', // a business error, SYSTEMERROR unless err_code names another
  'silence', // no answer at all
  'reset', // the connection breaks half-way through the body
  'html-502', // the page of a proxy
  'truncated', // half of the body, as if it were all
  'oversized', // two megabytes more than anybody expects
  'gzip', // packed, though nobody asked for it
  'slow', // one byte every 50 ms
  'late', // after `delay` seconds of real time
  'wrong-sign',
  'no-sign',
] as const

/** What can go wrong with a notification. */
export const NOTIFICATION_FAULTS = [
  'never',
  'late', // after `delay` seconds of the gateway's time
  'twice', // two servers send it at once
  'reordered', // after the next notification
  'wrong-sign',
] as const

/** A fault on request. */
export interface FaultRule {
  /** An endpoint's name in the table, `notification`, or `*` for every endpoint. */
  on: string
  fault: (typeof ANSWER_FAULTS)[number] | (typeof NOTIFICATION_FAULTS)[number]
  /** Only where one of the merchant's numbers in the message is this one. */
  no?: string | undefined
  /** How often; once where absent, without end where there is a `rate`. */
  times?: number | undefined
  /** At random, with this probability from 0 to 1. */
  rate?: number | undefined
  /** Whether the call takes effect all the same. */
  booked?: boolean | undefined
  /** The code of `error`. */
  err_code?: string | undefined
  err_code_des?: string | undefined
  /** Seconds of `late`. */
  delay?: number | undefined
}

/** What a message is about: the merchant's numbers in it. */
const OWN_NUMBERS = [
  'out_trade_no',
  'out_refund_no',
  'partner_trade_no',
  'mch_billno',
  'out_order_no',
  'out_return_no',
  'contract_code',
  'combine_out_trade_no',
] as const

/** And WeChat's, where a message has only those. */
const NUMBERS = [...OWN_NUMBERS, 'transaction_id', 'refund_id', 'contract_id', 'order_id'] as const

/** The numbers in a message, by which two messages of one order are told from those of another. */
export const numbersIn = (fields: Readonly<Record<string, unknown>>): string[] =>
  NUMBERS.map(name => fields[name]).filter(no => typeof no === 'string')

/** The faults that were asked for, and what is left of them. */
export class Faults {
  readonly #dice: Dice
  readonly #struck: (on: string, numbers: string[], fault: FaultRule) => void
  #rules: (FaultRule & { left: number })[] = []

  /** `struck` is told of every message that goes wrong. */
  constructor(
    dice: Dice,
    rules: readonly FaultRule[],
    struck: (on: string, numbers: string[], fault: FaultRule) => void,
  ) {
    this.#dice = dice
    this.#struck = struck
    this.set(rules)
  }

  /** Takes these rules in place of the ones before. */
  set(rules: readonly FaultRule[]): void {
    if (!Array.isArray(rules)) throw new TypeError('faults must be a list of rules')
    this.#rules = rules.map((rule: FaultRule) => ({
      ...checked(rule),
      left: rule.times ?? (rule.rate === undefined ? 1 : Infinity),
    }))
  }

  /** The rules that can still strike. */
  list(): FaultRule[] {
    return this.#rules
      .filter(({ left }) => left > 0)
      .map(({ left, ...rule }) => (left === Infinity ? rule : { ...rule, times: left }))
  }

  /** The fault that strikes this call or notification. */
  strike(on: string, fields: Readonly<Record<string, unknown>>): FaultRule | undefined {
    if (this.#rules.length === 0) return undefined
    const numbers = numbersIn(fields)
    const dice = this.#dice.about('fault', on, ...numbers)
    const rules = this.#rules.filter(
      rule => rule.on === on || (rule.on === '*' && on !== 'notification'),
    )
    // Each draws, also one that is used up: who came first must not change what comes to the others.
    const struck = rules
      .filter(({ rate }) => rate === undefined || dice.hits(rate))
      .find(
        ({ left, no }) =>
          left > 0 && (no === undefined || OWN_NUMBERS.some(name => fields[name] === no)),
      )
    if (struck === undefined) return undefined
    struck.left -= 1
    const { left: _, ...rule } = struck
    this.#struck(on, numbers, rule)
    return rule
  }
}

/** Whether the call has its effect: what spoils only the answer comes after the booking. */
export const isBooked = ({ fault, booked }: FaultRule): boolean =>
  booked ?? !['error', 'silence', 'html-502'].includes(fault)

/** The business error of a rule. */
export const errorOf = ({ err_code, err_code_des }: FaultRule): BusinessError =>
  fault(
    err_code ?? 'SYSTEMERROR',
    err_code_des ?? (err_code === undefined ? '系统繁忙，请稍后再试' : err_code),
  )

/** An answer after the fault. The signature was spoilt when the answer was made. */
export function spoil(answer: Answer, rule: FaultRule): Answer {
  const { headers, body } = answer
  switch (rule.fault) {
    case 'silence':
      return { ...answer, manner: { silent: true } }
    case 'reset':
      return { ...answer, manner: { reset: true } }
    case 'truncated':
      return { ...answer, manner: { truncated: true } }
    case 'slow':
      return { ...answer, manner: { drip: 50 } }
    case 'late':
      return { ...answer, manner: { delay: (rule.delay ?? 1) * 1000 } }
    case 'oversized':
      return { ...answer, body: Buffer.concat([Buffer.from(body), Buffer.alloc(2 << 20, ' ')]) }
    case 'gzip':
      return {
        ...answer,
        headers: { ...headers, 'content-encoding': 'gzip' },
        body: gzipSync(body),
      }
    case 'html-502':
      return {
        status: 502,
        headers: { 'content-type': 'text/html', server: 'nginx' },
        body: '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n',
      }
    default:
      return answer
  }
}

/** Another signature of the same length. */
export const wrong = (body: string): string =>
  body.replace(/<sign><!\[CDATA\[([0-9A-F]+)\]\]><\/sign>/, (_, sign: string) => {
    const turned = (parseInt(sign[0] ?? '0', 16) ^ 1).toString(16).toUpperCase()
    return `<sign><![CDATA[${turned}${sign.slice(1)}]]></sign>`
  })

function checked(rule: FaultRule): FaultRule {
  if (typeof rule !== 'object' || rule === null) throw new TypeError('a fault is an object')
  const { on, fault, times, rate, delay } = rule
  const notified = on === 'notification'
  if (!notified && on !== '*' && !(typeof on === 'string' && on in ENDPOINTS))
    throw new TypeError('on must be the name of an endpoint, * or notification')
  const known: readonly string[] = notified ? NOTIFICATION_FAULTS : ANSWER_FAULTS
  if (!known.includes(fault)) throw new TypeError(`fault must be one of ${known.join(', ')}`)
  if (times !== undefined && !(Number.isSafeInteger(times) && times > 0))
    throw new RangeError('times must be an integer from 1 up')
  if (rate !== undefined && !(rate >= 0 && rate <= 1))
    throw new RangeError('rate must be from 0 to 1')
  if (delay !== undefined && !(delay >= 0 && delay <= 86_400))
    throw new RangeError('delay must be from 0 to 86400 (seconds)')
  return { ...rule }
}
