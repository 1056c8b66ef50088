import type { Answer } from './answer.js'
import { json } from './answer.js'
import type { Dice } from './dice.js'
import { openidOf } from './identifier.js'
import type { Merchant } from './merchant.js'

/** Milliseconds for which a js_code is good (code2Session). */
const CODE_LIFE = 5 * 60_000

/** The codes of `wx.login()`, and their exchange for an openid. */
export class LoginDesk {
  readonly #merchant: Merchant
  readonly #now: () => number
  readonly #dice: Dice
  readonly #issued = new Map<string, { openid: string; ends: number }>()
  readonly #used = new Set<string>()

  constructor(merchant: Merchant, now: () => number, dice: Dice) {
    this.#merchant = merchant
    this.#now = now
    this.#dice = dice
  }

  /** A fresh js_code for this openid, as `wx.login()` would give to that user. */
  issue(openid: string = openidOf('payer')): string {
    if (!/^[\w-]{1,128}$/.test(openid))
      throw new TypeError('openid must be 1 to 128 of [0-9A-Za-z_-]')
    const code = this.#dice.about('js_code', openid).text(32)
    this.#issued.set(code, { openid, ends: this.#now() + CODE_LIFE })
    return code
  }

  /**
   * `GET /sns/jscode2session` (code2Session). Beside issued codes it takes any
   * `code-<name>`, which always stands for the same openid.
   */
  exchange(query: URLSearchParams): Answer {
    const answer = (value: object): Answer => json(value, 200, 'text/plain') // JSON, but labelled so in production
    const error = (errcode: number, errmsg: string): Answer => answer({ errcode, errmsg })
    const code = query.get('js_code')
    if (!query.get('appid')) return error(41002, 'appid missing')
    if (query.get('appid') !== this.#merchant.appid) return error(40013, 'invalid appid')
    if (query.get('secret') !== this.#merchant.appSecret) return error(40125, 'invalid appsecret')
    if (query.get('grant_type') !== 'authorization_code') return error(40002, 'invalid grant_type')
    if (!code) return error(41008, 'missing code')
    if (this.#used.has(code)) return error(40163, 'code been used')
    const openid = this.#openidAt(code)
    if (openid === undefined) return error(40029, 'invalid code')
    this.#used.add(code)
    const session = this.#dice.about('session', openid).text(16)
    return answer({ session_key: Buffer.from(session).toString('base64'), openid })
  }

  /** The calls of the login host; null for any other path. */
  answer(path: string, query: URLSearchParams): Answer | null {
    const answer = (value: object): Answer => json(value, 200, 'text/plain')
    const token = (): string => {
      const dice = this.#dice.about('token')
      return `${dice.digits(2)}_${dice.text(100)}`
    }
    switch (path) {
      case '/sns/jscode2session':
        return this.exchange(query)
      case '/sns/oauth2/access_token': {
        // The same trade, of the code of a web page.
        const renamed = new URLSearchParams(query)
        renamed.set('js_code', query.get('code') ?? '')
        const found = JSON.parse(String(this.exchange(renamed).body)) as { openid?: string }
        const { openid } = found
        if (openid === undefined) return answer(found)
        const tokens = { access_token: token(), expires_in: 7200, refresh_token: token() }
        return answer({ ...tokens, openid, scope: 'snsapi_base' })
      }
      case '/cgi-bin/token': {
        if (query.get('appid') !== this.#merchant.appid)
          return answer({ errcode: 40013, errmsg: 'invalid appid' })
        if (query.get('secret') !== this.#merchant.appSecret)
          return answer({ errcode: 40125, errmsg: 'invalid appsecret' })
        return answer({ access_token: token(), expires_in: 7200 })
      }
      case '/cgi-bin/ticket/getticket':
        return answer({
          ...{ errcode: 0, errmsg: 'ok', expires_in: 7200 },
          ticket: this.#dice.about('ticket').text(86),
        })
      default:
        return null
    }
  }

  #openidAt(code: string): string | undefined {
    if (/^code-[\w.-]{1,64}$/.test(code)) return openidOf(code)
    const issued = this.#issued.get(code)
    return issued !== undefined && issued.ends > this.#now() ? issued.openid : undefined
  }
}
