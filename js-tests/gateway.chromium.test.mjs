// The gateway's own pages in Chromium: the page behind code_url, and the dashboard that shows what came of it.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { WxPay } from 'wxpay-wasm/client'
import { createGateway } from 'wxpay-wasm/testing'
import { openInbox } from './inbox.mjs'

const CHROMIUM = '/usr/bin/chromium'
const PICTURES = fileURLToPath(new URL('./screenshots/', import.meta.url))
const PROBE = '<img src=x onerror="window.pwned=1">'
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }
const DESK = { viewport: { width: 1280, height: 900 } }

const missing = existsSync(CHROMIUM) ? false : `${CHROMIUM} is not installed: apt-get install chromium fonts-noto-cjk`

/** CI must not pass by skipping. */
const options = { skip: process.env.CI ? false : missing, timeout: 60_000 }

async function open(t, gatewayOptions = {}) {
  assert.equal(missing, false, String(missing))
  await mkdir(PICTURES, { recursive: true })
  const gateway = await createGateway(gatewayOptions)
  const inbox = await openInbox()
  let browser
  t.after(async () => {
    await browser?.close()
    await gateway.close()
    await inbox.close()
  })
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
  })
  const { appid, mchid, key: partnerKey, url: baseUrl } = gateway
  const pay = new WxPay({ appid, mchid, partnerKey, baseUrl })
  let number = 0
  const order = (body, total_fee, more = {}) =>
    pay.unifiedOrder({
      body, total_fee, out_trade_no: `T2026-${String((number += 1)).padStart(4, '0')}`, trade_type: 'NATIVE',
      product_id: 'P1', spbill_create_ip: '127.0.0.1', notify_url: inbox.url, ...more,
    })
  const trouble = []
  async function tab(url, more = {}) {
    const context = await browser.newContext({ locale: 'zh-CN', ...DESK, ...more })
    const page = await context.newPage()
    page.on('pageerror', (error) => trouble.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') trouble.push(message.text())
    })
    page.on('request', (request) => {
      if (!request.url().startsWith(gateway.url)) trouble.push(`a request to ${request.url()}`)
    })
    await page.goto(url)
    return page
  }
  const dashboard = async (more) => {
    const page = await tab(`${gateway.url}/_gateway/`, more)
    await page.locator('#link[data-state="live"]').waitFor()
    return page
  }
  const picture = (page, name) => page.screenshot({ path: join(PICTURES, `gateway-${name}.png`), fullPage: true })
  const sideways = (page) => page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)
  return { gateway, inbox, pay, order, tab, dashboard, picture, sideways, trouble }
}

for (const [name, look, words] of [
  ['zh', { locale: 'zh-CN' }, ['确认支付', '支付成功', '待支付', '已支付']],
  ['en', { locale: 'en-GB', colorScheme: 'dark' }, ['Confirm payment', 'Paid', 'Not paid', 'Paid']],
]) {
  test(`order, page behind code_url, pay, and the dashboard has it all by itself: ${name}`, options, async (t) => {
    const { gateway, order, tab, dashboard, picture, sideways, trouble } = await open(t)
    const board = await dashboard(look)
    assert.equal(await board.locator('#orders .none').isVisible(), true)
    await order('龙井 明前 50 g', 6800)
    const { code_url } = await order('武夷岩茶 大红袍 2 罐', 45_600, { attach: 'table-7' })
    const row = board.locator('.order[data-no="T2026-0002"]')
    await row.waitFor()
    assert.equal((await row.locator('.state').innerText()).trim(), words[2])

    const phone = await tab(code_url, { ...PHONE, ...look })
    assert.equal((await phone.locator('h1').innerText()).trim(), words[0])
    assert.equal(await phone.locator('.amount').innerText(), '¥456.00')
    const facts = await phone.locator('dd').allInnerTexts()
    for (const fact of [gateway.mchid, '武夷岩茶 大红袍 2 罐', 'T2026-0002', 'table-7']) assert.ok(facts.includes(fact), fact)
    assert.equal(await sideways(phone), false)
    await picture(phone, `pay-${name}`)
    await phone.locator('button[value="pay"]').click()
    await phone.locator('body[data-state="paid"]').waitFor()
    assert.equal((await phone.locator('h1').innerText()).trim(), words[1])
    await picture(phone, `paid-${name}`)

    // Nothing is done to the dashboard from here on.
    await board.locator('.order[data-no="T2026-0002"][data-state="SUCCESS"]').waitFor({ timeout: 5_000 })
    assert.equal((await row.locator('.state').innerText()).trim(), words[3])
    await board.locator('.trail .attempt').waitFor()
    await board.locator('#ledger td.money').first().waitFor()
    assert.equal(await board.locator('#ledger td.money').first().innerText(), '+456.00')
    assert.equal(await board.locator('#balance').innerText(), '¥100,000,456.00')
    const notice = board.locator('[data-direction="notification"]')
    await notice.locator('summary').click()
    const [{ body }] = gateway.messages().filter(({ direction }) => direction === 'notification')
    const parts = await notice.locator('pre').allInnerTexts()
    assert.match(parts[1], /^appid=wxd930ea5d5a258f4f&attach=table-7&bank_type=.*&key=••••$/)
    assert.ok(body.includes(parts[2]), 'the signature is shown as it was sent')
    assert.ok(!(await board.content()).includes(gateway.key))
    await picture(board, `dashboard-${name}`)

    const small = await dashboard({ ...PHONE, ...look })
    await small.locator('.order').first().waitFor()
    assert.equal(await sideways(small), false)
    await picture(small, `dashboard-phone-${name}`)
    assert.deepEqual(trouble, [])
  })
}

test('decline, and let it expire', options, async (t) => {
  const { gateway, pay, order, tab, picture, trouble } = await open(t)
  const { code_url } = await order('普洱 熟茶 357 g', 31_800)
  const phone = await tab(code_url, PHONE)
  await phone.locator('button[value="decline"]').click()
  await phone.locator('body[data-state="declined"]').waitFor()
  assert.equal(gateway.orders()[0].declined, true)
  await picture(phone, 'declined')
  await phone.locator('header a').click()
  assert.equal((await phone.locator('h1').innerText()).trim(), 'Confirm payment')
  await phone.locator('button[value="expire"]').click()
  await phone.locator('body[data-state="expired"]').waitFor()
  assert.equal((await phone.locator('h1').innerText()).trim(), 'Code expired', 'the language stays')
  await picture(phone, 'expired')
  const { trade_state } = await pay.orderQuery({ out_trade_no: 'T2026-0001' })
  assert.equal(trade_state, 'NOTPAY')
  const again = await order('普洱 熟茶 357 g', 31_800, { out_trade_no: 'T2026-0001' })
  assert.notEqual(again.code_url, code_url)
  // What is over answers 410, which the browser writes into its console.
  assert.deepEqual(trouble.filter((text) => !text.includes('410')), [])
})

test('the H5 cashier leads back to the shop, and nowhere else', options, async (t) => {
  const { gateway, order, tab, trouble } = await open(t)
  const scene_info = '{"h5_info": {"type":"Wap","wap_url": "https://shop.test","wap_name": "茶"}}'
  const { mweb_url } = await order('龙井', 100, { trade_type: 'MWEB', scene_info, product_id: undefined })
  const shop = 'https://shop.test/paid?order=1'
  const page = await tab(`${mweb_url}&redirect_url=${encodeURIComponent(shop)}`, PHONE)
  await page.locator('button[value="pay"]').click()
  await page.locator('body[data-state="paid"]').waitFor()
  assert.equal(await page.locator('.back a').getAttribute('href'), shop)
  const bad = await tab(`${mweb_url}&redirect_url=${encodeURIComponent('javascript:window.pwned=1')}`, PHONE)
  assert.equal(await bad.locator('.back').count(), 0)
  assert.equal(gateway.orders()[0].state, 'SUCCESS')
  assert.deepEqual(trouble, [])
})

test('the dashboard pays, declines, settles, switches faults on and off, and puts the clock forward', options, async (t) => {
  const { gateway, inbox, pay, order, dashboard, picture, trouble } = await open(t)
  const board = await dashboard()
  await order('龙井 明前 50 g', 6800)
  await order('碧螺春 100 g', 12_900)
  const [first, second] = ['T2026-0001', 'T2026-0002'].map((no) => board.locator(`.order[data-no="${no}"]`))
  await second.getByText('取消', { exact: true }).click()
  await second.getByText('已取消').waitFor()

  await board.locator('[name="on"]').selectOption('notification')
  await board.locator('[name="notification-fault"]').selectOption('twice')
  await board.locator('[name="times"]').fill('3')
  await board.locator('#faults .main').click()
  await board.getByText('notification · twice · ×3').waitFor()
  assert.deepEqual(gateway.faults(), [{ on: 'notification', fault: 'twice', times: 3 }])
  await first.getByText('付款', { exact: true }).click()
  await board.locator('.order[data-no="T2026-0001"][data-state="SUCCESS"]').waitFor()
  assert.equal(await inbox.take(), await inbox.take(), 'the same notification, twice')
  await board.getByText('notification · twice · ×2').waitFor()
  await board.locator('#fault-list').getByText('关掉').click()
  await board.locator('#fault-list li').waitFor({ state: 'detached' })
  assert.deepEqual(gateway.faults(), [])

  await board.locator('[name="on"]').selectOption('orderQuery')
  assert.equal(await board.locator('[data-field="err_code"]').isVisible(), true)
  await board.locator('[name="times"]').fill('-1')
  await board.locator('#faults .main').click()
  await board.locator('#trouble:not([hidden])').waitFor()

  const refund = { out_trade_no: 'T2026-0001', total_fee: 6800, notify_url: inbox.url }
  await pay.call('/secapi/pay/refund', { ...refund, out_refund_no: 'R1', refund_fee: 800 })
  await pay.call('/secapi/pay/refund', { ...refund, out_refund_no: 'R2', refund_fee: 100 })
  await first.locator('.refund[data-state="PROCESSING"]').nth(1).waitFor()
  await picture(board, 'dashboard-refund')
  await first.locator('.refund').first().getByText('到账').click()
  await first.locator('.refund[data-state="SUCCESS"]').waitFor()
  assert.equal(gateway.refunds()[0].status, 'SUCCESS')
  await board.getByText('-8.00', { exact: true }).waitFor()

  const before = gateway.now()
  await board.locator('[data-seconds="7200"]').click()
  await board.waitForFunction((time) => document.getElementById('time').textContent.startsWith(time),
    new Date(before + 10 * 3_600_000).toISOString().slice(11, 13))
  assert.ok(gateway.now() - before >= 7_200_000)
  await second.getByText('付款', { exact: true }).click()
  await board.locator('#trouble').getByText('GATEWAY_REFUSED').waitFor()
  await picture(board, 'dashboard-trouble')
  // The two refusals, which the browser writes into its console.
  assert.deepEqual(trouble.filter((text) => !/status of (400|409)/.test(text)), [])
})

test('one order at a time: its messages with their answers, its notifications, its money', options, async (t) => {
  const { gateway, order, dashboard, trouble } = await open(t)
  for (const fee of [100, 200]) await order('茶', fee)
  await gateway.pay('T2026-0001')
  await gateway.pay('T2026-0002')
  const board = await dashboard()
  await board.locator('.order').nth(1).waitFor()
  await board.locator('.order[data-no="T2026-0001"] .number').click()
  assert.equal(await board.locator('#focus code').innerText(), 'T2026-0001')
  const shown = await board.locator('#wire li:visible .message').evaluateAll((all) => all.map((one) => one.dataset.direction))
  assert.deepEqual(shown, ['reply', 'notification', 'answer', 'request'])
  assert.equal(await board.locator('.trail:visible').count(), 1)
  assert.deepEqual(await board.locator('#ledger tr:visible .number').allInnerTexts(), ['T2026-0001'])
  await board.locator('#focus button').click()
  assert.equal(await board.locator('#wire li:visible').count(), 8)
  await board.locator('#language').click()
  assert.equal((await board.locator('h1').innerText()).trim(), 'Gateway simulator')
  await board.reload()
  await board.locator('#link[data-state="live"]').waitFor()
  assert.equal((await board.locator('h1').innerText()).trim(), 'Gateway simulator')
  assert.deepEqual(trouble, [])
})

test('markup in every field is shown as text, on the page and on the dashboard', options, async (t) => {
  const { gateway, order, tab, dashboard, picture, trouble } = await open(t)
  const { code_url } = await order(PROBE, 100, { attach: PROBE, goods_tag: 'x' })
  const phone = await tab(code_url, PHONE)
  assert.deepEqual((await phone.locator('dd').allInnerTexts()).filter((text) => text === PROBE).length, 2)
  await picture(phone, 'markup')
  const board = await dashboard()
  await board.locator('.order').waitFor()
  assert.equal(await board.locator('.goods').innerText(), PROBE)
  await gateway.pay('T2026-0001')
  // Request, answer, notification and reply: the list stands still only when all are there.
  await board.locator('#wire li').nth(3).waitFor()
  for (const summary of await board.locator('summary').all()) await summary.click()
  assert.match(await board.locator('#wire').innerText(), /attach=<img src=x/)
  for (const page of [phone, board]) {
    assert.equal(await page.locator('img').count(), 0)
    assert.equal(await page.evaluate(() => window.pwned), undefined)
  }
  assert.deepEqual(trouble, [])
})
