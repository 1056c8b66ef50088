// order, query, close and refund, against the gateway simulator where it can, and a server that signs
// by other means. Nobody pays twice, nobody refunds without a word, and what is unknown is not a failure.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createGateway } from 'wxpay-wasm/testing'
import { renderANSI, renderUnicodeCompact } from 'uqr'
import { fails, merchant, onTerminal, run, says, start, withoutTerminal } from './command.mjs'
import { serve } from './server.mjs'
import { APPID, digest, KEY, MCHID, OTHER_KEY, read, signed } from './wire.mjs'

const TEA = ['--total-fee', '101', '--body', '茶']

async function simulator(t) {
  const gateway = await createGateway()
  t.after(() => gateway.close())
  return { gateway, env: merchant(gateway.url) }
}

/** Answers what is asked as `answer` says, signed. */
async function endpoints(t, answer, { key = KEY } = {}) {
  const server = await serve(t, (response, request) => {
    const asked = read(request.body.replace(/^<xml>|<\/xml>$/g, ''))
    const { sign, ...rest } = asked
    assert.equal(sign, digest(rest))
    const given = answer(request.url, asked, server.requests.length)
    if (given === undefined) return response.writeHead(502).end('bad gateway')
    const { out_trade_no, trade_type } = asked
    response.end(signed({ return_code: 'SUCCESS', result_code: 'SUCCESS', appid: APPID, mch_id: MCHID, nonce_str: 'n', out_trade_no, trade_type, ...given }, { key }))
  })
  return { server, env: merchant(server.url) }
}

const asked = (server, n = -1) => read(server.requests.at(n).body.replace(/^<xml>|<\/xml>$/g, ''))

/** Resolves when the process has said so much. */
async function until(process, pattern) {
  for (let i = 0; i < 200; i++) {
    if (pattern.test(process.said.stdout + process.said.stderr)) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  assert.fail(`never said ${pattern}: ${process.said.stdout}${process.said.stderr}`)
}

describe('order', { concurrency: true }, () => {
  test('is paid while the command waits', async t => {
    const { gateway, env } = await simulator(t)
    const process = start(['order', ...TEA, '--json'], { env })
    await until(process, /\n/)
    const placed = JSON.parse(process.said.stdout)
    const [order] = gateway.orders()
    assert.equal(placed.out_trade_no, order.out_trade_no)
    assert.match(placed.code_url, /^http/)
    await gateway.pay(order.out_trade_no)
    const { status, stdout, stderr } = await process.ended
    assert.deepEqual([status, stderr], [0, ''])
    const done = JSON.parse(stdout.trim().split('\n')[1])
    assert.deepEqual([done.out_trade_no, done.trade_state, done.total_fee], [order.out_trade_no, 'SUCCESS', '101'])
    assert.match(done.transaction_id, /^\d+$/)
  })

  test('shows the QR code, and does not wait if told so', async t => {
    const { gateway, env } = await simulator(t)
    const text = await says(['order', ...TEA, '--out-trade-no', 'A1001', '-f', 'attach=x', '--wait', '0'], { env })
    const [{ code_url, ...order }] = gateway.orders()
    assert.equal(text, `${renderUnicodeCompact(code_url, { border: 2 })}\nout_trade_no=A1001\ncode_url=${code_url}\n`)
    assert.deepEqual([order.out_trade_no, order.total_fee], ['A1001', 101])
  })

  test('on a terminal the code is black on white, whatever its colours are', { skip: withoutTerminal }, async t => {
    const { gateway, env } = await simulator(t)
    const { status, shown } = await onTerminal(['order', ...TEA, '--wait', '0'], { env })
    assert.equal(status, 0)
    const [{ code_url }] = gateway.orders()
    assert.ok(shown.replaceAll('\r\n', '\n').includes(renderANSI(code_url, { border: 2 })))
    const plain = await onTerminal(['order', ...TEA, '--wait', '0'], { env: { ...env, NO_COLOR: '1' } })
    assert.ok(!plain.shown.includes('\x1b['))
  })

  test('is not paid in time', async t => {
    const { gateway, env } = await simulator(t)
    const { status, stdout, stderr } = await run(['order', ...TEA, '--wait', '1'], { env })
    assert.equal(status, 1)
    assert.match(stdout, /trade_state=NOTPAY\n$/)
    assert.match(stderr, /^wxpay-wasm: [A-Z_]+: .*not paid\n$/)
    assert.equal(gateway.orders()[0].trade_state ?? gateway.orders()[0].state, 'NOTPAY')
  })

  test('Ctrl-C ends the waiting, not the order', async t => {
    const { gateway, env } = await simulator(t)
    const process = start(['order', ...TEA, '--out-trade-no', 'A7'], { env })
    await until(process, /code_url=/)
    process.child.kill('SIGINT')
    const { status, stderr } = await process.ended
    assert.equal(status, 130)
    assert.match(stderr, /^wxpay-wasm: ABORTED: order A7 is open and may still be paid: wxpay-wasm query A7 .*wxpay-wasm close A7 [^\n]*\n$/)
    await gateway.pay('A7')
    assert.match(await says(['query', 'A7'], { env }), /^trade_state=SUCCESS$/m)
  })

  test('a broken answer does not end the waiting', async t => {
    let queries = 0
    const { env } = await endpoints(t, url => {
      if (url === '/pay/unifiedorder') return { prepay_id: 'wx1', code_url: 'weixin://wxpay/bizpayurl?pr=1' }
      queries++
      if (queries < 4) return undefined
      return { trade_state: 'SUCCESS', transaction_id: '4200', total_fee: '101', cash_fee: '101', openid: 'o1', bank_type: 'CMC', trade_type: 'NATIVE', time_end: '20260101000000' }
    })
    const { status, stdout, stderr } = await run(['order', ...TEA, '--out-trade-no', 'A8', '--wait', '20'], { env })
    assert.deepEqual([status, queries], [0, 4], stderr)
    assert.match(stdout, /transaction_id=4200/)
    assert.match(stderr, /^wxpay-wasm: ANSWER_INVALID: .*; asking again\n$/)
  })

  test('a mistake costs no round trip', async t => {
    const { gateway, env } = await simulator(t)
    await fails(['order', '--total-fee', '1.01', '--body', 'x'], 1, /FIELD_VALUE: .*total_fee/, { env })
    await fails(['order', '--body', 'x'], 1, /FIELD_MISSING: .*total_fee/, { env })
    await fails(['order', ...TEA, '-f', 'trade_type=JSAPI'], 2, /NATIVE/, { env })
    await fails(['order', ...TEA, '--wait', 'long'], 2, /--wait takes a whole number/, { env })
    await fails(['order', ...TEA, '--timeout', '0'], 1, /CONFIG_INVALID: `timeout`/, { env })
    await fails(['order', ...TEA], 1, /CONFIG_INVALID: `appid`/, { env: { ...env, WXPAY_APPID: '' } })
    await fails(['order', ...TEA], 1, /KEY_INVALID: /, { env: { ...env, WXPAY_KEY: 'canary-too-short' } })
    await fails(['order', ...TEA], 1, /GATEWAY_REFUSED: /, { env: { ...env, NODE_ENV: 'production', WXPAY_NOTIFY_URL: 'https://a.example/n' } })
    assert.deepEqual(gateway.orders(), [])
  })

  test('nobody answers: its own exit code', async () => {
    await fails(['order', ...TEA], 4, /TRANSPORT: .*ECONNREFUSED/, { env: merchant('http://127.0.0.1:9') })
  })
})

describe('query', { concurrency: true }, () => {
  const paid = { trade_state: 'SUCCESS', transaction_id: '4200', total_fee: '88', cash_fee: '88', openid: 'o1', bank_type: 'CMC', trade_type: 'NATIVE', time_end: '20260101000000' }

  test('an order by either number, a refund by either, the refunds of an order', async t => {
    const { server, env } = await endpoints(t, url => (url === '/pay/orderquery' ? { ...paid, out_trade_no: 'A1' } : { out_trade_no: 'A1', transaction_id: '4200', refund_count: '1', out_refund_no_0: 'R1', refund_id_0: '50' }))
    const cases = [
      [['A1'], '/pay/orderquery', 'out_trade_no', 'A1'],
      [['--out-trade-no=A1'], '/pay/orderquery', 'out_trade_no', 'A1'],
      [['--transaction-id', '4200'], '/pay/orderquery', 'transaction_id', '4200'],
      [['--out-refund-no', 'R1'], '/pay/refundquery', 'out_refund_no', 'R1'],
      [['--refund-id', '50'], '/pay/refundquery', 'refund_id', '50'],
      [['A1', '--refunds'], '/pay/refundquery', 'out_trade_no', 'A1'],
    ]
    for (const [args, url, name, value] of cases) {
      const answer = JSON.parse(await says(['query', ...args, '--json'], { env }))
      assert.equal(answer.out_trade_no, 'A1')
      assert.equal(server.requests.at(-1).url, url)
      assert.equal(asked(server)[name], value)
    }
    assert.match(await says(['query', 'A1'], { env }), /^trade_state=SUCCESS$/m)
  })

  test('--paid: the exit code says it', async t => {
    let state = paid
    const { env } = await endpoints(t, () => ({ ...state, out_trade_no: 'A1' }))
    assert.equal((await run(['query', 'A1', '--paid'], { env })).status, 0)
    state = { trade_state: 'NOTPAY' }
    const { status, stdout } = await run(['query', 'A1', '--paid'], { env })
    assert.equal(status, 1)
    assert.match(stdout, /trade_state=NOTPAY/)
    assert.equal((await run(['query', 'A1'], { env })).status, 0, 'an answer is an answer')
  })

  test('what is refused, forged, or wrongly asked', async t => {
    const { env } = await endpoints(t, () => ({ result_code: 'FAIL', err_code: 'ORDERNOTEXIST', err_code_des: 'order\u009b31m not exist' }))
    await fails(['query', 'A1'], 1, /RESULT_FAIL: /, { env })
    const refused = await run(['query', 'A1'], { env })
    assert.ok(refused.stderr.includes('31m not exist') && !refused.stderr.includes('\u009b'), 'a command for the terminal')
    assert.equal(JSON.parse((await run(['query', 'A1', '--json'], { env })).stderr).err_code, 'ORDERNOTEXIST')
    const forged = await endpoints(t, () => paid, { key: OTHER_KEY })
    await fails(['query', 'A1'], 1, /SIGN_MISMATCH: /, forged)
    for (const args of [[], ['A1', 'A2'], ['A1', '--refund-id', '5'], ['--refund-id', '5', '--paid']]) {
      await fails(['query', ...args], 2, /one number|about an order/, { env })
    }
  })
})

describe('close', () => {
  test('closes, and says when it could not', async t => {
    const { server, env } = await endpoints(t, (url, { out_trade_no }) => (out_trade_no === 'A1' ? {} : { result_code: 'FAIL', err_code: 'ORDERPAID', err_code_des: 'paid' }))
    assert.equal(await says(['close', 'A1'], { env }), 'closed A1\n')
    assert.equal(server.requests[0].url, '/pay/closeorder')
    assert.equal(JSON.parse(await says(['close', 'A1', '--json'], { env })).result_code, 'SUCCESS')
    await fails(['close', 'A2'], 1, /RESULT_FAIL: .*paid/, { env })
    await fails(['close'], 2, /one order number/, { env })
  })
})

describe('refund', { concurrency: true }, () => {
  const R1 = ['A1', '--out-refund-no', 'R1', '--refund-fee', '88']
  const order = { trade_state: 'SUCCESS', out_trade_no: 'A1', transaction_id: '4200', total_fee: '188', trade_type: 'NATIVE' }
  const done = { out_trade_no: 'A1', transaction_id: '4200', out_refund_no: 'R1', refund_id: '50', refund_fee: '88', total_fee: '188', cash_fee: '188' }
  const shop = (t, answer = () => done, options) => endpoints(t, (url, fields, n) => (url === '/pay/orderquery' ? order : answer(url, fields, n)), options)
  const sent = server => server.requests.filter(({ url }) => url === '/secapi/pay/refund')

  test('the amount of the order is asked for, unless it is given', async t => {
    const { server, env } = await shop(t)
    assert.match(await says(['refund', ...R1, '--refund-desc', '少了', '--yes'], { env }), /^refund_id=50$/m)
    assert.deepEqual(server.requests.map(({ url }) => url), ['/pay/orderquery', '/secapi/pay/refund'])
    const { out_trade_no, out_refund_no, refund_fee, total_fee, refund_desc } = asked(server)
    assert.deepEqual([out_trade_no, out_refund_no, refund_fee, total_fee, refund_desc], ['A1', 'R1', '88', '188', '少了'])
    const answer = JSON.parse(await says(['refund', ...R1, '--total-fee', '188', '--yes', '--json'], { env }))
    assert.equal(answer.refund_id, '50')
    assert.equal(server.requests.length, 3)
  })

  test('nothing is sent without a yes', { skip: withoutTerminal }, async t => {
    const { server, env } = await shop(t)
    await fails(['refund', ...R1], 2, /--yes; nothing was sent/, { env })
    const prompt = /refund 88 of 188 fen of order A1, as R1\? \[y\/N\]/
    for (const [typed, status, count] of [['n\r', 1, 0], ['\r', 1, 0], ['\x03', 130, 0], ['y\r', 0, 1]]) {
      const result = await onTerminal(['refund', ...R1], { env, prompt, typed })
      assert.deepEqual([result.status, sent(server).length], [status, count], JSON.stringify(typed))
      assert.match(result.shown, prompt)
    }
  })

  test('an unknown outcome: its own exit code, and the query to run', async t => {
    const cases = {
      SYSTEMERROR: await shop(t, () => ({ result_code: 'FAIL', err_code: 'SYSTEMERROR', err_code_des: 'busy' })),
      'a forged answer': await shop(t, () => done, { key: OTHER_KEY }),
      'no answer': await shop(t, () => undefined),
    }
    for (const [name, { env: own }] of Object.entries(cases)) {
      // A forged answer to the order query would come first.
      const args = ['refund', ...R1, '--total-fee', '188', '--yes']
      const { status, stdout, stderr } = await run(args, { env: own })
      assert.deepEqual([status, stdout], [3, ''], `${name}: ${stderr}`)
      assert.match(stderr, /^wxpay-wasm: OUTCOME_UNKNOWN: [^\n]*; run: npx wxpay-wasm query --out-refund-no=R1\n$/, name)
      const json = JSON.parse((await run([...args, '--json'], { env: own })).stderr)
      assert.deepEqual([json.code, json.query, json.run], ['OUTCOME_UNKNOWN', { endpoint: 'refundQuery', fields: { out_refund_no: 'R1' } }, 'npx wxpay-wasm query --out-refund-no=R1'])
    }
  })

  test('Ctrl-C after it was sent is an unknown outcome too', async t => {
    const server = await serve(t, () => {})
    const process = start(['refund', ...R1, '--total-fee', '188', '--yes'], { env: merchant(server.url) })
    while (server.requests.length === 0) await new Promise(resolve => setTimeout(resolve, 20))
    process.child.kill('SIGINT')
    const { status, stderr } = await process.ended
    assert.equal(status, 3)
    assert.match(stderr, /^wxpay-wasm: ABORTED: .*unknown.*; run: npx wxpay-wasm query --out-refund-no=R1\n$/)
  })

  test('a refusal, and what was forgotten', async t => {
    const { server, env } = await shop(t, () => ({ result_code: 'FAIL', err_code: 'NOTENOUGH', err_code_des: 'not enough' }))
    await fails(['refund', ...R1, '--yes'], 1, /RESULT_FAIL: .*not enough/, { env })
    const count = server.requests.length
    await fails(['refund', 'A1', '--refund-fee', '88', '--yes'], 2, /--out-refund-no is needed/, { env })
    await fails(['refund', 'A1', '--out-refund-no', 'R1', '--yes'], 2, /--refund-fee is needed/, { env })
    await fails(['refund', ...R1.slice(1), '--total-fee', '188', '--yes'], 1, /FIELD_MISSING: /, { env })
    await fails(['refund', ...R1, '--total-fee', '1.88', '--yes'], 1, /FIELD_VALUE: .*total_fee/, { env })
    assert.equal(server.requests.length, count)
    await fails(['refund', ...R1, '--total-fee', '188', '--yes'], 1, /CERT_MISSING: /, { env: merchant('https://127.0.0.1:9') })
    await fails(['refund', ...R1, '--pfx-file', '/none.p12', '--yes'], 1, /CERT_INVALID: .*none\.p12/, { env: { ...env, WXPAY_CERT_FILE: '/other.pem' } })
  })

  test('an order that does not exist is not refunded', async t => {
    const { server, env } = await endpoints(t, () => ({ result_code: 'FAIL', err_code: 'ORDERNOTEXIST', err_code_des: 'none' }))
    await fails(['refund', ...R1, '--yes'], 1, /RESULT_FAIL: /, { env })
    assert.deepEqual(sent(server), [])
  })
})
