import { message } from './wire.mjs'

/**
 * A buyer's device: speaks to the shop over HTTP and keeps its cookie. A mini
 * program has no cookies of its own and keeps the set-cookie header likewise.
 * With a token it is the shopkeeper's.
 */
export function buyer(shopUrl, name, token) {
  let cookie

  async function call(method, path, body) {
    const text = body === undefined ? undefined : JSON.stringify(body)
    message(name, '店铺 shop', `${method} ${path}`, text)
    const answer = await fetch(shopUrl + path, {
      method,
      headers: {
        ...(text === undefined ? {} : { 'content-type': 'application/json' }),
        ...(cookie === undefined ? {} : { cookie }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: text,
    })
    const [set] = answer.headers.getSetCookie()
    if (set) cookie = set.split(';', 1)[0]
    const heard = await answer.json()
    message('店铺 shop', name, `${answer.status}`, JSON.stringify(heard))
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${heard.code}`)
    return heard
  }

  return {
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
  }
}
