// The README's comparison, cell by cell: what published libraries do with the same input.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { bodies, facts } from './comparison/node.mjs'
import { headings, read, root, table } from './documentation/pages.mjs'
import { APPID, KEY, MCHID } from './wire.mjs'

const PYTHON = join(root, 'target/python/bin/python')
const missing = existsSync(join(root, 'target/python/.installed'))
  ? false
  : 'no Python with wechatpy in target/python: cargo xtask test installs it'

/** CI must not pass by skipping. */
const options = { skip: process.env.CI ? false : missing }

const MARK = '<!-- comparison -->'
const { head, rows } = table('README.md', MARK)

describe('the cells of the table', { concurrency: 1 }, () => {
  test('are the rows that are checked, in their order', () => {
    assert.deepEqual(rows.map(([label]) => label), Object.keys(facts))
    assert.deepEqual(head.slice(1).toSorted(), ['tenpay', 'wechatpay-axios-plugin', 'weixin-pay', 'wechatpy', 'wxpay-wasm'].toSorted())
  })

  for (const [label, ...cells] of rows) {
    for (const [index, cell] of cells.entries()) {
      const library = head[index + 1]
      if (library === 'wechatpy') continue
      test(`${label}: ${library}`, async () => assert.equal(await facts[label][library](), cell))
    }
  }

  test('wechatpy', options, () => {
    const input = JSON.stringify({ appid: APPID, mchid: MCHID, key: KEY, bodies })
    const { status, stdout, stderr } = spawnSync(PYTHON, ['-B', join(import.meta.dirname, 'comparison/facts.py')], { input, encoding: 'utf8' })
    assert.equal(status, 0, stderr)
    const column = head.indexOf('wechatpy')
    assert.deepEqual(JSON.parse(stdout), Object.fromEntries(rows.map(row => [row[0], row[column]])))
  })
})

test('the Chinese table says the same', () => {
  const WORDS = {
    是: 'yes', 否: 'no', 无通知路由: 'no route', 进入业务代码: 'reaches your code', 拒绝: 'refused', 密码学随机源: 'cryptographic', 日志中会: 'in its log',
  }
  const chinese = table('README.zh-CN.md', MARK)
  assert.deepEqual(chinese.head.slice(1), head.slice(1))
  const translated = chinese.rows.map(([, ...cells]) => cells.map(cell => WORDS[cell] ?? cell))
  assert.deepEqual(translated, rows.map(([, ...cells]) => cells))
})

test('each row is explained', () => {
  const explained = headings('docs/comparison.md').map(({ text }) => text)
  for (const [label] of rows) assert.ok(explained.some(text => text.toLowerCase() === label.toLowerCase()), label)
  for (const name of ['tenpay', 'wechatpay-axios-plugin', 'weixin-pay']) {
    const { version } = JSON.parse(read(`node_modules/${name}/package.json`))
    assert.ok(read('docs/comparison.md').includes(`${name} ${version}`), `${name} ${version}`)
  }
})
