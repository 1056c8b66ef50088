import type { ParseArgsConfig } from 'node:util'
import type { Terminal } from './terminal.js'

/** What a command gets. */
export interface Call {
  positionals: readonly string[]
  /** The options by name; `help` and `json` are known to every command. */
  values: Readonly<Record<string, unknown>>
  /** One line of JSON on standard output instead of text. */
  json: boolean
  io: Terminal
}

/** One command of the command line. */
export interface Command {
  /** What `--help` shows. */
  usage: string
  options: NonNullable<ParseArgsConfig['options']>
  /** Returns the exit code. What it throws is shown in one line, with its code. */
  run(call: Call): Promise<number>
}

/** A command line that cannot be understood: exit code 2. */
export class UsageError extends Error {}
