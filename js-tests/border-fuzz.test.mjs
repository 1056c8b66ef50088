// Random calls with strange arguments, for a few seconds; `cargo xtask fuzz border` does it for long.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CALLS } from './border/calls.mjs'
import { run } from './border/run.mjs'

test('whatever is handed over, the answer is right or an error of ours', () => {
  const { fault, calls, answered, executions } = run({ seed: 20260615, calls: 12_000 })
  assert.equal(fault, undefined)
  assert.deepEqual(Object.keys(calls).sort(), CALLS.map(([name]) => name).sort())
  // Neither are all of them refused, nor all of them harmless.
  assert.ok(answered > executions / 4 && answered < executions, `${answered} of ${executions}`)
})
