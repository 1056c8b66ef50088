import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { WxPayError } from './errors.js'
import { DAMAGED } from './gunzip.js'

/** Unpacks as fast as the result is read, and no faster. */
export async function* gunzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const unpacked = createGunzip({ chunkSize: 65536 })
  // Errors come out where the result is read.
  pipeline(Readable.from(source), unpacked, () => {})
  try {
    yield* unpacked as AsyncIterable<Uint8Array>
  } catch (cause) {
    if (!String((cause as NodeJS.ErrnoException).code).startsWith('Z_')) throw cause
    throw new WxPayError('BILL_INVALID', DAMAGED, { cause })
  }
}
