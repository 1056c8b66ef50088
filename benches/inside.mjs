// Time inside WebAssembly: the exports of the built module on a message that stands in its memory.
// The key is put in for each call, since each call wipes it; no string and no object is made.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { BURST, callOf } from './calls.mjs'
import { measure } from './measure.mjs'
import { key } from './merchant.mjs'

const WASM = new URL('../pkg/dist/generated/core.wasm', import.meta.url)
const LIMIT = 4 * 1024 * 1024

/** The module's own numbers, as `wasm/core` has them. */
const PLACES = { input: 0, key: 1, digits: 3, text: 6 }
const HMAC = 1
const PLAIN_CDATA = 4
const A_KEY = 1 << 8

const keyBytes = Buffer.from(key)

function instantiate() {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(WASM)))
  const { length } = keyBytes
  let bytes, places, placed

  function put(input) {
    const { message, call } = input
    if (exports.reserve(message.length) === 0) throw new Error('no memory')
    bytes = new Uint8Array(exports.memory.buffer)
    places = Object.fromEntries(Object.entries(PLACES).map(([name, at]) => [name, exports.place(at)]))
    bytes.set(message, call === 'seal' ? places.text + 1 : places.input)
    placed = input
  }

  function ready(input) {
    if (placed !== input) put(input)
    bytes.set(keyBytes, places.key)
  }

  return {
    parse(input) {
      if (placed !== input) put(input)
      return exports.parse(input.message.length, LIMIT, 0)
    },
    open(input) {
      ready(input)
      return exports.open(input.message.length, LIMIT, length, input.flags)
    },
    seal(input) {
      ready(input)
      return exports.seal(input.message.length, length, input.flags)
    },
    digits: count => Buffer.from(bytes.slice(places.digits, places.digits + count)).toString(),
  }
}

/** ns per call of each workload that the module has a part in. */
export async function inside(workloads, { rounds, warmUp }) {
  const module = instantiate()
  const table = {}
  for (const [id, workload] of Object.entries(workloads)) {
    const given = callOf(workload)
    if (given !== undefined) table[id] = burst(given, module)
  }
  const contenders = [{ id: 'inside', name: 'the module', operations: module }]
  const measured = await measure({ contenders, workloads: table, rounds, warmUp, base: 'inside' })
  return Object.fromEntries(
    Object.entries(measured).map(([id, { inside: { median, p10 } }]) => [id, { median, p10 }]),
  )
}

function burst({ title, call, hmac, cdata, messages, answers }, module) {
  const flags = A_KEY | (hmac ? HMAC : 0) | (cdata ? PLAIN_CDATA : 0)
  const inputs = messages.map(message => ({ message, call, flags }))
  if (call === 'seal') {
    inputs.forEach((input, i) => assert.equal(module.digits(module.seal(input)), answers[i]))
  }
  const expected = answers.map(answer => (call === 'seal' ? answer.length : answer))
  const each = list => list.flatMap(item => Array(BURST).fill(item))
  return { title, op: call, inputs: each(inputs), expected: each(expected) }
}
