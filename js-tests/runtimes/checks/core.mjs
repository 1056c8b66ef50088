// `wxpay-wasm`: the golden set of the Rust crate.
import reader from '../../../tests/vectors/reader.json'
import refund from '../../../tests/vectors/refund.json'
import resign from '../../../tests/vectors/resign.json'
import signs from '../../../tests/vectors/sign.json'
import sort from '../../../tests/vectors/sort.json'
import verifies from '../../../tests/vectors/verify.json'
import workwx from '../../../tests/vectors/workwx.json'
import { holds, same, sorted } from '../expect.mjs'

const object = pairs => Object.fromEntries(pairs)
const bytesOf = text => new TextEncoder().encode(text)

function body({ base64, text, pieces }) {
  if (base64 !== undefined) return Uint8Array.from(atob(base64), char => char.charCodeAt(0))
  const times = ([piece, count]) =>
    Array.from({ length: count }, (_, i) => piece.replaceAll('{i}', i)).join('')
  return bytesOf(text ?? pieces.map(times).join(''))
}

/** Fields, or the code of the refusal. */
function outcome(core, run) {
  try {
    return Object.entries(run())
  } catch (error) {
    holds(error instanceof core.WxPayError, String(error?.stack))
    holds(core.ERROR_CODES.includes(error.code), error.code)
    return error.code
  }
}

function expected(core, item, run) {
  const { name, fields, repeat_value = 1, error, errors } = item
  const got = JSON.stringify(outcome(core, run))
  const wanted = fields
    ? [fields.map(([field, value]) => [field, value.repeat(repeat_value)])]
    : (errors ?? [error])
  holds(wanted.some(value => JSON.stringify(value) === got), `${name}: ${got.slice(0, 200)}`)
}

export const core = {
  'sign, stringToSign, verify'({ core }) {
    for (const { name, fields, key, sign_type, string_to_sign, sign } of signs.cases) {
      const message = object(fields)
      same(core.stringToSign(message), string_to_sign, name)
      same(core.sign(message, key, sign_type), sign, name)
      if (![undefined, '', sign_type].includes(message.sign_type)) continue
      same(core.verify({ ...message, sign }, key, sign_type), true, name)
      same(core.verify({ ...message, sign }, `${key}x`, sign_type), false, name)
    }
  },
  'the order of names'({ core }) {
    for (const { name, names } of sort.cases) {
      const turned = object([...names].reverse().map(field => [field, 1]))
      same(core.stringToSign(turned), names.map(field => `${field}=1`).join('&'), name)
    }
  },
  'parseXml, bytes'({ core }) {
    for (const item of reader.cases) {
      expected(core, item, () => core.parseXml(body(item), item.root && { root: item.root }))
    }
  },
  'parseXml, text'({ core }) {
    for (const item of reader.cases.filter(({ text }) => text !== undefined)) {
      expected(core, item, () => core.parseXml(item.text, item.root && { root: item.root }))
    }
  },
  parseSigned({ core }) {
    for (const item of verifies.cases) {
      const { text, keys, sign_type: signType } = item
      expected(core, item, () => core.parseSigned(bytesOf(text), keys, { signType }))
      if (keys.length === 1) expected(core, item, () => core.parseSigned(text, keys[0], { signType }))
    }
  },
  'buildXml, signedXml'({ core }) {
    const fields = { body: '茶 <&> 🧋', total_fee: 101, attach: ']]>', none: undefined }
    const read = { body: '茶 <&> 🧋', total_fee: '101', attach: ']]>' }
    same(core.parseXml(core.buildXml(fields)), read, 'buildXml')
    const { sign, ...verified } = core.parseSigned(core.signedXml(fields, 'k', 'HMAC-SHA256'), 'k')
    same(verified, read, 'signedXml')
    same(sign, core.sign(fields, 'k', 'HMAC-SHA256'), 'signedXml')
  },
  nonceStr({ core }) {
    const drawn = Array.from({ length: 200 }, () => core.nonceStr())
    holds(drawn.every(nonce => /^[0-9A-Za-z]{32}$/.test(nonce)), drawn[0])
    same(new Set(drawn).size, 200, 'every nonce is another')
  },
  'the second signature'({ core }) {
    for (const item of resign.cases) {
      const { call, arguments: given, key, name, fields, result, result_field, sign } = item
      const want = result ?? { ...object(fields), [result_field]: sign }
      if (call === 'miniProgramPay') delete want.appId
      const got = core[call](given, ...(key === '' ? [] : [new core.Key(key)]))
      same(sorted(got), sorted(want), name)
    }
    for (const { name, request, fields, secret, workwx_sign } of workwx.cases) {
      same(core.workwxSign(request, object(fields), secret), workwx_sign, name)
    }
  },
  decryptRefund({ core }) {
    for (const { name, key, req_info, xml, root, fields } of refund.cases) {
      const got = outcome(core, () => core.decryptRefund(req_info, key))
      same(got, root === 'root' ? fields : 'REFUND_UNDECIPHERABLE', name)
      same(Object.entries(core.parseXml(xml, { root })), fields, name)
    }
  },
  errors({ core }) {
    const code = run => outcome(core, run)
    same(code(() => core.sign({ a: '1' }, '')), 'KEY_MISSING', 'no key')
    same(code(() => core.sign({ a: {} }, 'k')), 'FIELD_VALUE', 'an object')
    same(code(() => new core.Key('short')), 'KEY_INVALID', 'a short key')
    const [item] = refund.cases
    const key = new core.Key(item.key)
    holds(!`${key} ${JSON.stringify({ key })}`.includes(item.key), 'a key shows itself')
    same(core.trapCount(), 0, 'traps')
  },
}
