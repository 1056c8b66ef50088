// What programs may hand over where fields, bodies and keys belong: right things in strange wrappings,
// and strange things.
import { fields as randomFields, pick, text, written } from '../field-sets.mjs'
import { arrived } from '../differential/inputs.mjs'
import { KEY, OTHER_KEY, signed } from '../wire.mjs'

/** What a getter or a trap throws: it must reach the caller as it is. */
export class Thrown extends Error {}

const chance = (random, one) => random(one) === 0
const many = (random, most, make) => Array.from({ length: random(most) }, make)

const STRANGE = [
  undefined, null, true, 0, -1, 1.5, NaN, Infinity, 10n, '', 'x', '\ud800', Symbol('x'), () => 1, [], ['a'], {}, new Date(0),
  new Map([['a', '1']]), new Set(['a']), /x/, new Error('x'), Promise.resolve(1), Object(1), Object('x'), new WeakMap(),
  new ArrayBuffer(8), new DataView(new ArrayBuffer(8)), new Float64Array(2), Object.create(null), globalThis, Proxy,
  { length: 5 }, { toString: () => KEY }, { valueOf: () => 1 }, { [Symbol.toPrimitive]: () => KEY },
  new Proxy({}, {}), new Proxy(() => 1, {}), new Proxy([], {}),
]

/** Anything at all. */
export const strange = random => pick(random, STRANGE)

/** A part of a message that is not text, or hardly. */
function oddText(random) {
  return pick(random, [
    '\ud83d', '\ude00', '\0', '\x01', '\x00\x01\x00', '\x1f', '\ufffe', '\uffff', '\ufffd', ']]>', '\r', '&key=', '\u{10ffff}',
    'x'.repeat(random(300)), '支'.repeat(random(300)), 'a\0b\0c', '1\0total_fee\x011',
  ])
}

function value(random) {
  if (chance(random, 5)) return oddText(random) + text(random)
  if (chance(random, 12)) return strange(random)
  return chance(random, 4) ? random(1e9) : text(random)
}

/** Fields, in one of many kinds of objects; `busy` is a call of the package from inside. */
export function fields(random, busy) {
  if (chance(random, 25)) return strange(random)
  const given = randomFields(random, { most: chance(random, 40) ? 600 : 12 })
  const names = Object.keys(given)
  for (let more = random(3); more > 0; more--) {
    const name = chance(random, 3) ? oddText(random) : pick(random, [...names, 'key', 'sign', 'sign_type', '0', '__proto__'])
    Object.defineProperty(given, name, { value: value(random), enumerable: true, configurable: true, writable: true })
  }
  switch (random(12)) {
    case 0:
      return Object.freeze(given)
    case 1:
      return Object.assign(Object.create(null), given)
    case 2:
      return Object.assign(Object.create({ total_fee: 5, key: KEY }), given)
    case 3: {
      // A getter that does something else first, or throws.
      const name = pick(random, names)
      const answer = given[name]
      const throws = chance(random, 3)
      return Object.defineProperty(given, name, {
        enumerable: true,
        get() {
          if (throws) throw new Thrown()
          busy()
          return answer
        },
      })
    }
    case 4: {
      // Another answer each time.
      let times = 0
      return Object.defineProperty(given, pick(random, names), { enumerable: true, get: () => (times++ % 2 ? value(random) : `${times}`) })
    }
    case 5:
      return new Proxy(given, {})
    case 6: {
      const trap = pick(random, ['ownKeys', 'getOwnPropertyDescriptor', 'get', 'getPrototypeOf', 'has'])
      return new Proxy(given, {
        [trap](target, ...rest) {
          if (chance(random, 4)) throw new Thrown()
          if (chance(random, 4)) busy()
          return Reflect[trap](target, ...rest)
        },
      })
    }
    case 7: {
      // Fields that vanish, or come, while they are read.
      const [first] = names
      return Object.defineProperty(given, first, {
        enumerable: true,
        configurable: true,
        get() {
          for (const name of names.slice(1)) delete given[name]
          given[`late${random(9)}`] = 'x'
          return 'x'
        },
      })
    }
    case 8: {
      const { proxy, revoke } = Proxy.revocable(given, {})
      if (chance(random, 2)) revoke()
      return proxy
    }
    default:
      return given
  }
}

function content(random) {
  switch (random(5)) {
    case 0:
      return arrived(random)
    case 1:
      return Buffer.from(written(Object.fromEntries(Object.entries(randomFields(random, { full: true })).map(([n, v]) => [n, String(v)]))))
    case 2: {
      const plain = randomFields(random, { full: true })
      for (const name of Object.keys(plain)) plain[name] = String(plain[name]).replaceAll(']]>', '')
      return Buffer.from(signed(plain, { key: pick(random, [KEY, OTHER_KEY]), type: pick(random, ['MD5', 'HMAC-SHA256']) }))
    }
    case 3:
      // Around the limits: of the buffer in the core, of what is read at all.
      return Buffer.from(`<xml><a>${pick(random, ['x', '支', ']', '&#65;']).repeat(random(chance(random, 20) ? 70_000 : 5000))}</a></xml>`)
    default:
      return Buffer.from(many(random, 200, () => random(256)))
  }
}

class Liar extends Uint8Array {
  get length() {
    return 5
  }
}

/** A body: what it reads like as plain bytes (`undefined`: nothing to compare with), and what is handed over. */
export function body(random) {
  if (chance(random, 25)) return { given: strange(random) }
  const bytes = new Uint8Array(content(random))
  const { length } = bytes
  switch (random(12)) {
    case 0: {
      const text = new TextDecoder().decode(bytes)
      return { given: text, like: Buffer.from(text) }
    }
    case 1:
      return { given: new TextDecoder('latin1').decode(bytes) + oddText(random) }
    case 2: {
      const wide = new Uint8Array(length + 64).fill(random(256))
      wide.set(bytes, 31)
      return { given: wide.subarray(31, 31 + length), like: bytes }
    }
    case 3: {
      const shared = new Uint8Array(new SharedArrayBuffer(length))
      shared.set(bytes)
      return { given: shared, like: bytes }
    }
    case 4: {
      const detached = Uint8Array.from(bytes)
      structuredClone(detached.buffer, { transfer: [detached.buffer] })
      return { given: detached, like: new Uint8Array(0) }
    }
    case 5: {
      const resizable = new ArrayBuffer(length, { maxByteLength: length + 4096 })
      const view = new Uint8Array(resizable)
      view.set(bytes)
      const end = random(length + 4096)
      if (chance(random, 2)) resizable.resize?.(end)
      return { given: view, like: Uint8Array.from(view) }
    }
    case 6: {
      // A view that its buffer has left.
      const resizable = new ArrayBuffer(length + 16, { maxByteLength: length + 4096 })
      const view = new Uint8Array(resizable, 16, length)
      view.set(bytes)
      resizable.resize?.(random(length + 16))
      return { given: view, like: Uint8Array.from(view) }
    }
    case 7:
      return { given: new Liar(bytes) }
    case 8:
      return { given: new Proxy(bytes, {}) }
    case 9:
      return { given: new (pick(random, [Uint8ClampedArray, Int8Array, Array]))(...bytes.subarray(0, 50)) }
    default:
      return { given: chance(random, 2) ? Buffer.from(bytes) : bytes, like: bytes }
  }
}

/** A key, or what is taken for one. */
export function key(random, Key) {
  switch (random(14)) {
    case 0:
      return strange(random)
    case 1:
      return oddText(random)
    case 2:
      return 'k'.repeat(random(200))
    case 3:
      return new Key(KEY)
    case 4:
      return '支付'.repeat(1 + random(30))
    default:
      return chance(random, 4) ? OTHER_KEY : KEY
  }
}

export const signType = random => (chance(random, 12) ? strange(random) : pick(random, ['MD5', 'HMAC-SHA256', undefined, 'md5']))
