// Our reader beside a strict one on expat.
import { parseXml } from 'wxpay-wasm'
import { seeded } from '../field-sets.mjs'
import { arrived } from './inputs.mjs'
import { python } from './python.mjs'
import { tally } from './tally.mjs'

const BATCH = 1000

const CLASSES = {
  'line-ends': {
    right: 'both',
    because: 'XML 1.0 (2.11) has CR LF and CR read as LF, as expat does; the signature is over what was sent, so wxpay-wasm keeps the bytes',
  },
  'long-reference': {
    right: 'both',
    because: 'a character reference of more than 32 bytes is legal XML with leading zeros, which nobody sends; wxpay-wasm refuses it to bound the search',
  },
}

function outcome(body) {
  try {
    return Object.entries(parseXml(body))
  } catch (error) {
    if (error.name !== 'WxPayError') throw error
    return null
  }
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b)
/** The body as XML has it read. */
const folded = body => Buffer.from(body.toString('latin1').replace(/\r\n?/g, '\n'), 'latin1')

function kind(body, ours, theirs) {
  if (body.includes('\r') && same(outcome(folded(body)), theirs)) return 'line-ends'
  if (ours === null && theirs !== null && /&#[^;]{30,};/.test(body.toString('latin1'))) return 'long-reference'
  return undefined
}

/** Compares so many bodies: refused by both, or read to the same fields. */
export async function bodies(inputs, seed) {
  const random = seeded(seed)
  const expat = python('strict_reader.py')
  const found = tally('parseXml: expat', CLASSES)
  let accepted = 0
  for (let done = 0; done < inputs; done += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, inputs - done) }, () => arrived(random))
    const answers = await expat.ask(batch)
    batch.forEach((body, i) => {
      const ours = outcome(body)
      if (ours !== null) accepted++
      const agree = same(ours, answers[i])
      found.add(agree, agree ? undefined : kind(body, ours, answers[i]), () => body.toString('latin1'))
    })
  }
  expat.end()
  return [{ ...found.result, accepted }]
}
