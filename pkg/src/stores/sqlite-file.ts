import { statfsSync, statSync } from 'node:fs'
import { WxPayError } from '../errors.js'
import type { StoreWarning } from './schema.js'

/** Above this, bytes, somebody keeps SQLite from emptying its log into the file. */
const LOG_ALARM = 64 * 1024 * 1024

/** Types of file systems on other machines, by Linux's numbers: what one machine locks there another may not see. */
const REMOTE: Record<number, string> = {
  0x6969: 'NFS', 0x517b: 'SMB', 0xfe534d42: 'SMB', 0xff534d42: 'CIFS', 0x01021997: '9p', 0x5346414f: 'AFS', 0x00c36400: 'Ceph',
}

/** WAL needs memory that all processes share. Throws `STORE_CONFIG` where the file's disk is another machine's. */
export function assertLocal(path: string): void {
  // Before Node 18.15 there is no way to ask.
  const name = statfsSync === undefined ? undefined : REMOTE[statfsSync(path).type]
  if (name !== undefined) {
    throw new WxPayError('STORE_CONFIG', `the SQLite file is on ${name}, where WAL loses payments: use a local disk, or MySQL for several machines`)
  }
}

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
