// The Rust programs of examples/rust against the gateway simulator: an order placed in Rust, paid, and
// its notification recorded in Rust.
import assert from 'node:assert/strict'
import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { createGateway } from 'wxpay-wasm/testing'

const folder = join(import.meta.dirname, '../examples/rust')
const program = name => join(folder, 'target/debug', name)
const run = promisify(execFile)

let gateway
let place
let env
let server

before(async () => {
  // As `cargo xtask crate` compiles them, so that nothing is compiled twice.
  const cargo = { ...process.env, RUSTC_WORKSPACE_WRAPPER: 'clippy-driver' }
  execFileSync('cargo', ['build', '--quiet', '--locked'], { cwd: folder, env: cargo, stdio: 'inherit' })
  gateway = await createGateway()
  place = mkdtempSync(join(tmpdir(), 'wxpay-rust-'))
  env = {
    PATH: process.env.PATH,
    GATEWAY_URL: gateway.url,
    WXPAY_APPID: gateway.appid,
    WXPAY_MCHID: gateway.mchid,
    WXPAY_KEY: gateway.key,
    BOOK: join(place, 'book.jsonl'),
    PORT: '0',
  }
  server = spawn(program('axum'), { env, stdio: ['ignore', 'pipe', 'ignore'] })
  const [line] = await once(createInterface({ input: server.stdout }), 'line')
  env.WXPAY_NOTIFY_URL = line
})

after(async () => {
  server?.kill()
  await gateway?.close()
  rmSync(place, { recursive: true, force: true })
})

const book = () => readFileSync(env.BOOK, 'utf8').trim().split('\n').map(line => JSON.parse(line))
const paid = out_trade_no => book().filter(({ payment }) => payment?.out_trade_no === out_trade_no)

test('an order by ureq, a code, a payment, one line in the book', async () => {
  const { stdout } = await run(program('ureq'), ['RUST1', '880', '茶'], { env })
  assert.equal(new URL(stdout.trim()).origin, gateway.url)
  const { notification } = await gateway.pay('RUST1')
  assert.equal(notification?.accepted, true, JSON.stringify(notification))
  const [{ payment }, ...more] = paid('RUST1')
  assert.equal(payment.total_fee, 880)
  assert.deepEqual(more, [])
})

test('an order by reqwest, the parameters of a mini program, a payment', async () => {
  const { stdout } = await run(program('reqwest'), ['RUST2', '1', 'tea', 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o'], { env })
  assert.deepEqual(Object.keys(JSON.parse(stdout)), ['timeStamp', 'nonceStr', 'package', 'signType', 'paySign'])
  const { notification } = await gateway.pay('RUST2')
  assert.equal(notification?.accepted, true, JSON.stringify(notification))
  assert.equal(paid('RUST2').length, 1)
})
