import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'

const COLOURS = { red: 31, yellow: 33, green: 32 }

/** The process as a command sees it. */
export interface Terminal {
  env: Readonly<Record<string, string | undefined>>
  now: () => number
  print(text: string): void
  /** Colours on a terminal alone, and never with `NO_COLOR`. */
  paint(colour: keyof typeof COLOURS, text: string): string
  /** Asks without echo; `undefined` where nobody can be asked. */
  askSecret(question: string): Promise<string | undefined>
}

export function terminal(): Terminal {
  const { env, stdin, stdout, stderr } = process
  const colours = stdout.isTTY && (env['NO_COLOR'] ?? '') === ''
  return {
    env,
    now: Date.now,
    print: text => void stdout.write(`${text}\n`),
    paint: (colour, text) => (colours ? `\x1b[${COLOURS[colour]}m${text}\x1b[0m` : text),
    askSecret(question) {
      if (!stdin.isTTY || !stderr.isTTY) return Promise.resolve(undefined)
      // As a terminal readline turns the echo off, and what it would write itself goes nowhere.
      const output = new Writable({ write: (_chunk, _encoding, done) => done() })
      const lines = createInterface({ input: stdin, output, terminal: true, historySize: 0 })
      stderr.write(`${question}: `)
      return new Promise(resolve => {
        lines.once('line', answer => {
          resolve(answer)
          lines.close()
        })
        lines.once('SIGINT', () => {
          lines.close()
          process.exit(130)
        })
        lines.once('close', () => {
          stderr.write('\n')
          resolve(undefined)
        })
      })
    },
  }
}
