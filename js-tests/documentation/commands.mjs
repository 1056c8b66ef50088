// Commands of a page, as they are typed: those of this package run, those of others must exist.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createGateway, signedNotification } from 'wxpay-wasm/testing'
import { start } from '../command.mjs'
import { folder, settings } from './module.mjs'
import { root } from './pages.mjs'

const help = readFileSync(join(root, 'xtask/src/main.rs'), 'utf8')
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))

/** Runs a command of the package beside a gateway; what stands below it is what it prints. */
async function ours(t, words, printed) {
  const gateway = await createGateway({ closeAfter: 0 })
  t.after(() => gateway.close())
  const cwd = folder(t)
  const given = { key: gateway.key, appid: gateway.appid, mchid: gateway.mchid }
  writeFileSync(join(cwd, 'notification.xml'), signedNotification({ out_trade_no: 'A1001', total_fee: 880 }, given))
  writeFileSync(join(cwd, 'rejected.xml'), signedNotification({ out_trade_no: 'A1001' }, given).replace(/<return_code>/, '<attach> </attach><return_code>'))
  const env = { ...settings(gateway, 9), WXPAY_CERT_PASSPHRASE: gateway.mchid }
  const { child, said, ended } = start(words, { env, cwd })
  // The gateway runs until it is told to stop, and an order waits for its payer.
  const timer = setInterval(() => {
    const waiting = gateway.orders().find(order => order.trade_state === 'NOTPAY')
    if (waiting) void gateway.pay(waiting.out_trade_no)
    if (words[0] === 'gateway' && said.stdout !== '') child.kill('SIGTERM')
  }, 50)
  const { status, stdout, stderr } = await ended
  clearInterval(timer)
  assert.ok([0, 1].includes(status), `${words.join(' ')}: ${status}\n${stderr}`)
  const lines = printed.split('…').map(part => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  if (printed !== '') assert.match(stdout, new RegExp(`^${lines.join('[^]*')}`))
  else assert.equal(status, 0, stderr)
}

/** The bundle must be one file that runs where nothing is installed. */
function bundled(t, rest) {
  const cwd = folder(t)
  writeFileSync(join(cwd, 'index.js'), "console.log(require('wxpay-wasm').nonceStr().length)\n")
  execFileSync(join(root, 'node_modules/.bin/esbuild'), [...rest.split(' '), '--log-level=warning'], { cwd })
  rmSync(join(cwd, 'node_modules'))
  assert.equal(execFileSync(process.execPath, ['dist/index.js'], { cwd, encoding: 'utf8' }), '32\n')
}

const claims = [
  [/^npx wxpay-wasm (.+)$/, (t, [, rest], printed) => ours(t, rest.match(/"[^"]*"|\S+/g).map(word => word.replaceAll('"', '')), printed)],
  [/^npx esbuild (.+)$/, (t, [, rest]) => bundled(t, rest)],
  [/^cargo xtask (\w+)/, (t, [, name]) => assert.match(help, new RegExp(`^cargo xtask ${name}\\b`, 'm'))],
  [/^cargo (test|fmt|clippy|doc)\b/, () => {}],
  [/^npm install(?: -D)? (.+)$/, (t, [, names]) => {
    for (const name of names.split(' ')) assert.ok(`node_modules/${name}` in lock.packages, name)
  }],
  [/^node --test (\S+)/, (t, [, file]) => assert.ok(readFileSync(join(root, file)))],
  [/^node (\S+\.mjs)/, (t, [, file]) => {
    const { status, stderr } = spawnSync(process.execPath, ['--check', join(root, file)], { encoding: 'utf8' })
    assert.equal(status, 0, stderr)
  }],
  [/^openssl (\w+) /, (t, [, name]) => assert.equal(spawnSync('openssl', [name, '-help']).status, 0)],
  [/^(WXPAY_\w+|PUBLIC_URL)=/, () => {}],
]

/** Each command of the block, with what it is said to print: `$ ` starts a command where output is shown. */
export async function runShell(t, { text, language, page, line }) {
  const marked = language === 'console'
  const parts = marked ? text.split(/^\$ /m).slice(1) : text.replaceAll('\\\n', ' ').split('\n').filter(Boolean)
  for (const part of parts) {
    const [command, ...rest] = part.split('\n')
    const bare = command.replace(/\s+# .*$/, '').trim()
    if (bare === '' || bare.startsWith('#')) continue
    const claim = claims.find(([pattern]) => pattern.test(bare))
    assert.ok(claim, `${page}:${line}: nobody runs "${bare}"`)
    await claim[1](t, claim[0].exec(bare), rest.join('\n'))
  }
}

