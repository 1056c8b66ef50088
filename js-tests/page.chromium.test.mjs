// The page in Chromium: says whether a signature fits, keeps the key, and cannot reach the network.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import http from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { startPage } from '../www/serve.mjs'

const CHROMIUM = '/usr/bin/chromium'
const PICTURES = fileURLToPath(new URL('./screenshots/', import.meta.url))
const PROBE = '<img src=x onerror="window.pwned=1">'
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; " +
  "connect-src 'none'; base-uri 'none'; form-action 'none'"

// The worked example of chapter 4.3.
const KEY = '192006250b4c09247ec02edce69f6a2d'
const STRING = 'appid=wxd930ea5d5a258f4f&body=test&device_info=1000&mch_id=10000100&nonce_str=ibuaiVcKdpRxkhJA'
const MD5 = '9A0A8659F005D6984697E2CA0A9CF3B7'
const HMAC = '6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6'
const LINES = STRING.replaceAll('&', '\n')
const OTHER_KEY = 'k'.repeat(31) + '7'

const missing = existsSync(CHROMIUM) ? false : `${CHROMIUM} is not installed: apt-get install chromium fonts-noto-cjk`

/** CI must not pass by skipping. */
const options = { skip: process.env.CI ? false : missing, timeout: 60_000 }

async function open(t, contextOptions = {}) {
  assert.equal(missing, false, String(missing))
  await mkdir(PICTURES, { recursive: true })
  const served = await startPage()
  let browser
  t.after(async () => {
    await browser?.close()
    await served.close()
  })
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
  })
  const context = await browser.newContext({
    locale: 'zh-CN', viewport: { width: 1200, height: 900 }, ...contextOptions,
  })
  const page = await context.newPage()
  const trouble = []
  page.on('pageerror', (error) => trouble.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') trouble.push(message.text())
  })
  await page.goto(served.url)
  await page.locator('#show:not(:empty)').waitFor()

  const at = (id) => page.locator(`#${id}`)
  const give = async (text, key = KEY) => {
    await at('message').fill(text)
    await at('key').fill(key)
  }
  const state = () => at('found').getAttribute('data-state')
  /** All a script or a reader could find: markup, what is typed, what is stored, the address. */
  const everything = () =>
    page.evaluate(() => {
      const typed = [...document.querySelectorAll('input, textarea')].map(field => field.value)
      return [
        document.documentElement.outerHTML, ...typed, JSON.stringify({ ...localStorage }),
        JSON.stringify({ ...sessionStorage }), document.cookie, location.href, JSON.stringify(history.state),
      ].join('\n')
    })
  return { url: served.url, context, page, trouble, at, give, state, everything }
}

test('the official example fits; the key stands masked behind the string', options, async (t) => {
  const { page, trouble, at, state } = await open(t)
  assert.equal(await state(), 'empty')
  await at('official').click()
  assert.equal(await state(), 'fits')
  assert.equal(await at('verdict').innerText(), '相符')
  assert.match(await at('message').inputValue(), new RegExp(MD5))
  assert.equal(await at('key').getAttribute('type'), 'password')
  assert.equal(await at('key').getAttribute('autocomplete'), 'off')
  assert.match(await at('explanation').innerText(), /MD5/)
  const string = await at('string').textContent()
  assert.ok(string.startsWith(`${STRING}&key=•`), string)
  assert.equal((await page.content()).includes(KEY), false)
  assert.deepEqual(await page.locator('#fields th').allTextContents(), [
    'appid', 'mch_id', 'device_info', 'body', 'nonce_str', 'sign',
  ])
  assert.deepEqual(await page.locator('#fields .out th').allTextContents(), ['sign'])
  await page.screenshot({ path: join(PICTURES, 'page-light.png'), fullPage: true })
  assert.deepEqual(trouble, [])
})

test('a tampered message does not fit, and the right signature is nowhere', options, async (t) => {
  const { page, trouble, at, state, everything } = await open(t, { colorScheme: 'dark' })
  await at('tampered').click()
  assert.equal(await state(), 'misfit')
  assert.equal(await at('fault-code').textContent(), 'SIGN_MISMATCH')
  assert.match(await at('tried').innerText(), /^试过 [\d,]{4,} 种变化，用时 \d+ 毫秒。$/)
  assert.match(await at('fault-message').textContent(), /does not fit the message and the key/)
  const tampered = await at('message').inputValue()
  await page.screenshot({ path: join(PICTURES, 'page-dark.png'), fullPage: true })

  // The right signature, from the page itself, for the same message without its sign.
  const right = []
  await at('message').fill(tampered.replace(/<sign>.*<\/sign>/, ''))
  for (const name of ['MD5', 'HMAC-SHA256']) {
    await page.locator(`[name=algorithm][value=${name}]`).check({ force: true })
    assert.equal(await state(), 'signed')
    right.push(await at('signature').textContent())
  }
  assert.deepEqual(right.map(({ length }) => length), [32, 64])
  assert.ok((await everything()).includes(right[1]), 'it can be seen where it is')

  await at('message').fill(tampered)
  for (const name of ['auto', 'MD5', 'HMAC-SHA256']) {
    await page.locator(`[name=algorithm][value=${name}]`).check({ force: true })
    assert.equal(await state(), name === 'HMAC-SHA256' ? 'refused' : 'misfit')
    const seen = (await everything()).toUpperCase()
    for (const signature of right) assert.equal(seen.includes(signature), false, name)
  }
  assert.equal(await at('fault-code').textContent(), 'SIGN_DOWNGRADE')
  assert.equal(await at('signature-part').isVisible(), false)

  // Nor does an empty sign count as none.
  await at('message').fill(tampered.replace(/<sign>.*<\/sign>/, '<sign></sign>'))
  assert.equal(await state(), 'refused')
  assert.deepEqual(trouble, [])
})

test('signs what carries no sign: lines, JSON, the string itself, both algorithms', options, async (t) => {
  const { page, trouble, at, give, state } = await open(t)
  const json = JSON.stringify(Object.fromEntries(LINES.split('\n').map((line) => line.split('='))))
  for (const text of [LINES, json, STRING, `\n${LINES}\nattach=\n`]) {
    await give(text)
    assert.equal(await state(), 'signed', text)
    assert.equal(await at('signature').textContent(), MD5)
    assert.equal(await at('signature-algorithm').textContent(), 'MD5')
  }
  assert.deepEqual(await page.locator('#fields .out th').allTextContents(), ['attach'])

  await give(LINES)
  await page.locator('[name=algorithm][value=HMAC-SHA256]').check({ force: true })
  assert.equal(await at('signature').textContent(), HMAC)

  await page.locator('[name=algorithm][value=auto]').check({ force: true })
  await at('message').fill(`${LINES}\nsign_type=HMAC-SHA256`)
  const mac = createHmac('sha256', KEY).update(`${STRING}&sign_type=HMAC-SHA256&key=${KEY}`).digest('hex')
  assert.equal(await at('signature').textContent(), mac.toUpperCase())
  await page.locator('[name=algorithm][value=MD5]').check({ force: true })
  assert.equal(await state(), 'refused')
  assert.equal(await at('fault-code').textContent(), 'SIGN_TYPE_CONTRADICTION')
  assert.deepEqual(trouble, [])
})

test('checks HMAC-SHA256; MD5 is a floor, HMAC-SHA256 is one, too', options, async (t) => {
  const { page, trouble, at, give, state } = await open(t)
  await give(`${LINES}\nsign=${HMAC}`)
  for (const name of ['auto', 'MD5', 'HMAC-SHA256']) {
    await page.locator(`[name=algorithm][value=${name}]`).check({ force: true })
    // The same message is also an order, and one without sign_type is MD5's.
    assert.equal(await state(), name === 'auto' ? 'mistaken' : 'fits', name)
    if (name !== 'auto') assert.match(await at('explanation').innerText(), /HMAC-SHA256/)
  }
  await at('message').fill(`${LINES}\nsign=${HMAC.replace('6A9A', '6A9B')}`)
  assert.equal(await state(), 'misfit')
  await at('message').fill(`${LINES}\nsign=${HMAC}`)
  await at('key').fill(OTHER_KEY)
  assert.equal(await state(), 'misfit')
  assert.deepEqual(trouble, [])
})

test('says where a message cannot be read', options, async (t) => {
  const { page, trouble, at, give, state } = await open(t, { locale: 'en-GB' })
  const cases = [
    ['<xml>\n  <body>茶</body>\n  <a><b>1</b></a>\n</xml>', 'XML_NESTED', 'byte 30, line 3'],
    ['<html>', 'XML_NOT_XML', 'byte 0, line 1'],
    ['<!DOCTYPE x><xml></xml>', 'XML_DOCTYPE', 'byte 0, line 1'],
    ['<xml><a>1</a><a>2</a></xml>', 'XML_DUPLICATE', ''],
    ['{"a":"1","a":"2"}', 'FIELD_DUPLICATE', ''],
    ['{"a":1.5}', 'FIELD_VALUE', ''],
    ['{"a":{"b":"1"}}', 'FIELD_VALUE', ''],
    ['{"a":', 'JSON', ''],
    ['[1]', 'JSON', ''],
    ['a=茶\nhello', 'FIELD_NAME', 'byte 6, line 2'],
    ['a=1\na=2', 'FIELD_DUPLICATE', 'byte 4, line 2'],
  ]
  for (const [text, code, place] of cases) {
    await give(text)
    assert.equal(await state(), 'unread', text)
    assert.equal(await at('fault-code').innerText(), code, text)
    assert.equal(await at('fault-place').innerText(), place, text)
    assert.notEqual(await at('fault-message').innerText(), '')
    assert.equal(await at('string-part').isVisible(), false)
  }
  await give('<xml>\n  <body>茶</body>\n  <a><b>1</b></a>\n</xml>')
  assert.equal(await page.locator('#fault-excerpt mark').textContent(), '<')
  await give('{"a:b":"x:\\"y", "c" : 12, "d": null}')
  assert.equal(await at('fault-code').innerText(), 'FIELD_NAME')
  await give('{"a":"x:\\"y", "c" : 12, "d": null}')
  assert.equal(await state(), 'signed')

  // The key as a field would stand in the string to sign.
  await give(`${STRING}&key=${KEY}`)
  assert.equal(await at('fault-code').innerText(), 'FIELD_RESERVED')
  assert.equal((await page.content()).includes(KEY), false)
  assert.deepEqual(trouble, [])
})

test('names the characters that nobody sees; markup is text', options, async (t) => {
  const { page, trouble, at, give, state } = await open(t)
  await give(`body=te\u200bst \nattach=${PROBE}\nprice=\u202e12`)
  assert.equal(await state(), 'signed')
  assert.deepEqual(await page.locator('#fields mark').allTextContents(), ['U+200B', 'U+0020', 'U+202E'])
  assert.equal(await at('odd-note').isVisible(), true)
  assert.ok((await page.locator('#fields td').allTextContents()).includes(PROBE))

  await give(`<xml><a><![CDATA[${PROBE}]]></a><b>${PROBE}</b></xml>`)
  assert.equal(await state(), 'unread')
  assert.equal(await page.locator('img').count(), 0)
  assert.equal(await page.evaluate(() => window.pwned), undefined)
  assert.deepEqual(trouble, [])
})

test('after "forget" the key is in no field, storage or markup, and undo does not bring it back', options, async (t) => {
  const { page, trouble, at, give, state, everything } = await open(t)
  await give(`${LINES}\nsign=${MD5}`, '')
  await at('key').pressSequentially(OTHER_KEY)
  assert.equal(await state(), 'misfit')
  await at('show').click()
  assert.equal(await at('key').getAttribute('type'), 'text')
  assert.ok((await everything()).includes(OTHER_KEY), 'it can be seen where it is')

  await at('forget').click()
  assert.equal((await everything()).includes(OTHER_KEY), false)
  assert.equal(await at('key').getAttribute('type'), 'password')
  assert.equal(await state(), 'empty')
  assert.equal(await page.evaluate(() => document.activeElement.id), 'key')
  assert.equal(await at('announcement').textContent(), '密钥和报文都已清除')
  await page.keyboard.press('Control+z')
  assert.equal((await everything()).includes(OTHER_KEY), false)

  // The field that took its place works.
  await give(`${LINES}\nsign=${MD5}`, KEY)
  assert.equal(await state(), 'fits')

  // A key that was pasted into the message goes, too; and leaving the page forgets.
  await give(`a=1\nnote=${OTHER_KEY}`, OTHER_KEY)
  await at('forget').click()
  assert.equal((await everything()).includes(OTHER_KEY), false)
  await give(LINES, OTHER_KEY)
  await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })))
  assert.equal((await everything()).includes(OTHER_KEY), false)
  assert.deepEqual(trouble, [])
})

test('the policy keeps the page off the network', options, async (t) => {
  const { url, page, trouble, at } = await open(t)
  const asked = []
  const elsewhere = http.createServer((request, response) => {
    asked.push(request.url)
    response.setHeader('access-control-allow-origin', '*').end()
  })
  await new Promise((ready) => elsewhere.listen(0, '127.0.0.1', ready))
  t.after(() => elsewhere.close().closeAllConnections())
  const target = `http://127.0.0.1:${elsewhere.address().port}/leak`

  const answer = await fetch(url)
  assert.equal(answer.headers.get('content-security-policy'), POLICY)
  assert.ok((await readFile(new URL('../www/index.html', import.meta.url), 'utf8')).includes(`content="${POLICY}"`))

  await at('official').click()
  await page.waitForTimeout(900)
  assert.deepEqual(trouble, [], 'nothing before we try')
  const refused = await page.evaluate(async (addresses) => {
    const broken = []
    document.addEventListener('securitypolicyviolation', (event) => broken.push(event.effectiveDirective))
    const failures = []
    for (const address of addresses) failures.push(await fetch(address).then(() => 'open', () => 'refused'))
    navigator.sendBeacon(addresses[1], 'x')
    document.body.append(Object.assign(new Image(), { src: addresses[1] }))
    await new Promise((done) => setTimeout(done, 300))
    return { failures, broken: [...new Set(broken)].sort() }
  }, [url, target])
  assert.deepEqual(refused, { failures: ['refused', 'refused'], broken: ['connect-src', 'img-src'] })
  assert.deepEqual(asked, [])
})

test('two languages, remembered; labels and the keyboard; a phone scrolls one way', options, async (t) => {
  const { page, trouble, at, state } = await open(t, { locale: 'en-GB', viewport: { width: 360, height: 740 } })
  assert.equal(await page.locator('html').getAttribute('lang'), 'en')
  assert.equal(await page.title(), 'Signature doctor · WeChat Pay API v2')
  const heard = await page.locator('body').ariaSnapshot()
  const parts = [
    'textbox "Message"', 'button "Official example"', 'button "Tampered notification"', 'textbox "API v2 key"',
    'button "Show"', 'button "Forget everything"', 'group "Algorithm"', 'radio "Auto" [checked]', 'heading "Waiting" [level=2]',
  ]
  for (const part of parts) assert.ok(heard.includes(`- ${part}`), `${part} in\n${heard}`)

  await at('message').focus()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  assert.equal(await state(), 'misfit')
  await page.locator('#announcement', { hasText: /^Does not fit\. No known mistake/ }).waitFor({ state: 'attached' })
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth))
  await at('official').click()
  assert.equal(await at('verdict').innerText(), 'Fits')
  await page.screenshot({ path: join(PICTURES, 'page-phone.png'), fullPage: true })

  await at('language').click()
  assert.equal(await at('verdict').innerText(), '相符')
  assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN')
  await page.reload()
  await page.locator('#show:not(:empty)').waitFor()
  assert.equal(await page.locator('h1').innerText(), '签名诊断')
  assert.equal(await at('key').inputValue(), '')
  assert.deepEqual(trouble, [])
})

test('the server gives the page and the scripts of the package, and nothing else', { timeout: 20_000 }, async (t) => {
  const served = await startPage()
  t.after(() => served.close())
  const { port } = new URL(served.url)
  // http.request sends a path as it is; fetch would tidy it up.
  const get = (path, method = 'GET') =>
    new Promise((done, failed) => {
      http
        .request({ port, path, method, host: '127.0.0.1' }, (response) => {
          response.resume()
          response.on('end', () => done(response))
        })
        .on('error', failed)
        .end()
    })
  const types = {
    '/': 'text/html; charset=utf-8',
    '/page.css': 'text/css; charset=utf-8',
    '/page.mjs?1': 'text/javascript; charset=utf-8',
    '/wxpay-wasm/index.js': 'text/javascript; charset=utf-8',
    '/icon.svg': 'image/svg+xml',
  }
  for (const [path, type] of Object.entries(types)) {
    const response = await get(path)
    assert.equal(response.statusCode, 200, path)
    assert.equal(response.headers['content-type'], type)
    assert.equal(response.headers['content-security-policy'], POLICY)
  }
  const others = [
    '/serve.mjs', '/wxpay-wasm/', '/wxpay-wasm/index.d.ts', '/wxpay-wasm/../../package.json',
    '/wxpay-wasm/../cjs/index.js', '/wxpay-wasm/%2e%2e/cjs/index.js', '/wxpay-wasm//index.js',
    '/wxpay-wasm/none.js', '/../README.md', '/constructor', '//', '/wxpay-wasm/adapters.js/../index.js',
  ]
  for (const path of others) {
    const response = await get(path)
    assert.equal(response.statusCode, 404, path)
    assert.equal(response.headers['content-security-policy'], POLICY)
  }
  assert.equal((await get('/', 'POST')).statusCode, 405)
})
