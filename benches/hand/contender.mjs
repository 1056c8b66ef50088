// The best that we can write in JavaScript: what a server would do that must be fast and may use
// everything Node has. Two of it are timed, with OpenSSL's MD5 and with one of its own; each row of
// the table shows the faster. A signature that does not fit gives `null`, which costs less than an
// exception.
import { appid, key } from '../merchant.mjs'
import { Word } from './entry.mjs'
import { equal } from './equal.mjs'
import { hmac } from './hmac.mjs'
import * as memory from './memory.mjs'
import { nonce } from './nonce.mjs'
import { assemble, ends, object, scan, starts } from './scanner.mjs'
import { build, join, values, walk } from './shape.mjs'

const suffix = `&key=${key}`
const suffixWord = new Word(suffix)
const hmacOfBase = hmac(key)

function hmacSha256(text) {
  memory.reserveBase(text.length * 3)
  return hmacOfBase(memory.base.utf8Write(text, memory.START))
}

function receive(body) {
  memory.reserve(body.length)
  memory.received.set(body)
  return body.length
}

function receiveText(text) {
  memory.reserve(text.length * 3)
  return memory.received.utf8Write(text, 0)
}

function parse(length) {
  return object(scan(length), length)
}

export function contender({ md5, textMatches, baseMatches }) {
  const textOf = shape => join(shape) + suffix

  function verify(fields) {
    const shape = walk(fields)
    const claimed = values[shape.sign]
    if (typeof claimed !== 'string') return false
    const text = textOf(shape)
    return claimed.length === 64 ? equal(hmacSha256(text), claimed) : textMatches(text, claimed)
  }

  function parseVerify(length) {
    const shape = scan(length)
    const { sign } = shape
    if (sign < 0) return null
    const claimed = memory.received.latin1Slice(starts[sign], ends[sign])
    const base = assemble(shape, suffixWord)
    const fits =
      claimed.length === 64 ? equal(hmacOfBase(base), claimed) : baseMatches(base, claimed)
    return fits ? object(shape, length) : null
  }

  const parseVerifyBytes = body => parseVerify(receive(body))

  return {
    sign: fields => md5(textOf(walk(fields))),
    signHmac: fields => hmacSha256(textOf(walk(fields))),
    verify,
    signBuild(fields) {
      const shape = walk(fields)
      return build(shape, md5(textOf(shape)))
    },
    parseBytes: body => parse(receive(body)),
    parseString: text => parse(receiveText(text)),
    parseVerifyBytes,
    parseVerifyString: text => parseVerify(receiveText(text)),
    parseVerifyHmac: parseVerifyBytes,
    resign(prepayId) {
      const timeStamp = `${Math.floor(Date.now() / 1000)}`
      const nonceStr = nonce()
      const pack = `prepay_id=${prepayId}`
      const paySign = md5(
        `appId=${appid}&nonceStr=${nonceStr}&package=${pack}&signType=MD5&timeStamp=${timeStamp}${suffix}`,
      )
      return { timeStamp, nonceStr, package: pack, signType: 'MD5', paySign }
    },
    nonce,
    reject: body => parseVerifyBytes(body) === null,
  }
}
