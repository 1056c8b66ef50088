// Random inputs through the package and through programs that nobody here wrote; `cargo xtask
// differential` does it with a million.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bodies } from './differential/bodies.mjs'
import { packages } from './differential/python.mjs'
import { refunds } from './differential/refunds.mjs'
import { signatures } from './differential/signatures.mjs'

const SEED = 20260615
/** Each is compared by everybody, in both algorithms. */
const MESSAGES = 6000
const BODIES = 15_000
const REFUNDS = 1500

/** CI must not pass by skipping. */
const skip = !packages && !process.env.CI && 'no Python with wechatpy in target/python: cargo xtask test installs it'

const kinds = ({ kinds }) => kinds.map(({ kind }) => kind)

test('signatures: node:crypto, tenpay, wechatpay-axios-plugin, wechatpy', { skip }, async () => {
  assert.ok(packages)
  const pairs = await signatures(MESSAGES, SEED)
  for (const { name, unexplained } of pairs) assert.deepEqual(unexplained, [], name)
  const [made, checked, ...others] = pairs
  assert.equal(made.compared, 2 * MESSAGES)
  assert.ok(checked.compared > 3 * MESSAGES)
  assert.deepEqual(kinds(made), ['FIELD_NAME', 'FIELD_RESERVED', 'FIELD_VALUE'])
  const found = Object.fromEntries(others.map(other => [other.name.replace('sign: ', ''), kinds(other).filter(kind => !kind.startsWith('FIELD_'))]))
  delete found['weixin-pay'] // where the benchmark is installed
  assert.deepEqual(found, {
    tenpay: ['nothing-to-sign', 'null-as-text'],
    'wechatpay-axios-plugin': ['nothing-to-sign', 'null-as-empty', 'proto-dropped'],
    wechatpy: ['zero-dropped'],
  })
  for (const { name, compared, disagreements } of others) assert.ok(disagreements < compared / 2, name)
})

test('bodies: a strict reader on expat', async () => {
  const [found] = await bodies(BODIES, SEED)
  assert.deepEqual(found.unexplained, [])
  assert.deepEqual(kinds(found), ['line-ends', 'long-reference'])
  assert.ok(found.accepted > BODIES / 5 && found.accepted < BODIES / 2, `${found.accepted} were accepted`)
})

test('refund notifications: node:crypto', async () => {
  const [found] = await refunds(REFUNDS, SEED)
  assert.deepEqual(found.unexplained, [])
  assert.ok(found.accepted > REFUNDS / 10, `${found.accepted} were accepted`)
})
