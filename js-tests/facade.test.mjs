// Signing, verifying and the second signature through the public door, against node:crypto. What may
// stand in the fields is in fields.test.mjs, the published vectors in vectors.test.mjs.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  Key,
  appPay,
  buildXml,
  jsapiPay,
  miniProgramPay,
  parseNested,
  parseSigned,
  parseXml,
  sign,
  signedXml,
  stringToSign,
  verify,
} from 'wxpay-wasm'
import { APPID, KEY, MCHID, OTHER_KEY, digest, read, signed, xml } from './wire.mjs'

const TYPES = ['MD5', 'HMAC-SHA256']
const SAMPLE = {
  appid: APPID,
  mch_id: '10000100',
  device_info: '1000',
  body: 'test',
  nonce_str: 'ibuaiVcKdpRxkhJA',
}

describe('signing', () => {
  test('the example of chapter 4.3', () => {
    assert.equal(sign(SAMPLE, KEY), '9A0A8659F005D6984697E2CA0A9CF3B7')
    assert.equal(
      sign(SAMPLE, KEY, 'HMAC-SHA256'),
      '6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6',
    )
    assert.equal(
      stringToSign(SAMPLE),
      'appid=wxd930ea5d5a258f4f&body=test&device_info=1000&mch_id=10000100&nonce_str=ibuaiVcKdpRxkhJA',
    )
  })

  test('fault 5: an unknown sign type is refused, never taken for MD5', () => {
    for (const type of ['md5', 'SHA1', 'HMAC-SHA-256', 'constructor', '__proto__', '', ' MD5']) {
      const attempts = [
        () => sign(SAMPLE, KEY, type),
        () => signedXml(SAMPLE, KEY, type),
        () => verify({ ...SAMPLE, sign: digest(SAMPLE) }, KEY, type),
        () => parseSigned(signed(SAMPLE), KEY, { signType: type }),
        () => miniProgramPay({ appId: APPID, prepay_id: 'wx1', signType: type }, KEY),
      ]
      for (const attempt of attempts) {
        assert.throws(attempt, error => {
          assert.ok(['SIGN_TYPE_UNKNOWN', 'INTERNAL'].includes(error.code), error.stack)
          return true
        })
      }
      assert.throws(attempts[0], { code: 'SIGN_TYPE_UNKNOWN' })
    }
  })

  test('fault 21: a sign of the caller is replaced in the XML and never signed', () => {
    for (const type of TYPES) {
      const sent = read(signedXml({ ...SAMPLE, sign: 'F'.repeat(32) }, KEY, type))
      assert.deepEqual(sent, { ...SAMPLE, sign: digest(SAMPLE, { type }) })
      assert.equal(sign({ ...SAMPLE, sign: 'x' }, KEY, type), digest(SAMPLE, { type }))
    }
    assert.equal(signedXml({ ...SAMPLE, sign: 'x' }, KEY).match(/<sign>/g).length, 1)
  })

  test('faults 24 to 28: what is signed is what a reader gets', () => {
    for (const attach of [
      ']]>',
      ']]]]>><![CDATA[',
      '<a>&amp;</a>',
      '"\'\t\n',
      'a\r\nb\r',
      ' edges ',
      '\u3000\u00a0\ufeff',
      'a=1&total_fee=1&key=x',
      '中文 emoji 😀 \u2028',
      '0',
    ]) {
      const fields = { ...SAMPLE, attach }
      const message = signedXml(fields, KEY)
      assert.deepEqual({ ...parseXml(message) }, { ...fields, sign: digest(fields) })
      assert.deepEqual({ ...parseSigned(Buffer.from(message), KEY) }, { ...fields, sign: digest(fields) })
    }
  })

  test('fields of a parsed message can be signed again', () => {
    const flat = parseSigned(signed(SAMPLE), KEY)
    assert.ok(!('toString' in flat), 'inherits')
    assert.equal(sign(flat, KEY), flat.sign)
  })
})

describe('faults 17 to 26: the tenth message of a kind is looked at like the first', () => {
  const good = { appid: APPID, body: '茶 & <tea>', total_fee: 101, attach: 'x' }
  const takers = {
    sign: fields => sign(fields, KEY),
    'sign in HMAC-SHA256': fields => sign(fields, KEY, 'HMAC-SHA256'),
    stringToSign,
    buildXml,
    signedXml: fields => signedXml(fields, KEY),
    verify: fields => verify(fields, KEY),
  }
  const bad = {
    'NUL and a field': 'x\0total_fee\x001',
    'the mark of an integer': 'x\x011',
    'a control character': '\x1f',
    'half a surrogate pair': 'x\ud83d',
    'the other half': '\ude00x',
    'U+FFFE': '\ufffe',
    'U+FFFF': 'x\uffff',
    'a float': 1.5,
    'a negative': -1,
    'an object': {},
    true: true,
  }
  for (const [name, take] of Object.entries(takers)) {
    test(name, () => {
      const want = take(good)
      for (const [what, attach] of Object.entries(bad)) {
        for (let i = 0; i < 3; i++) assert.equal(take(good), want)
        for (let i = 0; i < 2; i++) {
          assert.throws(() => take({ ...good, attach }), { name: 'WxPayError', code: 'FIELD_VALUE', field: 'attach' }, what)
        }
        assert.equal(take(good), want, `after ${what}`)
      }
    })
  }

  test('values change the message, not its order', () => {
    const values = ['x', '', null, 'a&b=c', ']]>', 'a\r\nb', '0', 0, '😀', '\u2028', 'x'.repeat(70_000), 'x']
    for (const value of values) {
      const text = value === null ? '' : String(value)
      const fields = { ...good, attach: text, total_fee: '101' }
      for (const type of TYPES) {
        const right = digest(fields, { type })
        assert.equal(sign({ ...good, attach: value }, KEY, type), right)
        assert.equal(verify({ ...good, attach: value, sign: right }, KEY, type), true)
        assert.equal(verify({ ...good, attach: `${text}.`, sign: right }, KEY, type), false)
        const sent = { ...parseXml(signedXml({ ...good, attach: value }, KEY, type), { maxBytes: 1e6 }) }
        assert.deepEqual({ attach: '', ...sent }, { ...fields, sign: right })
      }
    }
  })

  test('keys take turns', () => {
    const keys = Array.from({ length: 200 }, (_, i) => String(i).padStart(32, 'k'))
    for (const key of [...keys, ...keys.toReversed()]) {
      for (const type of TYPES) assert.equal(sign(good, key, type), digest(good, { key, type }))
      assert.equal(parseSigned(signed(SAMPLE, { key }), key).body, 'test')
      assert.equal(thrown(() => parseSigned(signed(SAMPLE, { key }), KEY)), 'SIGN_MISMATCH')
    }
    for (const key of ['k', '钥匙', 'k'.repeat(127), 'k'.repeat(128), 'k'.repeat(129), 'k'.repeat(5000)]) {
      for (const type of TYPES) {
        assert.equal(sign(good, key, type), digest(good, { key, type }), `${key.length} characters`)
        assert.equal(verify({ ...good, sign: digest(good, { key, type }) }, key, type), true)
      }
    }
  })
})

describe('faults 33 to 44: verify', () => {
  const of = (type, more = {}) => {
    const fields = { ...SAMPLE, ...more }
    return { ...fields, sign: digest(fields, { type }) }
  }

  test('the sign type is a floor', () => {
    assert.equal(verify(of('MD5'), KEY), true)
    assert.equal(verify(of('HMAC-SHA256'), KEY), true)
    assert.equal(verify(of('HMAC-SHA256'), KEY, 'HMAC-SHA256'), true)
    assert.equal(verify(of('MD5'), KEY, 'HMAC-SHA256'), false)
  })

  test('fault 39: a declared, undeclared or lying MD5 does not pass the HMAC floor', () => {
    const code = message => thrown(() => parseSigned(message, KEY, { signType: 'HMAC-SHA256' }))
    assert.equal(code(xml(of('MD5'))), 'SIGN_DOWNGRADE')
    assert.equal(code(xml(of('MD5', { sign_type: 'MD5' }))), 'SIGN_DOWNGRADE')
    assert.equal(code(xml(of('MD5', { sign_type: '' }))), 'SIGN_DOWNGRADE')
    assert.equal(code(xml(of('MD5', { sign_type: 'HMAC-SHA256' }))), 'SIGN_TYPE_CONTRADICTION')
  })

  test('faults 40 and 41: what is declared must be known and true', () => {
    for (const type of ['NONE', 'RSA', 'SHA1', 'md5', 'constructor', '__proto__']) {
      assert.equal(thrown(() => parseSigned(xml(of('MD5', { sign_type: type })), KEY)), 'SIGN_TYPE_UNKNOWN')
      assert.equal(verify(of('MD5', { sign_type: type }), KEY), false)
    }
    const lie = xml(of('HMAC-SHA256', { sign_type: 'MD5' }))
    assert.equal(thrown(() => parseSigned(lie, KEY)), 'SIGN_TYPE_CONTRADICTION')
    for (const type of TYPES) {
      assert.equal(parseSigned(xml(of(type, { sign_type: type })), KEY).sign_type, type)
    }
  })

  test('faults 33 and 35: no signature, or none that could be one', () => {
    for (const none of [undefined, null, '']) assert.equal(verify({ ...SAMPLE, sign: none }, KEY), false)
    assert.equal(thrown(() => parseSigned(xml(SAMPLE), KEY)), 'SIGN_MISSING')
    assert.equal(thrown(() => parseSigned(xml({ ...SAMPLE, sign: '' }), KEY)), 'SIGN_MISSING')
    assert.equal(thrown(() => parseSigned(xml({ ...SAMPLE, Sign: digest(SAMPLE) }), KEY)), 'SIGN_MISSING')
    const right = digest(SAMPLE)
    for (const bad of [
      right.toLowerCase(),
      right.slice(1),
      `${right}0`,
      ` ${right}`,
      `${right}\n`,
      right.replace(/\d/, '０'),
      right.replace('A', 'А'),
      '0',
      'true',
      '[object Object]',
      'G'.repeat(32),
    ]) {
      assert.equal(verify({ ...SAMPLE, sign: bad }, KEY), false, bad)
      assert.equal(thrown(() => parseSigned(xml({ ...SAMPLE, sign: bad }), KEY)), 'SIGN_MALFORMED', bad)
    }
    assert.throws(() => verify({ ...SAMPLE, sign: true }, KEY), { code: 'FIELD_VALUE', field: 'sign' })
  })

  test('fault 36: each digit counts', () => {
    for (const type of TYPES) {
      const right = digest(SAMPLE, { type })
      for (let at = 0; at < right.length; at++) {
        const other = right[at] === '0' ? '1' : '0'
        const wrong = right.slice(0, at) + other + right.slice(at + 1)
        assert.equal(verify({ ...SAMPLE, sign: wrong }, KEY), false, `digit ${at}`)
      }
    }
  })

  test('faults 38 and 42: other keys and other constructions', () => {
    const text = stringToSign(SAMPLE)
    const forged = [
      digest(SAMPLE, { key: '' }),
      digest(SAMPLE, { key: 'undefined' }),
      digest(SAMPLE, { key: OTHER_KEY }),
      digest(SAMPLE, { key: KEY.toUpperCase() }),
      digest(SAMPLE, { type: 'HMAC-SHA256' }).slice(0, 32),
      digest({ ...SAMPLE, x: text }, {}),
    ]
    for (const wrong of forged) assert.equal(verify({ ...SAMPLE, sign: wrong }, KEY), false)
  })

  test('faults 43 and 44: unknown fields are signed, or refused', () => {
    const more = { ...SAMPLE, field_of_2027: 'x' }
    assert.equal(parseSigned(signed(more), KEY).field_of_2027, 'x')
    assert.equal(
      thrown(() => parseSigned(xml({ ...more, sign: digest(SAMPLE) }), KEY)),
      'SIGN_MISMATCH',
    )
  })
})

describe('fault 7: several keys', () => {
  test('any of them fits, in any order and shape', () => {
    const message = signed(SAMPLE)
    for (const keys of [KEY, new Key(KEY), [KEY], [OTHER_KEY, KEY], [new Key(OTHER_KEY), new Key(KEY)]]) {
      assert.equal(parseSigned(message, keys).body, 'test')
    }
  })

  test('none of them fits', () => {
    const message = signed(SAMPLE, { key: 'f'.repeat(32) })
    assert.equal(thrown(() => parseSigned(message, [KEY, OTHER_KEY])), 'SIGN_MISMATCH')
  })

  test('an empty list, and an empty key in a list, are no keys', () => {
    for (const none of [[], [''], [KEY, ''], [undefined]]) {
      assert.equal(thrown(() => parseSigned(signed(SAMPLE), none)), 'KEY_MISSING')
    }
  })
})

describe('the second signature', () => {
  const given = { prepay_id: 'wx2017033010242291fcfe0db70013231072', timeStamp: 1490840662, nonceStr: '5K8264ILTKCH16CQ2502SI8ZNMTM67VS' }
  const shared = { timeStamp: '1490840662', nonceStr: given.nonceStr, package: `prepay_id=${given.prepay_id}` }

  for (const signType of [undefined, ...TYPES]) {
    test(`in a mini program and in the web view, ${signType ?? 'by default MD5'}`, () => {
      const want = { ...shared, signType: signType ?? 'MD5' }
      want.paySign = digest({ ...want, appId: APPID }, { type: want.signType })
      const options = { ...given, appId: APPID, ...(signType && { signType }) }
      assert.deepEqual({ ...miniProgramPay(options, KEY) }, want)
      assert.deepEqual({ ...jsapiPay(options, new Key(KEY)) }, { ...want, appId: APPID })
    })

    test(`in an app, ${signType ?? 'by default MD5'}`, () => {
      const want = {
        appid: APPID,
        partnerid: MCHID,
        prepayid: given.prepay_id,
        package: 'Sign=WXPay',
        noncestr: given.nonceStr,
        timestamp: '1490840662',
      }
      want.sign = digest(want, { type: signType })
      const options = {
        appid: APPID,
        partnerid: MCHID,
        prepayid: given.prepay_id,
        timestamp: given.timeStamp,
        noncestr: given.nonceStr,
        ...(signType && { signType }),
      }
      assert.deepEqual({ ...appPay(options, KEY) }, want)
    })
  }

  test('time in seconds and a fresh nonce where none is given', () => {
    const pay = () => miniProgramPay({ appId: APPID, prepay_id: 'wx1' }, KEY)
    const before = Math.floor(Date.now() / 1000)
    const [one, two] = [pay(), pay()]
    const after = Math.floor(Date.now() / 1000)
    assert.match(one.timeStamp, /^\d{10}$/)
    assert.ok(Number(one.timeStamp) >= before && Number(one.timeStamp) <= after)
    assert.match(one.nonceStr, /^[0-9A-Za-z]{32}$/)
    assert.notEqual(one.nonceStr, two.nonceStr)
  })

  test('milliseconds, fractions and text are no time', () => {
    for (const timeStamp of [Date.now(), 1e10, 1.5, -1, NaN, Infinity, '1490840662', new Date(), false]) {
      const options = { ...given, appId: APPID, timeStamp }
      for (const pay of [miniProgramPay, jsapiPay]) {
        assert.throws(() => pay(options, KEY), { code: 'FIELD_VALUE', field: 'timeStamp' }, `${timeStamp}`)
      }
      const app = { appid: APPID, partnerid: MCHID, prepayid: 'wx1', noncestr: 'n', timestamp: timeStamp }
      assert.throws(() => appPay(app, KEY), { code: 'FIELD_VALUE' }, `${timeStamp}`)
    }
  })

  test('an empty part is missing, and the key must be there', () => {
    for (const empty of [{ appId: '' }, { prepay_id: '' }, { nonceStr: '' }]) {
      const options = { ...given, appId: APPID, ...empty }
      assert.throws(() => miniProgramPay(options, KEY), { code: 'FIELD_MISSING' })
    }
    for (const wrong of [{ appId: undefined }, { prepay_id: 1 }, { nonceStr: {} }]) {
      assert.throws(() => miniProgramPay({ ...given, appId: APPID, ...wrong }, KEY), TypeError)
    }
    assert.throws(() => miniProgramPay({ ...given, appId: APPID }, ''), { code: 'KEY_MISSING' })
  })
})

describe('bodies', () => {
  test('bytes, views and text are read alike; anything else is a TypeError', () => {
    const message = signed(SAMPLE)
    const bytes = new TextEncoder().encode(message)
    for (const body of [message, bytes, Buffer.from(message), new Uint8Array(bytes)]) {
      assert.equal(parseXml(body).body, 'test')
      assert.equal(parseSigned(body, KEY).body, 'test')
    }
    for (const body of [undefined, null, {}, { body: message }, [message], 1, bytes.buffer, new DataView(bytes.buffer)]) {
      for (const take of [parseXml, parseNested, () => parseSigned(body, KEY)]) {
        assert.throws(() => take(body), TypeError)
      }
    }
  })

  test('a Map of fields is refused, not signed as empty', () => {
    for (const fields of [new Map(Object.entries(SAMPLE)), new URLSearchParams(SAMPLE), new Set(['a'])]) {
      for (const take of [fields => sign(fields, KEY), stringToSign, buildXml]) {
        assert.throws(() => take(fields), TypeError, fields.constructor.name)
      }
    }
  })

  test('no fields at all', () => {
    assert.equal(stringToSign({}), '')
    assert.equal(buildXml({}), '<xml></xml>')
    assert.equal(verify({}, KEY), false)
  })

  test('a nested answer', () => {
    const tree = parseNested('<xml><hblist><hbinfo><amount>1</amount></hbinfo></hblist></xml>')
    assert.equal(tree.children[0].children[0].children[0].text, '1')
    assert.throws(() => parseNested('<!DOCTYPE x><xml/>'), { code: 'XML_DOCTYPE' })
  })
})

/** The code of what is thrown. */
function thrown(run) {
  try {
    run()
  } catch (error) {
    assert.equal(error.name, 'WxPayError', error.stack)
    return error.code
  }
  assert.fail('nothing was thrown')
}
