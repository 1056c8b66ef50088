import { ShopError } from './errors.mjs'
import { jsonBody } from './json-body.mjs'

/** POST /login { code }: wx.login gives the code; the openid stays here, the session_key is dropped. */
export const login = ({ pay, sessions }) => async (ctx) => {
  const { code } = await jsonBody(ctx)
  if (typeof code !== 'string' || !/^[\x21-\x7e]{1,128}$/.test(code)) {
    throw new ShopError(400, 'CODE', 'code: expected the code of wx.login')
  }
  const { openid } = await pay.code2Session(code)
  await sessions.login(ctx, openid)
  ctx.body = { login: true }
}
