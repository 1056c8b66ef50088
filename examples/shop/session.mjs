import { createHash, randomBytes } from 'node:crypto'

const COOKIE = 'shop_session'
const LIFETIME = 24 * 60 * 60 * 1000
const HOUR = 60 * 60 * 1000

/** The table holds hashes: who reads it cannot make a cookie from it. */
const hash = (name) => createHash('sha256').update(name).digest('hex')

/**
 * Sessions live in the database, so that every process knows them; the client holds only a random
 * name in a cookie. A session knows the openid of a login, and which orders were made in it. The
 * session_key of jscode2session is not kept at all: this shop decrypts nothing with it, and a client
 * must never see it.
 */
export function sessions({ own, secure, now }) {
  let swept = 0

  async function sweep() {
    if (now() - swept < HOUR) return
    swept = now()
    await own.deleteFrom('shop_sessions').where('created_at', '<', now() - LIFETIME).execute()
  }

  async function begin(ctx, openid) {
    await sweep()
    const name = randomBytes(24).toString('base64url')
    const session = { id: hash(name), openid, created_at: now() }
    await own.insertInto('shop_sessions').values(session).execute()
    // Behind a TLS proxy the connection itself is plain; PUBLIC_URL decides.
    ctx.cookies.secure = secure
    ctx.cookies.set(COOKIE, name, { httpOnly: true, sameSite: 'lax', secure, maxAge: LIFETIME })
    return session
  }

  return {
    /** The session of this request, or undefined. */
    async find(ctx) {
      const name = ctx.cookies.get(COOKIE)
      if (!name) return undefined
      return own
        .selectFrom('shop_sessions')
        .selectAll()
        .where('id', '=', hash(name))
        .where('created_at', '>', now() - LIFETIME)
        .executeTakeFirst()
    },

    /** The session of this request, or a new one without a login. */
    async open(ctx) {
      return (await this.find(ctx)) ?? begin(ctx, null)
    },

    /** After a login the name changes: a name fixed beforehand is worth nothing. */
    async login(ctx, openid) {
      const before = await this.find(ctx)
      const session = await begin(ctx, openid)
      if (!before) return
      // Another person's login does not inherit the orders.
      if ((before.openid ?? openid) === openid) {
        await own.updateTable('shop_orders').set({ session: session.id }).where('session', '=', before.id).execute()
      }
      await own.deleteFrom('shop_sessions').where('id', '=', before.id).execute()
    },
  }
}
