// What the module, and native Rust beside it, are given: the bytes that JavaScript puts into its
// memory, and what must come back.
import { stringToSign } from './signature.mjs'

/** So many calls with one message before the next: what it costs to put it there is not asked. */
export const BURST = 16

export const MISMATCH = -2

/** `seal` signs a string that was put together, `parse` reads, `open` reads and verifies. */
const CALLS = {
  sign: { call: 'seal' },
  signHmac: { call: 'seal', hmac: true },
  signBuild: { call: 'seal', cdata: true },
  parseBytes: { call: 'parse' },
  parseLarge: { call: 'parse' },
  parseVerifyBytes: { call: 'open' },
  parseVerifyHmac: { call: 'open', hmac: true },
  reject: { call: 'open' },
}

/**
 * A workload as the module gets it; `undefined` for one that is JavaScript's alone, that only
 * differs before, or that takes the way for objects with empty fields.
 */
export function callOf({ title, op, inputs, expected }) {
  const facts = CALLS[op]
  if (facts === undefined) return undefined
  const { call, hmac = false, cdata = false } = facts
  if (call !== 'seal') {
    const counts = expected.map(fields => (op === 'reject' ? MISMATCH : Object.keys(fields).length))
    return { title, call, hmac, cdata, messages: inputs, answers: counts }
  }
  if (inputs.some(fields => Object.values(fields).includes(''))) return undefined
  const messages = inputs.map(fields => Buffer.from(stringToSign(fields)))
  return { title, call, hmac, cdata, messages, answers: expected.map(made => made.sign ?? made) }
}
