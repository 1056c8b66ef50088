// The health report: whatever becomes of it, no payment waits for it or fails with it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Report } from 'wxpay-wasm/client'

const SCANNED = Date.UTC(2026, 5, 2, 12, 32, 56)
const trade = (n, more) => ({ out_trade_no: `M${n}`, begin: SCANNED, end: SCANNED + 1000, state: 'OK', ...more })
const turns = () => new Promise(resolve => setTimeout(resolve, 10))

function reporter(send = async () => {}) {
  const sent = []
  const report = new Report(fields => {
    sent.push(fields)
    return send(fields)
  }, '8.8.8.8')
  return { report, sent, numbers: () => sent.flatMap(({ trades }) => JSON.parse(trades).map(({ out_trade_no }) => out_trade_no)) }
}

test('one report as the document has it', async () => {
  const { report, sent } = reporter()
  report.trade(trade(1))
  report.trade(trade(2, { state: 'CANCLE' }))
  assert.equal(sent.length, 0, 'in the background')
  await turns()
  assert.deepEqual(sent, [
    {
      interface_url: 'https://api.mch.weixin.qq.com/pay/batchreport/micropay/total',
      user_ip: '8.8.8.8',
      trades: JSON.stringify([
        { out_trade_no: 'M1', begin_time: '20260602203256', end_time: '20260602203257', state: 'OK', err_msg: '' },
        { out_trade_no: 'M2', begin_time: '20260602203256', end_time: '20260602203257', state: 'CANCLE', err_msg: '' },
      ]),
    },
  ])
})

test('each report fits into 1024 bytes, none is empty, nothing is lost or said twice', async () => {
  const { report, sent, numbers } = reporter()
  for (let n = 0; n < 100; n++) report.trade(trade(n))
  await turns()
  assert.deepEqual(numbers(), Array.from({ length: 100 }, (_, n) => `M${n}`))
  const sizes = sent.map(({ trades }) => Buffer.byteLength(trades))
  assert.ok(sizes.every(size => size <= 1024), `${sizes}`)
  assert.ok(sent.length < 20)
})

test('one that never fits, and one that is none, are dropped; the others go on', async () => {
  const { report, numbers } = reporter()
  report.trade(trade(1, { out_trade_no: '茶'.repeat(400) }))
  report.trade(trade(2, { begin: NaN }))
  report.trade(trade(3))
  await turns()
  assert.deepEqual(numbers(), ['M3'])
})

test('a refusal is forgotten, and the next one is sent', async () => {
  for (const send of [() => Promise.reject(new Error('x')), () => { throw new Error('x') }]) {
    const { report, numbers } = reporter(send)
    report.trade(trade(1))
    await turns()
    report.trade(trade(2))
    await turns()
    assert.deepEqual(numbers(), ['M1', 'M2'])
  }
})

test('one at a time; what waits for a slow one is bounded, and the oldest give way', async () => {
  let answer
  let open = 0
  let most = 0
  const { report, sent, numbers } = reporter(async () => {
    most = Math.max(most, ++open)
    if (answer === undefined) await new Promise(resolve => (answer = resolve))
    open--
  })
  report.trade(trade('first'))
  await turns()
  for (let n = 0; n < 5000; n++) report.trade(trade(n))
  await turns()
  assert.equal(sent.length, 1)
  answer()
  await turns()
  assert.equal(most, 1)
  assert.deepEqual(numbers(), ['Mfirst', ...Array.from({ length: 1000 }, (_, n) => `M${4000 + n}`)])
})
