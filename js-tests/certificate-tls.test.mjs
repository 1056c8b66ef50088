// The client certificate on the wire: shown where the endpoint table says so and nowhere else, to a
// server that asks like WeChat's (faults 157, 167, 183 to 185; facts 3.0 and 7.4).
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import { after, before, describe, test } from 'node:test'
import { authority, inside, withoutOpenssl } from './authority.mjs'
import { certificateClient } from './certificate-client.mjs'
import { cli } from './cli.mjs'
import { listen, serve } from './server.mjs'
import { APPID, KEY, MCHID, signed } from './wire.mjs'

const MERCHANT = { appid: APPID, mchid: MCHID, partnerKey: KEY, notify_url: 'https://shop.example/notify' }
const ORDER = { trade_type: 'NATIVE', product_id: 'P1', body: 'tea', out_trade_no: 'A1', total_fee: 1 }
const ENVELOPE = { return_code: 'SUCCESS', result_code: 'SUCCESS', appid: APPID, mch_id: MCHID }
const FOUND = signed({ ...ENVELOPE, trade_state: 'SUCCESS', out_trade_no: 'A1' })
const PLACED = signed({ ...ENVELOPE, trade_type: 'NATIVE', prepay_id: 'wx1', code_url: 'weixin://wxpay/x' })
const PAGE = title =>
  `<html>\r\n<head><title>400 ${title}</title></head>\r\n<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n<center>${title}</center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`

describe('a client certificate on the wire', { skip: withoutOpenssl }, () => {
  let ca
  let mine
  let next
  let identity
  let WxPay

  before(async () => {
    ca = authority()
    mine = ca.merchant('mine', MCHID)
    next = ca.merchant('next', MCHID)
    identity = ca.server()
    WxPay = await certificateClient(ca.folder)
  })
  after(() => ca.remove())

  /** WeChat's front: certificates are asked for, and looked at where the path needs one. */
  async function front(t, { answer = (response, body) => response.end(body), ...settings } = {}) {
    const requests = []
    const server = https.createServer(
      { cert: identity.cert, key: identity.key, ca: ca.ca, requestCert: true, rejectUnauthorized: false, ...settings },
      (request, response) => {
        const { socket, url } = request
        const shown = socket.getPeerX509Certificate?.()
        requests.push({ path: url.split('?')[0], serial: shown?.serialNumber, socket, protocol: socket.getProtocol() })
        if (!url.startsWith('/pay/orderquery')) return answer(response, PLACED)
        const refused =
          shown === undefined ? 'No required SSL certificate was sent' : socket.authorized ? undefined : 'The SSL certificate error'
        if (refused !== undefined) return response.writeHead(400, { 'content-type': 'text/html' }).end(PAGE(refused))
        answer(response, FOUND)
      },
    )
    const url = (await listen(t, server)).replace('http:', 'https:')
    return { url, requests, server }
  }

  const client = ({ url }, options) => new WxPay({ ...MERCHANT, baseUrl: url, ca: ca.ca, timeout: 5000, ...options })
  const pem = () => ({ cert: mine.cert, key: mine.key })
  const query = (pay, options) => pay.orderQuery({ out_trade_no: 'A1' }, options)
  const serials = requests => requests.map(({ path, serial }) => [path.split('/').pop(), serial])

  const serialOf = ({ cert }) => new X509Certificate(cert).serialNumber

  test('is shown: PEM, PKCS#12, content and files, TLS 1.2 and 1.3', async t => {
    const { pfx, pfxFile } = ca.pkcs12(mine, MCHID)
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
      const server = await front(t, { maxVersion })
      for (const given of [pem(), { pfx }, { pfxFile }, { certFile: mine.certFile, keyFile: mine.keyFile }]) {
        const found = await query(client(server, given))
        assert.equal(found.trade_state, 'SUCCESS', Object.keys(given).join())
      }
      const expected = serialOf(mine)
      assert.deepEqual(serials(server.requests), Array(4).fill(['orderquery', expected]))
      assert.ok(server.requests.every(({ protocol }) => protocol === maxVersion))
    }
  })

  test('fault 185: is shown to no call that does not need it, whatever came before', async t => {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
      const server = await front(t, { maxVersion })
      const pay = client(server, pem())
      await pay.unifiedOrder(ORDER)
      await query(pay)
      await pay.unifiedOrder(ORDER)
      await query(pay)
      const serial = serialOf(mine)
      assert.deepEqual(serials(server.requests), [
        ['unifiedorder', undefined],
        ['orderquery', serial],
        ['unifiedorder', undefined],
        ['orderquery', serial],
      ])
      const sockets = server.requests.map(({ socket }) => socket)
      assert.equal(new Set(sockets).size, 2, 'two pools, each with its connection')
      assert.equal(sockets[0], sockets[2])
      assert.equal(sockets[1], sockets[3])
    }
  })

  test('a session that was opened without it is not resumed with it', async t => {
    // Connections end with each answer: what is left is the session.
    const server = await front(t, { answer: (response, body) => response.writeHead(200, { connection: 'close' }).end(body) })
    const pay = client(server, pem())
    for (let round = 0; round < 3; round++) {
      await pay.unifiedOrder(ORDER)
      assert.equal((await query(pay)).trade_state, 'SUCCESS')
    }
    const seen = serials(server.requests).map(([path, serial]) => `${path} ${serial !== undefined}`)
    assert.deepEqual(seen, Array(3).fill(['unifiedorder false', 'orderquery true']).flat())
  })

  test('each client shows its own', async t => {
    const server = await front(t)
    const clients = [client(server, pem()), client(server, { cert: next.cert, key: next.key })]
    await Promise.all(Array.from({ length: 10 }, (_, i) => query(clients[i % 2])))
    const [one, two] = [serialOf(mine), serialOf(next)]
    const shown = server.requests.map(({ serial }) => serial)
    assert.deepEqual([one, two].map(serial => shown.filter(s => s === serial).length), [5, 5])
  })

  describe('fault 184: without one', () => {
    test('the call ends before the network', async t => {
      const server = await front(t)
      let connections = 0
      server.server.on('connection', () => connections++)
      await assert.rejects(query(client(server)), error => {
        assert.deepEqual([error.name, error.code], ['WxPayError', 'CERT_MISSING'])
        assert.match(error.message, /orderQuery needs .* `cert` and `key` \(PEM\) or `pfx`.*nothing was sent/)
        return true
      })
      assert.equal(connections, 0)
      // For WeChat's own host too, and other calls work.
      await assert.rejects(query(new WxPay(MERCHANT)), { code: 'CERT_MISSING' })
      assert.ok((await client(server).unifiedOrder(ORDER)).prepay_id)
    })

    test('a transport of one’s own is told which calls need it', async () => {
      const seen = []
      const transport = async request => {
        seen.push([new URL(request.url).pathname, request.certificate])
        return { status: 200, headers: {}, body: Buffer.from(request.url.endsWith('orderquery') ? FOUND : PLACED) }
      }
      const pay = new WxPay({ ...MERCHANT, transport })
      await pay.unifiedOrder(ORDER)
      await query(pay)
      assert.deepEqual(seen, [
        ['/pay/unifiedorder', undefined],
        ['/pay/orderquery', true],
      ])
    })

    test('a runtime with fetch alone says so, unless a transport is given', async t => {
      const Edge = await certificateClient(ca.folder, { edge: true })
      for (const [field, given] of Object.entries({ cert: pem(), pfx: { pfx: ca.pkcs12(mine, MCHID).pfx }, ca: { ca: ca.ca } })) {
        assert.throws(() => new Edge({ ...MERCHANT, ...given }), { code: 'CERT_UNSUPPORTED', field, message: /give a `transport` that does/ })
      }
      await assert.rejects(query(new Edge(MERCHANT)), { code: 'CERT_MISSING' })
      const server = await serve(t, response => response.end(PLACED))
      assert.ok(await new Edge({ ...MERCHANT, baseUrl: server.url }).unifiedOrder(ORDER))
      const transport = async () => ({ status: 200, headers: {}, body: Buffer.from(FOUND) })
      assert.ok(await query(new Edge({ ...MERCHANT, transport })))
    })

    test('a gateway on this machine over plain HTTP needs none', async t => {
      const server = await serve(t, response => response.end(FOUND))
      for (const given of [{}, pem()]) assert.ok(await query(client(server, { ca: undefined, ...given })))
    })
  })

  describe('what the front server says', () => {
    test('that none arrived', async t => {
      const server = await front(t, { requestCert: false })
      await assert.rejects(query(client(server, pem())), { code: 'CERT_MISSING', message: /got no client certificate and refused/ })
    })

    test('that it does not accept this one', async t => {
      const foreign = authority()
      t.after(() => foreign.remove())
      const { cert, key } = foreign.merchant('foreign', MCHID)
      const server = await front(t)
      await assert.rejects(query(client(server, { cert, key })), { code: 'CERT_INVALID', message: /does not accept/ })
    })

    test('other pages with 400 are of unknown outcome as before', async t => {
      const server = await front(t, { answer: response => response.writeHead(400).end(PAGE('Bad Request')) })
      await assert.rejects(query(client(server, pem())), { code: 'ANSWER_INVALID', message: /HTTP 400/ })
    })
  })

  describe('fault 157: whom to trust', () => {
    test('an authority that nobody gave is refused, with a certificate or without', async t => {
      const server = await front(t)
      const pay = client(server, { ca: undefined, ...pem() })
      for (const call of [() => query(pay), () => pay.unifiedOrder(ORDER)]) {
        await assert.rejects(call(), { code: 'TRANSPORT', message: /UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED/ })
      }
      assert.equal(server.requests.length, 0)
    })

    test('`ca` is trusted instead of the platform’s, and it alone', async t => {
      const foreign = authority()
      t.after(() => foreign.remove())
      const server = await front(t)
      for (const given of [{}, pem(), { pfx: ca.pkcs12(mine, MCHID).pfx }]) {
        const pay = client(server, { ...given, ca: foreign.ca })
        await assert.rejects(pay.unifiedOrder(ORDER), { code: 'TRANSPORT' })
        if (Object.keys(given).length > 0) await assert.rejects(query(pay), { code: 'TRANSPORT' })
      }
      assert.equal(server.requests.length, 0)
      assert.ok(await client(server, { ca: ca.ca.toString() }).unifiedOrder(ORDER))
    })

    test('another host’s certificate is refused, even by a trusted authority', async t => {
      const wrong = ca.issue('elsewhere', { subject: '/CN=elsewhere', names: 'DNS:elsewhere.example' })
      const server = await front(t, { cert: wrong.cert, key: wrong.key })
      await assert.rejects(query(client(server, pem())), { code: 'TRANSPORT', message: /ALTNAME/ })
      assert.equal(server.requests.length, 0)
    })
  })

  test('fault 167: a redirect does not carry it elsewhere', async t => {
    const target = await front(t)
    const server = await front(t, {
      answer: response => response.writeHead(307, { location: `${target.url}/pay/orderquery` }).end(),
    })
    await assert.rejects(query(client(server, pem())), { code: 'ANSWER_INVALID' })
    assert.equal(target.requests.length, 0)
  })

  describe('fault 183: rotation on disk', () => {
    const LATER = 10_000

    /** A client of files that can be replaced, under a clock that the test turns. */
    async function rotating(t, options) {
      const files = { certFile: ca.at('live.pem'), keyFile: ca.at('live.key') }
      copyFileSync(mine.certFile, files.certFile)
      copyFileSync(mine.keyFile, files.keyFile)
      t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
      const warnings = []
      const log = ({ direction, message }) => direction === 'warning' && warnings.push(message)
      const server = await front(t, options)
      return { ...files, server, warnings, pay: client(server, { ...files, log }) }
    }

    /** Replaces a file as an administrator should: at once. */
    function replace(file, from) {
      copyFileSync(from, `${file}.new`)
      renameSync(`${file}.new`, file)
    }

    test('the new one is shown without a restart, to the second', async t => {
      const { certFile, keyFile, server, pay, warnings } = await rotating(t)
      await query(pay)
      replace(certFile, next.certFile)
      replace(keyFile, next.keyFile)
      await query(pay)
      t.mock.timers.tick(LATER)
      await query(pay)
      await query(pay)
      const [one, two] = [serialOf(mine), serialOf(next)]
      assert.deepEqual(server.requests.map(({ serial }) => serial), [one, one, two, two])
      assert.equal(server.requests[2].socket, server.requests[3].socket, 'and kept alive')
      assert.deepEqual(warnings, [])
    })

    test('a call under way ends with the old one', async t => {
      const waiting = []
      let hold = true
      const answer = (response, body) => (hold ? waiting.push(() => response.end(body)) : response.end(body))
      const { certFile, keyFile, server, pay } = await rotating(t, { answer })
      const early = query(pay)
      while (waiting.length === 0) await new Promise(resolve => setTimeout(resolve, 5))
      replace(certFile, next.certFile)
      replace(keyFile, next.keyFile)
      t.mock.timers.tick(LATER)
      hold = false
      await query(pay)
      waiting.forEach(finish => finish())
      assert.equal((await early).trade_state, 'SUCCESS')
      assert.deepEqual(server.requests.map(({ serial }) => serial), [serialOf(mine), serialOf(next)])
    })

    test('half a pair, a broken and a missing file: the old one goes on, with a warning', async t => {
      const { certFile, keyFile, server, pay, warnings } = await rotating(t)
      replace(certFile, next.certFile)
      t.mock.timers.tick(LATER)
      await query(pay)
      assert.match(warnings.at(-1), /the one before is used still: `keyFile`: does not belong/)
      writeFileSync(certFile, '-----BEGIN CERTIFICATE-----\n')
      t.mock.timers.tick(LATER)
      await query(pay)
      assert.match(warnings.at(-1), /the one before is used still: `certFile`: is truncated/)
      renameSync(certFile, `${certFile}.away`)
      t.mock.timers.tick(LATER)
      await query(pay)
      assert.match(warnings.at(-1), /the one before is used still: `certFile`: .*ENOENT/)
      assert.equal(warnings.length, 3)
      // Then the pair is whole.
      replace(certFile, next.certFile)
      replace(keyFile, next.keyFile)
      t.mock.timers.tick(LATER)
      await query(pay)
      const [one, two] = [serialOf(mine), serialOf(next)]
      assert.deepEqual(server.requests.map(({ serial }) => serial), [one, one, one, two])
      assert.equal(warnings.length, 3)
      for (const line of inside(mine.key)) assert.ok(!warnings.join().includes(line))
    })

    test('a file of the same length that is written in place is seen by its time', async t => {
      const { certFile, keyFile, server, pay } = await rotating(t)
      await query(pay)
      writeFileSync(certFile, next.cert)
      writeFileSync(keyFile, next.key)
      for (const file of [certFile, keyFile]) utimesSync(file, 1, 1)
      t.mock.timers.tick(LATER)
      await query(pay)
      assert.equal(server.requests[1].serial, serialOf(next))
    })

    test('it ends while the process runs: a warning a day, then an error before the network', async t => {
      const { server, pay, warnings } = await rotating(t)
      const day = 86_400_000
      t.mock.timers.tick(340 * day)
      for (let i = 0; i < 3; i++) await query(pay)
      t.mock.timers.tick(day)
      for (let i = 0; i < 3; i++) await query(pay)
      assert.equal(warnings.length, 2, warnings.join('\n'))
      assert.match(warnings[1], /ends on .* in 2\d days; renew it/)
      t.mock.timers.tick(30 * day)
      const sent = server.requests.length
      await assert.rejects(query(pay), { code: 'CERT_INVALID', message: /ended on/ })
      assert.equal(server.requests.length, sent)
      assert.ok((await pay.unifiedOrder(ORDER)).prepay_id, 'payments go on')
    })
  })

  test('legacy PKCS#12, converted on the command line, works', async t => {
    const { pfx } = ca.pkcs12(mine, MCHID, { legacy: true })
    const server = await front(t)
    assert.throws(() => client(server, { pfx }), { code: 'CERT_UNSUPPORTED' })
    mkdirSync(ca.at('converted'))
    const file = ca.at('converted/apiclient_cert.p12')
    writeFileSync(file, pfx)
    const { status, stderr } = spawnSync(process.execPath, [cli, 'cert', 'convert', file], {
      env: { ...process.env, WXPAY_CERT_PASSPHRASE: MCHID },
      encoding: 'utf8',
    })
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' })
    const [cert, key] = ['cert', 'key'].map(name => readFileSync(ca.at(`converted/apiclient_${name}.pem`)))
    assert.equal((await query(client(server, { cert, key }))).trade_state, 'SUCCESS')
    assert.equal(server.requests[0].serial, serialOf(mine))
  })
})
