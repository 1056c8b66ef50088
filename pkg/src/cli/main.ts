#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { WxPayError } from '../index.js'
import { UsageError, type Command } from './command.js'
import { terminal } from './terminal.js'

/** A command is one file, loaded when it is called. */
const COMMANDS: Record<string, { about: string; load: () => Promise<{ command: Command }> }> = {
  cert: {
    about: 'look at a client certificate, or convert it to PEM',
    load: () => import('./cert.js'),
  },
  explain: {
    about: 'say why a signature does not fit',
    load: () => import('./explain.js'),
  },
}

const GENERAL = { help: { type: 'boolean', short: 'h' }, json: { type: 'boolean' } } as const

function overview(): string {
  const width = Math.max(...Object.keys(COMMANDS).map(name => name.length))
  const lines = Object.entries(COMMANDS).map(
    ([name, { about }]) => `  ${name.padEnd(width)}  ${about}`,
  )
  return `usage: wxpay-wasm COMMAND [OPTION…]

${lines.join('\n')}

wxpay-wasm COMMAND --help says more. Exit codes: 0 done, 1 failed, 2 wrong usage.`
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
  let parsed
  try {
    const options = { ...GENERAL, ...command.options }
    parsed = parseArgs({ args, options, allowPositionals: true })
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('. ')[0]}\n${command.usage}`)
  }
  const { values, positionals } = parsed
  if (values['help'] === true) {
    io.print(command.usage)
    return 0
  }
  return command.run({ values, positionals, json: values['json'] === true, io })
}

function exitCode(error: unknown): number {
  if (error instanceof UsageError) {
    process.stderr.write(`wxpay-wasm: ${error.message}\n`)
    return 2
  }
  const code = error instanceof WxPayError ? error.code : 'INTERNAL'
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`wxpay-wasm: ${code}: ${message.replace(/\s*\n\s*/g, ' ')}\n`)
  return 1
}

process.exitCode = await main(process.argv.slice(2)).catch(exitCode)
