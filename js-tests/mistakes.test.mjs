// Mistakes in a request are found before it is sent: the error names the field, the rule and the
// chapter. Generated from the table that the package publishes.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { WxPayError } from 'wxpay-wasm'
import { WxPay } from 'wxpay-wasm/client'
import { MERCHANT, SUB, TABLE, limit, row, words } from './table.mjs'

let sent = 0
const transport = async () => {
  sent++
  throw new WxPayError('CONFIG_INVALID', 'enough: this is not tried again')
}
const pay = new WxPay({ ...MERCHANT, ...SUB, transport })

/** The error of a call that never reaches the network. */
async function mistake(endpoint, fields, code, field, rule) {
  sent = 0
  const what = `${endpoint.name}(${inspect(fields)})`
  await assert.rejects(
    async () => pay.call(endpoint.name, fields),
    error => {
      assert.deepEqual([error.name, error.code, error.field], ['WxPayError', code, field], `${what}: ${error}`)
      assert.ok(error.message.startsWith(`\`${field}\``), error.message)
      assert.match(error.message, rule, what)
      assert.ok(error.message.endsWith(`; see ${endpoint.chapter}`), error.message)
      return true
    },
    what,
  )
  assert.equal(sent, 0, what)
}

/** A wrong value of each kind, and what the error says of it. */
const WRONG = {
  fen: [['0', /integer from 1/], ['0.88', /in fen/], ['10000000001', /10000000000/], ['01', /in fen/]],
  int: [['-1', /whole number/], ['1.5', /whole number/]],
  time: [['2024-01-01 00:00:00', /yyyyMMddHHmmss/]],
  date: [['2024-01-01', /yyyyMMdd/]],
  datetime: [['20240101000000', /yyyy-MM-dd HH:mm:ss/]],
  notify: [['https://example.com/?a=1', /without a query/], ['example.com', /address/]],
  authcode: [['12345', /18 digits/], ['160000000000000000', /10 to 15/]],
  seconds: [['1414561699000', /ten digits/]],
  url: [['example.com', /address/]],
  ip: [['1.2.3', /IPv4 or IPv6/], ['::ffff:1.2.3.4', /::ffff:/]],
  json: [['goods', /JSON\.stringify/]],
  number: [['A 1', /0-9 A-Z/], ['单', /0-9 A-Z/]],
  text: [['tea 🍵', /emoji/]],
}

for (const endpoint of TABLE) {
  const { name, request, sample } = endpoint
  describe(name, () => {
    test('a wrong value', async () => {
      for (const { name: field, kind, need } of request) {
        if (need === 'fixed' || field === 'sign_type' || field === 'timestamp') continue
        const longest = limit(kind)
        const given = value => ({ ...sample.request, [field]: value })
        for (const [value, rule] of WRONG[kind.split(':')[0]] ?? []) {
          const code = Buffer.byteLength(value) > longest ? 'FIELD_LIMIT' : 'FIELD_VALUE'
          await mistake(endpoint, given(value), code, field, code === 'FIELD_LIMIT' ? /at most/ : rule)
        }
        if (words(kind).length > 0) {
          await mistake(endpoint, given('NO_SUCH'), 'FIELD_VALUE', field, new RegExp(`is one of ${words(kind)[0]}`))
        }
        if (longest > 0) {
          const value = '9'.repeat(longest + 1)
          await mistake(endpoint, given(value), 'FIELD_LIMIT', field, new RegExp(`at most ${longest} bytes`))
        }
      }
    })

    test('a missing field', async () => {
      for (const { name: field, need } of request) {
        const { [field]: _, ...others } = sample.request
        const [rule, condition] = need.split(':')
        if (rule === 'always') await mistake(endpoint, others, 'FIELD_MISSING', field, /is required/)
        if (rule === 'if') {
          const [, decider, values, unless] = /^(\w+)=([^/]+)(?:\/(\w+))?$/.exec(condition)
          for (const value of values.split('|')) {
            const rest = needs(endpoint, { ...others, [decider]: value }, field)
            await mistake(endpoint, rest, 'FIELD_MISSING', field, new RegExp(`required when ${decider} is ${value}`))
            if (unless !== undefined) {
              sent = 0
              await assert.rejects(pay.call(name, { ...rest, [unless]: 'x' }), { code: 'CONFIG_INVALID' })
              assert.equal(sent, 1)
            }
          }
        }
        if (rule === 'with') {
          const { [condition]: partner = '1' } = sample.request
          const rest = { ...without(endpoint, others, row(request, condition).need), [condition]: partner }
          await mistake(endpoint, rest, 'FIELD_MISSING', companion(request, condition), /goes together with/)
        }
      }
    })

    const one = request.filter(({ need }) => need === 'one')
    if (one.length > 0) {
      test('none and two of the alternatives', async () => {
        const none = without(endpoint, sample.request, 'one')
        const all = one.map(({ name }) => name).join(', ')
        const rule = given => new RegExp(`exactly one of ${all} must be given, ${given} were`)
        await mistake(endpoint, none, 'FIELD_MISSING', one[0].name, rule(0))
        const values = Object.fromEntries(one.map(({ name, kind, example }) => [name, example ?? (kind === 'int' ? '1' : 'x')]))
        const partners = request.filter(({ need }) => need.startsWith('with:'))
        const more = Object.fromEntries(partners.map(({ name, example }) => [name, example ?? '1']))
        await mistake(endpoint, { ...none, ...values, ...more }, 'FIELD_VALUE', one[0].name, rule(one.length))
      })
    }

    test('a field that the client fills in', async () => {
      for (const { name: field, kind, need } of request) {
        const own = ['appid', 'mch_id', 'secret'].includes(kind) || need === 'fixed' || field === 'sign_type'
        if (!own) continue
        await mistake(endpoint, { ...sample.request, [field]: 'another' }, 'FIELD_RESERVED', field, /set from|fills in/)
      }
      for (const field of ['sign', 'key']) {
        await mistake(endpoint, { ...sample.request, [field]: 'x' }, 'FIELD_RESERVED', field, /library|stays here/)
      }
    })

    test('a value that is no text and no integer', async () => {
      const { name: field } = row(request, 'total_fee') ?? row(request, 'refund_fee') ?? { name: 'a_field' }
      for (const value of [0.88, -1, NaN, true, {}, [], 10n]) {
        await mistake(endpoint, { ...sample.request, [field]: value }, 'FIELD_VALUE', field, /string/)
      }
    })
  })
}

/** The request with what the value of a field requires of the others, but for one of them. */
function needs({ request }, fields, but) {
  const all = { ...fields }
  for (const { name, need, example, kind } of request) {
    const [, decider, values] = /^if:(\w+)=([^/]+)/.exec(need) ?? []
    if (name === but || decider === undefined || !values.split('|').includes(fields[decider])) continue
    all[name] ??= example ?? (kind.startsWith('json') ? '{}' : 'x')
  }
  return all
}

/** The request without the fields of one need. */
function without({ request }, fields, need) {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => row(request, name).need !== need))
}

/** The first of those that go with a field. */
const companion = (request, name) => request.find(({ need }) => need === `with:${name}`).name
