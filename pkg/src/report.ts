import { beijingTime } from './beijing.js'

/** How one payment by code went, for the health report (交易保障, chapter 9.14). */
export interface Trade {
  out_trade_no: string
  /** Unix milliseconds at which the code was scanned. */
  begin: number
  /** Unix milliseconds at which the payer or the cashier saw the result. */
  end: number
  /** `CANCLE` is the document's spelling. */
  state: 'OK' | 'FAIL' | 'CANCLE'
}

/** The fields of one report beside the ids, the nonce and the signature. */
export interface ReportFields {
  interface_url: string
  user_ip: string
  trades: string
}

/** What the document says terminals report. */
const INTERFACE = 'https://api.mch.weixin.qq.com/pay/batchreport/micropay/total'
/** Bytes of `trades`. */
const LARGEST = 1024
/** Trades that wait; the oldest give way, for a report must not fill the memory. */
const MOST_WAITING = 1000

/**
 * Reports payments in the background. Nothing waits for it and nothing fails with it: a report that
 * is refused or lost is forgotten.
 */
export class Report {
  readonly #send: (fields: ReportFields) => Promise<unknown>
  readonly #user_ip: string
  readonly #waiting: string[] = []
  #sending = false

  /** `send` posts one report to `/payitil/report`; `user_ip` is this machine's address. */
  constructor(send: (fields: ReportFields) => Promise<unknown>, user_ip: string) {
    this.#send = send
    this.#user_ip = user_ip
  }

  /** Returns at once and never throws. */
  trade({ out_trade_no, begin, end, state }: Trade): void {
    let text: string
    try {
      const times = { begin_time: beijingTime(begin), end_time: beijingTime(end) }
      text = JSON.stringify({ out_trade_no, ...times, state, err_msg: '' })
    } catch {
      return // A time that is none.
    }
    if (bytes(`[${text}]`) > LARGEST) return
    this.#waiting.push(text)
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift()
    if (!this.#sending) void this.#drain()
  }

  async #drain(): Promise<void> {
    this.#sending = true
    // What happens in the same turn goes into one report.
    await Promise.resolve()
    for (let trades = this.#take(); trades !== ''; trades = this.#take()) {
      try {
        await this.#send({ interface_url: INTERFACE, user_ip: this.#user_ip, trades })
      } catch {
        // It is not repeated: the payment is what matters.
      }
    }
    this.#sending = false
  }

  /** As many trades as fit into one report; empty if none is left. */
  #take(): string {
    let size = 1
    const full = this.#waiting.findIndex(text => (size += bytes(text) + 1) > LARGEST)
    const taken = this.#waiting.splice(0, full === -1 ? this.#waiting.length : full)
    return taken.length === 0 ? '' : `[${taken.join(',')}]`
  }
}

const bytes = (text: string): number => new TextEncoder().encode(text).length
