// The pictures of the README, from the real pages: `cargo xtask pictures`. Written anew, never edited.
import { spawn } from 'node:child_process'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startShop } from '../examples/shop/shop.mjs'
import { writeSequence } from './sequence.mjs'

const at = path => fileURLToPath(new URL(path, import.meta.url))
const require = createRequire(new URL('../js-tests/package.json', import.meta.url))
const { chromium } = require('playwright-core')
const { createGateway } = require('wxpay-wasm/testing')
const { WxPay } = require('wxpay-wasm/client')
const { stringToSign } = require('wxpay-wasm')

/** Bytes: four of them stand in the README's first screen. */
const LARGEST = 120_000

writeSequence()
const folder = await mkdtemp(join(tmpdir(), 'wxpay-pictures-'))
const gateway = await createGateway()
const { appid, mchid, key: partnerKey, appSecret, url: gatewayUrl } = gateway
const wxpay = { appid, mchid, partnerKey, appSecret, baseUrl: gatewayUrl }
const shop = await startShop({ wxpay, databaseUrl: `sqlite:${join(folder, 'shop.db')}` })
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
})
try {
  await takeShop()
  await takeDashboard()
  await takeDoctor()
  await takeTerminal()
} finally {
  await browser.close()
  await gateway.close()
  await shop.close()
  await rm(folder, { recursive: true })
}

async function open(url, viewport = { width: 1000, height: 750 }) {
  const context = await browser.newContext({ locale: 'en-GB', colorScheme: 'light', viewport })
  const page = await context.newPage()
  await page.goto(url)
  return page
}

async function shoot(page, name) {
  await page.waitForTimeout(600) // what moves has come to rest
  const path = at(`pictures/${name}.png`)
  await page.screenshot({ path })
  const { size } = await stat(path)
  if (size > LARGEST) throw new RangeError(`${name}.png has ${size} bytes, and may have ${LARGEST}`)
  console.log(`docs/pictures/${name}.png ${size} bytes`)
  await page.context().close()
}

/** A tea, and the QR code that waits for its payer. */
async function takeShop() {
  const page = await open(shop.url)
  await page.locator('.buy').first().click()
  await page.locator('[data-state="waiting"]').first().waitFor()
  await page.waitForFunction(() => [...document.images].every(image => image.complete && image.naturalWidth > 0))
  await shoot(page, 'shop')
}

/** Orders in several states, and what was said on the way. */
async function takeDashboard() {
  const pay = new WxPay({ appid, mchid, partnerKey, baseUrl: gatewayUrl, notify_url: `${shop.url}/pay/notify` })
  const [waiting] = gateway.orders()
  await gateway.pay(waiting.out_trade_no)
  for (const [n, body] of ['Longjing 50 g', 'Gaiwan', 'Tea tray'].entries()) {
    const order = { out_trade_no: `T2026-000${n + 1}`, body, total_fee: 880 * (n + 1), trade_type: 'NATIVE', product_id: `P${n}` }
    await pay.unifiedOrder(order)
  }
  await pay.orderQuery({ out_trade_no: waiting.out_trade_no })
  const page = await open(`${gatewayUrl}/_gateway/`, { width: 1040, height: 660 })
  await page.locator('#link[data-state="live"]').waitFor()
  await shoot(page, 'dashboard')
}

/** A message whose signature was made with an empty field. */
async function takeDoctor() {
  const { createHash } = await import('node:crypto')
  const fields = { appid, attach: '', body: 'Longjing tea', mch_id: mchid, nonce_str: 'ibuaiVcKdpRxkhJA', out_trade_no: 'T20261121', total_fee: '880' }
  const wrong = `${stringToSign(fields).replace('&body=', '&attach=&body=')}&key=${partnerKey}`
  const sign = createHash('md5').update(wrong).digest('hex').toUpperCase()
  const lines = Object.entries({ ...fields, sign }).map(([name, value]) => `  <${name}>${value}</${name}>`)
  const page = await open(new URL('../www/dist/doctor.html', import.meta.url).href, { width: 960, height: 660 })
  await page.locator('#message').fill(`<xml>\n${lines.join('\n')}\n</xml>`)
  await page.locator('#key').fill(partnerKey)
  await page.locator('#mistakes code').first().waitFor()
  await shoot(page, 'doctor')
}

/** The command `order`, with its colours off, as a terminal shows it; the payer pays. */
async function takeTerminal() {
  const { bin } = require('wxpay-wasm/package.json')
  const cli = require.resolve('wxpay-wasm/package.json').replace('package.json', bin['wxpay-wasm'])
  const env = {
    ...process.env, WXPAY_APPID: appid, WXPAY_MCHID: mchid, WXPAY_KEY: partnerKey, WXPAY_BASE_URL: gatewayUrl,
    WXPAY_NOTIFY_URL: 'http://127.0.0.1:9/notify', TERM: 'xterm-256color', COLUMNS: '80',
  }
  const args = ['order', '--total-fee', '880', '--body', 'tea', '--out-trade-no', 'T20261121']
  const child = spawn(process.execPath, [cli, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', part => (said += part))
  const ended = new Promise(resolve => child.on('close', resolve))
  while (!gateway.orders().some(({ out_trade_no }) => out_trade_no === 'T20261121')) await new Promise(resolve => setTimeout(resolve, 50))
  await gateway.pay('T20261121')
  if ((await ended) !== 0) throw new Error(said)
  const escape = text => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  const shown = said.replaceAll(/\x1b\[[\d;]*[A-Za-z]/g, '').trimEnd()
  const page = await open('about:blank', { width: 860, height: 720 })
  await page.setContent(`<!doctype html><meta charset="utf-8"><style>
    body { margin: 0; background: #14171c; color: #d8dee9; padding: 24px 28px }
    pre { font: 15px/17px "DejaVu Sans Mono", "Noto Sans Mono CJK SC", monospace; margin: 0; white-space: pre-wrap; overflow-wrap: anywhere }
    b { color: #8fd19e; font-weight: 400 }</style>
    <pre><b>$</b> npx wxpay-wasm ${args.join(' ')}\n${escape(shown)}</pre>`)
  const height = await page.evaluate(() => document.body.getBoundingClientRect().height)
  await page.setViewportSize({ width: 860, height: Math.ceil(height) })
  await shoot(page, 'terminal')
}
