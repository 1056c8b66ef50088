// wechatpy, as PyPI has it, runs its whole cycle against the gateway in a process of its own, and checks
// answers and notifications with its own code.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startGateway } from './gateway-process.mjs'

const PYTHON = fileURLToPath(new URL('../target/python/bin/python', import.meta.url))
const CLIENT = fileURLToPath(new URL('./foreign_client.py', import.meta.url))

const missing = existsSync(PYTHON.replace(/bin\/python$/, '.installed'))
  ? false
  : 'no Python with wechatpy in target/python: cargo xtask test installs it'

/** CI must not pass by skipping. */
const options = { skip: process.env.CI ? false : missing, timeout: 60_000 }

test('order, query, pay, close, refund, refund query, bill: wechatpy', options, async t => {
  assert.equal(missing, false, String(missing))
  const gateway = await startGateway(['--close-after', '0'])
  t.after(() => gateway.end())
  const child = spawn(PYTHON, ['-B', CLIENT], { stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.end(`${gateway.line}\n`)
  const [out, errors] = await Promise.all([child.stdout, child.stderr].map(stream => stream.setEncoding('utf8').toArray()))
  assert.equal(errors.join(''), '')
  const { code_url, ...found } = JSON.parse(out.join(''))
  assert.ok(code_url.startsWith(`${gateway.ready.url}/p/`))
  assert.deepEqual(found, {
    before: 'NOTPAY',
    paid: ['W1', 1234],
    after: 'SUCCESS',
    again: 'ORDERPAID',
    hmac: [64, true],
    closed: 'CLOSED',
    refunded: ['R1', 'SUCCESS', true],
    refund_query: 'SUCCESS',
    tampered: 'refused',
    // The payment and its refund; a closed order is in no bill.
    bill: [2, 0, true],
  })
})
