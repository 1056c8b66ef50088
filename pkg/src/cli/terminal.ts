import { createInterface, type Interface } from 'node:readline'
import { Writable } from 'node:stream'
import { systemClock, type Clock } from '../clock.js'
import { visible } from './visible.js'

const COLOURS = { red: 31, yellow: 33, green: 32 }

/** The process as a command sees it. */
export interface Terminal {
  env: Readonly<Record<string, string | undefined>>
  now: () => number
  clock: Clock
  print(text: string): void
  /** A line for people, on standard error. */
  note(text: string): void
  /** What is going on now, on a terminal alone: one line that replaces itself; none clears it. */
  progress(text?: string): void
  /** Whether standard output takes colours: a terminal, without `NO_COLOR`. */
  colours: boolean
  /** Colours on a terminal alone, and never with `NO_COLOR`. */
  paint(colour: keyof typeof COLOURS, text: string): string
  /** Asks; `undefined` where nobody can be asked. */
  ask(question: string): Promise<string | undefined>
  /** Asks without echo; `undefined` where nobody can be asked. */
  askSecret(question: string): Promise<string | undefined>
  /** Standard input, to its end. */
  read(): Promise<Buffer>
  /** Aborts with Ctrl-C, and from then on the process does not end by itself; a second one ends it. */
  interruption(): AbortSignal
}

export function terminal(): Terminal {
  const { env, stdin, stdout, stderr } = process
  const colours = stdout.isTTY === true && (env['NO_COLOR'] ?? '') === ''
  let shown = false
  let interruption: AbortController | undefined

  // Whoever reads no more, `head` for instance, has ended the pipe: there is nobody to tell.
  stdout.on('error', error => {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(1)
    throw error
  })

  const clear = () => {
    if (shown) stderr.write('\r\x1b[K')
    shown = false
  }
  const prompt = (question: string, output: Writable): Promise<string | undefined> => {
    if (!stdin.isTTY || !stderr.isTTY) return Promise.resolve(undefined)
    const lines: Interface = createInterface({ input: stdin, output, terminal: true, historySize: 0 })
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
  }

  return {
    env,
    now: Date.now,
    clock: systemClock,
    print: text => void stdout.write(`${text}\n`),
    note(text) {
      clear()
      stderr.write(`wxpay-wasm: ${visible(text)}\n`)
    },
    progress(text) {
      if (!stderr.isTTY) return
      clear()
      if (text === undefined) return
      stderr.write(text)
      shown = true
    },
    colours,
    paint: (colour, text) => (colours ? `\x1b[${COLOURS[colour]}m${text}\x1b[0m` : text),
    ask: question => prompt(question, stderr),
    askSecret(question) {
      // As a terminal readline turns the echo off, and what it would write itself goes nowhere.
      const output = new Writable({ write: (_chunk, _encoding, done) => done() })
      return prompt(question, output)
    },
    async read() {
      const chunks: Buffer[] = []
      for await (const chunk of stdin) chunks.push(chunk as Buffer)
      return Buffer.concat(chunks)
    },
    interruption() {
      if (interruption === undefined) {
        const controller = (interruption = new AbortController())
        const stop = () => {
          clear()
          if (controller.signal.aborted) process.exit(130)
          controller.abort()
        }
        process.on('SIGINT', stop)
        process.on('SIGTERM', stop)
      }
      return interruption.signal
    },
  }
}
