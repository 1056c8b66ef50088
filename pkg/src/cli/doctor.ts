import { lookup } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { isIP } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { WxPay, type WxPayOptions } from '../client.js'
import { WxPayError } from '../errors.js'
import { Key, nonceStr } from '../index.js'
import { UsageError, type Call, type Command } from './command.js'
import { givenKey } from './key.js'
import { MERCHANT_OPTIONS, MERCHANT_USAGE, settings } from './merchant.js'
import { visible } from './visible.js'

/** What one look has found. */
interface Finding {
  check: string
  status: 'ok' | 'warning' | 'fault' | 'skipped'
  message: string
}

const COLOURS = { ok: 'green', warning: 'yellow', fault: 'red', skipped: undefined } as const

/** Seconds by which a clock may be wrong before it is a warning, and a fault. */
const SKEW = 30
const BAD_SKEW = 300

export const command: Command = {
  usage: `usage: wxpay-wasm doctor [--online] [--json]

Looks over the runtime, the merchant key, the other settings, the notify URL and the client
certificate; nothing leaves this machine. Exit code 1 if there is a fault.

--online                 asks WeChat's hosts too, or --base-url: name, TLS, and the clock of this
                         machine against theirs. Nothing of the merchant is sent
--notify-url URL         or WXPAY_NOTIFY_URL

${MERCHANT_USAGE}`,
  options: { ...MERCHANT_OPTIONS, online: { type: 'boolean' }, 'notify-url': { type: 'string' } },
  async run(call) {
    const { positionals, values, json, io } = call
    if (positionals.length > 0) throw new UsageError(`doctor takes no argument\n${command.usage}`)
    const given = await settings(call)
    if (typeof values['notify-url'] === 'string') given.notify_url = values['notify-url']
    const { certFile, keyFile, pfxFile, ca, ...plain } = given
    const key = keyOf(call)
    const findings = [
      runtime(),
      key.finding,
      merchant(plain, key.key),
      await notifyUrl(plain, key.key),
      certified(given, pfxFile ?? certFile ?? keyFile, key.key),
      ...(values['online'] === true
        ? await network(given.baseUrl, ca, given.timeout ?? 5000)
        : [found('network', 'skipped', '--online asks the hosts')]),
    ]
    const ok = findings.every(({ status }) => status !== 'fault')
    if (json) io.print(JSON.stringify({ ok, findings }))
    else io.print(findings.map(finding => row(finding, call)).join('\n'))
    return ok ? 0 : 1
  },
}

function row({ check, status, message }: Finding, { io }: Call): string {
  const colour = COLOURS[status]
  const word = status.padEnd(7)
  return `${colour === undefined ? word : io.paint(colour, word)}  ${check}: ${visible(message)}`
}

const found = (check: string, status: Finding['status'], message: string): Finding => ({
  check,
  status,
  message,
})

/** What an error says. */
function fault(check: string, error: unknown): Finding {
  const text = error instanceof Error ? error.message : String(error)
  return found(check, 'fault', error instanceof WxPayError ? `${error.code}: ${text}` : text)
}

function runtime(): Finding {
  const { node, openssl } = process.versions
  try {
    // The first call starts the WebAssembly module, with the source of randomness.
    nonceStr()
  } catch (error) {
    return fault('runtime', error)
  }
  const text = `Node ${node}, OpenSSL ${openssl}, ${process.platform}-${process.arch}, package ${manifest().version}`
  const old = Number(node.split('.')[0]) < 18
  return found('runtime', old ? 'fault' : 'ok', old ? `${text}; Node 18 or later is needed` : text)
}

function manifest(): { version: string } {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return JSON.parse(text) as { version: string }
}

/** The key, and a stand-in where it is none: the other settings are looked at all the same. */
function keyOf(call: Call): { finding: Finding; key: Key } {
  try {
    const key = new Key(givenKey(call) ?? '')
    return { finding: found('key', 'ok', 'has the shape of an API v2 key'), key }
  } catch (error) {
    return { finding: fault('key', error), key: new Key('0'.repeat(32)) }
  }
}

function merchant(given: Partial<WxPayOptions>, partnerKey: Key): Finding {
  try {
    const { appid, mchid } = new WxPay({ ...given, partnerKey } as WxPayOptions)
    return found('settings', 'ok', `appid ${appid}, mchid ${mchid}`)
  } catch (error) {
    return fault('settings', error)
  }
}

/** An order that is checked as all are, and not sent. */
async function notifyUrl(given: Partial<WxPayOptions>, partnerKey: Key): Promise<Finding> {
  const { notify_url } = given
  if (notify_url === undefined) {
    return found('notify URL', 'skipped', 'WXPAY_NOTIFY_URL and --notify-url are not given; orders need one')
  }
  const transport = () => Promise.reject(new WxPayError('ABORTED', 'not sent', { phase: 'queue' }))
  const order = { body: 'doctor', out_trade_no: 'doctor', product_id: 'doctor', total_fee: 1 }
  let pay
  try {
    pay = new WxPay({ ...given, partnerKey, transport } as WxPayOptions)
  } catch {
    return found('notify URL', 'skipped', 'the settings come first')
  }
  try {
    await pay.unifiedOrder({ ...order, trade_type: 'NATIVE', spbill_create_ip: '127.0.0.1' })
  } catch (error) {
    const { code } = error as WxPayError
    if (code !== 'ABORTED') return fault('notify URL', error)
  }
  return found('notify URL', 'ok', notify_url)
}

function certified(
  given: Partial<WxPayOptions>,
  file: string | undefined,
  partnerKey: Key,
): Finding {
  if (file === undefined) {
    return found('certificate', 'skipped', 'none is given; refunds and payouts need one')
  }
  const warnings: string[] = []
  const log: WxPayOptions['log'] = entry => {
    if (entry.direction === 'warning') warnings.push(entry.message)
  }
  try {
    new WxPay({ ...given, partnerKey, log } as WxPayOptions)
  } catch (error) {
    return fault('certificate', error)
  }
  const [warning] = warnings
  return warning === undefined
    ? found('certificate', 'ok', `${file} is the merchant's, and valid`)
    : found('certificate', 'warning', warning)
}

async function network(
  baseUrl: string | undefined,
  ca: WxPayOptions['ca'],
  timeout: number,
): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const origin of baseUrl === undefined ? hosts() : [baseUrl]) {
    const { hostname } = new URL(origin)
    try {
      const addresses = await resolved(hostname)
      const { secure, skew, trip } = await exchange(origin, ca, timeout)
      findings.push(found(hostname, 'ok', [...addresses, ...secure, `answers in ${Math.round(trip)} ms`].join(', ')))
      findings.push(clock(hostname, skew))
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      findings.push(found(hostname, 'fault', code === undefined ? message : `${code}: ${message}`))
    }
  }
  return findings
}

/** Every host of the table of endpoints. */
function hosts(): string[] {
  const text = readFileSync(new URL('../endpoints.json', import.meta.url), 'utf8')
  const table = JSON.parse(text) as { origin: string; backup: string | null }[]
  const all = table.flatMap(({ origin, backup }) => (backup === null ? [origin] : [origin, backup]))
  return [...new Set(all)]
}

async function resolved(hostname: string): Promise<string[]> {
  const bare = hostname.replace(/^\[|\]$/g, '')
  if (isIP(bare) !== 0) return [bare]
  return (await lookup(bare, { all: true })).map(({ address }) => address)
}

interface Exchange {
  /** What TLS has agreed on; nothing over plain HTTP. */
  secure: string[]
  /** Seconds by which this machine is ahead; `undefined` where the host tells no time. */
  skew: number | undefined
  /** Milliseconds. */
  trip: number
}

function exchange(origin: string, ca: WxPayOptions['ca'], timeout: number): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const plain = origin.startsWith('http:')
    const began = Date.now()
    const options = { method: 'HEAD', agent: false, ...(ca === undefined ? {} : { ca: Buffer.from(ca) }) }
    const call = (plain ? http : https).request(origin, options as https.RequestOptions)
    const timer = setTimeout(() => call.destroy(new Error(`no answer in ${timeout} ms`)), timeout)
    call.on('error', error => {
      clearTimeout(timer)
      reject(error)
    })
    call.on('response', answer => {
      clearTimeout(timer)
      const ended = Date.now()
      const told = Date.parse(answer.headers.date ?? '')
      const socket = answer.socket as TLSSocket
      const secure = plain
        ? []
        : [socket.getProtocol() ?? 'TLS', `certificate until ${socket.getPeerCertificate().valid_to}`]
      // A header has whole seconds: what it tells was true half a second ago on average.
      const skew = Number.isNaN(told) ? undefined : ((began + ended) / 2 - told - 500) / 1000
      call.destroy()
      resolve({ secure, skew, trip: ended - began })
    })
    call.end()
  })
}

function clock(host: string, skew: number | undefined): Finding {
  if (skew === undefined) return found('clock', 'skipped', `${host} tells no time`)
  const off = Math.round(Math.abs(skew))
  if (off <= SKEW) return found('clock', 'ok', `within ${off + 1} s of ${host}`)
  const text = `${off} s ${skew > 0 ? 'ahead of' : 'behind'} ${host}: let NTP set it`
  return found('clock', off > BAD_SKEW ? 'fault' : 'warning', text)
}
