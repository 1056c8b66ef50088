// doctor: what is wrong with the settings before a payment finds out. It asks a host only with --online,
// and here only hosts of this machine.
import assert from 'node:assert/strict'
import https from 'node:https'
import { after, before, describe, test } from 'node:test'
import { authority, withoutOpenssl } from './authority.mjs'
import { fails, merchant, run } from './command.mjs'
import { listen, serve } from './server.mjs'
import { APPID, KEY, MCHID } from './wire.mjs'

/** The findings by name, and the exit code that goes with them. */
async function doctor(args, env) {
  const { status, stdout, stderr } = await run(['doctor', ...args, '--json'], { env })
  assert.equal(stderr, '')
  const { ok, findings } = JSON.parse(stdout)
  assert.equal(ok, !findings.some(finding => finding.status === 'fault'))
  assert.equal(status, ok ? 0 : 1)
  return Object.fromEntries(findings.map(({ check, ...finding }) => [check, finding]))
}

const statuses = findings => Object.fromEntries(Object.entries(findings).map(([check, { status }]) => [check, status]))

describe('without a network', () => {
  test('all is well', async () => {
    const env = merchant(undefined, { WXPAY_NOTIFY_URL: 'https://a.example/notify' })
    const findings = await doctor([], env)
    assert.deepEqual(statuses(findings), { runtime: 'ok', key: 'ok', settings: 'ok', 'notify URL': 'ok', certificate: 'skipped', network: 'skipped' })
    assert.match(findings.runtime.message, new RegExp(`Node ${process.versions.node}, OpenSSL`))
    assert.equal(findings.settings.message, `appid ${APPID}, mchid ${MCHID}`)
    const { status, stdout } = await run(['doctor'], { env })
    assert.equal(status, 0)
    assert.match(stdout, /^ok {7}runtime: [^]*\nok {7}notify URL: https:\/\/a\.example\/notify\n/)
  })

  test('one fault does not hide the others', async () => {
    const findings = await doctor([], {})
    assert.deepEqual(statuses(findings), { runtime: 'ok', key: 'fault', settings: 'fault', 'notify URL': 'skipped', certificate: 'skipped', network: 'skipped' })
    assert.match(findings.key.message, /^KEY_MISSING: /)
    const wrong = await doctor(['--notify-url', 'https://a.example/n?x=1'], merchant(undefined, { WXPAY_KEY: 'canary'.repeat(5) }))
    assert.match(wrong.key.message, /^KEY_INVALID: /)
    assert.equal(wrong.settings.status, 'ok')
    assert.match(wrong['notify URL'].message, /^FIELD_VALUE: .*notify_url/)
    assert.match((await doctor(['--sign-type', 'SHA1'], merchant())).settings.message, /^CONFIG_INVALID: `signType`/)
    await fails(['doctor', 'x'], 2, /takes no argument/)
  })

  test('production refuses a notify URL of this machine', async () => {
    const { settings } = await doctor([], merchant(undefined, { NODE_ENV: 'production' }))
    assert.match(settings.message, /^CONFIG_INVALID: `notify_url`/)
  })

  describe('the certificate', { skip: withoutOpenssl }, () => {
    let ca
    before(() => (ca = authority()))
    after(() => ca.remove())
    const look = async (certificate, args = []) =>
      (await doctor(args, merchant(undefined, { WXPAY_CERT_FILE: certificate.certFile, WXPAY_CERT_KEY_FILE: certificate.keyFile }))).certificate

    test('mine, one that ends soon, and another merchant’s', async () => {
      const mine = ca.merchant('mine', MCHID, 300)
      assert.equal((await look(mine)).status, 'ok')
      const { pfxFile } = ca.pkcs12(mine, MCHID)
      assert.equal((await look({ certFile: '/none', keyFile: '/none' }, ['--pfx-file', pfxFile])).status, 'ok')
      const soon = await look(ca.merchant('soon', MCHID, 10))
      assert.deepEqual([soon.status, /end|valid|expire/i.test(soon.message)], ['warning', true])
      const other = await look(ca.merchant('other', '1900000110', 300))
      assert.deepEqual([other.status, other.message.split(':')[0]], ['fault', 'CONFIG_INVALID'])
      const swapped = await look({ certFile: mine.certFile, keyFile: ca.at('soon.key') })
      assert.deepEqual([swapped.status, swapped.message.split(':')[0]], ['fault', 'CERT_INVALID'])
    })
  })
})

describe('with --online', () => {
  const dated = offset => (response, _request) => {
    response.setHeader('date', new Date(Date.now() + offset * 1000).toUTCString())
    response.writeHead(404).end()
  }

  test('the clock of this machine against the host’s', async t => {
    for (const [offset, status, message] of [
      [0, 'ok', /^within \d s of 127\.0\.0\.1$/],
      [-120, 'warning', /^1(19|20|21) s ahead of 127\.0\.0\.1/],
      [120, 'warning', /^1(19|20|21) s behind 127\.0\.0\.1/],
      [-3600, 'fault', /^36\d\d s ahead of|^359\d s ahead of/],
    ]) {
      const server = await serve(t, dated(offset))
      const findings = await doctor(['--online'], merchant(server.url))
      assert.equal(findings.clock.status, status, `${offset}`)
      assert.match(findings.clock.message, message)
      assert.equal(findings['127.0.0.1'].status, 'ok')
      const [{ method, body, headers }] = server.requests
      assert.deepEqual([method, body], ['HEAD', ''])
      assert.ok(!JSON.stringify(headers).includes(MCHID) && !JSON.stringify(headers).includes(KEY))
    }
  })

  test('nobody there, or nobody who answers', async t => {
    const gone = await doctor(['--online', '--base-url', 'http://127.0.0.1:9'], merchant())
    assert.match(gone['127.0.0.1'].message, /^ECONNREFUSED: /)
    const silent = await serve(t, () => {})
    const late = await doctor(['--online', '--timeout', '300'], merchant(silent.url))
    assert.equal(late['127.0.0.1'].message, 'no answer in 300 ms')
  })

  test('TLS: trusted or not', { skip: withoutOpenssl }, async t => {
    const ca = authority()
    t.after(() => ca.remove())
    const { cert, key } = ca.server()
    const server = https.createServer({ cert, key }, (request, response) => dated(0)(response, request))
    const url = (await listen(t, server)).replace('http:', 'https:')
    const strange = await doctor(['--online'], merchant(url))
    assert.equal(strange['127.0.0.1'].status, 'fault')
    const trusted = await doctor(['--online', '--ca-file', ca.at('ca.pem')], merchant(url))
    assert.equal(trusted['127.0.0.1'].status, 'ok')
    assert.match(trusted['127.0.0.1'].message, /^127\.0\.0\.1, TLSv1\.\d, certificate until /)
  })
})
