// bill and reconcile: a file is whole or not there, and what differs is the exit code.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { TITLES, bill, paid } from './bill-text.mjs'
import { fails, folder, merchant, onTerminal, run, says, start, withoutTerminal } from './command.mjs'
import { serve } from './server.mjs'
import { digest, read } from './wire.mjs'

const DAY = '20141110'
const ROWS = [paid('A1', '0.88'), paid('A2', '12.00', { attach: 'a,`b' })]
const BILL = bill(TITLES['ALL, new'], ROWS)
const FUNDS = Buffer.from(
  '\uFEFF记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额（元）,账户结余（元）,资金变更提交申请人,备注,业务凭证号\r\n' +
    '`2018-02-01 04:21:23,`50000305742018020103387128253,`1900009231201802015884652186,`退款,`退款,`支出,`0.02,`0.17,`system,`缺货,`REF4200000068201801293084726067\r\n' +
    '资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\r\n`1.0,`0.0,`0.00,`1.0,`0.02\r\n',
)
const say = text => `<xml><return_code><![CDATA[FAIL]]></return_code><return_msg><![CDATA[${text}]]></return_msg></xml>`

async function bills(t, body) {
  const server = await serve(t, (response, request) => {
    const { sign, ...asked } = read(request.body.replace(/^<xml>|<\/xml>$/g, ''))
    assert.equal(sign, digest(asked, { type: sign.length === 64 ? 'HMAC-SHA256' : 'MD5' }))
    const answer = typeof body === 'function' ? body(request.url, asked, response) : body
    if (answer !== undefined) response.end(asked.tar_type === 'GZIP' ? gzipSync(answer) : answer)
  })
  return { server, env: merchant(server.url) }
}

describe('bill', () => {
  test('JSON lines or the bytes as they came, compressed or not', async t => {
    const { server, env } = await bills(t, BILL)
    const { at } = folder(t)
    assert.equal(await says(['bill', '2014-11-10', '-o', at('1')], { env }), `2 rows in ${at('1')}\n`)
    const rows = readFileSync(at('1'), 'utf8').trim().split('\n').map(JSON.parse)
    assert.deepEqual(rows.map(row => [row.out_trade_no, row.total_fee, row.attach]), [['A1', 88, ''], ['A2', 1200, 'a,`b']])
    await says(['bill', DAY, '-o', at('2'), '--csv'], { env })
    assert.ok(readFileSync(at('2')).equals(BILL))
    await says(['bill', DAY, '-o', at('3'), '--csv', '--gzip'], { env })
    assert.ok(gunzipSync(readFileSync(at('3'))).equals(BILL))
    await says(['bill', DAY, '-o', at('4'), '--gzip'], { env })
    assert.ok(readFileSync(at('4')).equals(readFileSync(at('1'))))
    const facts = JSON.parse(await says(['bill', DAY, '-o', at('5'), '--json', '--type', 'SUCCESS'], { env }))
    assert.deepEqual([facts.rows, facts.exists, facts.bytes, facts.bill_date, facts.summary.total_count], [2, true, BILL.length, DAY, 2])
    assert.match(server.requests[0].body, new RegExp(DAY))
    assert.match(server.requests.at(-1).body, /<bill_type><!\[CDATA\[SUCCESS\]\]>/)
    assert.deepEqual(readdirSync(at('')).sort(), ['1', '2', '3', '4', '5'])
  })

  test('the fund flow', async t => {
    const { server, env } = await bills(t, FUNDS)
    const { at } = folder(t)
    await says(['bill', '20180201', '-o', at('1'), '--fundflow'], { env })
    const [row] = readFileSync(at('1'), 'utf8').trim().split('\n').map(JSON.parse)
    assert.deepEqual([row.financial_fee, row.account_balance], [2, 17])
    assert.equal(server.requests[0].url, '/pay/downloadfundflow')
    assert.match(server.requests[0].body, /<account_type><!\[CDATA\[Basic\]\]>/)
  })

  test('a large one, to the byte', async t => {
    const many = Array.from({ length: 20_000 }, (_, i) => paid(`A${i}`, '0.01'))
    const large = bill(TITLES['ALL, new'], many)
    const { env } = await bills(t, large)
    const { at } = folder(t)
    await says(['bill', DAY, '-o', at('1'), '--csv'], { env })
    assert.ok(readFileSync(at('1')).equals(large))
    await says(['bill', DAY, '-o', at('2')], { env })
    assert.equal(readFileSync(at('2'), 'utf8').split('\n').length, 20_001)
  })

  test('to standard output', async t => {
    const { env } = await bills(t, BILL)
    const { status, stdout, stderr } = await run(['bill', DAY, '-o', '-', '--csv'], { env })
    assert.deepEqual([status, stdout], [0, BILL.toString()])
    assert.equal(stderr, 'wxpay-wasm: 2 rows in -\n')
  })

  test('whoever reads no more ends it quietly', async t => {
    const { env } = await bills(t, bill(TITLES['ALL, new'], Array.from({ length: 20_000 }, (_, i) => paid(`A${i}`, '0.01'))))
    const process = start(['bill', DAY, '-o', '-'], { env })
    process.child.stdout.once('data', () => process.child.stdout.destroy())
    const { status, stderr } = await process.ended
    assert.deepEqual([status, stderr], [1, ''])
  })

  test('a day without trades has an empty bill', async t => {
    const { env } = await bills(t, say('No Bill Exist'))
    const { at } = folder(t)
    for (const more of [[], ['--csv']]) {
      assert.match(await says(['bill', DAY, '-o', at('1'), '--force', ...more], { env }), /^no bill exists for 20141110/)
      assert.equal(readFileSync(at('1'), 'utf8'), '')
    }
  })

  test('what is not whole leaves nothing, and what was there stays', async t => {
    const { at, path } = folder(t)
    writeFileSync(at('old'), 'mine')
    const cases = [
      [1, /BILL_INVALID: /, BILL.subarray(0, 700)],
      [1, /BILL_NOT_READY: /, say('Bill Creating')],
      [1, /RETURN_FAIL: .*SIGN ERROR/, say('SIGN ERROR')],
      [4, /TRANSPORT: /, (_url, _asked, response) => {
        response.writeHead(200, { 'content-length': 5000 }).write(BILL.subarray(0, 700))
        setTimeout(() => response.destroy(), 50)
      }],
    ]
    for (const [status, message, body] of cases) {
      const { env } = await bills(t, body)
      for (const more of [[], ['--csv']]) {
        await fails(['bill', DAY, '-o', at('new'), ...more], status, message, { env })
        await fails(['bill', DAY, '-o', at('old'), '--force', ...more], status, message, { env })
      }
    }
    const { env } = await bills(t, BILL)
    await fails(['bill', DAY, '-o', at('old')], 2, /is there already; --force/, { env })
    assert.deepEqual(readdirSync(path), ['old'])
    assert.equal(readFileSync(at('old'), 'utf8'), 'mine')
    await says(['bill', DAY, '-o', at('old'), '--force', '--csv'], { env })
    assert.ok(readFileSync(at('old')).equals(BILL))
  })

  test('Ctrl-C leaves nothing', async t => {
    const { at, path } = folder(t)
    const { env } = await bills(t, (_url, _asked, response) => void response.writeHead(200).write(BILL.subarray(0, 700)))
    const process = start(['bill', DAY, '-o', at('new')], { env })
    while (readdirSync(path).length === 0) await new Promise(resolve => setTimeout(resolve, 20))
    await new Promise(resolve => setTimeout(resolve, 200))
    process.child.kill('SIGINT')
    const { status, stderr } = await process.ended
    assert.deepEqual([status, readdirSync(path)], [130, []], stderr)
    assert.match(stderr, /^wxpay-wasm: ABORTED: /)
  })

  test('what was forgotten, and where nobody can write', async t => {
    const { env } = await bills(t, BILL)
    const { at } = folder(t)
    await fails(['bill', DAY], 2, /-o FILE/, { env })
    await fails(['bill', '-o', at('1')], 2, /takes a day/, { env })
    await fails(['bill', '10.11.2014', '-o', at('1')], 2, /a day is written as/, { env })
    await fails(['bill', DAY, '-o', at('1'), '--type', 'ALLES'], 1, /FIELD_VALUE: .*bill_type/, { env })
    await fails(['bill', DAY, '-o', at('none/1')], 2, /cannot be written: ENOENT/, { env })
    assert.ok(!existsSync(at('1')))
  })

  test('a terminal sees how far it is', { skip: withoutTerminal }, async t => {
    const { env } = await bills(t, BILL)
    const { at } = folder(t)
    const { status, shown } = await onTerminal(['bill', DAY, '-o', at('1')], { env })
    assert.equal(status, 0)
    assert.match(shown, /2 rows, \d+ KB, \d+ KB\/s\r\x1b\[K2 rows in /)
  })
})

describe('reconcile', () => {
  const order = (out_trade_no, total_fee, columns = {}) => ({ out_trade_no, total_fee, fee_type: 'CNY', state: 'SUCCESS', transaction_id: `42${out_trade_no}`, time_end: `${DAY}163345`, ...columns })
  const EQUAL = [order('A1', 88), order('A2', 1200), order('OLD', 5, { time_end: '20141109000000' }), order('OPEN', 1, { state: 'NOTPAY', transaction_id: null, time_end: null })]
  const OTHER = [order('A1', 89), order('A3', 300)]

  test('a bill in a file or from the gateway, orders in JSON of each shape', async t => {
    const { write } = folder(t)
    const { server, env } = await bills(t, BILL)
    const plain = write('bill.csv', BILL)
    const packed = write('bill.csv.gz', gzipSync(BILL))
    for (const [i, text] of [JSON.stringify(EQUAL), EQUAL.map(each => JSON.stringify(each)).join('\n'), `\uFEFF${JSON.stringify({ orders: EQUAL })}`].entries()) {
      const store = write(String(i), text)
      for (const file of [plain, packed]) {
        assert.equal(await says(['reconcile', file, '--date', '2014-11-10', '--store', store]), '2 rows, nothing differs\n')
      }
      assert.equal(await says(['reconcile', '-', '--date', DAY, '--store', store], { input: BILL }), '2 rows, nothing differs\n')
      assert.equal(await says(['reconcile', DAY, '--store', store, '--gzip'], { env }), '2 rows, nothing differs\n')
    }
    assert.equal(server.requests.length, 3)
  })

  test('what differs, as text and as JSON', async t => {
    const { write } = folder(t)
    const file = write('bill.csv', BILL)
    const store = write('orders.json', JSON.stringify(OTHER))
    const { status, stdout } = await run(['reconcile', file, '--date', DAY, '--store', store])
    assert.equal(status, 1)
    assert.deepEqual(stdout.trim().split('\n'), [
      'amount: payment of A1 has another amount: 89 here, 88 there',
      'missing_here: payment of A2 is in the bill, and not among your orders',
      'missing_there: payment of A3 is paid among your orders, and not in the bill',
      '2 rows, 3 differ',
    ])
    const json = await run(['reconcile', file, '--date', DAY, '--store', store, '--json'])
    const lines = json.stdout.trim().split('\n').map(JSON.parse)
    assert.equal(json.status, 1)
    assert.deepEqual(lines.map(({ kind }) => kind), ['amount', 'missing_here', 'missing_there', undefined])
    assert.deepEqual(lines[3], { rows: 2, differences: 3 })
    assert.deepEqual([lines[0].ours.total_fee, lines[0].theirs.total_fee], [89, 88])
  })

  test('refunds, where there are some', async t => {
    const { write } = folder(t)
    const rows = [paid('A1', '0.88'), paid('A2', '12.00', { state: 'REFUND', refund: ['50', 'R1', '5.00'] })]
    const file = write('bill.csv', bill(TITLES['ALL, new'], rows))
    const orders = [order('A1', 88), order('A2', 1200, { time_end: '20141101000000' })]
    const refund = { out_refund_no: 'R1', out_trade_no: 'A2', refund_fee: 500, refund_status: 'SUCCESS' }
    const compare = (name, refunds) => run(['reconcile', file, '--date', DAY, '--store', write(name, JSON.stringify({ orders, refunds }))])
    assert.equal((await compare('1', [refund])).status, 0)
    assert.equal((await compare('2', undefined)).status, 0)
    const { status, stdout } = await compare('3', [{ ...refund, refund_fee: 400 }])
    assert.equal(status, 1)
    assert.match(stdout, /^amount: refund R1 of A2 has another amount: 400 here, 500 there\n/)
    assert.match((await compare('4', [])).stdout, /^missing_here: refund R1 of A2/)
  })

  test('the SQLite file of an order store, only read', async t => {
    const { at, write } = folder(t)
    const Database = createRequire(import.meta.url)('libsql')
    const { Kysely, SqliteDialect } = await import('kysely')
    const { sqliteDatabase, sqlStore } = await import('wxpay-wasm/store/sql')
    const database = sqliteDatabase(new Database(at('orders.db')))
    const store = await sqlStore({ db: new Kysely({ dialect: new SqliteDialect({ database }) }), dialect: 'sqlite' })
    for (const { out_trade_no, total_fee, transaction_id, time_end, fee_type } of EQUAL) {
      await store.createOrder({ out_trade_no, total_fee, appid: 'wx1', mch_id: '1', trade_type: 'JSAPI', body: 'tea' })
      if (time_end === null) continue
      await store.recordPayment({ out_trade_no, transaction_id, total_fee, fee_type, cash_fee: total_fee, openid: null, bank_type: null, time_end })
    }
    const file = write('bill.csv', BILL)
    const args = ['reconcile', file, '--date', DAY, '--store', at('orders.db')]
    // Where Node has no SQLite, the driver is looked for where the command runs.
    const { status, stdout, stderr } = await run(args, { cwd: import.meta.dirname })
    assert.deepEqual([status, stdout], [0, '2 rows, nothing differs\n'], stderr)
    const url = await run([...args.slice(0, -1), `sqlite:${at('orders.db')}`], { cwd: import.meta.dirname })
    assert.equal(url.status, 0, url.stderr)
    const shorter = write('other.csv', bill(TITLES['ALL, new'], ROWS.slice(0, 1)))
    const lost = await run(['reconcile', shorter, '--date', DAY, '--store', at('orders.db')], { cwd: import.meta.dirname })
    assert.match(lost.stdout, /^missing_there: payment of A2/)
    await store.close()
    const has = await import('node:sqlite').then(() => true, () => false)
    if (!has) await fails(args, 1, /STORE_CONFIG: .*is SQLite, and Node v.* cannot read it.*JSON/, { cwd: at('') })
  })

  test('what cannot be compared', async t => {
    const { write, at, path } = folder(t)
    const file = write('bill.csv', BILL)
    const store = write('orders.json', JSON.stringify(EQUAL))
    const broken = (name, content) => ['reconcile', file, '--date', DAY, '--store', write(name, content)]
    await fails(['reconcile', file, '--store', store], 2, /needs --date/)
    await fails(['reconcile', file, '--date', DAY], 2, /--store FILE/)
    await fails(['reconcile', file, '--date', 'today', '--store', store], 2, /a day is written as/)
    await fails(['reconcile', at('none'), '--date', DAY, '--store', store], 2, /cannot be read: ENOENT/)
    await fails(['reconcile', file, '--date', DAY, '--store', at('none')], 1, /STORE_CONFIG: .*cannot be read: ENOENT/)
    await fails(['reconcile', file, '--date', DAY, '--store', path], 1, /STORE_CONFIG: .*cannot be read: EISDIR/)
    await fails(['reconcile', file, '--date', DAY, '--store', 'mysql://u:canary@h/db'], 2, /no mysql server; export/)
    await fails(broken('1', 'not json'), 1, /STORE_CONFIG: .*neither SQLite nor orders/)
    await fails(broken('2', '[5]'), 1, /STORE_CONFIG: .*neither SQLite nor orders/)
    await fails(broken('3', '[{"out_trade_no":"A1"}]'), 1, /STORE_CONFIG: .*order 1 has no state/)
    await fails(broken('4', '[{"out_trade_no":"A1","state":"SUCCESS","total_fee":0.88}]'), 1, /order 1 has no total_fee in fen/)
    await fails(broken('5', '{"orders":[],"refunds":[{"out_refund_no":"R1"}]}'), 1, /refund 1 has no out_trade_no/)
    const text = write('no.csv', 'no bill')
    await fails(['reconcile', text, '--date', DAY, '--store', store], 1, /BILL_INVALID: /)
  })
})
