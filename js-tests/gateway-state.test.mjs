import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { createGateway } from 'wxpay-wasm/testing'
import {
  FAIL,
  NOON,
  SUCCESS,
  ask,
  assertDone,
  assertFault,
  buy,
  control,
  onGateway,
  order,
  orderFields,
  query,
  refundOf,
  withShop,
} from './merchant.mjs'

const inFile = (name, body) =>
  test(name, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gateway-'))
    const stateFile = join(folder, 'state.jsonl')
    const open = []
    const start = async options => {
      const gateway = await createGateway({ stateFile, now: () => NOON, ...options })
      open.push(gateway)
      return gateway
    }
    try {
      await body(start, stateFile)
    } finally {
      for (const gateway of open) await gateway.close()
      rmSync(folder, { recursive: true })
    }
  })

describe('a state file', () => {
  inFile('carries orders, refunds, payouts and the ledger over a restart', async start => {
    const before = await start()
    await buy(before)
    await refundOf(before, { refund_fee: '34' })
    await order(before, { out_trade_no: 'A1002' })
    const [orders, ledger] = [before.orders(), before.ledger()]
    await before.close()
    const after = await start()
    assert.deepEqual(after.orders(), orders)
    assert.deepEqual(after.ledger(), ledger)
    assert.equal(after.refunds()[0].status, 'PROCESSING')
    await after.advance(10)
    assert.equal(after.refunds()[0].status, 'SUCCESS')
    assert.equal(
      (await query(after, { transaction_id: orders[0].transaction_id })).fields.trade_state,
      'REFUND',
    )
    const again = await order(after, { out_trade_no: 'A1002' })
    assertDone(again)
    assert.equal(again.fields.prepay_id, orders[1].prepay_id)
    assert.equal(
      (await fetch(new URL(new URL(orders[1].code_url).pathname, after.url))).status,
      200,
    )
  })

  inFile('goes on with notifications that were under way', start =>
    withShop([FAIL, SUCCESS], async (notify_url, received) => {
      const before = await start()
      await buy(before, { notify_url })
      await before.close()
      const after = await start()
      await after.advance(15)
      assert.equal(received.length, 2)
      assert.equal(after.notifications()[0].attempt, 2)
      await after.close()
      const last = await start()
      await last.advance(86_400)
      assert.equal(received.length, 2, 'what was accepted is done')
    }),
  )

  inFile(
    'a last line that was cut off is no harm, another one is refused',
    async (start, stateFile) => {
      const before = await start()
      await order(before)
      await before.close()
      appendFileSync(stateFile, '["orders","A9",{"out_tra')
      const after = await start()
      assert.equal(after.orders().length, 1)
      await after.close()
      assert.ok(!readFileSync(stateFile, 'utf8').includes('A9'), 'it was packed')
      writeFileSync(stateFile, 'nonsense\n["orders","A1",{}]\n')
      await assert.rejects(start(), { name: 'TypeError', message: /line 1/ })
    },
  )

  inFile('is one line per record after a start', async (start, stateFile) => {
    const before = await start()
    await buy(before)
    await before.close()
    const long = readFileSync(stateFile, 'utf8').split('\n').length
    await (await start()).close()
    assert.ok(readFileSync(stateFile, 'utf8').split('\n').length < long)
  })

  inFile('reset forgets, in the file too', async start => {
    const before = await start()
    await buy(before)
    before.reset()
    assert.deepEqual(
      [before.orders(), before.ledger(), before.notifications(), before.messages()],
      [[], [], [], []],
    )
    assertDone(await order(before))
    await before.close()
    assert.equal((await start()).orders().length, 1)
  })
})

describe('memory', () => {
  onGateway(
    'the oldest unpaid order is forgotten, a paid one never',
    { maxOrders: 3 },
    async gateway => {
      await buy(gateway)
      for (let i = 0; i < 5; i += 1) await order(gateway, { out_trade_no: `M${i}` })
      assert.deepEqual(
        gateway.orders().map(({ out_trade_no }) => out_trade_no),
        ['A1001', 'M2', 'M3', 'M4'],
      )
    },
  )

  onGateway(
    'the last messages, each with the string that was signed',
    { memory: 4 },
    async gateway => {
      await order(gateway)
      await order(gateway, { out_trade_no: 'A1002' })
      await query(gateway, { out_trade_no: 'A1002' })
      const messages = gateway.messages()
      assert.deepEqual(
        messages.map(({ id, direction }) => [id, direction]),
        [
          [3, 'request'],
          [4, 'answer'],
          [5, 'request'],
          [6, 'answer'],
        ],
      )
      assert.match(messages[2].stringToSign, /^appid=wx.*&out_trade_no=A1002$/)
      assert.deepEqual([messages[2].endpoint, messages[2].time], ['orderQuery', NOON])
      assert.doesNotMatch(JSON.stringify(messages), new RegExp(gateway.key))
      assert.equal((await control(gateway, 'GET', 'messages')).value.length, 4)
    },
  )

  onGateway('subscribers hear of messages and changes, until they leave', {}, async gateway => {
    const heard = []
    const leave = gateway.subscribe(event => heard.push(event))
    gateway.subscribe(() => {
      throw new Error('its own affair')
    })
    await order(gateway)
    leave()
    await order(gateway, { out_trade_no: 'A1002' })
    const messages = heard.filter(({ type }) => type === 'message')
    assert.deepEqual(
      messages.map(({ message }) => message.direction),
      ['request', 'answer'],
    )
    const changes = heard.filter(({ type }) => type === 'change')
    assert.ok(changes.some(({ table, key }) => table === 'orders' && key === 'A1001'))
  })
})
