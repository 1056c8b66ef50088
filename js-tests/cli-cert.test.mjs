// `wxpay-wasm cert`: what is in a certificate, and PEM out of the PKCS#12 files that OpenSSL 3 refuses
// (fault 179). The passphrase is never an argument, the key is nobody else's.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { authority, inside, withoutOpenssl } from './authority.mjs'
import { cli } from './cli.mjs'
import { MCHID } from './wire.mjs'

const CANARY = 'correct-horse-battery'
const ENV = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(WXPAY_|NO_COLOR|FORCE_COLOR)/.test(name)))

function run(args, { env = {}, ...options } = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    env: { ...ENV, ...env },
    encoding: 'utf8',
    input: '',
    ...options,
  })
  return { status, stdout, stderr }
}

/** One line on standard error with the code, nothing else. */
function failed(args, message, options) {
  const { status, stdout, stderr } = run(args, options)
  assert.deepEqual([status, stdout], [1, ''], stderr)
  assert.match(stderr, message)
  assert.match(stderr, /^wxpay-wasm: [A-Z_]+: [^\n]+\n$/)
  assert.ok(!stderr.includes(CANARY))
}

describe('the command line', () => {
  test('says what it can do', () => {
    for (const args of [['--help'], ['-h'], ['help']]) {
      const { status, stdout, stderr } = run(args)
      assert.deepEqual([status, stderr], [0, ''])
      assert.match(stdout, /^usage: wxpay-wasm COMMAND[^]*\n {2}cert {2,}\S/)
    }
    for (const args of [['cert', '--help'], ['cert', 'convert', '-h']]) {
      const { status, stdout } = run(args)
      assert.equal(status, 0)
      assert.match(stdout, /^usage: wxpay-wasm cert info FILE[^]*--passphrase-file/)
    }
    const { version } = JSON.parse(readFileSync(join(cli, '../../../package.json'), 'utf8'))
    assert.deepEqual(run(['--version']), { status: 0, stdout: `${version}\n`, stderr: '' })
  })

  test('wrong usage is exit code 2, and the usage on standard error', () => {
    for (const args of [
      [],
      ['nothing'],
      ['constructor'],
      ['cert'],
      ['cert', 'nothing'],
      ['cert', 'info'],
      ['cert', 'info', 'a', 'b'],
      ['cert', 'info', 'a', '--nothing'],
      ['cert', 'convert', 'a', '--passphrase', CANARY],
      ['cert', 'convert', 'a', '--out-key'],
    ]) {
      const { status, stdout, stderr } = run(args)
      assert.deepEqual([status, stdout], [2, ''], args.join(' '))
      assert.match(stderr, /^wxpay-wasm: [^]*\nusage: wxpay-wasm /, args.join(' '))
      assert.ok(!stderr.includes(CANARY))
    }
  })

  test('is a program, and loads a command when it is called', () => {
    assert.match(readFileSync(cli, 'latin1'), /^#!\/usr\/bin\/env node\n/)
    assert.ok((statSync(cli).mode & 0o111) === 0o111)
    const loaded = spawnSync(process.execPath, ['--experimental-loader', loader(), cli, '--help'], { env: ENV, encoding: 'utf8' })
    const files = loaded.stderr.split('\n').filter(line => line.startsWith('LOADED')).join('\n')
    assert.match(files, /main\.js/)
    assert.doesNotMatch(files, /cert-|pkcs12-/)
  })

  /** Prints what is loaded. */
  function loader() {
    const source = `import { writeSync } from 'node:fs'
      export const load = (url, context, next) => (writeSync(2, 'LOADED ' + url + '\\n'), next(url, context))`
    return `data:text/javascript,${encodeURIComponent(source)}`
  }
})

describe('cert', { skip: withoutOpenssl }, () => {
  let ca
  let mine
  let p12
  let legacy
  let guarded

  before(() => {
    ca = authority()
    mine = ca.merchant('mine', MCHID, 90)
    p12 = ca.pkcs12(mine, MCHID).pfxFile
    guarded = ca.pkcs12(mine, CANARY, { legacy: true }).pfxFile
    const copy = readFileSync(guarded)
    legacy = ca.at('legacy.p12')
    writeFileSync(legacy, copy)
  })
  after(() => ca.remove())

  const secret = { env: { WXPAY_CERT_PASSPHRASE: CANARY } }
  const facts = () => {
    const x509 = new X509Certificate(mine.cert)
    const iso = text => new Date(text).toISOString()
    return {
      mch_id: MCHID,
      serial: x509.serialNumber,
      subject: x509.subject.split('\n').join(', '),
      validFrom: iso(x509.validFrom),
      validTo: iso(x509.validTo),
      daysLeft: 89,
    }
  }

  describe('info', () => {
    test('the same of each form', () => {
      writeFileSync(ca.at('mine.der'), new X509Certificate(mine.cert).raw)
      const cases = [
        [mine.certFile],
        [ca.at('mine.der')],
        [p12, { env: { WXPAY_CERT_PASSPHRASE: MCHID } }],
        [legacy, secret],
      ]
      for (const [file, options] of cases) {
        const { status, stdout, stderr } = run(['cert', 'info', file, '--json'], options)
        assert.deepEqual([status, stderr], [0, ''], file)
        assert.deepEqual(JSON.parse(stdout), facts(), file)
        assert.equal(stdout.split('\n').length, 2, 'one line')
      }
    })

    test('as text, without colours where nobody looks', () => {
      const { status, stdout } = run(['cert', 'info', mine.certFile])
      assert.equal(status, 0)
      const { mch_id, serial, subject, validFrom, validTo, daysLeft } = facts()
      const rows = stdout.trimEnd().split('\n').map(line => line.split(/ {2,}/))
      assert.deepEqual(rows, [
        ['merchant id', mch_id],
        ['serial', serial],
        ['subject', subject],
        ['valid', `${validFrom} to ${validTo}`],
        ['days left', String(daysLeft)],
      ])
    })

    test('of another kind', () => {
      const { stdout } = run(['cert', 'info', ca.at('ca.pem'), '--json'])
      assert.equal(JSON.parse(stdout).mch_id, null)
    })

    test('of nothing', () => {
      writeFileSync(ca.at('empty'), '')
      failed(['cert', 'info', ca.at('none.pem')], /CERT_INVALID: .*none\.pem cannot be read: ENOENT/)
      failed(['cert', 'info', ca.at('empty')], /CERT_INVALID: .* is empty/)
      failed(['cert', 'info', mine.keyFile], /CERT_INVALID: .* a PRIVATE KEY/)
      failed(['cert', 'info', cli], /CERT_INVALID: .* is no PEM/)
    })
  })

  describe('convert', () => {
    let count = 0
    /** A folder of its own, with the file under WeChat's name. */
    function place(from = legacy) {
      const folder = ca.at(`place-${count++}`)
      mkdirSync(folder)
      const file = join(folder, 'apiclient_cert.p12')
      writeFileSync(file, readFileSync(from))
      return { folder, file, cert: join(folder, 'apiclient_cert.pem'), key: join(folder, 'apiclient_key.pem') }
    }

    /** The files hold what went into the PKCS#12 file, to the byte. */
    function converted({ cert, key }) {
      const x509 = new X509Certificate(readFileSync(cert))
      assert.deepEqual(x509.raw, new X509Certificate(mine.cert).raw)
      const made = createPrivateKey(readFileSync(key))
      assert.ok(x509.checkPrivateKey(made))
      assert.ok(made.equals(createPrivateKey(mine.key)))
      assert.match(readFileSync(key, 'utf8'), /^-----BEGIN PRIVATE KEY-----\n/)
      assert.equal(statSync(key).mode & 0o777, 0o600)
    }

    test('old and new encryptions, with the chain or without', () => {
      const files = [legacy, ca.pkcs12(mine, CANARY, { chain: true }).pfxFile, ca.pkcs12(mine, CANARY, { legacy: true, chain: true }).pfxFile]
      for (const from of files) {
        const at = place(from)
        const { status, stdout, stderr } = run(['cert', 'convert', at.file], secret)
        assert.deepEqual([status, stderr], [0, ''])
        assert.equal(stdout, `wrote ${at.cert} and ${at.key}\n`)
        converted(at)
      }
    })

    test('to other names, and says so in JSON', () => {
      const { folder, file } = place()
      const at = { cert: join(folder, 'c.pem'), key: join(folder, 'k.pem') }
      const { status, stdout } = run(['cert', 'convert', file, '--out-cert', at.cert, '--out-key', at.key, '--json'], secret)
      assert.equal(status, 0)
      assert.deepEqual(JSON.parse(stdout), at)
      converted(at)
      assert.ok(!existsSync(join(folder, 'apiclient_key.pem')))
    })

    test('overwrites nothing, unless told to; then the mode is right too', () => {
      for (const name of ['cert', 'key']) {
        const at = place()
        writeFileSync(at[name], 'mine')
        chmodSync(at[name], 0o644)
        const { status, stdout, stderr } = run(['cert', 'convert', at.file], secret)
        assert.deepEqual([status, stdout], [2, ''])
        assert.match(stderr, new RegExp(`^wxpay-wasm: ${at[name]} is there already; --force[^\n]*\n$`))
        assert.equal(readFileSync(at[name], 'utf8'), 'mine')
        assert.equal(run(['cert', 'convert', at.file, '--force'], secret).status, 0)
        converted(at)
      }
    })

    test('a wrong passphrase, and what is no PKCS#12, write nothing', () => {
      const wrong = { env: { WXPAY_CERT_PASSPHRASE: `${CANARY}!` } }
      for (const from of [legacy, p12]) {
        const at = place(from)
        failed(['cert', 'convert', at.file], /CERT_INVALID: .*this passphrase.* is the merchant id/, wrong)
        assert.ok(!existsSync(at.cert) && !existsSync(at.key))
      }
      const cut = ca.at('cut.p12')
      writeFileSync(cut, readFileSync(legacy).subarray(0, 600))
      failed(['cert', 'convert', cut], /truncated/, secret)
      failed(['cert', 'convert', mine.certFile], /is PEM/, secret)
      const spoiled = ca.at('spoiled.p12')
      writeFileSync(spoiled, Buffer.from(readFileSync(legacy)).fill(0x30, 40, 200))
      failed(['cert', 'convert', spoiled], /cannot be read|passphrase/, secret)
      failed(['cert', 'convert', legacy, '--out-key', '/nowhere/k.pem'], /k\.pem cannot be written: ENOENT/, secret)
    })

    describe('the passphrase', () => {
      test('from a file, its line end left out; the file goes before the environment', () => {
        for (const [text, options] of [[CANARY, {}], [`${CANARY}\n`, {}], [`${CANARY}\r\n`, { env: { WXPAY_CERT_PASSPHRASE: 'x' } }]]) {
          const at = place()
          writeFileSync(join(at.folder, 'secret'), text)
          const args = ['cert', 'convert', at.file, '--passphrase-file', join(at.folder, 'secret')]
          assert.equal(run(args, options).status, 0)
          converted(at)
        }
        const at = place()
        failed(['cert', 'convert', at.file, '--passphrase-file', '/nowhere'], /passphrase file \/nowhere cannot be read: ENOENT/)
      })

      test('from nobody: says where it may come from', () => {
        failed(['cert', 'convert', place().file], /CERT_INVALID: a passphrase is needed: set WXPAY_CERT_PASSPHRASE, or give --passphrase-file/)
      })

      /** The program in a terminal, which util-linux makes; what the terminal showed. */
      async function inTerminal(args, typed) {
        const line = [process.execPath, cli, ...args].map(word => `'${word}'`).join(' ')
        const child = spawn('script', ['-qec', line, '/dev/null'], { env: ENV })
        let shown = ''
        let sent = false
        child.stdout.on('data', chunk => {
          shown += chunk
          if (sent || !shown.includes('商户号)')) return
          sent = true
          child.stdin.write(typed)
        })
        const status = await new Promise(resolve => child.on('close', resolve))
        child.stdin.destroy()
        return { status, shown }
      }

      test('from the person, without echo', async () => {
        const at = place()
        const { status, shown } = await inTerminal(['cert', 'convert', at.file], `${CANARY}x\x7f\r`)
        assert.equal(status, 0, shown)
        assert.match(shown, /passphrase \(the merchant id, unless changed; 默认为商户号\): \r\n/)
        assert.match(shown, /wrote .*apiclient_key\.pem/)
        assert.ok(!shown.includes(CANARY.slice(0, 4)), shown)
        converted(at)
      })

      test('Ctrl-C ends it', async () => {
        const at = place()
        const { status } = await inTerminal(['cert', 'convert', at.file], '\x03')
        assert.equal(status, 130)
        assert.ok(!existsSync(at.key))
      })

      test('colours on a terminal', async () => {
        const { shown } = await inTerminal(['cert', 'info', mine.certFile], '')
        assert.match(shown, /days left {4}\x1b\[32m89\x1b\[0m/)
      })
    })
  })

  test('the key and the passphrase are in nothing that is printed', () => {
    const out = []
    for (const args of [['info', legacy], ['info', legacy, '--json'], ['convert', legacy, '--force'], ['convert', legacy]]) {
      const { stdout, stderr } = run(['cert', ...args], secret)
      out.push(stdout, stderr)
    }
    const all = out.join('\n')
    for (const text of [...inside(mine.key), CANARY, 'PRIVATE KEY']) assert.ok(!all.includes(text))
  })
})

test('node-forge is bundled with its notice, and not installed', () => {
  const notice = readFileSync(join(cli, '../LICENSE-node-forge'), 'utf8')
  assert.match(notice, /New BSD License \(3-clause\)\nCopyright \(c\) 2010, Digital Bazaar, Inc\.\nAll rights reserved\./)
  assert.match(notice, /THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS[^]*SUCH DAMAGE\.\n$/)
  assert.doesNotMatch(notice, /GNU/)
})
