// A client certificate is checked when the client is made: each mistake has its own message, and none
// of them shows the key or the passphrase (faults 179 to 182 and 186).
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { X509Certificate } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { inspect } from 'node:util'
import { Key } from 'wxpay-wasm'
import { WxPay } from 'wxpay-wasm/client'
import { authority, inside, withoutOpenssl } from './authority.mjs'
import { APPID, KEY, MCHID } from './wire.mjs'

const MERCHANT = { appid: APPID, mchid: MCHID, partnerKey: KEY }
const CANARY = 'correct-horse-battery'
const DAY = 86_400_000

describe('a client certificate', { skip: withoutOpenssl }, () => {
  let ca
  let mine
  let other
  let p12
  let legacy
  let guarded
  const seen = []

  before(() => {
    ca = authority()
    mine = ca.merchant('mine', MCHID, 90)
    other = ca.merchant('other', '1230000109')
    p12 = ca.pkcs12(mine, MCHID)
    legacy = ca.pkcs12(mine, MCHID, { legacy: true })
    guarded = ca.pkcs12(other, CANARY)
    for (const { keyFile } of [mine, other]) chmodSync(keyFile, 0o600)
    for (const { pfxFile } of [p12, legacy, guarded]) chmodSync(pfxFile, 0o600)
  })
  after(() => ca.remove())

  const options = given => ({ ...MERCHANT, ...given })

  /** Warnings of a client that could be made. */
  function made(given) {
    const warnings = []
    const log = entry => warnings.push(entry.direction === 'warning' ? entry.message : entry)
    const pay = new WxPay(options({ log, ...given }))
    seen.push(inspect(pay, { depth: 20, showHidden: true }), JSON.stringify(pay), ...warnings)
    return warnings
  }

  function refused(given, code, field, message) {
    assert.throws(
      () => new WxPay(options(given)),
      error => {
        assert.deepEqual([error.name, error.code, error.field], ['WxPayError', code, field], error.stack)
        assert.match(error.message, message)
        seen.push(error.stack, inspect(error, { depth: 20, showHidden: true }), JSON.stringify(error))
        return true
      },
    )
  }

  describe('is taken', () => {
    test('as PEM, in text, bytes or files', () => {
      const { cert, key, certFile, keyFile } = mine
      assert.deepEqual(made({ cert, key }), [])
      assert.deepEqual(made({ cert: cert.toString(), key: key.toString() }), [])
      assert.deepEqual(made({ cert: new Uint8Array(cert), key: new Uint8Array(key) }), [])
      assert.deepEqual(made({ certFile, keyFile }), [])
      assert.deepEqual(made({ cert, keyFile }), [])
    })

    test('as one PEM with both', () => {
      const both = Buffer.concat([mine.cert, mine.key])
      assert.deepEqual(made({ cert: both, key: both }), [])
    })

    test('with an encrypted key', () => {
      ca.openssl('pkey', '-aes256', '-passout', `pass:${CANARY}`, '-in', 'mine.key', '-out', 'enc.key')
      const key = readFileSync(ca.at('enc.key'))
      assert.deepEqual(made({ cert: mine.cert, key, passphrase: CANARY }), [])
      refused({ cert: mine.cert, key }, 'CERT_INVALID', 'key', /encrypted; give its `passphrase`/)
      const passphrase = `${CANARY}!`
      refused({ cert: mine.cert, key, passphrase }, 'CERT_INVALID', 'key', /cannot be opened with this passphrase/)
    })

    test('as PKCS#12, whose passphrase is the merchant id unless given', () => {
      assert.deepEqual(made({ pfx: p12.pfx }), [])
      assert.deepEqual(made({ pfx: new Uint8Array(p12.pfx), passphrase: MCHID }), [])
      assert.deepEqual(made({ pfxFile: p12.pfxFile }), [])
      assert.deepEqual(made({ pfx: ca.pkcs12(mine, MCHID, { chain: true }).pfx }), [])
      assert.deepEqual(made({ mchid: '1230000109', pfx: guarded.pfx, passphrase: CANARY }), [])
    })

    test('and left as it was given', () => {
      const { pfx } = ca.pkcs12(mine, MCHID)
      const before = Buffer.from(pfx)
      made({ pfx })
      assert.deepEqual(pfx, before)
    })
  })

  describe('`key` means two things', () => {
    test('PEM is the private key, anything else the merchant key', () => {
      const { cert, key } = mine
      assert.deepEqual(made({ cert, key }), [])
      assert.deepEqual(made({ partnerKey: undefined, key: KEY, pfx: p12.pfx }), [])
      assert.deepEqual(made({ partnerKey: undefined, key: new Key(KEY), pfx: p12.pfx }), [])
      assert.deepEqual(made({ partnerKey: undefined, apiKey: KEY, cert, key }), [])
      refused({ partnerKey: undefined, cert, key }, 'KEY_MISSING', undefined, /key/)
    })

    test('a merchant key beside a certificate is not taken for its key', () => {
      const wanted = /needs its private key too.*-----BEGIN PRIVATE KEY.*taken for the merchant key/
      refused({ partnerKey: undefined, cert: mine.cert, key: KEY }, 'CONFIG_INVALID', 'cert', wanted)
      assert.deepEqual(made({ partnerKey: undefined, cert: mine.cert, key: KEY, keyFile: mine.keyFile }), [])
    })
  })

  describe('what does not go together', () => {
    test('half of it', () => {
      refused({ cert: mine.cert }, 'CONFIG_INVALID', 'cert', /needs its private key too/)
      refused({ key: mine.key }, 'CONFIG_INVALID', 'key', /needs `cert`/)
      refused({ keyFile: mine.keyFile }, 'CONFIG_INVALID', 'keyFile', /needs `cert`/)
    })

    test('two of them', () => {
      const { cert, key, certFile, keyFile } = mine
      refused({ cert, certFile, key }, 'CONFIG_INVALID', 'cert', /`certFile` are two ways/)
      refused({ cert, keyFile, key }, 'CONFIG_INVALID', 'key', /`keyFile` are two ways/)
      refused({ cert, key, pfx: p12.pfx }, 'CONFIG_INVALID', 'pfx', /`cert` are two ways/)
      refused({ key, pfxFile: p12.pfxFile }, 'CONFIG_INVALID', 'pfxFile', /`key` are two ways/)
      refused({ pfx: p12.pfx, pfxFile: p12.pfxFile }, 'CONFIG_INVALID', 'pfx', /`pfxFile` are two ways/)
    })

    test('a transport of one’s own', () => {
      const transport = async () => {}
      assert.deepEqual(made({ transport }), [])
      refused({ transport, pfx: p12.pfx }, 'CONFIG_INVALID', 'pfx', /`transport` of your own/)
      refused({ transport, ca: ca.ca }, 'CONFIG_INVALID', 'ca', /`transport` of your own/)
    })

    test('fault 180: the certificate and the key of two downloads', () => {
      refused({ cert: mine.cert, key: other.key }, 'CERT_INVALID', 'key', /does not belong to the certificate [0-9A-F]{20,}/)
    })
  })

  describe('fault 181: whose it is, and when', () => {
    test('of another merchant: both ids', () => {
      const both = /of merchant 1230000109, and this client's mchid is 1900000109/
      refused({ cert: other.cert, key: other.key }, 'CONFIG_INVALID', 'cert', both)
      refused({ pfx: guarded.pfx, passphrase: CANARY }, 'CONFIG_INVALID', 'pfx', both)
    })

    test('of no merchant', () => {
      const server = ca.server()
      refused({ certFile: server.certFile, keyFile: server.keyFile }, 'CONFIG_INVALID', 'certFile', /of no merchant \(CN=127\.0\.0\.1\)/)
      const posing = ca.issue('posing', { subject: `/O=CN=${MCHID}\\/CN=${MCHID}/OU=x/CN=other` })
      refused({ cert: posing.cert, key: posing.key }, 'CONFIG_INVALID', 'cert', /of no merchant/)
    })

    test('ended, not begun, about to end', t => {
      const end = Date.parse(new X509Certificate(mine.cert).validTo)
      const start = Date.parse(new X509Certificate(mine.cert).validFrom)
      t.mock.timers.enable({ apis: ['Date'], now: end })
      for (const given of [{ cert: mine.cert, key: mine.key }, { pfx: p12.pfx }]) {
        t.mock.timers.setTime(end)
        refused(given, 'CERT_INVALID', undefined, /[0-9A-F]{20,} ended on \d{4}-\d\d-\d\d; get a new one/)
        t.mock.timers.setTime(start - 1)
        refused(given, 'CERT_INVALID', undefined, /begins on .* is the clock right/)
        t.mock.timers.setTime(start)
        assert.deepEqual(made(given), [])
        t.mock.timers.setTime(end - 30 * DAY)
        assert.deepEqual(made(given), [])
        t.mock.timers.setTime(end - 30 * DAY + 1)
        const [warning, ...more] = made(given)
        assert.match(warning, /[0-9A-F]{20,} ends on \d{4}-\d\d-\d\d, in 29 days; renew it/)
        assert.deepEqual(more, [])
        const log = () => {
          throw new Error('the disk is full')
        }
        assert.ok(new WxPay(options({ ...given, log })))
      }
    })
  })

  describe('fault 179: PKCS#12 in RC2-40', () => {
    test('both languages, the command, and not the bare word', () => {
      for (const given of [{ pfx: legacy.pfx }, { pfxFile: legacy.pfxFile }]) {
        refused(given, 'CERT_UNSUPPORTED', Object.keys(given)[0], /RC2-40.*npx wxpay-wasm cert convert apiclient_cert\.p12.*证书文件.*npx wxpay-wasm cert convert/)
      }
    })

    test('a wrong passphrase is said first', () => {
      refused({ pfx: legacy.pfx, passphrase: CANARY }, 'CERT_INVALID', 'pfx', /cannot be opened with this passphrase.* is the merchant id/)
    })
  })

  describe('fault 180: what is no certificate', () => {
    const cases = {
      'a wrong passphrase': [() => ({ pfx: p12.pfx, passphrase: CANARY }), 'pfx', /this passphrase, or is damaged; the passphrase is the merchant id \(mchid\) unless/],
      'an empty passphrase': [() => ({ pfx: p12.pfx, passphrase: '' }), 'pfx', /this passphrase/],
      'PEM as PKCS#12': [() => ({ pfx: mine.cert }), 'pfx', /is PEM, which goes into `cert` and `key`/],
      'PEM text as PKCS#12': [() => ({ pfx: mine.cert.toString() }), 'pfx', /is PEM, which goes into/],
      'DER as PKCS#12': [() => ({ pfx: new X509Certificate(mine.cert).raw }), 'pfx', /is DER of another kind/],
      'half a PKCS#12': [() => ({ pfx: p12.pfx.subarray(0, 500) }), 'pfx', /truncated: \d{4} bytes are announced, and 500 are there/],
      'PKCS#12 without its last byte': [() => ({ pfx: p12.pfx.subarray(0, -1) }), 'pfx', /truncated/],
      'PKCS#12 with a spoiled byte': [() => ({ pfx: Buffer.from(p12.pfx).fill(0xff, 4, 20) }), 'pfx', /no PKCS#12|another kind|damaged/],
      'PKCS#12 spoiled inside': [() => ({ pfx: Buffer.from(p12.pfx).fill(0xff, 60, 300) }), 'pfx', /passphrase|damaged/],
      'PKCS#12 read as text': [() => ({ pfx: Buffer.from(p12.pfx.toString()) }), 'pfx', /was read as text, which broke it/],
      'PKCS#12 as base64 bytes': [() => ({ pfx: Buffer.from(p12.pfx.toString('base64')) }), 'pfx', /is base64/],
      'an empty PKCS#12': [() => ({ pfx: Buffer.alloc(0) }), 'pfx', /is empty/],
      'a text as PKCS#12': [() => ({ pfx: Buffer.from('hello') }), 'pfx', /is no PKCS#12/],
      'DER as PEM': [() => ({ cert: new X509Certificate(mine.cert).raw, key: mine.key }), 'cert', /is DER.*openssl x509 -inform der/],
      'a DER key as PEM': [() => ({ cert: mine.cert, key: ca.openssl('pkey', '-in', 'mine.key', '-outform', 'der') }), 'key', /is DER.*openssl pkey -inform der/],
      'PKCS#12 as PEM': [() => ({ cert: p12.pfx, key: mine.key }), 'cert', /is PKCS#12 .* goes into `pfx`/],
      'certificate and key swapped': [() => ({ cert: mine.key, key: mine.cert }), 'cert', /other kind, a PRIVATE KEY, which goes into `key`/],
      'two certificates': [() => ({ cert: mine.cert, key: mine.cert }), 'key', /other kind, a CERTIFICATE/],
      'half a PEM': [() => ({ cert: mine.cert.subarray(0, 400), key: mine.key }), 'cert', /truncated: the last block has no -----END/],
      'half a PEM key': [() => ({ cert: mine.cert, key: mine.key.subarray(0, 400) }), 'key', /truncated/],
      'a spoiled PEM': [() => ({ cert: spoiled(mine.cert), key: mine.key }), 'cert', /cannot be read|does not belong/],
      'a spoiled PEM key': [() => ({ cert: mine.cert, key: spoiled(mine.key) }), 'key', /cannot be read/],
      'an empty PEM': [() => ({ cert: '', key: mine.key }), 'cert', /is empty/],
      'a PEM on one line': [() => ({ cert: mine.cert.toString().replaceAll('\n', '\\n'), key: mine.key }), 'cert', /two characters instead of line ends/],
      'a text': [() => ({ cert: 'hello', key: mine.key }), 'cert', /is no PEM/],
    }
    for (const [name, [given, field, message]] of Object.entries(cases)) {
      test(name, () => refused(given(), 'CERT_INVALID', field, message))
    }

    test('no two of the messages are the same but for the passphrase', () => {
      const messages = Object.entries(cases).map(([name, [given]]) => {
        try {
          new WxPay(options(given()))
        } catch (error) {
          return error.message
        }
        return assert.fail(name)
      })
      assert.ok(new Set(messages).size >= messages.length - 4, [...messages].sort().join('\n'))
    })

    test('what is no content', () => {
      for (const pfx of [1, null, true, {}, []]) refused({ pfx }, 'CONFIG_INVALID', 'pfx', /content of a file/)
      refused({ pfx: p12.pfx.toString('latin1') }, 'CONFIG_INVALID', 'pfx', /is text, and should be bytes/)
      refused({ pfx: p12.pfx.toString('base64') }, 'CONFIG_INVALID', 'pfx', /Buffer\.from\(text, 'base64'\)/)
      for (const certFile of ['', 1, null]) refused({ certFile }, 'CONFIG_INVALID', 'certFile', /path of a file/)
      for (const passphrase of [1, null, {}]) refused({ pfx: p12.pfx, passphrase }, 'CONFIG_INVALID', 'passphrase', /string/)
      for (const none of ['hello', '', 1, Buffer.from('x'), null]) refused({ ca: none }, 'CONFIG_INVALID', 'ca', /BEGIN CERTIFICATE/)
    })
  })

  describe('paths', () => {
    test('a path where content is expected', () => {
      const { certFile, keyFile } = mine
      for (const pfx of [p12.pfxFile, './apiclient_cert.p12', 'cert/a.p12', 'C:\\cert\\a.p12', '~/x.pfx']) {
        refused({ pfx }, 'CONFIG_INVALID', 'pfx', /is a path.*as `pfxFile`/)
      }
      refused({ cert: certFile, key: mine.key }, 'CONFIG_INVALID', 'cert', /is a path.*as `certFile`/)
      refused({ cert: mine.cert, key: keyFile }, 'CONFIG_INVALID', 'key', /is a path.*as `keyFile`/)
    })

    test('fault 182: a file that is not there, is a folder, may not be read', t => {
      refused({ pfxFile: ca.at('none.p12') }, 'CERT_INVALID', 'pfxFile', /none\.p12 cannot be read: ENOENT/)
      refused({ certFile: ca.folder, keyFile: mine.keyFile }, 'CERT_INVALID', 'certFile', /EISDIR/)
      if (process.getuid() === 0) return t.diagnostic('root reads every file')
      chmodSync(mine.keyFile, 0)
      refused({ certFile: mine.certFile, keyFile: mine.keyFile }, 'CERT_INVALID', 'keyFile', /EACCES/)
      chmodSync(mine.keyFile, 0o600)
    })

    test('fault 182: a key that everybody can read is a warning', () => {
      const open = { keyFile: ca.at('open.key'), pfxFile: ca.at('open.p12') }
      copyFileSync(mine.keyFile, open.keyFile)
      copyFileSync(p12.pfxFile, open.pfxFile)
      for (const file of Object.values(open)) chmodSync(file, 0o644)
      for (const given of [{ certFile: mine.certFile, keyFile: open.keyFile }, { pfxFile: open.pfxFile }]) {
        const [warning, ...more] = made(given)
        assert.match(warning, /everybody on this machine can read .*open\.(key|p12); chmod 600/)
        assert.deepEqual(more, [])
      }
      for (const file of Object.values(open)) chmodSync(file, 0o640)
      assert.deepEqual(made({ certFile: mine.certFile, keyFile: open.keyFile }), [])
      assert.deepEqual(made({ pfxFile: open.pfxFile }), [])
    })
  })

  test('fault 186: key and passphrase are in no heap', () => {
    const script = `
      const { WxPay } = require('wxpay-wasm/client')
      const { readFileSync } = require('node:fs')
      const { cert, key, p12, canary } = JSON.parse(process.argv[1])
      const merchant = ${JSON.stringify(MERCHANT)}
      // What is given as content belongs to the caller, who drops it here.
      globalThis.kept = [
        new WxPay({ ...merchant, certFile: cert, keyFile: key }),
        new WxPay({ ...merchant, cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }),
        new WxPay({ ...merchant, mchid: '1230000109', pfx: readFileSync(p12), passphrase: canary() }),
      ]`
    // The canary is put together out of pieces, so that no source has it.
    const pieces = JSON.stringify(CANARY.split('-'))
    const whole = script.replace('canary }', 'none }').replace('canary()', `${pieces}.join('-')`)
    const args = JSON.stringify({ cert: mine.certFile, key: mine.keyFile, p12: guarded.pfxFile })
    const measured = `{${whole}}
      setTimeout(async () => {
        gc(); gc()
        const chunks = []
        for await (const chunk of require('node:v8').getHeapSnapshot()) chunks.push(chunk)
        process.stdout.write(Buffer.concat(chunks))
      }, 50)`
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', '-e', measured, args], {
      cwd: import.meta.dirname,
      encoding: 'latin1',
      maxBuffer: 512 * 1024 * 1024,
    })
    assert.equal(status, 0, stderr)
    assert.ok(stdout.includes('WxPay') && stdout.includes(MCHID), 'a snapshot')
    for (const secret of [...inside(mine.key), CANARY]) assert.ok(!stdout.includes(secret), 'in the heap')
  })

  test('fault 186: key and passphrase were in no error, no warning and no view of a client', () => {
    assert.ok(seen.length > 150, `${seen.length} texts`)
    const all = seen.join('\n')
    for (const secret of [...inside(mine.key), ...inside(other.key), CANARY, KEY]) {
      assert.ok(!all.includes(secret), 'shows a secret')
    }
  })

  function spoiled(pem) {
    const lines = pem.toString().split('\n')
    lines.splice(2, 6)
    return lines.join('\n')
  }
})
