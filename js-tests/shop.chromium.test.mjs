// The page of the shop in Chromium: buys, shows the code, turns paid by itself.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { createGateway } from 'wxpay-wasm/testing'
import { catalogue } from '../examples/shop/catalogue.mjs'
import { startShop } from '../examples/shop/shop.mjs'

const CHROMIUM = '/usr/bin/chromium'
const PICTURES = fileURLToPath(new URL('./screenshots/', import.meta.url))
const PROBE = '<img src=x onerror="window.pwned=1">'

const missing = existsSync(CHROMIUM) ? false : `${CHROMIUM} is not installed: apt-get install chromium fonts-noto-cjk`

/** CI must not pass by skipping. */
const options = { skip: process.env.CI ? false : missing, timeout: 60_000 }

async function open(t, shopOptions = {}) {
  assert.equal(missing, false, String(missing))
  const folder = await mkdtemp(join(tmpdir(), 'wxpay-shop-chromium-'))
  await mkdir(PICTURES, { recursive: true })
  const gateway = await createGateway()
  let shop, browser
  t.after(async () => {
    await browser?.close()
    await gateway.close()
    await shop?.close()
    await rm(folder, { recursive: true })
  })
  const { appid, mchid, key: partnerKey, appSecret, url: gatewayUrl } = gateway
  shop = await startShop({
    appid, mchid, partnerKey, appSecret, gatewayUrl, databaseUrl: `sqlite:${join(folder, 'shop.db')}`, ...shopOptions,
  })
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
  })

  async function tab({ locale = 'zh-CN', ...more } = {}) {
    const context = await browser.newContext({ locale, viewport: { width: 1200, height: 900 }, ...more })
    const page = await context.newPage()
    const trouble = []
    page.on('pageerror', (error) => trouble.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') trouble.push(message.text())
    })
    await page.goto(shop.url)
    await page.locator('.buy').first().waitFor()
    return { context, page, trouble }
  }
  return { gateway, shop, tab }
}

test('a purchase: QR code, payment in another tab, the page turns paid by itself', options, async (t) => {
  const { gateway, shop, tab } = await open(t)
  const { context, page, trouble } = await tab()

  await page.locator('.buy[data-product="longjing-50"]').click()
  await page.locator('#receipt[data-state="waiting"]').waitFor()
  assert.equal(await page.locator('#state').textContent(), '等待付款')
  assert.equal(await page.locator('#amount').textContent(), '¥68.00')
  await page.waitForFunction(() => document.getElementById('qr').naturalWidth > 0)
  const link = page.locator('#open')
  assert.equal(await link.getAttribute('href'), gateway.orders()[0].code_url)
  await page.screenshot({ path: join(PICTURES, 'shop-before.png') })

  const opened = context.waitForEvent('page')
  await link.click()
  const payPage = await opened
  await payPage.locator('button[value="pay"]').click()
  await payPage.waitForLoadState()

  // Nothing is done to the shop's page from here on.
  await page.locator('#receipt[data-state="paid"]').waitFor({ timeout: 10_000 })
  assert.equal(await page.locator('#state').textContent(), '已付款')
  assert.equal(await page.locator('.seal').isVisible(), true)
  await page.waitForTimeout(600) // the seal lands
  await page.screenshot({ path: join(PICTURES, 'shop-after.png') })

  const [{ out_trade_no, transaction_id }] = gateway.orders()
  assert.equal((await shop.store.findOrder(out_trade_no)).transaction_id, transaction_id)
  assert.equal((await shop.store.listEvents(out_trade_no)).length, 1)

  await page.reload()
  await page.locator('#receipt[data-state="paid"]').waitFor()
  assert.deepEqual(trouble, [])
})

test('two languages, remembered; a phone has nothing to scroll sideways', options, async (t) => {
  const { tab } = await open(t)
  const { page, trouble } = await tab({ locale: 'en-GB', viewport: { width: 360, height: 740 }, colorScheme: 'dark' })
  assert.equal(await page.locator('h1').textContent(), 'Half-Day Tea')
  await page.locator('.buy').first().click()
  await page.locator('#receipt[data-state="waiting"]').waitFor()
  assert.equal(await page.locator('#state').textContent(), 'Waiting for payment')
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth))
  await page.waitForFunction(() => document.getElementById('qr').naturalWidth > 0)
  await page.screenshot({ path: join(PICTURES, 'shop-phone.png'), fullPage: true })

  await page.locator('#language').click()
  assert.equal(await page.locator('#state').textContent(), '等待付款')
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-CN')
  await page.reload()
  await page.locator('.buy').first().waitFor()
  assert.equal(await page.locator('h1').textContent(), '半日茶')
  assert.deepEqual(trouble, [])
})

test('markup in every field of a product and an order is shown as text', options, async (t) => {
  const probe = { ...catalogue[0], name: { zh: PROBE, en: PROBE }, about: { zh: PROBE, en: PROBE }, body: PROBE }
  const { gateway, tab } = await open(t, { catalogue: [probe] })
  const { page, trouble } = await tab()
  await page.locator('#note').fill(PROBE)
  await page.locator('.buy').click()
  await page.locator('#receipt[data-state="waiting"]').waitFor()
  await gateway.pay(gateway.orders()[0].out_trade_no)
  await page.locator('#receipt[data-state="paid"]').waitFor()

  assert.equal(await page.locator('#products .name').textContent(), PROBE)
  assert.equal(await page.locator('#products .about').textContent(), PROBE)
  assert.equal(await page.locator('#goods').textContent(), PROBE)
  assert.ok((await page.locator('#facts dd').allTextContents()).includes(PROBE))
  assert.equal(await page.locator('img').count(), 1, 'the QR code is the only picture')
  assert.equal(await page.evaluate(() => window.pwned), undefined)
  assert.deepEqual(trouble, [])
})
