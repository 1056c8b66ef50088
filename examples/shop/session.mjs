import { randomBytes } from 'node:crypto'

const COOKIE = 'shop_session'
const LIFETIME = 24 * 60 * 60 * 1000
const MOST = 10_000

/**
 * Sessions live in the server's memory; the client holds only a random name in
 * a cookie. A session knows the openid of a login and the order numbers made
 * in it. The session_key of jscode2session is not kept at all: this shop
 * decrypts nothing with it, and a client must never see it.
 *
 * Several processes would share sessions through a common store; everything
 * that has to do with money is in the order store already.
 */
export function sessions({ secure, now }) {
  const all = new Map()

  function alive(id) {
    const session = id === undefined ? undefined : all.get(id)
    if (session && now() - session.born < LIFETIME) return session
    if (session) all.delete(id)
    return undefined
  }

  function begin(ctx, session) {
    const id = randomBytes(24).toString('base64url')
    all.set(id, session)
    // The oldest goes first, so that a flood of logins cannot fill the memory.
    if (all.size > MOST) all.delete(all.keys().next().value)
    // Behind a TLS proxy the connection itself is plain; PUBLIC_URL decides.
    ctx.cookies.secure = secure
    ctx.cookies.set(COOKIE, id, { httpOnly: true, sameSite: 'lax', secure, maxAge: LIFETIME })
    return session
  }

  return {
    /** The session of this request, or undefined. */
    find: (ctx) => alive(ctx.cookies.get(COOKIE)),

    /** The session of this request, or a new one without a login. */
    open(ctx) {
      return this.find(ctx) ?? begin(ctx, { openid: null, orders: new Set(), born: now() })
    },

    /** After a login the name changes: a name fixed beforehand is worth nothing. */
    login(ctx, openid) {
      const before = this.find(ctx)
      all.delete(ctx.cookies.get(COOKIE))
      // Another person's login does not inherit the orders.
      const orders = before && (before.openid ?? openid) === openid ? before.orders : new Set()
      return begin(ctx, { openid, orders, born: now() })
    },
  }
}
