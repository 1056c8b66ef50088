// Runs a code block as a module in a process and a folder of its own, beside a gateway.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createGateway } from 'wxpay-wasm/testing'
import { root } from './pages.mjs'
import { preludes } from './preludes.mjs'
import { visits } from './visits.mjs'

const QUIET = pathToFileURL(join(import.meta.dirname, 'quiet.mjs')).href
const ENV = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(WXPAY_|WX_|NODE_OPTIONS|NODE_ENV|NODE_TEST|NO_COLOR|FORCE_COLOR)/.test(name)),
)

/** A folder in which the package and what the pages use beside it are installed. */
export function folder(t) {
  const path = mkdtempSync(join(tmpdir(), 'wxpay-documentation-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  symlinkSync(join(root, 'node_modules'), join(path, 'node_modules'))
  for (const [from, to] of [['merchant.pem', 'apiclient_cert.pem'], ['merchant.key', 'apiclient_key.pem']]) {
    cpSync(join(root, 'js-tests/tls', from), join(path, to))
  }
  return path
}

/** A port that was free just now. */
export async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/** What a process needs to know of the gateway and of the port where notifications arrive. */
export const settings = ({ appid, mchid, key, appSecret, url }, port) => ({
  WXPAY_APPID: appid,
  WXPAY_MCHID: mchid,
  WXPAY_KEY: key,
  WXPAY_APP_SECRET: appSecret,
  WXPAY_NOTIFY_URL: `http://127.0.0.1:${port}/pay/notify`,
  WXPAY_REFUND_URL: `http://127.0.0.1:${port}/pay/refunded`,
  WXPAY_BASE_URL: url,
})

/** What `console.log(…) // prints TEXT` says; `…` stands for anything. */
function promised(text) {
  const said = Array.from(text.matchAll(/^.*\S.* \/\/ prints (.+)$/gm), ([, line]) => line)
  const quoted = said.map(line => line.split('…').map(part => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('.*'))
  return quoted.map(line => new RegExp(`^${line}$`))
}

/** Runs the block between its preludes; a server is visited, anything else must end well and print what it says. */
export async function runModule(t, { text, words, page, line, language }) {
  const visit = visits[words.find(word => word in visits)]
  const before = words.filter(word => word in preludes).map(word => preludes[word])
  const strange = words.filter(word => !(word in preludes) && !(word in visits))
  assert.deepEqual(strange, [], `${page}:${line}: no such prelude`)
  const path = folder(t)
  const gateway = await createGateway({ closeAfter: 0 })
  t.after(() => gateway.close())
  const port = await freePort()
  const file = join(path, language === 'cjs' ? 'block.cjs' : 'block.mjs')
  writeFileSync(file, [...before, text].join('\n'))
  const child = spawn(process.execPath, ['--no-warnings', '--import', QUIET, file], {
    cwd: path,
    env: { ...ENV, ...settings(gateway, port), TEST_PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', part => (said[name] += part))
  t.after(() => child.kill('SIGKILL'))
  const closed = once(child, 'close')
  const died = closed.then(([status, signal]) => assert.fail(`${page}:${line} ended with ${status ?? signal}\n${said.stderr}`))
  if (visit !== undefined) {
    try {
      await Promise.race([once(child, 'message'), died])
      await Promise.race([visit({ gateway, url: `http://127.0.0.1:${port}` }), died])
    } finally {
      died.catch(() => {})
      child.kill('SIGKILL')
      await closed
    }
    return
  }
  died.catch(() => {})
  const timer = setTimeout(() => child.kill('SIGKILL'), 30_000)
  const [status] = await closed
  clearTimeout(timer)
  assert.equal(status, 0, `${page}:${line}\n${said.stderr}`)
  const lines = said.stdout.trimEnd().split('\n')
  for (const [index, want] of promised(text).entries()) {
    assert.match(lines[index] ?? '', want, `${page}:${line}: line ${index + 1} of the output`)
  }
}
