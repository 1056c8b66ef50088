import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { APPID, query, control, withGateway, onGateway } from './merchant.mjs'

describe('login', () => {
  const login = async (gateway, changes = {}) => {
    const query = new URLSearchParams({
      appid: APPID,
      secret: gateway.appSecret,
      js_code: 'code-anna',
      grant_type: 'authorization_code',
      ...changes,
    })
    const response = await fetch(`${gateway.url}/sns/jscode2session?${query}`)
    assert.match(response.headers.get('content-type'), /^text\/plain/)
    assert.equal(response.status, 200)
    return JSON.parse(await response.text())
  }

  test('code-<name>: the same openid everywhere, once per code', async () => {
    const seen = []
    for (let i = 0; i < 2; i += 1) {
      await withGateway({}, async gateway => {
        const session = await login(gateway)
        assert.deepEqual(Object.keys(session).sort(), ['openid', 'session_key'])
        assert.equal(Buffer.from(session.session_key, 'base64').length, 16)
        seen.push(session.openid)
        assert.equal((await login(gateway)).errcode, 40163)
        seen.push((await login(gateway, { js_code: 'code-berta' })).openid)
      })()
    }
    assert.match(seen[0], /^o[\w-]{27}$/)
    assert.equal(seen[0], seen[2])
    assert.equal(seen[1], seen[3])
    assert.notEqual(seen[0], seen[1])
  })

  onGateway(
    'issued codes: for the openid asked for, once, for five minutes',
    {},
    async (gateway, clock) => {
      const { status, value } = await control(gateway, 'POST', 'login?openid=oCarla')
      assert.equal(status, 200)
      assert.equal((await login(gateway, { js_code: value.code })).openid, 'oCarla')
      assert.equal((await login(gateway, { js_code: value.code })).errcode, 40163)
      assert.match((await login(gateway, { js_code: gateway.login() })).openid, /^o[\w-]{27}$/)
      const late = gateway.login('oCarla')
      clock.now += 5 * 60_000
      assert.equal((await login(gateway, { js_code: late })).errcode, 40029)
      assert.equal((await control(gateway, 'POST', 'login?openid=%3C')).status, 400)
    },
  )

  onGateway('errors', {}, async gateway => {
    for (const [changes, errcode] of [
      [{ appid: 'wx0000000000000000' }, 40013],
      [{ appid: '' }, 41002],
      [{ secret: 'f'.repeat(32) }, 40125],
      [{ secret: '' }, 40125],
      [{ js_code: '' }, 41008],
      [{ js_code: 'unknown' }, 40029],
      [{ js_code: 'code-' }, 40029],
      [{ grant_type: 'x' }, 40002],
    ]) {
      const answer = await login(gateway, changes)
      assert.equal(answer.errcode, errcode)
      assert.equal('openid' in answer, false)
    }
    assert.match((await login(gateway)).openid, /^o/, 'a refused login uses up no code')
  })
})
