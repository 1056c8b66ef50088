// Every endpoint of the table: what the client's method sends, and what it believes of the answer.
// Generated from the table that the package publishes; the other side of the wire is a real server,
// another XML parser and node:crypto.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import { after, before, describe, test } from 'node:test'
import { WxPayError } from 'wxpay-wasm'
import { WxPay } from 'wxpay-wasm/client'
import {
  MERCHANT, SUB, TABLE, algorithm, answered, echoes, expected, forProviders, readXml, row, written,
} from './table.mjs'
import { OTHER_KEY, digest, xml } from './wire.mjs'

const XML = ['xml', 'nested']
const NONCE = /^[0-9A-Za-z]{32}$/

const server = http.createServer(async (request, response) => {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  asked = { method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() }
  response.end(answer(asked))
})
/** The last request, and what the next one is answered. */
let asked
let answer
let baseUrl

before(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  baseUrl = `http://127.0.0.1:${server.address().port}`
})
after(() => {
  server.closeAllConnections()
  server.close()
})

/** The method, called with fields: code2Session takes its one field bare, and returns a part. */
const invoke = (pay, { name }, fields) => (name === 'code2Session' ? pay.call(name, fields) : pay[name](fields))

/** The fields of a request as the server reads them. */
function fieldsOf({ method, url, body }) {
  return method === 'GET' ? Object.fromEntries(new URL(url, baseUrl).searchParams) : readXml(body)
}

/** The pauses between attempts are other tests' affair. */
const clock = { now: () => 0, sleep: async () => {} }

/** Calls with the sample and hands out what the server read; `reply` makes the answer of it. */
async function ask(endpoint, options, reply = () => '', more = {}) {
  asked = undefined
  answer = request => reply(fieldsOf(request))
  const given = { ...endpoint.sample.request, ...more }
  return invoke(new WxPay({ ...options, baseUrl, clock }), endpoint, given)
}

/** The error of a call that is answered so. */
async function refused(endpoint, options, reply) {
  try {
    await ask(endpoint, options, reply)
  } catch (error) {
    assert.equal(error.name, 'WxPayError', String(error))
    assert.ok(!error.message.includes(options.partnerKey), 'the key is in the message')
    return error
  }
  throw new assert.AssertionError({ message: `${endpoint.name} took the answer` })
}

/** An answer that is not believed leaves the outcome open where money moves. */
function assertDoubted({ money, query, name }, error, code, field) {
  const inner = money ? error.cause : error
  assert.deepEqual([inner?.code, inner?.field], [code, field], `${name}: ${error}`)
  if (!money) return
  assert.equal(error.code, 'OUTCOME_UNKNOWN')
  const known = query.fields.filter(name => fieldsOf(asked)[name] !== undefined)
  const fields = Object.fromEntries(known.map(name => [name, fieldsOf(asked)[name]]))
  assert.deepEqual(error.query, { endpoint: query.endpoint, fields })
}

const clients = {
  'MD5': MERCHANT,
  'HMAC-SHA256': { ...MERCHANT, signType: 'HMAC-SHA256' },
  'a service provider': { ...MERCHANT, ...SUB },
}

test('the table is there, and nothing in it twice', () => {
  assert.ok(TABLE.length > 60, `${TABLE.length} endpoints`)
  const names = TABLE.flatMap(({ name, aka }) => [name, ...aka])
  assert.equal(new Set(names).size, names.length)
})

for (const endpoint of TABLE) {
  const { name, method, body, path, origin, signed, money, query, request, errors, aka } = endpoint
  const rows = endpoint.answer
  const usual = forProviders(endpoint) ? { ...MERCHANT, ...SUB } : MERCHANT
  const fit = Object.entries(clients).filter(([, o]) => o.sub_mch_id !== undefined || !forProviders(endpoint))

  describe(name, () => {
    for (const [who, options] of fit) {
      const type = algorithm(endpoint, options.signType)
      const reply = sent => written(endpoint, answered(endpoint, sent), type)

      test(`the request, ${who}`, async () => {
        // What comes back is another test's.
        const result = await ask(endpoint, options).catch(() => undefined)
        if (body === 'page') {
          assert.equal(asked, undefined, 'the payer opens the page, not the client')
          asked = { method: 'GET', url: result.replace(baseUrl, ''), headers: {}, body: '' }
        }
        assert.equal(asked.method, method)
        assert.equal(asked.url.split('?')[0], path)
        if (method === 'POST') {
          assert.equal(asked.url, path)
          assert.equal(asked.headers['content-type'], 'text/xml; charset=utf-8')
          assert.equal(asked.headers['content-length'], String(Buffer.byteLength(asked.body)))
        } else {
          assert.deepEqual([asked.body, asked.headers['content-type']], ['', undefined])
        }
        const { sign, ...fields } = fieldsOf(asked)
        const want = expected(endpoint, options, type)
        for (const [field, value] of Object.entries(fields)) {
          const { kind } = row(request, field) ?? {}
          if (kind === 'nonce') {
            assert.match(value, NONCE)
            want[field] = value
          }
          if (field === 'timestamp') {
            assert.ok(Math.abs(Number(value) - Date.now() / 1000) < 60, value)
            want[field] = value
          }
        }
        assert.deepEqual(fields, want)
        assert.equal(sign, body === 'json' ? undefined : digest(fields, { type }))
      })

      if (body !== 'csv' && body !== 'page') {
        test(`the answer, ${who}`, async () => {
          let said
          const { tree, ...got } = await ask(endpoint, options, sent => {
            said = answered(endpoint, sent)
            if (signed) said.sign = digest(said, { type })
            return reply(sent)
          })
          assert.deepEqual(got, said)
          assert.deepEqual(Object.keys(said).filter(name => rows.every(r => !names(r.name, name))), [])
          assert.equal(tree === undefined, body !== 'nested')
          for (const { name } of rows.filter(({ kind }) => kind === 'nested')) {
            assert.match(JSON.stringify(tree), new RegExp(`"${name}".*"1".*"2"`))
          }
        })
      }
    }

    test('its host, its other names and its path', async () => {
      const urls = []
      const transport = async ({ url }) => {
        urls.push(url)
        throw new WxPayError('CONFIG_INVALID', 'enough: this is not tried again')
      }
      const pay = new WxPay({ ...usual, transport })
      const ways = [...[name, ...aka].map(way => pay.call(way, endpoint.sample.request)), pay.call(path, endpoint.sample.request)]
      for (const way of aka) ways.push(pay[way](endpoint.sample.request))
      const results = await Promise.allSettled(ways)
      if (body === 'page') urls.push(...results.map(({ value }) => value))
      assert.equal(urls.length, ways.length)
      for (const url of urls) assert.equal(url.split('?')[0], origin + path)
    })

    test('a field that the table does not have is sent', async () => {
      const url = await ask(endpoint, usual, undefined, { a_new_field: '新 &' }).catch(() => undefined)
      if (body === 'page') asked = { method, url, body: '' }
      const { sign, ...fields } = fieldsOf(asked)
      assert.equal(fields.a_new_field, '新 &')
      if (body !== 'json') assert.equal(sign, digest(fields, { type: algorithm(endpoint) }))
    })

    if (forProviders(endpoint)) {
      test('is for service providers', async () => {
        await assert.rejects(ask(endpoint, MERCHANT), { code: 'FIELD_MISSING', field: 'sub_mch_id' })
        assert.equal(asked, undefined)
      })
    }

    if (body === 'csv' || body === 'page') return

    const type = algorithm(endpoint)
    const change = edit => sent => {
      const fields = answered(endpoint, sent)
      return written(endpoint, edit(fields, sent) ?? fields, type)
    }
    const sample = Object.keys(endpoint.sample.answer)

    test('a field that the table does not have is returned', async () => {
      const got = await ask(endpoint, usual, change(fields => ({ ...fields, a_new_field: '新 &' })))
      assert.equal(got.a_new_field, '新 &')
    })

    if (signed) {
      test('a tampered answer is refused', async () => {
        const tampered = edit => sent => {
          const fields = answered(endpoint, sent)
          return xml(edit({ ...fields, sign: digest(fields, { type }) }))
        }
        for (const field of sample.filter(field => field !== 'return_code' && field !== 'sign_type')) {
          const other = await refused(endpoint, usual, tampered(f => ({ ...f, [field]: `${f[field] ?? ''}0` })))
          assertDoubted(endpoint, other, 'SIGN_MISMATCH', 'sign')
        }
        const more = await refused(endpoint, usual, tampered(f => ({ ...f, more: '1' })))
        assertDoubted(endpoint, more, 'SIGN_MISMATCH', 'sign')
        const less = await refused(endpoint, usual, tampered(({ return_msg, ...f }) => f))
        assertDoubted(endpoint, less, 'SIGN_MISMATCH', 'sign')
        const key = await refused(endpoint, usual, sent => {
          const fields = answered(endpoint, sent)
          return xml({ ...fields, sign: digest(fields, { type, key: OTHER_KEY }) })
        })
        assertDoubted(endpoint, key, 'SIGN_MISMATCH', 'sign')
      })

      test('an unsigned answer is refused', async () => {
        const error = await refused(endpoint, usual, sent => xml(answered(endpoint, sent)))
        assertDoubted(endpoint, error, 'SIGN_MISSING', 'sign')
      })

      if (endpoint.algorithms.includes('HMAC-SHA256')) {
        test('an answer in a weaker algorithm is refused', async () => {
          const options = { ...usual, signType: 'HMAC-SHA256' }
          const error = await refused(endpoint, options, sent => {
            const fields = answered(endpoint, sent)
            return xml({ ...fields, sign: digest(fields, { type: 'MD5' }) })
          })
          assertDoubted(endpoint, error, 'SIGN_DOWNGRADE', 'sign')
        })
      }
    } else if (XML.includes(body)) {
      test('an unsigned answer is taken, but no forged signature', async () => {
        assert.ok(!('sign' in (await ask(endpoint, usual, change(fields => fields)))))
        const error = await refused(endpoint, usual, sent => {
          const fields = answered(endpoint, sent)
          return xml({ ...fields, sign: digest(fields, { type, key: OTHER_KEY }) })
        })
        assertDoubted(endpoint, error, 'SIGN_MISMATCH', 'sign')
      })
    }

    for (const { name: field, need } of rows.filter(echoes)) {
      test(`an answer with another ${field} is refused`, async t => {
        const other = await ask(endpoint, usual, change((fields, sent) => {
          // Not every request has what the answer would repeat.
          if (sent[field] === undefined) return fields
          return { ...fields, [field]: `${sent[field]}0` }
        })).then(() => undefined, error => error)
        if (fieldsOf(asked)[field] === undefined) return t.diagnostic('not in the sample')
        assertDoubted(endpoint, other, 'ANSWER_MISMATCH', field)
        const without = change(({ [field]: _, ...fields }) => fields)
        if (need === 'same') await ask(endpoint, usual, without)
        else assertDoubted(endpoint, await refused(endpoint, usual, without), 'ANSWER_MISMATCH', field)
      })
    }

    for (const { name: field } of rows.filter(({ need, kind }) => need === 'always' && kind !== 'sign')) {
      test(`an answer without ${field} is refused`, async () => {
        const bare = change(fields => Object.fromEntries(Object.entries(fields).filter(([n]) => !names(field, n))))
        assertDoubted(endpoint, await refused(endpoint, usual, bare), 'ANSWER_INVALID', field)
      })
    }

    test('an answer that is nonsense is refused', async () => {
      for (const text of ['', '<html></html>', '<xml><return_code>', '[]']) {
        const error = await refused(endpoint, usual, () => text)
        const inner = money ? error.cause : error
        assert.ok(['ANSWER_INVALID', 'RETURN_FAIL'].includes(inner?.code ?? error.code), `${text}: ${error}`)
      }
    })

    test('every documented err_code has its advice', async () => {
      for (const { code, action, text } of [...errors, { code: 'AN_UNKNOWN_CODE' }]) {
        const error = await refused(endpoint, usual, failure(endpoint, type, code))
        const asks = action === 'query' || action === undefined
        assert.deepEqual(
          [error.code, error.err_code, error.action],
          [
            money && asks ? 'OUTCOME_UNKNOWN' : 'RESULT_FAIL',
            code,
            // A question has no outcome of its own: it is asked again.
            action === 'query' && endpoint.repeat === 'always' ? 'retry' : action,
          ],
          code,
        )
        assert.ok(error.message.includes(code) && error.message.includes('what WeChat says'), error.message)
        if (text !== undefined) assert.ok(error.message.includes(text), error.message)
        if (money && asks) assert.equal(error.query.endpoint, query.endpoint)
      }
    })

    if (XML.includes(body)) {
      test('a request that was not accepted', async () => {
        const error = await refused(endpoint, usual, () => xml({ return_code: 'FAIL', return_msg: '签名错误' }))
        // Nobody vouches for it, so it settles nothing about money.
        assertDoubted(endpoint, error, 'RETURN_FAIL', undefined)
        assert.match(error.message, /签名错误/)
      })
    }
  })
}

/** Whether a received name is the row's. */
function names(own, received) {
  return new RegExp(`^${own.replace(/\$[nm]/g, '\\d+')}$`).test(received)
}

/** The answer of a business that failed, in the form that the endpoint has for it. */
function failure(endpoint, type, code) {
  const rows = endpoint.answer
  const text = 'what WeChat says'
  return sent => {
    if (endpoint.body === 'json') return JSON.stringify({ errcode: Number(code) || code, errmsg: text })
    const why = { err_code: code, err_code_des: text }
    if (row(rows, 'result_code') === undefined) return xml({ return_code: 'FAIL', return_msg: 'FAIL', ...why })
    const own = rows.filter(({ need, kind }) => need === 'always-same' && (kind === 'appid' || kind === 'mch_id'))
    const whose = Object.fromEntries(own.map(({ name }) => [name, sent[name]]).filter(([, id]) => id !== undefined))
    return written(endpoint, { return_code: 'SUCCESS', result_code: 'FAIL', ...whose, ...why }, type)
  }
}
