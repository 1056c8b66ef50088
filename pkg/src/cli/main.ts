#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { UsageError, type Command } from './command.js'
import { EXITS, exitOf } from './exit.js'
import { report } from './report.js'
import { terminal } from './terminal.js'

/** A command is one file, loaded when it is called. */
const COMMANDS: Record<
  string,
  { about: string; zh: string; load: () => Promise<{ command: Command }> }
> = {
  sign: { about: 'sign fields', zh: '计算签名', load: () => import('./sign.js') },
  verify: { about: 'verify the signature of a message', zh: '验证签名', load: () => import('./verify.js') },
  resign: {
    about: 'sign what a front end is given',
    zh: '前端调起支付的二次签名',
    load: () => import('./resign.js'),
  },
  decrypt: {
    about: 'read a refund notification',
    zh: '解密退款通知',
    load: () => import('./decrypt.js'),
  },
  nonce: { about: 'make a nonce_str', zh: '生成随机字符串', load: () => import('./nonce.js') },
  xml: { about: 'fields to XML', zh: '字段转 XML', load: () => import('./xml.js') },
  json: { about: 'XML to JSON', zh: 'XML 转 JSON', load: () => import('./json.js') },
  order: {
    about: 'place a NATIVE order, show its QR code, wait for the payment',
    zh: '扫码下单并等待支付',
    load: () => import('./order.js'),
  },
  query: { about: 'ask for an order or a refund', zh: '查询订单或退款', load: () => import('./query.js') },
  close: { about: 'close an unpaid order', zh: '关闭订单', load: () => import('./close.js') },
  refund: { about: 'give a payment back', zh: '申请退款', load: () => import('./refund.js') },
  bill: { about: 'download the bill of a day', zh: '下载对账单', load: () => import('./bill.js') },
  reconcile: {
    about: 'compare a bill with your orders',
    zh: '对账',
    load: () => import('./reconcile.js'),
  },
  doctor: {
    about: 'look over settings, certificate and network',
    zh: '检查配置、证书与网络',
    load: () => import('./doctor.js'),
  },
  cert: {
    about: 'look at a client certificate, or convert it to PEM',
    zh: '查看或转换商户证书',
    load: () => import('./cert.js'),
  },
  gateway: {
    about: 'play WeChat Pay on this machine, for tests in any language',
    zh: '在本机模拟微信支付网关',
    load: () => import('./gateway.js'),
  },
  explain: {
    about: 'say why a signature does not fit',
    zh: '诊断签名错误',
    load: () => import('./explain.js'),
  },
}

const GENERAL = { help: { type: 'boolean', short: 'h' }, json: { type: 'boolean' } } as const

function overview(): string {
  const width = Math.max(...Object.keys(COMMANDS).map(name => name.length))
  const lines = Object.entries(COMMANDS).map(
    ([name, { about, zh }]) => `  ${name.padEnd(width)}  ${about} (${zh})`,
  )
  const exits = Object.entries(EXITS).map(([code, meaning]) => `  ${code.padStart(3)}  ${meaning}`)
  return `usage: wxpay-wasm COMMAND [OPTION…]

${lines.join('\n')}

wxpay-wasm COMMAND --help says more. With --json every command answers, and fails, in JSON. The
merchant key is never an argument: WXPAY_KEY or --key-file has it, or you are asked.

Exit codes:
${exits.join('\n')}`
}

async function main([name, ...args]: string[]): Promise<number> {
  const io = terminal()
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    if (name === undefined) throw new UsageError(`no command\n${overview()}`)
    io.print(overview())
    return 0
  }
  if (name === '--version') {
    const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
    io.print((JSON.parse(manifest) as { version: string }).version)
    return 0
  }
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (entry === undefined) throw new UsageError(`no command ${JSON.stringify(name)}\n${overview()}`)
  const { command } = await entry.load()
  // The gateway's is a test key, and nobody's secret.
  if (command.options['key'] === undefined) refuseKey(args)
  let parsed
  try {
    const options = { ...GENERAL, ...command.options }
    parsed = parseArgs({ args, options, allowPositionals: true })
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('. ')[0]}\n${command.usage}`)
  }
  const { values, positionals } = parsed
  if (values['help'] === true) {
    const [first, ...rest] = command.usage.split('\n\n')
    io.print([first, entry.zh, ...rest].join('\n\n'))
    return 0
  }
  return command.run({ values, positionals, json: values['json'] === true, io })
}

/** What is an argument can be read by everybody on the machine, and stays in the shell's history. */
function refuseKey(args: readonly string[]): void {
  const given = args.find(arg => /^--(partner-?|api-?|mch-?)?key(=|$)/i.test(arg))
  if (given === undefined) return
  throw new UsageError(
    `${given.split('=')[0]} is not taken: arguments are seen by everybody on this machine, and stay ` +
      'in the history of the shell; set WXPAY_KEY, or give --key-file FILE. If the key was real, change it',
  )
}

const args = process.argv.slice(2)
process.exitCode = await main(args).catch((error: unknown) => {
  process.stderr.write(`${report(error, args.includes('--json'))}\n`)
  return exitOf(error)
})
