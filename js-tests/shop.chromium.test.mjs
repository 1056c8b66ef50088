// The pages of the shop in Chromium: a purchase from the tea list to the refund, on a desk and on a phone.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { catalogue } from '../examples/shop/catalogue.mjs'
import { noMariadb, startMariadb } from './mariadb.mjs'
import { openShop, TOKEN } from './storefront.mjs'

const CHROMIUM = '/usr/bin/chromium'
const PICTURES = fileURLToPath(new URL('./screenshots/', import.meta.url))
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const PROBE = '<img src=x onerror="window.pwned=1">'
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }
const DESK = { viewport: { width: 1280, height: 800 } }

const missing = existsSync(CHROMIUM) ? false : `${CHROMIUM} is not installed: apt-get install chromium fonts-noto-cjk`

/** CI must not pass by skipping. */
const options = { skip: process.env.CI ? false : missing, timeout: 90_000 }

async function open(t, shopOptions = {}) {
  assert.equal(missing, false, String(missing))
  await mkdir(PICTURES, { recursive: true })
  let browser
  t.after(() => browser?.close())
  const { gateway, shop } = await openShop(t, shopOptions)
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
  })

  const trouble = []
  function listen(page) {
    page.on('pageerror', (error) => trouble.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') trouble.push(message.text())
    })
  }
  async function tab(look = DESK) {
    const context = await browser.newContext({ locale: 'zh-CN', ...look })
    context.on('page', listen)
    const page = await context.newPage()
    await page.goto(shop.url)
    await page.locator('.buy').first().waitFor()
    return { context, page }
  }
  const picture = async (page, name) => {
    await page.bringToFront()
    await page.waitForTimeout(600) // the seal lands
    await page.screenshot({ path: join(PICTURES, `shop-${name}.png`), fullPage: true })
    await page.evaluate(AXE)
    const found = await page.evaluate(async () => (await globalThis.axe.run(document)).violations)
    const serious = found.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    assert.deepEqual(serious.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), [], name)
  }
  const sideways = (page) => page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)
  return { gateway, shop, tab, picture, sideways, trouble }
}

const status = (page, word) => page.locator(`#bill[data-status="${word}"]`).waitFor({ timeout: 15_000 })

/** Order, QR code, the page behind it, paid by itself, refund at the counter, refunded by itself. */
async function walk(t, name, shopOptions) {
  const { gateway, shop, tab, picture, trouble } = await open(t, shopOptions)
  const { context, page } = await tab()
  await picture(page, `${name}-1-list`)

  await page.locator('.buy[data-product="longjing-50"]').click()
  await status(page, 'waiting')
  assert.equal(await page.locator('#state').textContent(), '等待付款')
  assert.equal(await page.locator('#amount').textContent(), '¥68.00')
  await page.waitForFunction(() => document.getElementById('qr').naturalWidth > 0)
  const link = page.locator('#open')
  assert.equal(await link.getAttribute('href'), gateway.orders()[0].code_url)
  await picture(page, `${name}-2-waiting`)

  const opened = context.waitForEvent('page')
  await link.click()
  const payPage = await opened
  await payPage.locator('button[value="pay"]').click()
  await payPage.waitForLoadState()

  // Nothing is done to the shop's page from here on.
  await status(page, 'paid')
  assert.equal(await page.locator('#state').textContent(), '已付款')
  await page.locator('#steps .done', { hasText: '发货' }).waitFor()
  assert.equal(await page.locator('.seal').isVisible(), true)
  await picture(page, `${name}-3-paid`)
  const [{ out_trade_no, transaction_id }] = gateway.orders()
  assert.equal((await shop.store.findOrder(out_trade_no)).transaction_id, transaction_id)

  const counter = await context.newPage()
  await counter.goto(`${shop.url}/admin`)
  await counter.locator('#token').fill(TOKEN)
  await counter.locator('#door button').click()
  await counter.locator('.order .give-back').click()
  assert.equal(await counter.locator('#fee').inputValue(), '68.00')
  await counter.locator('#fee').fill('68.01')
  await counter.locator('#confirm').click()
  await counter.locator('#refund-trouble').waitFor()
  await counter.locator('#fee').fill('68')
  await counter.locator('#desc').fill('茶罐破了')
  await picture(counter, `${name}-4-refund`)
  await counter.locator('#confirm').dblclick()
  await counter.locator('.order[data-status="refunding"]').waitFor()
  await status(page, 'refunding')
  await picture(page, `${name}-5-refunding`)

  await gateway.settleRefund(`${out_trade_no}-1`)
  await status(page, 'refunded')
  assert.equal(await page.locator('#state').textContent(), '已退款')
  await picture(page, `${name}-6-refunded`)
  await counter.locator('.order[data-status="refunded"]').waitFor()
  await picture(counter, `${name}-7-counter`)
  assert.deepEqual(gateway.refunds().map(({ refund_fee, refund_desc }) => [refund_fee, refund_desc]), [[6800, '茶罐破了']])
  assert.deepEqual((await shop.store.listEvents(out_trade_no)).map(({ kind }) => kind), ['paid', 'refunded'])

  await page.reload()
  await status(page, 'refunded')
  assert.deepEqual(trouble, [])
}

test('a purchase and its refund, on SQLite', options, (t) => walk(t, 'sqlite', {}))

test('a purchase and its refund, on MariaDB', { ...options, skip: options.skip || noMariadb }, async (t) => {
  const mariadb = await startMariadb()
  t.after(() => mariadb.close())
  await walk(t, 'mariadb', { databaseUrl: mariadb.url(await mariadb.newDatabase()) })
})

test('on a phone: the H5 cashier and back, two languages, nothing to scroll sideways', options, async (t) => {
  const { gateway, shop, tab, picture, sideways, trouble } = await open(t)
  const { context, page } = await tab({ ...PHONE, locale: 'en-GB', colorScheme: 'dark' })
  assert.equal(await page.locator('h1').textContent(), 'Half-Day Tea')
  assert.equal(await page.locator('[name="trade_type"]:checked').inputValue(), 'MWEB', 'nobody scans the screen he holds')
  assert.equal(await sideways(page), false)
  await picture(page, 'phone-1-list')
  await page.locator('.buy').first().tap()
  await status(page, 'waiting')
  assert.equal(await page.locator('.list').isVisible(), false)
  assert.equal(await page.locator('#qr').isVisible(), false)
  assert.equal(await sideways(page), false)
  await picture(page, 'phone-2-cashier')

  await page.locator('#cashier').tap()
  await page.locator('button[value="pay"]').tap()
  await page.locator('.back a').tap()
  await status(page, 'paid')
  assert.equal(new URL(page.url()).searchParams.get('order'), gateway.orders()[0].out_trade_no)
  assert.equal(await page.locator('#state').textContent(), 'Paid')
  await picture(page, 'phone-3-paid')

  await page.locator('#language').tap()
  assert.equal(await page.locator('#state').textContent(), '已付款')
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-CN')
  await page.reload()
  await status(page, 'paid')
  assert.equal(await page.locator('h1').textContent(), '半日茶')

  await page.locator('#again').tap()
  await page.locator('[name="trade_type"][value="NATIVE"]').check({ force: true })
  await page.locator('.buy').nth(1).tap()
  await page.waitForFunction(() => document.getElementById('qr').naturalWidth > 0)
  await picture(page, 'phone-4-qr')

  const counter = await context.newPage()
  await counter.goto(`${shop.url}/admin`)
  await counter.locator('#token').fill(TOKEN)
  await counter.locator('#door button').tap()
  await counter.locator('.order').first().waitFor()
  assert.equal(await sideways(counter), false)
  await picture(counter, 'phone-5-counter')
  await counter.locator('.give-back').tap()
  await picture(counter, 'phone-6-refund')
  assert.deepEqual(trouble, [])
})

test('where events do not come through, the page asks', options, async (t) => {
  const { gateway, tab, trouble } = await open(t)
  const { page } = await tab()
  await page.route('**/events', (route) => route.fulfill({ status: 503, body: '' }))
  await page.locator('.buy').first().click()
  await status(page, 'waiting')
  await gateway.pay(gateway.orders()[0].out_trade_no)
  await status(page, 'paid')
  assert.ok(trouble.length > 0 && trouble.every((text) => text.includes('503')), trouble.join('\n'))
})

test('a tab that nobody looks at keeps no connection, and is up to date when somebody does', options, async (t) => {
  const { gateway, tab, trouble } = await open(t)
  const { page } = await tab()
  const streams = []
  page.on('request', (request) => request.url().endsWith('/events') && streams.push(request))
  const look = (hidden) => page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { value: hidden, configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))
  }, hidden)
  await page.locator('.buy').first().click()
  await status(page, 'waiting')
  const closed = page.waitForEvent('requestfailed', (request) => request === streams[0])
  await look(true)
  await closed
  await gateway.pay(gateway.orders()[0].out_trade_no)
  assert.equal(streams.length, 1)
  await look(false)
  await status(page, 'paid')
  assert.equal(streams.length, 2)
  assert.deepEqual(trouble, [])
})

test('"I have paid" has WeChat asked', options, async (t) => {
  const { gateway, tab, trouble } = await open(t, { gateway: { faults: [{ on: 'notification', fault: 'never', times: 9 }] } })
  const { page } = await tab()
  await page.locator('.buy').first().click()
  await status(page, 'waiting')
  await gateway.pay(gateway.orders()[0].out_trade_no)
  await page.locator('#have-paid').click()
  await status(page, 'paid')
  assert.deepEqual(trouble, [])
})

test('a wrong token opens nothing', options, async (t) => {
  const { shop, tab } = await open(t)
  const { page } = await tab()
  await page.goto(`${shop.url}/admin`)
  await page.locator('#token').fill('not-the-token-of-the-counter')
  await page.locator('#door button').click()
  await page.locator('#door-trouble').waitFor()
  assert.equal(await page.locator('.desk').isVisible(), false)
  assert.equal(await page.evaluate(() => sessionStorage.length), 0)
})

test('markup in every field of a product and an order is shown as text', options, async (t) => {
  const probe = { ...catalogue[0], name: { zh: PROBE, en: PROBE }, about: { zh: PROBE, en: PROBE }, body: PROBE }
  const { gateway, shop, tab, trouble } = await open(t, { catalogue: [probe] })
  const { context, page } = await tab()
  await page.locator('#note').fill(PROBE)
  await page.locator('.buy').click()
  await status(page, 'waiting')
  await gateway.pay(gateway.orders()[0].out_trade_no)
  await status(page, 'paid')

  assert.equal(await page.locator('#products .name').textContent(), PROBE)
  assert.equal(await page.locator('#products .about').textContent(), PROBE)
  assert.equal(await page.locator('#goods').textContent(), PROBE)
  assert.ok((await page.locator('#facts dd').allTextContents()).includes(PROBE))
  assert.equal(await page.locator('img').count(), 1, 'the QR code is the only picture')
  assert.equal(await page.evaluate(() => window.pwned), undefined)

  const counter = await context.newPage()
  await counter.goto(`${shop.url}/admin`)
  await counter.locator('#token').fill(TOKEN)
  await counter.locator('#door button').click()
  await counter.locator('.order').waitFor()
  assert.equal(await counter.locator('.order .name').textContent(), PROBE)
  assert.equal(await counter.locator('.order .attach').textContent(), PROBE)
  assert.equal(await counter.locator('img').count(), 0)
  assert.equal(await counter.evaluate(() => window.pwned), undefined)
  assert.deepEqual(trouble, [])
})
