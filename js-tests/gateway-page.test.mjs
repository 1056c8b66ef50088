import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { MCHID, SUCCESS, nonce, order, query, onGateway, withShop, until } from './merchant.mjs'

describe('the pay page', () => {
  const press = (url, action) =>
    fetch(url, {
      method: 'POST',
      body: new URLSearchParams({ action }),
      redirect: 'manual',
      headers: { origin: new URL(url).origin },
    })

  onGateway(
    'shows merchant, item and amount in both languages, and runs no script',
    {},
    async gateway => {
      const { code_url } = (await order(gateway, { total_fee: '5' })).fields
      const response = await fetch(code_url)
      const html = await response.text()
      assert.equal(response.status, 200)
      assert.match(response.headers.get('content-type'), /^text\/html; charset=utf-8/)
      assert.equal(response.headers.get('x-wxpay-gateway'), 'simulator')
      const nonce = /<style nonce="([0-9A-Za-z]{32})">/.exec(html)[1]
      assert.equal(
        response.headers.get('content-security-policy'),
        `default-src 'none'; style-src 'nonce-${nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
      )
      for (const part of [
        MCHID,
        '腾讯充值中心-QQ会员充值',
        'A1001',
        '</small>0.05<',
        '立即支付',
        'Decline',
        'width=device-width',
      ]) {
        assert.ok(html.includes(part), part)
      }
      assert.doesNotMatch(html, /<script|\son\w+=|\sstyle=/i)
      assert.ok(!(await (await fetch(code_url)).text()).includes(nonce), 'a nonce serves one page')
    },
  )

  onGateway('a value is text, never markup', {}, async gateway => {
    const { code_url } = (await order(gateway, { body: `"><img src=x onerror='alert(1)'>&lt;` }))
      .fields
    const html = await (await fetch(code_url)).text()
    assert.ok(html.includes('&quot;&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;&amp;lt;'))
    assert.ok(!html.includes('<img'))
  })

  onGateway('pay: the order is paid, the shop notified, the result shown', {}, gateway =>
    withShop([SUCCESS], async (notify_url, received) => {
      const { code_url } = (await order(gateway, { notify_url })).fields
      const response = await press(code_url, 'pay')
      assert.equal(response.status, 303)
      const html = await (await fetch(new URL(response.headers.get('location'), code_url))).text()
      assert.match(html, /支付成功/)
      assert.match(html, /<\/small>12\.34</)
      assert.doesNotMatch(html, /<form/)
      await until(() => received.length === 1)
      assert.equal((await query(gateway, { out_trade_no: 'A1001' })).fields.trade_state, 'SUCCESS')
      assert.equal((await press(code_url, 'pay')).status, 200, 'a second press pays nothing')
      assert.equal((await press(code_url, 'decline')).status, 200)
      assert.equal(gateway.orders()[0].state, 'SUCCESS')
      assert.equal(received.length, 1)
    }),
  )

  onGateway('the result stays after the code expired', {}, async (gateway, clock) => {
    const { code_url } = (await order(gateway)).fields
    await press(code_url, 'pay')
    clock.now += 3 * 3_600_000
    assert.match(await (await fetch(code_url)).text(), /支付成功/)
  })

  onGateway(
    'decline: the order stays NOTPAY and payable, nobody is notified',
    {},
    async gateway => {
      const { code_url } = (await order(gateway)).fields
      assert.equal((await press(code_url, 'decline')).status, 303)
      const html = await (await fetch(code_url)).text()
      assert.match(html, /已取消/)
      assert.match(html, /<form/)
      assert.equal(gateway.orders()[0].declined, true)
      assert.equal((await query(gateway, { out_trade_no: 'A1001' })).fields.trade_state, 'NOTPAY')
      assert.deepEqual(gateway.notifications(), [])
      await press(code_url, 'pay')
      assert.equal(gateway.orders()[0].state, 'SUCCESS')
      assert.equal(gateway.orders()[0].declined, false)
    },
  )

  onGateway('unknown codes and unknown actions', {}, async gateway => {
    const { code_url } = (await order(gateway)).fields
    const unknown = await fetch(`${gateway.url}/p/00000000`)
    assert.equal(unknown.status, 404)
    assert.match(await unknown.text(), /二维码无效/)
    assert.equal((await press(`${gateway.url}/p/00000000`, 'pay')).status, 404)
    assert.equal((await press(code_url, 'refund')).status, 200)
    assert.equal(gateway.orders()[0].state, 'NOTPAY')
    assert.equal(gateway.orders()[0].declined, false)
  })

  onGateway('an expired code takes no payment', {}, async (gateway, clock) => {
    const { code_url } = (await order(gateway)).fields
    clock.now += 2 * 3_600_000
    assert.equal((await press(code_url, 'pay')).status, 410)
    assert.equal(gateway.orders()[0].state, 'NOTPAY')
  })
})
