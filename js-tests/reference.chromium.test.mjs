// The page of calls in Chromium: from a file, without a network; the filter, the links, the copying.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { startPage } from '../www/serve.mjs'
import { TABLE } from './table.mjs'

const CHROMIUM = '/usr/bin/chromium'
const PICTURES = fileURLToPath(new URL('./screenshots/', import.meta.url))
const FILE = new URL('../www/dist/endpoints.html', import.meta.url).href

const missing = existsSync(CHROMIUM) ? false : `${CHROMIUM} is not installed: apt-get install chromium fonts-noto-cjk`

/** CI must not pass by skipping. */
const options = { skip: process.env.CI ? false : missing, timeout: 60_000 }

const PHONE = { viewport: { width: 375, height: 800 }, hasTouch: true, isMobile: true }
const DESK = { viewport: { width: 1280, height: 900 } }

async function open(t, contextOptions, address = FILE) {
  assert.equal(missing, false, String(missing))
  await mkdir(PICTURES, { recursive: true })
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  })
  t.after(() => browser.close())
  const context = await browser.newContext({ locale: 'en-US', ...contextOptions })
  const page = await context.newPage()
  const trouble = []
  page.on('pageerror', error => trouble.push(error.message))
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') trouble.push(message.text())
  })
  const requests = []
  page.on('request', request => requests.push(request.url()))
  await page.goto(address)
  const shown = () => page.locator('article:visible').evaluateAll(all => all.map(({ id }) => id))
  const narrow = () => page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)
  return { context, page, trouble, requests, shown, narrow, filter: page.locator('#filter'), count: page.locator('#count') }
}

test('the filter finds calls by name, path, field and err_code', options, async t => {
  const { page, trouble, requests, shown, filter, count } = await open(t, DESK)
  const all = TABLE.map(({ name }) => name)
  assert.deepEqual(await shown(), all)
  assert.equal(await count.textContent(), String(all.length))

  await filter.fill('micropay')
  const some = await shown()
  assert.ok(some.includes('micropay') && some.length < all.length / 2, some.join())
  assert.ok(!some.includes('refund'))
  assert.equal(await count.textContent(), `${some.length} of ${all.length}`)
  assert.deepEqual(
    await page.locator('#index li:visible a').evaluateAll(links => links.map(link => link.hash.slice(1))),
    some,
  )

  const found = async (text, expected) => {
    await filter.fill(text)
    assert.deepEqual(await shown(), expected, text)
  }
  await found('/SECAPI/pay/refund', all.filter(name => TABLE.find(e => e.name === name).path.startsWith('/secapi/pay/refund')))
  await found('查询退款 单品', ['refundQueryV2'])
  await found('createorder', ['unifiedOrder'])
  await found('js_code', ['code2Session'])
  await found('BIZERR_NEED_RETRY v2', ['refundV2'])
  assert.equal(await page.locator('#none').isVisible(), false)
  await found('no such thing', [])
  assert.equal(await page.locator('#none').isVisible(), true)

  // A link to what is hidden shows it.
  await page.evaluate(() => { location.hash = '#refund' })
  await page.locator('#refund').waitFor()
  assert.equal(await filter.inputValue(), '')
  assert.deepEqual(await shown(), all)

  await page.locator('body').press('/')
  assert.equal(await page.evaluate(() => document.activeElement.id), 'filter')
  assert.deepEqual(trouble, [])
  assert.deepEqual(requests, [FILE])
})

test('on a desk', options, async t => {
  const { page, trouble, narrow } = await open(t, DESK)
  await page.screenshot({ path: join(PICTURES, 'calls-desk.png') })
  await page.locator('#index a[href="#refund"]').click()
  const top = await page.locator('#refund').evaluate(article => article.getBoundingClientRect().top)
  assert.ok(Math.abs(top) < 5, `${top}`)
  assert.equal(await page.locator('#refund-name').isVisible(), true)
  for (const summary of await page.locator('#refund summary').all()) {
    if (!(await summary.evaluate(s => s.parentElement.open))) await summary.click()
  }
  await page.locator('#refund').screenshot({ path: join(PICTURES, 'calls-desk-refund.png') })
  assert.ok(await narrow())
  assert.deepEqual(trouble, [])
})

test('on a phone, in the dark', options, async t => {
  const { page, trouble, narrow, filter } = await open(t, { ...PHONE, colorScheme: 'dark' })
  assert.ok(await narrow())
  assert.equal(await page.locator('#index').evaluate(index => index.open), false)
  await page.screenshot({ path: join(PICTURES, 'calls-phone.png') })
  await page.locator('#index summary').click()
  await page.screenshot({ path: join(PICTURES, 'calls-phone-index.png') })
  await page.locator('#index a[href="#code2Session"]').click()
  assert.equal(await page.locator('#index').evaluate(index => index.open), false)
  // The bar with the filter does not cover what the link leads to.
  const bar = await page.locator('nav').evaluate(nav => nav.getBoundingClientRect().bottom)
  const head = await page.locator('#code2Session-name').evaluate(h => h.getBoundingClientRect().top)
  assert.ok(head >= bar - 1, `${head} under ${bar}`)
  await filter.fill('papPayApply')
  // What is found is in sight, wherever one was.
  const first = await page.locator('article:visible').first().evaluate(a => a.getBoundingClientRect().top)
  assert.ok(first > 0 && first < 800, `${first}`)
  await page.screenshot({ path: join(PICTURES, 'calls-phone-call.png') })
  assert.ok(await narrow())
  assert.deepEqual(trouble, [])
})

test('a call is copied', options, async t => {
  const served = await startPage()
  t.after(() => served.close())
  const { page, context, trouble } = await open(t, DESK, `${served.url}endpoints.html#closeOrder`)
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.locator('#closeOrder .example button').click()
  await page.locator('#closeOrder .example button', { hasText: 'Copied' }).waitFor()
  assert.equal(
    await page.evaluate(() => navigator.clipboard.readText()),
    `const answer = await pay.closeOrder({\n  out_trade_no: '1217752501201407033233368018',\n})\n`,
  )
  assert.deepEqual(trouble, [])
})
