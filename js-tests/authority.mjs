// An authority of one's own, made by openssl for one test file: merchants' and servers' certificates
// in every form that people have them in.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const version = spawnSync('openssl', ['version'], { encoding: 'utf8' }).stdout ?? ''

/** For the `skip` option of a suite: why it cannot run here. In CI nothing is skipped. */
export const withoutOpenssl =
  process.env.CI === undefined && !/^OpenSSL 3/.test(version) ? 'needs the program openssl, version 3' : false

/** A folder with an authority; `remove` when the tests are done. */
export function authority() {
  const folder = mkdtempSync(join(tmpdir(), 'wxpay-authority-'))
  const at = name => join(folder, name)
  const openssl = (...args) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const short = ['-newkey', 'rsa:2048', '-nodes', '-utf8']
  openssl('req', '-x509', ...short, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '3650', '-subj', '/O=Test/CN=Test CA')

  /** Files `NAME.pem`, `NAME.key`; their content and paths. */
  function issue(name, { subject, days = 365, names } = {}) {
    openssl('req', '-new', ...short, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', subject)
    const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', String(days)]
    if (names !== undefined) {
      writeFileSync(at(`${name}.ext`), `subjectAltName=${names}`)
      signing.push('-extfile', `${name}.ext`)
    }
    openssl('x509', '-req', '-in', `${name}.csr`, ...signing, '-out', `${name}.pem`)
    const files = { certFile: at(`${name}.pem`), keyFile: at(`${name}.key`) }
    return { ...files, cert: readFileSync(files.certFile), key: readFileSync(files.keyFile), name }
  }

  /** The certificate as PKCS#12, `legacy` as WeChat writes it. */
  function pkcs12({ name }, passphrase, { legacy = false, chain = false } = {}) {
    const out = `${name}-${legacy}-${chain}.p12`
    const old = ['-legacy', '-keypbe', 'PBE-SHA1-RC2-40', '-certpbe', 'PBE-SHA1-RC2-40']
    const args = ['-in', `${name}.pem`, '-inkey', `${name}.key`, '-out', out, '-passout', `pass:${passphrase}`]
    openssl('pkcs12', '-export', ...args, ...(legacy ? old : []), ...(chain ? ['-certfile', 'ca.pem'] : []))
    return { pfxFile: at(out), pfx: readFileSync(at(out)) }
  }

  return {
    folder,
    at,
    openssl,
    issue,
    pkcs12,
    get ca() {
      return readFileSync(at('ca.pem'))
    },
    merchant: (name, mchid, days) =>
      issue(name, { subject: `/C=CN/L=深圳/O=微信商户系统/OU=茶店/CN=${mchid}`, ...(days === undefined ? {} : { days }) }),
    server: () => issue('server', { subject: '/CN=127.0.0.1', names: 'IP:127.0.0.1' }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Lines from the middle of a private key: whoever shows one shows the key. */
export const inside = key => key.toString().split('\n').slice(3, 8)
