// The doctor on the command line: the message from everywhere, the key from nowhere that is listed.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { cli } from './cli.mjs'
import { KEY, make, PAGE, right } from './mistakes.mjs'

const ENV = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(WXPAY_|NO_COLOR|FORCE_COLOR)/.test(name)))
const FIELDS = { appid: 'wx1', mch_id: '10000100', body: '茶', total_fee: '88' }
const signed = fields => make(right(fields)).sign
const xml = fields => `<xml>${Object.entries(fields).map(([name, value]) => `<${name}>${value}</${name}>`).join('')}</xml>`
const RIGHT = xml({ ...FIELDS, sign: signed(FIELDS) })
const LOWER = xml({ ...FIELDS, sign: signed(FIELDS).toLowerCase() })

/** Whatever is printed keeps the key. */
function explain(args, { input = '', key = KEY } = {}) {
  const env = key === null ? ENV : { ...ENV, WXPAY_KEY: key }
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'explain', ...args], { env, input, encoding: 'utf8' })
  assert.ok(!`${stdout}${stderr}`.includes(KEY))
  return { status, stdout, stderr }
}

describe('explain', () => {
  let folder
  const file = (name, text) => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
  before(() => (folder = mkdtempSync(join(tmpdir(), 'wxpay-explain-'))))
  after(() => rmSync(folder, { recursive: true }))

  test('a right signature is exit code 0, from standard input, a file and an argument', () => {
    for (const [args, options] of [
      [[], { input: RIGHT }],
      [['-'], { input: RIGHT }],
      [[file('right.xml', RIGHT)], {}],
      [['--message', RIGHT], {}],
      [['--message', xml(FIELDS), '--sign', signed(FIELDS)], {}],
    ]) {
      const { status, stdout, stderr } = explain(args, options)
      assert.deepEqual([status, stderr], [0, ''], args.join(' '))
      assert.match(stdout, /^right\n\nThe signature is right[^]*签名正确[^]*\nappid=wx1&body=茶&mch_id=10000100&total_fee=88&key=\*\*\*\n/)
    }
  })

  test('a mistake is named with its remedy, in words and in JSON', () => {
    const { status, stdout } = explain([], { input: LOWER })
    assert.equal(status, 1)
    assert.match(stdout, /^mistakes\n\nlower-case: [^]*\n {2}-> convert [^]*签名是小写的十六进制[^]*variants tried\n$/)
    const json = explain(['--json'], { input: LOWER })
    assert.deepEqual([json.status, json.stdout.split('\n').length], [1, 2])
    const { verdict, mistakes } = JSON.parse(json.stdout)
    assert.deepEqual([verdict, mistakes.map(({ id }) => id)], ['mistakes', ['lower-case']])
  })

  test('the algorithm, the other side’s string and the order', () => {
    const other = { ...FIELDS, body: 'tea' }
    const theirs = explain(['--message', xml({ ...FIELDS, sign: signed(other) }), '--theirs', 'appid=wx1&body=tea&mch_id=10000100&total_fee=88'])
    assert.match(theirs.stdout, /\nother-value: [^]*\nbody \(value\): 茶 \| theirs: tea\n/)
    const type = explain(['--message', RIGHT, '--sign-type', 'HMAC-SHA256', '--json'])
    assert.deepEqual(JSON.parse(type.stdout).mistakes.map(({ id }) => id), ['algorithm'])
    const order = { appid: PAGE.appId, nonce_str: 'n1', body: 'tea' }
    const { appId, ...five } = PAGE
    const params = JSON.stringify({ ...five, paySign: signed(PAGE) })
    assert.equal(explain(['--order', file('order.xml', xml(order))], { input: params }).status, 0)
  })

  test('the key from a file goes before the environment; from nobody it is asked for', () => {
    const key = file('key', `${KEY}\n`)
    assert.equal(explain(['--key-file', key], { input: RIGHT, key: 'x'.repeat(32) }).status, 0)
    assert.equal(explain([], { input: RIGHT, key: 'x'.repeat(32) }).status, 1)
    const { status, stderr } = explain([], { input: RIGHT, key: null })
    assert.deepEqual([status, stderr], [1, 'wxpay-wasm: KEY_MISSING: a key is needed: set WXPAY_KEY, or give --key-file FILE\n'])
  })

  test('wrong usage is exit code 2', () => {
    for (const args of [['a', 'b'], ['a', '--message', 'b'], ['--key', 'x'], [join(folder, 'none')]]) {
      const { status, stdout, stderr } = explain(args)
      assert.deepEqual([status, stdout], [2, ''], args.join(' '))
      assert.match(stderr, /^wxpay-wasm: /)
    }
    assert.match(explain(['--help']).stdout, /^usage: wxpay-wasm explain/)
  })
})
