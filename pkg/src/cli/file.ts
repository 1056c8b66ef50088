import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { UsageError } from './command.js'

/** Where a command writes what may be large. */
export interface Output {
  write(bytes: Uint8Array | string): Promise<void>
  /** What was written becomes the file. */
  keep(): Promise<void>
  /** Nothing was written. */
  drop(): Promise<void>
}

/**
 * A file that is there whole or not at all: it is written beside its place, and moved there in the
 * end. `-` is standard output, which nobody can take back.
 */
export async function output(file: string, force: boolean): Promise<Output> {
  if (file === '-') return standard
  if (!force && existsSync(file)) throw new UsageError(`${file} is there already; --force overwrites it`)
  const part = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}.part`)
  let handle: FileHandle
  try {
    handle = await open(part, 'wx')
  } catch (error) {
    throw new UsageError(`${file} cannot be written: ${(error as NodeJS.ErrnoException).code}`)
  }
  return {
    async write(bytes) {
      const all = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
      for (let at = 0; at < all.length; ) at += (await handle.write(all, at)).bytesWritten
    },
    async keep() {
      await handle.sync()
      await handle.close()
      await rename(part, file)
    },
    async drop() {
      await handle.close()
      await rm(part, { force: true })
    },
  }
}

const standard: Output = {
  write: bytes =>
    new Promise((resolve, reject) => {
      process.stdout.write(bytes, error => (error ? reject(error) : resolve()))
    }),
  keep: () => Promise.resolve(),
  drop: () => Promise.resolve(),
}
