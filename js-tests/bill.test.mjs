// Bills as a merchant reads them: by name, exact, in whatever pieces they arrive, and never a part of
// one for the whole.
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { WxPayError } from 'wxpay-wasm'
import { readBill } from 'wxpay-wasm/bill'
import { longBill } from '../soak/bill.mjs'
import { SUMMARY, TITLES, bill, large, line, paid } from './bill-text.mjs'

async function all(source, options) {
  const read = await readBill(source, options)
  const rows = []
  for await (const row of read) rows.push(row)
  assert.equal(read.rows, rows.length)
  return { rows, summary: read.summary, columns: read.columns }
}

const code = expected => error => {
  assert.ok(error instanceof WxPayError, `expected a WxPayError, got ${error?.stack}`)
  assert.equal(error.code, expected, error.message)
  return true
}
const fail = (text, more = '') =>
  Buffer.from(`<xml><return_code><![CDATA[FAIL]]></return_code><return_msg><![CDATA[${text}]]></return_msg>${more}</xml>`)

/** A value that fits the title, and what is read of it. */
const VALUES = {
  交易时间: ['2014-11-10 16:33:45', 'trade_time'],
  公众账号ID: ['wx2421b1c4370ec43b', 'appid'],
  商户号: ['10000100', 'mch_id'],
  特约商户号: ['0', 'sub_mch_id'],
  子商户号: ['0', 'sub_mch_id'],
  设备号: ['1000', 'device_info'],
  微信订单号: ['1001690740201411100005734289', 'transaction_id'],
  商户订单号: ['1415640626', 'out_trade_no'],
  用户标识: ['085e9858e3ba5186aafcbaed1', 'openid'],
  交易类型: ['MICROPAY', 'trade_type'],
  交易状态: ['REFUND', 'trade_state'],
  付款银行: ['CFT', 'bank_type'],
  货币种类: ['CNY', 'fee_type'],
  应结订单金额: ['0.01', 'settlement_total_fee', 1],
  订单金额: ['90071992547409.91', 'total_fee', Number.MAX_SAFE_INTEGER],
  总金额: ['1.1', 'total_fee', 110],
  代金券金额: ['', 'coupon_fee', null],
  代金券或立减优惠金额: ['0', 'coupon_fee', 0],
  退款申请时间: ['2014-11-11 00:00:00', 'refund_apply_time'],
  退款成功时间: ['', 'refund_success_time'],
  微信退款单号: ['2001690740201411100005734289', 'refund_id'],
  商户退款单号: ['R1415640626', 'out_refund_no'],
  申请退款金额: ['0.29', 'refund_fee', 29],
  充值券退款金额: ['-0.10', 'coupon_refund_fee', -10],
  代金券或立减优惠退款金额: ['12', 'coupon_refund_fee', 1200],
  退款类型: ['ORIGINAL', 'refund_channel'],
  退款状态: ['', 'refund_status'],
  商品名称: ['奶茶, `半糖` 🧋\r\n, "大杯"', 'body'],
  商户数据包: ['a,b\n`c`,\r\n{"d":"e"},`f', 'attach'],
  手续费: ['0.00600', 'poundage'],
  返还手续费: ['0.00600', 'refund_poundage'],
  费率: ['0.60%', 'poundage_rate'],
  费率备注: ['', 'rate_remark'],
}

for (const [type, titles] of Object.entries(TITLES)) {
  test(`each column of a bill of type ${type}`, async () => {
    const newer = titles.includes('申请退款金额')
    const VALUE = { ...VALUES, 退款金额: ['3.00', newer ? 'settlement_refund_fee' : 'refund_fee', 300] }
    const given = titles.split(',').map(title => VALUE[title])
    const want = Object.fromEntries(given.map(([text, name, value = text]) => [name, value]))
    const summary = type.includes('old') ? SUMMARY.old : SUMMARY.new
    const row = given.map(([text]) => text)
    const { rows, columns } = await all(bill(titles, [row, row], summary))
    assert.deepEqual(rows, [want, want])
    assert.deepEqual(columns, given.map(([, name]) => name))
  })
}

test('titles decide, not places', async () => {
  const { rows } = await all(bill('交易时间,订单金额,新的一列,__proto__,商户订单号', [['2014-11-10 16:33:45', '1.5', '?', 'x', 'A']]))
  assert.deepEqual(Object.entries(rows[0]), [
    ['trade_time', '2014-11-10 16:33:45'], ['total_fee', 150], ['新的一列', '?'], ['__proto__', 'x'], ['out_trade_no', 'A'],
  ])
})

test('both summaries, in fen, the count as a number', async () => {
  const now = await all(bill(TITLES['ALL, new'], [], SUMMARY.new, ['45.0', '1.00', '2.0', '3', '-0.00600', '4.04', '5.50']))
  assert.deepEqual(now, {
    rows: [],
    columns: now.columns,
    summary: { total_count: 45, settlement_total_fee: 100, settlement_refund_fee: 200, coupon_refund_fee: 300, poundage: '-0.00600', total_fee: 404, refund_fee: 550 },
  })
  const old = await all(bill(TITLES['ALL, old'], [], SUMMARY.old, ['2', '0.02', '0.0', '0.0', '0']))
  assert.deepEqual(old.summary, { total_count: 2, total_fee: 2, refund_fee: 0, coupon_refund_fee: 0, poundage: '0' })
})

test('the fund flow', async () => {
  const titles = '记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额（元）,账户结余（元）,资金变更提交申请人,备注,业务凭证号'
  const row = ['2018-02-01 04:21:23', '50000305742018020103387128253', '1900009231201802015884652186', '退款', '退款', '支出', '0.02', '0.17', 'system', '缺货, `退`\r\n', 'REF4200000068201801293084726067']
  const { rows, summary } = await all(bill(titles, [row], '资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额', ['20.0', '17.0', '0.35', '3.0', '0.18']))
  assert.deepEqual(rows, [{
    billing_time: row[0], biz_transaction_id: row[1], fund_flow_id: row[2], biz_name: '退款', biz_type: '退款', financial_type: '支出',
    financial_fee: 2, account_balance: 17, fund_applicant: 'system', memo: row[9], biz_voucher_id: row[10],
  }])
  assert.deepEqual(summary, { total_count: 20, income_count: 17, income_fee: 35, expense_count: 3, expense_fee: 18 })
})

test('comments, which have no titles and no summary', async () => {
  const text = '200\n`2017-07-01 10:00:05,`1001690740201411100005734289,`5,`赞,`好\n喝\n`2017-07-01 11:00:05,`1001690740201411100005734278,`1,`no'
  const { rows, summary } = await all(Buffer.from(text))
  assert.deepEqual(rows, [
    { comment_time: '2017-07-01 10:00:05', transaction_id: '1001690740201411100005734289', stars: 5, comment: '赞,`好\n喝' },
    { comment_time: '2017-07-01 11:00:05', transaction_id: '1001690740201411100005734278', stars: 1, comment: 'no' },
  ])
  assert.deepEqual(summary, { offset: '200' })
})

describe('the source', () => {
  const rows = [paid('A1', '0.01', { attach: '贡茶, 🧋\r\n`' }), paid('A2', '12.00')]
  const text = bill(TITLES['ALL, new'], rows)
  const packed = gzipSync(text)
  const pieces = (bytes, size) => Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size))
  async function* each(list) { yield* list }

  test('bytes, iterators, streams of both kinds, compressed or not, give the same', async () => {
    const want = await all(text)
    assert.deepEqual(want.rows.map(row => [row.out_trade_no, row.total_fee, row.attach]), [['A1', 1, '贡茶, 🧋\r\n`'], ['A2', 1200, '']])
    for (const bytes of [text, packed]) {
      for (const size of [1, 2, 7, 1000, bytes.length]) {
        assert.deepEqual(await all(each(pieces(bytes, size))), want)
      }
      assert.deepEqual(await all(new Uint8Array(bytes)), want)
      assert.deepEqual(await all(Readable.from(pieces(bytes, 100))), want)
      assert.deepEqual(await all(Readable.toWeb(Readable.from(pieces(bytes, 100)))), want)
      const reader = new Blob([bytes]).stream()
      assert.deepEqual(await all({ getReader: () => reader.getReader() }), want)
    }
  })

  test('that is none is refused', async () => {
    for (const source of [undefined, null, {}, 'text', 5]) await assert.rejects(readBill(source), TypeError)
    await assert.rejects(readBill(each(['text'])), TypeError)
    for (const options of [{ maxBytes: 0 }, { maxRatio: NaN }]) await assert.rejects(readBill(text, options), RangeError)
  })

  test('is let go of: at the end, by break, and by any error', async () => {
    const tracked = bytes => {
      const state = { closed: false }
      const source = (async function* () { try { for (const piece of pieces(bytes, 50)) yield piece; if (bytes === text) return; for (;;) yield Buffer.alloc(50, 'a') } finally { state.closed = true } })()
      return { state, source }
    }
    const settled = () => new Promise(resolve => setTimeout(resolve, 20))
    for (const use of [
      async source => { for await (const row of await readBill(source)) if (row) break },
      source => assert.rejects(all(source, { columns: ['nothing'] }), RangeError),
      source => assert.rejects(all(source, { maxBytes: 100 }), code('BILL_LIMIT')),
      source => assert.rejects(all(source, { onProgress() { throw new Error('mine') } }), /mine/),
    ]) {
      const { state, source } = tracked(text)
      await use(source)
      await settled()
      assert.equal(state.closed, true, String(use))
    }
    const { state, source } = tracked(Buffer.from([0x1f, 0x8b, 0, 0]))
    await assert.rejects(readBill(source), code('BILL_INVALID'))
    await settled()
    assert.equal(state.closed, true)
  })

  test('that breaks off is no end', async () => {
    const broken = bytes => (async function* () { yield bytes.subarray(0, bytes.length - 10); throw new Error('ECONNRESET') })()
    for (const bytes of [text, packed]) {
      await assert.rejects(all(broken(bytes)), error => code('TRANSPORT')(error) && error.cause.message === 'ECONNRESET')
    }
  })

  test('fault 178: an abort ends the reading at once, a source that is silent too', async () => {
    for (const head of [[], [text.subarray(0, 500)], [packed.subarray(0, 50)]]) {
      const stop = new AbortController()
      const source = (async function* () { yield* head; await new Promise(() => {}) })()
      setTimeout(() => stop.abort(), 20)
      await assert.rejects(all(source, { signal: stop.signal }), code('ABORTED'))
    }
    await assert.rejects(all(text, { signal: AbortSignal.abort() }), code('ABORTED'))
  })

  test('is read once', async () => {
    const read = await readBill(text)
    for await (const row of read) assert.ok(row)
    await assert.rejects(async () => { for await (const row of read) assert.fail(row) }, TypeError)
  })
})

test('some columns, and rows in groups', async () => {
  const rows = Array.from({ length: 3000 }, (_, i) => paid(`A${i}`, `${i}.01`, { attach: 'a,`b' }))
  const read = await readBill(bill(TITLES['ALL, new'], rows), { columns: ['total_fee', 'out_trade_no'] })
  let count = 0
  for await (const batch of read.batches()) {
    for (const row of batch) assert.deepEqual(row, { out_trade_no: `A${count}`, total_fee: count++ * 100 + 1 })
  }
  assert.equal(count, 3000)
  assert.equal(read.summary.total_count, 3000)
})

test('progress', async () => {
  const text = bill(TITLES['ALL, new'], Array.from({ length: 3000 }, (_, i) => paid(`A${i}`, '0.01')))
  let clock = 0
  const seen = []
  await all(text, { now: () => (clock += 500), onProgress: progress => seen.push(progress) })
  assert.ok(seen.length >= 3)
  assert.deepEqual(seen.at(-1), { bytes: text.length, rows: 3000, bytesPerSecond: Math.round(text.length / (seen.length / 2)) })
  for (const [i, { bytes, rows }] of seen.entries()) assert.ok(i === 0 || (bytes >= seen[i - 1].bytes && rows >= seen[i - 1].rows))
})

test('onBytes has the bill as it arrives, compressed or not', async () => {
  const text = bill(TITLES['ALL, new'], Array.from({ length: 3000 }, (_, i) => paid(`A${i}`, '0.01')))
  for (const bytes of [Buffer.from(text), gzipSync(text)]) {
    const seen = []
    const { rows } = await all(bytes, { onBytes: piece => seen.push(Buffer.from(piece)) })
    assert.equal(rows.length, 3000)
    assert.ok(Buffer.concat(seen).equals(bytes))
  }
})

describe('no bill', () => {
  test('because nothing happened that day: an empty one', async () => {
    for (const text of ['No Bill Exist', 'NO Bill Exist']) {
      assert.deepEqual(await all(fail(text)), { rows: [], summary: null, columns: [] })
    }
    assert.deepEqual((await all(fail('No Bill Exist'), { columns: ['out_trade_no'] })).rows, [])
  })

  test('because it is still being made: when to ask again', async () => {
    await assert.rejects(readBill(fail('Bill Creating')), error => code('BILL_NOT_READY')(error) && /10:00/.test(error.message))
  })

  test('because the request was wrong: what the gateway says', async () => {
    await assert.rejects(readBill(fail('invalid bill_type', '<error_code>20002</error_code>')), error => code('RETURN_FAIL')(error) && /invalid bill_type/.test(error.message))
    const flow = Buffer.from('<xml><return_code>SUCCESS</return_code><result_code>FAIL</result_code><err_code>PARAM_ERROR</err_code></xml>')
    await assert.rejects(readBill(flow), error => code('RESULT_FAIL')(error) && error.err_code === 'PARAM_ERROR')
  })

  test('but another page', async () => {
    await assert.rejects(readBill(Buffer.from('<html><body>502</body></html>')), code('ANSWER_INVALID'))
    await assert.rejects(readBill(Buffer.from('<'.repeat(1e6))), code('ANSWER_INVALID'))
    for (const text of ['', '{"errcode":40001}', 'not found\n', '\uFEFF', 'a'.repeat(1e6)]) {
      await assert.rejects(all(Buffer.from(text)), code('BILL_INVALID'), text.slice(0, 20))
    }
  })
})

describe('a bill that is not whole is refused', () => {
  const text = bill(TITLES['ALL, new'], [paid('A1', '0.01'), paid('A2', '12.00', { attach: '贡茶' })])

  test('wherever it is cut', async () => {
    for (let at = 0; at <= text.length - 7; at++) await assert.rejects(all(text.subarray(0, at)), code('BILL_INVALID'), `cut at ${at}`)
    await all(text.subarray(0, -2))
  })

  test('wherever its compressed bytes are cut, or damaged', async () => {
    const packed = gzipSync(text)
    for (let at = 2; at < packed.length; at++) await assert.rejects(all(packed.subarray(0, at)), code('BILL_INVALID'), `cut at ${at}`)
    const damaged = Buffer.from(packed)
    damaged[packed.length - 6] ^= 1
    await assert.rejects(all(damaged), code('BILL_INVALID'))
  })

  test('GBK, in the titles and in a row', async () => {
    const gbk = Buffer.from('bdbbd2d7cab1bce42cc9ccbba7b6a9b5a5bac50d0a', 'hex')
    await assert.rejects(all(gbk), error => code('BILL_INVALID')(error) && /GBK/.test(error.message))
    const row = Buffer.from(text)
    row.set([0xb9, 0xb1, 0xb2], row.indexOf('贡茶'))
    await assert.rejects(all(row), error => code('BILL_INVALID')(error) && /GBK/.test(error.message))
  })

  test('amounts that are no whole fen, rows of another length; the row is named', async () => {
    const rows = [paid('A1', '0.01'), paid('A2', '0.015')]
    await assert.rejects(all(bill(TITLES['ALL, new'], rows)), error => code('BILL_INVALID')(error) && /row 2 /.test(error.message))
    rows.splice(1, 1, paid('A2', '0.01').slice(0, 20), paid('A3', '0.02'))
    await assert.rejects(all(bill(TITLES['ALL, new'], rows)), error => code('BILL_INVALID')(error) && /row 2 /.test(error.message))
    await assert.rejects(all(Buffer.concat([text, Buffer.from(line(paid('A3', '1.00')))])), code('BILL_INVALID'))
  })
})

describe('fault 175: a bill that is too large', () => {
  const MB = 2 ** 20

  test('by its bytes', async () => {
    const { source } = large(3 * MB)
    await assert.rejects(all(source(), { maxBytes: MB }), code('BILL_LIMIT'))
    await assert.rejects(all(gzipSync(Buffer.from(TITLES['ALL, new'] + '\n' + line(paid('A', '0.01')).repeat(9000))), { maxBytes: MB }), code('BILL_LIMIT'))
  })

  test('when unpacked: stopped on the way, with flat memory', async () => {
    // 1 GiB of one row, and of zeros; no more than a piece of either is in memory.
    const row = Buffer.from(line(paid('A1', '0.01')))
    const { createGzip } = await import('node:zlib')
    const bomb = filler => Readable.from((function* () {
      yield Buffer.from(`${TITLES['ALL, new']}\n`)
      const piece = Buffer.concat(Array(4096).fill(filler))
      for (let made = 0; made < 1024 * MB; made += piece.length) yield piece
    })()).pipe(createGzip({ level: 9 }))
    for (const [filler, refused] of [[row, 'BILL_LIMIT'], [Buffer.alloc(300), 'BILL_INVALID']]) {
      const packed = bomb(filler)
      globalThis.gc?.()
      const before = process.memoryUsage().rss
      let most = 0
      const began = performance.now()
      const read = async () => {
        const opened = await readBill(packed, { onProgress() { most = Math.max(most, process.memoryUsage().rss) } })
        for await (const batch of opened.batches()) assert.ok(batch.length)
      }
      await assert.rejects(read(), code(refused))
      packed.destroy()
      assert.ok(performance.now() - began < 3000, `${performance.now() - began} ms`)
      assert.ok(most - before < 64 * MB, `${(most - before) / MB} MB`)
    }
  })
})

test('64 MB of rows: all of them, with flat memory', async t => {
  const { figures, checks, limits } = await longBill(null, { megabytes: 64 })
  t.diagnostic(JSON.stringify(figures))
  for (const [claim, holds] of [...checks, ...limits]) assert.ok(holds, claim)
})
