import type { IncomingMessage } from 'node:http'

/** 64 KB: far above any v2 message, in either direction. */
export const BODY_LIMIT = 65_536

/** The whole body, or null when it is longer than `BODY_LIMIT` (the rest is read and dropped). */
export function readBody(message: IncomingMessage): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = []
    let length = 0
    message.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= BODY_LIMIT) return void chunks.push(chunk)
      chunks = []
      resolve(null)
    })
    message.on('end', () => resolve(Buffer.concat(chunks)))
    message.on('error', reject)
    message.on('close', () => reject(new Error('the connection closed before the end of the body')))
  })
}
