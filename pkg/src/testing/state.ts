import { closeSync, existsSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'

/** Records by their number; what changes is written down. */
export class Table<T> {
  readonly #records = new Map<string, T>()
  readonly #changed: (key: string, record: T | null) => void

  constructor(changed: (key: string, record: T | null) => void) {
    this.#changed = changed
  }

  get(key: string): T | undefined {
    return this.#records.get(key)
  }

  /** Keeps a record that is new or was changed. */
  put(key: string, record: T): T {
    this.#records.set(key, record)
    this.#changed(key, record)
    return record
  }

  delete(key: string): void {
    if (this.#records.delete(key)) this.#changed(key, null)
  }

  get size(): number {
    return this.#records.size
  }

  /** Oldest first. */
  values(): IterableIterator<T> {
    return this.#records.values()
  }

  entries(): IterableIterator<[string, T]> {
    return this.#records.entries()
  }

  /** Takes a record that was written down before. */
  restore(key: string, record: T | null): void {
    if (record === null) this.#records.delete(key)
    else this.#records.set(key, record)
  }

  clear(): void {
    this.#records.clear()
  }
}

type Line = [table: string, key: string, record: unknown]

/** Told of every change of a record; `null` for one that is gone. */
export type Watcher = (table: string, key: string, record: unknown) => void

/**
 * All the gateway remembers: in memory, and in a file of JSON lines where one is given. A line is
 * written before the answer goes out, so a gateway that is killed remembers what it booked. The
 * file is packed when it is opened.
 */
export class State {
  readonly #tables = new Map<string, Table<unknown>>()
  readonly #watch: Watcher
  readonly #path: string | undefined
  #file: number | undefined

  constructor(path: string | undefined, watch: Watcher) {
    this.#path = path
    this.#watch = watch
    if (path === undefined) return
    for (const [table, key, record] of read(path)) this.table(table).restore(key, record)
    this.#pack(path)
  }

  /** The table of this name, with what it held before the restart. */
  table<T>(name: string): Table<T> {
    let table = this.#tables.get(name)
    if (table === undefined) {
      table = new Table<unknown>((key, record) => this.#note(name, key, record))
      this.#tables.set(name, table)
    }
    return table as Table<T>
  }

  /** Forgets everything, in the file too. */
  reset(): void {
    for (const table of this.#tables.values()) table.clear()
    if (this.#path !== undefined) this.#pack(this.#path)
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  #note(table: string, key: string, record: unknown): void {
    if (this.#file !== undefined) writeSync(this.#file, line([table, key, record]))
    this.#watch(table, key, record)
  }

  /** Writes one line for each record beside the file and takes its place: old or new, never half. */
  #pack(path: string): void {
    this.close()
    const fresh = `${path}.new`
    const file = openSync(fresh, 'w')
    for (const [name, table] of this.#tables)
      for (const [key, record] of table.entries()) writeSync(file, line([name, key, record]))
    closeSync(file)
    renameSync(fresh, path)
    this.#file = openSync(path, 'a')
  }
}

const line = (entry: Line): string => `${JSON.stringify(entry)}\n`

/** What was written down; a last line that was cut off by a crash was never answered. */
function* read(path: string): Generator<Line> {
  if (!existsSync(path)) return
  const lines = readFileSync(path, 'utf8').split('\n')
  for (const [index, text] of lines.entries()) {
    if (text === '') continue
    let entry: unknown
    try {
      entry = JSON.parse(text)
    } catch (cause) {
      if (index === lines.length - 1) return
      throw new TypeError(`options.stateFile: line ${index + 1} is no record of a gateway`, {
        cause,
      })
    }
    if (!Array.isArray(entry) || entry.length !== 3)
      throw new TypeError(`options.stateFile: line ${index + 1} is no record of a gateway`)
    yield entry as Line
  }
}
