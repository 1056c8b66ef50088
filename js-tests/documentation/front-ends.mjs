// Code blocks that run where people pay: in a mini program, and in a browser.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import http from 'node:http'
import { extname, join } from 'node:path'
import { chromium } from 'playwright-core'
import { listen } from '../server.mjs'

const CHROMIUM = '/usr/bin/chromium'
const TYPES = { '.js': 'text/javascript', '.html': 'text/html; charset=utf-8' }

/** The functions of the block, where `wx` answers as WeChat's client does; the purchase must succeed. */
export async function miniProgram(text) {
  const asked = []
  const payment = { timeStamp: '1', nonceStr: 'n', package: 'prepay_id=1', signType: 'MD5', paySign: 'S' }
  const wx = {
    cloud: {
      async callFunction({ name, data }) {
        asked.push([name, data])
        return { result: data.out_trade_no ? 'SUCCESS' : { out_trade_no: 'A1', payment } }
      },
    },
    login: async () => ({ code: 'c' }),
    request: ({ success }) => success({ statusCode: 200, data: { out_trade_no: 'A1', payment, state: 'SUCCESS' } }),
    requestPayment: async given => assert.deepEqual(given, payment),
  }
  const buy = new Function('wx', `${text}\nreturn buy`)(wx)
  assert.equal(await buy('tea-1'), true)
  assert.ok(asked.every(([name]) => name === 'pay'))
}

/** The page in Chromium, served with the package beside it: no error, and what it says. */
export async function inChromium(t, { text, page: where, line }, folder) {
  if (!existsSync(CHROMIUM) && !process.env.CI) return t.skip(`${CHROMIUM} is not installed`)
  const url = await listen(t, http.createServer((request, response) => {
    const file = request.url === '/' ? undefined : join(folder, request.url)
    const type = TYPES[extname(file ?? 'index.html')]
    if (type === undefined || (file && (request.url.includes('..') || !existsSync(file)))) {
      response.writeHead(404)
      return response.end()
    }
    response.setHeader('content-type', type)
    response.end(file ? readFileSync(file) : `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">${text}`)
  }))
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'] })
  t.after(() => browser.close())
  const tab = await browser.newPage()
  const trouble = []
  tab.on('pageerror', error => trouble.push(error.message))
  tab.on('console', message => message.type() === 'error' && trouble.push(message.text()))
  await tab.goto(url)
  await tab.waitForFunction(() => document.querySelector('output').textContent !== '', undefined, { timeout: 10_000 }).catch(() => {})
  assert.deepEqual(trouble, [], `${where}:${line}`)
  assert.match(await tab.locator('output').textContent(), /^body=.+&total_fee=880$/)
}
