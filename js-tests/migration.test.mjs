// The names in docs/migration.md exist: on the left in the other library, on the right here.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { describe, test } from 'node:test'
import axiosPlugin from 'wechatpay-axios-plugin'
import tenpay from 'tenpay'
import * as main from 'wxpay-wasm'
import * as bill from 'wxpay-wasm/bill'
import { WxPay } from 'wxpay-wasm/client'
import * as notify from 'wxpay-wasm/notify'
import { Tenpay } from 'wxpay-wasm/tenpay'
import * as worker from 'wxpay-wasm/worker'
import { read, table } from './documentation/pages.mjs'
import { APPID, KEY, MCHID } from './wire.mjs'

const weixinPay = createRequire(import.meta.url)('weixin-pay')
const merchant = { appid: APPID, mchid: MCHID, partnerKey: KEY }

const names = cell => Array.from(cell.matchAll(/`([^`]+)`/g), ([, name]) => name)
const inside = (object, path) => path.split('.').reduce((found, name) => found?.[name], object)

/** Whatever this package gives a name to. */
const ours = { ...main, ...bill, ...notify, ...worker, WxPay }
const options = ['cert', 'key', 'pfx', 'appid', 'mchid', 'partnerKey', 'secret']
const has = name => name in ours || name in Tenpay || name in Tenpay.prototype || options.includes(name) || name === 'Bill'

/** By the heading of the table. */
const THEIRS = {
  '## From tenpay': name => name in tenpay || name in tenpay.prototype,
  '## From wechatpay-axios-plugin': name => {
    if (name.startsWith('v2.')) {
      const { wxpay = axiosPlugin.Wechatpay } = axiosPlugin
      const client = new wxpay({ mchid: MCHID, secret: KEY, serial: '1', privateKey: KEY_PEM, certs: { any: KEY_PEM } })
      return typeof inside(client, name) === 'function'
    }
    return name.startsWith('new Wechatpay') ? 'Wechatpay' in axiosPlugin : typeof inside(axiosPlugin, name) === 'function'
  },
  '## From weixin-pay': name => name in weixinPay.prototype || ['partner_key', 'mch_id', 'pfx'].includes(name),
}

const { privateKey: KEY_PEM } = (await import('node:crypto')).generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})

for (const [heading, theirs] of Object.entries(THEIRS)) {
  describe(heading.slice(3), () => {
    for (const [left, right] of table('docs/migration.md', heading).rows) {
      test(left.replaceAll('`', ''), () => {
        for (const name of names(left)) assert.ok(theirs(name), `they have no ${name}`)
        for (const name of names(right)) {
          const [called] = name.match(/^(?:new )?(\w+)/).slice(1)
          assert.ok(has(called), `there is no ${name} here`)
        }
        if (/same/.test(right)) for (const name of names(left)) assert.ok(has(name), `there is no ${name} here`)
      })
    }
  })
}

test('nothing of tenpay is left out', () => {
  const listed = table('docs/migration.md', '## From tenpay').rows.flatMap(([left]) => names(left))
  const all = [...Object.getOwnPropertyNames(tenpay.prototype), 'init', 'sandbox']
  const own = all.filter(name => !/^(_|constructor$|log$)/.test(name))
  assert.deepEqual(listed.sort(), own.sort())
})

test('hand-written code: what takes its place exists', () => {
  const text = read('docs/migration.md').split('## From hand-written code')[1]
  for (const [, name] of text.matchAll(/`(?:pay|store)?\.?(nonceStr|sign|buildXml|miniProgramPay|code2Session|stringToSign|paymentNotify|reconcileOrders|orderQuery)\b/g)) {
    assert.ok(has(name), name)
  }
})

test('the other spellings are taken, and two different values are refused', () => {
  const values = { appid: APPID, mchid: MCHID, partnerKey: KEY, appSecret: 's', notify_url: 'https://a.example/n', refund_url: 'https://a.example/r' }
  for (const [option, spellings] of table('docs/migration.md', '## Names that are taken').rows) {
    const [own, second] = names(option)
    for (const spelling of names(spellings)) {
      const meant = second && /refund|Mch|mch/.test(spelling) ? second : own
      const value = values[meant] ?? (meant === 'sub_appid' ? APPID : MCHID)
      const { [meant]: _, ...rest } = { ...merchant, [meant]: value }
      assert.ok(new WxPay({ ...rest, [spelling]: value }), spelling)
      assert.throws(() => new WxPay({ ...rest, [meant]: value, [spelling]: `${value}x` }), { code: 'CONFIG_INVALID' }, spelling)
    }
  }
})
