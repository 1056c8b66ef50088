// Nobody is timed for a wrong answer: every contender answers every input before the clock starts.
import assert from 'node:assert/strict'
import { XMLParser } from 'fast-xml-parser'
import { appid, key } from './merchant.mjs'
import { sign } from './signature.mjs'

const reader = new XMLParser({ parseTagValue: false, ignoreDeclaration: true })

/** For the operations whose result is not simply `expected`. */
const checks = {
  signBuild(xml, expected) {
    assert.deepEqual(reader.parse(xml).xml, expected)
  },
  resign(params, _, prepayId) {
    const { timeStamp, nonceStr, package: pack, signType, paySign } = params
    assert.equal(pack, `prepay_id=${prepayId}`)
    assert.match(timeStamp, /^\d{10}$/)
    assert.match(nonceStr, /^[\dA-Za-z]{16,32}$/)
    const signed = { appId: appid, timeStamp, nonceStr, package: pack, signType }
    assert.equal(paySign, sign(signed, key))
  },
  nonce(text, _, __, state) {
    assert.match(text, /^[\dA-Za-z]{32}$/)
    assert.ok(!state.has(text), 'a nonce came twice')
    state.add(text)
  },
}

/** Throws at the first wrong answer; says whether the operation is asynchronous. */
export async function check(contender, workload) {
  const { op, inputs, expected } = workload
  const operation = contender.operations[op]
  const state = new Set()
  let asynchronous = false
  for (const [i, input] of inputs.entries()) {
    const answer = operation(input)
    if (answer instanceof Promise) asynchronous = true
    try {
      const found = await answer
      if (checks[op]) checks[op](found, expected?.[i], input, state)
      else if (typeof found === 'object') assert.deepEqual({ ...found }, expected[i])
      else assert.equal(found, expected[i])
    } catch (cause) {
      throw new Error(`${contender.name} is wrong at "${workload.title}", input ${i}`, { cause })
    }
  }
  return asynchronous
}
