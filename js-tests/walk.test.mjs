// A newcomer's walk: README.zh-CN.md, word by word, in an empty folder, with the packed tarball in the
// place of the published package and two free ports in the place of 3000 and 8080.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from './documentation/module.mjs'
import { blocks } from './documentation/pages.mjs'

const PAGE = 'README.zh-CN.md'
const home = dirname(fileURLToPath(import.meta.resolve('wxpay-wasm/package.json')))
const ENV = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|WXPAY_|WX_|NODE_OPTIONS|NODE_TEST)/i.test(name)))

/** The block with these words after `walk`. */
function step(...words) {
  const wanted = words.join(' ')
  const found = blocks(PAGE).filter(({ words }) => words.slice(words.indexOf('walk') + 1).join(' ') === wanted && words.includes('walk'))
  assert.equal(found.length, 1, wanted)
  return found[0].text
}

let tarball
let place
before(() => {
  place = mkdtempSync(join(tmpdir(), 'wxpay-walk-'))
  const said = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', place], { cwd: home, env: ENV, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  tarball = join(place, Object.values(JSON.parse(said))[0].filename)
})
after(() => rmSync(place, { recursive: true, force: true }))

/** One newcomer: a folder, terminals, and two ports of his own. */
async function newcomer(t, name) {
  const cwd = join(place, name)
  mkdirSync(cwd)
  const [shop, gateway] = [await freePort(), await freePort()]
  const here = text => text.replaceAll('3000', String(shop)).replaceAll('8080', String(gateway))
  const shell = { cwd, env: ENV, encoding: 'utf8' }

  return {
    shop,
    gateway,
    /** Types a block of commands, and waits for their end; ORDER is the number that he was told. */
    type(text, order = 'ORDER') {
      const command = here(text).replaceAll('ORDER', order).replaceAll('wxpay-wasm', /^npm install/.test(text) ? tarball : 'wxpay-wasm')
      const quick = command.replace('npm install', 'npm install --prefer-offline --no-audit --no-fund --loglevel=error')
      return execFileSync('bash', ['-ec', quick], { ...shell, stdio: ['ignore', 'pipe', 'pipe'] })
    },
    /** Types it in a terminal of its own, where it runs until the walk is over. */
    leave(text, port) {
      const child = spawn('bash', ['-c', `exec ${here(text).trim()}`], { cwd, env: ENV, stdio: ['ignore', 'ignore', 'pipe'], detached: true })
      let stderr = ''
      child.stderr.setEncoding('utf8').on('data', part => (stderr += part))
      t.after(() => process.kill(-child.pid, 'SIGKILL'))
      return reachable(port, () => assert.equal(child.exitCode, null, stderr))
    },
    /** Puts a block into the file that its first line names, or that he is told to make. */
    write(file, text) {
      if (!/^\w.*$/m.test(text)) throw new RangeError(file)
      writeFileSync(join(cwd, file), here(text))
    },
    add: (file, text) => appendFileSync(join(cwd, file), here(text)),
    read: file => readFileSync(join(cwd, file), 'utf8'),
  }
}

async function reachable(port, alive) {
  for (let tries = 0; tries < 600; tries++) {
    alive()
    const found = await fetch(`http://127.0.0.1:${port}/`).then(() => true, () => false)
    if (found) return
    await pause(100)
  }
  assert.fail(`nothing listens on ${port}`)
}

const shape = text => new RegExp(`^${text.trim().split('…').map(part => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('[^"]+')}$`)

/** Order, open the code in a browser, pay, ask: what both shops of the page do. */
async function buy(person) {
  const here = text => text.replaceAll('8080', String(person.gateway))
  const ordered = person.type(step('order'))
  assert.match(ordered, shape(here(step('ordered'))))
  const { out_trade_no, code_url } = JSON.parse(ordered)
  assert.equal(person.type(step('query'), out_trade_no), '{"state":"NOTPAY"}')
  // What the button on that page does.
  const page = await (await fetch(code_url)).text()
  assert.match(page, /value="pay"/)
  const form = new URLSearchParams(Array.from(page.matchAll(/name="(\w+)" value="([^"]*)"/g), ([, name, value]) => [name, value]))
  const action = /<form[^>]*action="([^"]*)"/.exec(page)?.[1] ?? ''
  form.set(/name="(\w+)" value="pay"/.exec(page)[1], 'pay')
  const paid = await fetch(new URL(action, code_url), { method: 'POST', body: form, headers: { origin: new URL(code_url).origin } })
  assert.ok(paid.ok, `${paid.status}`)
  for (let tries = 0; tries < 100; tries++) {
    const said = person.type(step('query'), out_trade_no)
    if (shape(step('paid')).test(said)) return
    await pause(100)
  }
  assert.fail('the order was not paid')
}

describe('README.zh-CN.md, word by word', { concurrency: 1, timeout: 400_000 }, () => {
  test('Koa', async t => {
    const person = await newcomer(t, 'koa')
    const [first] = blocks(PAGE)
    assert.match(first.text, /^npm install wxpay-wasm koa @koa\/router$/m)
    person.type(first.text)
    person.write('app.mjs', step('koa', 'app.mjs'))
    person.write('.env', step('.env'))
    await person.leave(step('gateway'), person.gateway)
    await person.leave(step('koa', 'start'), person.shop)
    await buy(person)
  })

  test('Express', async t => {
    const person = await newcomer(t, 'express')
    person.type(step('express', 'install'))
    person.write('express.mjs', step('express', 'express.mjs'))
    person.write('.env', step('.env'))
    await person.leave(step('gateway'), person.gateway)
    await person.leave(step('express', 'start'), person.shop)
    await buy(person)
  })

  test('the cloud function in one file', async t => {
    const person = await newcomer(t, 'cloud')
    person.type(step('cloud', 'install'))
    person.write('index.js', step('cloud', 'index.js'))
    person.write('.env', step('.env'))
    person.add('.env', step('cloud', '.env'))
    await person.leave(step('gateway'), person.gateway)
    const said = person.type(step('cloud', 'start'))
    const out_trade_no = /out_trade_no: '(\w{32})'/.exec(said)[1]
    for (const name of ['timeStamp', 'nonceStr', 'package', 'signType', 'paySign']) assert.match(said, new RegExp(`${name}: '`))
    const query = step('cloud', 'start').replace("product_id: 'tea-1'", `out_trade_no: '${out_trade_no}'`)
    assert.equal(person.type(query), 'NOTPAY\n')
    person.type(step('cloud', 'pay'), out_trade_no)
    assert.equal(person.type(query), 'SUCCESS\n')
  })
})
