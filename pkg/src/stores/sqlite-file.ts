import { statSync } from 'node:fs'
import { WxPayError } from '../errors.js'
import type { StoreWarning } from './schema.js'

/** Above this, bytes, somebody keeps SQLite from emptying its log into the file. */
const LOG_ALARM = 64 * 1024 * 1024

/**
 * Watches the file behind an open SQLite connection. A connection to a file
 * that was deleted or replaced goes on without an error, and what it
 * acknowledges is in no file that anybody will open again.
 *
 * @returns the check: throws `STORE_CONFIG` unless the path still leads to the file
 */
export function watchFile(path: string, warn: (warning: StoreWarning) => void): () => void {
  const log = `${path}-wal`
  const identity = () => [path, log].map((name) => identityOf(name)).join()
  const opened = identity()
  let alarmed = false

  return () => {
    if (identity() !== opened) {
      throw new WxPayError(
        'STORE_CONFIG',
        'the SQLite file (or its -wal) was deleted or replaced while it was open: put it back or restore the backup, then start again',
      )
    }
    const size = statSync(log, { throwIfNoEntry: false })?.size ?? 0
    if (size > LOG_ALARM && !alarmed) {
      warn({ code: 'LOG_SIZE', message: `SQLite's log has grown to ${size} bytes: a reader or a backup holds an old snapshot open` })
    }
    alarmed = size > LOG_ALARM
  }
}

function identityOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false })
  return found ? `${found.dev}:${found.ino}` : 'none'
}
