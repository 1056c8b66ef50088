// Getters and proxies run while the fields are read, and may call the package themselves. What is signed
// is what they answered; never one message's names with another's values.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { buildXml, miniProgramPay, nonceStr, parseSigned, parseXml, sign, signedXml, stringToSign, trapCount, verify } from 'wxpay-wasm'
import { filled, readBack, stringOf } from './field-sets.mjs'
import { KEY, OTHER_KEY, digest, signed } from './wire.mjs'

const OTHER = { appid: 'wx_other', attach: '别的', total_fee: 99 }

/** Every hot call, on a message that has nothing to do with the outer one. */
function busy() {
  for (const type of ['MD5', 'HMAC-SHA256']) {
    const message = signedXml(OTHER, OTHER_KEY, type)
    assert.equal(sign(OTHER, OTHER_KEY, type), digest(OTHER, { key: OTHER_KEY, type }))
    const read = parseSigned(message, OTHER_KEY)
    assert.equal(read.attach, '别的')
    assert.equal(verify(read, OTHER_KEY), true)
    assert.equal(verify(read, KEY), false)
  }
  assert.equal(buildXml(OTHER).length > 0 && stringToSign(OTHER), stringOf(OTHER))
  assert.throws(() => parseXml('<xml><a>'), { code: 'XML_MALFORMED' })
  assert.throws(() => sign({ a: {} }, KEY), { code: 'FIELD_VALUE' })
  parseXml(`<xml><a>${'x'.repeat(70_000)}</a></xml>`, { maxBytes: 1 << 20 })
  nonceStr()
}

/** Runs each call on the fields that `make` makes and on what they are meant to be. */
function same(make, like) {
  for (let again = 0; again < 3; again++) {
    for (const type of ['MD5', 'HMAC-SHA256']) {
      assert.equal(sign(make(), KEY, type), digest(like, { type }))
      assert.deepEqual({ ...readBack(signedXml(make(), KEY, type)) }, { ...filled(like), sign: digest(like, { type }) })
    }
    assert.equal(stringToSign(make()), stringOf(like))
    assert.deepEqual(readBack(buildXml(make())), filled(like))
  }
}

describe('calls of the package from inside', () => {
  const like = { appid: 'wx1', body: 'outer', total_fee: 1, unknown_field: 'u' }

  test('getters that sign and verify', () => {
    same(
      () => ({
        get appid() {
          busy()
          return 'wx1'
        },
        body: 'outer',
        get total_fee() {
          busy()
          return 1
        },
        get unknown_field() {
          busy()
          return 'u'
        },
      }),
      like,
    )
  })

  test('a proxy whose every trap signs and verifies', () => {
    const traps = ['ownKeys', 'getOwnPropertyDescriptor', 'get', 'getPrototypeOf', 'has']
    const handler = Object.fromEntries(
      traps.map(trap => [
        trap,
        (...given) => {
          busy()
          return Reflect[trap](...given)
        },
      ]),
    )
    same(() => new Proxy({ ...like }, handler), like)
  })

  test('a getter that signs the object it belongs to', () => {
    let depth = 0
    const fields = {
      a: '1',
      get b() {
        if (depth === 3) return 'deepest'
        depth++
        try {
          const inner = sign(fields, KEY)
          return depth === 1 ? inner : 'inner'
        } finally {
          depth--
        }
      },
    }
    const inner = digest({ a: '1', b: 'inner' })
    assert.equal(sign(fields, KEY), digest({ a: '1', b: inner }))
  })

  test('verify, with the signature in a getter', () => {
    for (let again = 0; again < 3; again++) {
      for (const right of [true, false]) {
        const received = {
          ...like,
          get sign() {
            busy()
            return right ? digest(like) : digest(OTHER)
          },
        }
        assert.equal(verify(received, KEY), right)
      }
    }
  })

  test('the parts of a second signature', () => {
    const prepaid = {
      get appId() {
        busy()
        return 'wx1'
      },
      get prepay_id() {
        busy()
        return 'wx2'
      },
      get timeStamp() {
        busy()
        return 1490840662
      },
      get nonceStr() {
        busy()
        return 'n'
      },
      get signType() {
        busy()
        return 'MD5'
      },
    }
    const want = { appId: 'wx1', timeStamp: '1490840662', nonceStr: 'n', package: 'prepay_id=wx2', signType: 'MD5' }
    assert.equal(miniProgramPay(prepaid, KEY).paySign, digest(want))
  })

  test('a limit that computes itself', () => {
    const mine = '<xml><a>mine</a></xml>'
    const maxBytes = {
      valueOf() {
        parseXml('<xml><b>evil</b></xml>')
        return 65536
      },
    }
    let read
    try {
      read = parseXml(mine, { maxBytes })
    } catch (error) {
      return assert.ok(error instanceof TypeError, error.stack)
    }
    assert.deepEqual({ ...read }, { a: 'mine' })
  })

  test('a body that reads another one when its length is asked for', () => {
    const bytes = new TextEncoder().encode('<xml><a>mine</a></xml>')
    const { length } = bytes
    class Body extends Uint8Array {
      get length() {
        parseXml('<xml><b>evil</b></xml>')
        parseXml(`<xml><a>${'x'.repeat(90_000)}</a></xml>`, { maxBytes: 1 << 20 })
        return length
      }
    }
    assert.deepEqual({ ...parseXml(new Body(bytes)) }, { a: 'mine' })
  })
})

describe('objects that change while they are read', () => {
  test('a getter that throws half-way', () => {
    const wrong = new Error('half-way')
    const half = {
      appid: 'wx1',
      body: 'secret',
      get total_fee() {
        busy()
        throw wrong
      },
      z: '1',
    }
    for (let again = 0; again < 3; again++) {
      for (const take of [sign, verify, signedXml]) assert.throws(() => take(half, KEY), error => error === wrong)
      for (const take of [stringToSign, buildXml]) assert.throws(() => take(half), error => error === wrong)
      assert.equal(sign(OTHER, KEY), digest(OTHER))
    }
  })

  for (const [what, change] of Object.entries({
    'deletes a later field': self => delete self.total_fee,
    'deletes an earlier field': self => delete self.appid,
    'deletes itself': self => delete self.body,
    'adds a field': self => (self.total_refund = '5'),
    'adds a field and deletes one': self => (delete self.total_fee, (self.attach = 'x')),
    'changes a later field': self => (self.total_fee = 2),
    'puts a field at the end': self => (delete self.total_fee, (self.total_fee = 3)),
  })) {
    test(`a getter that ${what}`, () => {
      for (let again = 0; again < 2; again++) {
        const make = () => {
          const fields = {
            appid: 'wx1',
            get body() {
              change(fields)
              return 'b'
            },
            mch_id: '10',
            total_fee: 1,
          }
          return fields
        }
        // Each value under its own name, whichever of the states was seen.
        const values = { appid: 'wx1', body: 'b', mch_id: '10', total_fee: /^[123]$/, total_refund: '5', attach: 'x' }
        let text
        try {
          text = stringToSign(make())
        } catch (error) {
          assert.ok(error instanceof TypeError, error.stack)
          for (const take of [sign, signedXml]) assert.throws(() => take(make(), KEY), TypeError)
          continue
        }
        const said = Object.fromEntries(text.split('&').map(pair => pair.split('=')))
        for (const [name, value] of Object.entries(said)) assert.match(value, new RegExp(values[name]), text)
        for (const name of ['appid', 'body', 'mch_id']) assert.ok(name in said, text)
        assert.equal(sign(make(), KEY), digest(said))
        assert.deepEqual({ ...readBack(signedXml(make(), KEY)) }, { ...said, sign: digest(said) })
      }
    })
  }

  /** Each value says which name it belongs to. */
  const target = { appid: 'appid', body: 'body', mch_id: 'mch_id', total_fee: 'total_fee', u: 'u' }
  const orders = [
    ['appid', 'body', 'total_fee'],
    ['total_fee', 'body', 'appid'],
    ['body', 'appid', 'total_fee'],
    ['mch_id', 'u', 'body'],
    ['u', 'mch_id'],
    ['appid', 'body', 'total_fee', 'u'],
  ]

  for (const trap of ['ownKeys', 'getOwnPropertyDescriptor']) {
    test(`a proxy whose ${trap} answers differently each time`, () => {
      for (const first of orders) {
        for (const second of orders) {
          let asked = 0
          const choose = () => (asked++ === 0 ? first : second)
          let names = first
          const handler =
            trap === 'ownKeys'
              ? { ownKeys: () => [...choose()] }
              : {
                  ownKeys: () => ((names = choose()), Object.keys(target)),
                  getOwnPropertyDescriptor: (_, name) => ({
                    ...Reflect.getOwnPropertyDescriptor(target, name),
                    enumerable: names.includes(name),
                  }),
                }
          const make = () => ((asked = 0), (names = first), new Proxy({ ...target }, handler))
          for (const take of [stringToSign, buildXml, fields => signedXml(fields, KEY)]) {
            let text
            try {
              text = take(make())
            } catch (error) {
              assert.ok(error instanceof TypeError || error.name === 'WxPayError', error.stack)
              continue
            }
            const pairs = text.startsWith('<')
              ? Object.entries(readBack(text)).filter(([name]) => name !== 'sign')
              : text.split('&').map(pair => pair.split('='))
            for (const [name, value] of pairs) assert.equal(value, name, `${first} then ${second}: ${text}`)
          }
          let signature
          try {
            signature = sign(make(), KEY)
          } catch {
            continue
          }
          const own = orders.map(list => digest(Object.fromEntries(list.map(name => [name, name]))))
          assert.ok(own.includes(signature), `${first} then ${second}`)
        }
      }
    })
  }

  test('a proxy whose values change: what is signed is what is sent', () => {
    let reads = 0
    const fields = new Proxy({ a: '1', b: '2', total_fee: '3' }, { get: () => `${++reads}` })
    for (let again = 0; again < 4; again++) {
      const { sign: signature, ...said } = readBack(signedXml(fields, KEY))
      assert.equal(signature, digest(said))
    }
  })

  test('a message received stays as it was when others are read', () => {
    const first = parseSigned(signed({ a: '支付'.repeat(50), b: 'x'.repeat(400) }), KEY)
    busy()
    for (let i = 0; i < 50; i++) parseXml(`<xml><a>${`${i}`.repeat(300)}</a><b>${i}</b></xml>`)
    assert.equal(first.a, '支付'.repeat(50))
    assert.equal(first.b, 'x'.repeat(400))
  })
})

test('no call of this file made a fault in the core', () => assert.equal(trapCount(), 0))
