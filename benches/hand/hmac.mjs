// HMAC-SHA256 as two one-shot hashes over buffers that are ready: createHmac takes 1.6 times as
// long for a message of this size.
import * as crypto from 'node:crypto'
import * as memory from './memory.mjs'

const views = memory.views()

/**
 * A function that signs the first `length` bytes of `memory.base` from its start: upper-case
 * hexadecimal digits. The key has at most 64 ASCII characters.
 */
export const hmac = crypto.hash ? oneShot : streaming

function oneShot(key) {
  const block = Buffer.alloc(64)
  block.latin1Write(key, 0)
  const inner = block.map(byte => byte ^ 0x36)
  const outer = Buffer.concat([block.map(byte => byte ^ 0x5c), Buffer.alloc(32)])
  return length => {
    memory.base.set(inner)
    const whole = memory.view(views, 0, memory.START + length)
    outer.latin1Write(crypto.hash('sha256', whole, 'latin1'), 64)
    return crypto.hash('sha256', outer, 'hex').toUpperCase()
  }
}

function streaming(key) {
  const secret = crypto.createSecretKey(Buffer.from(key))
  return length => {
    const view = memory.base.subarray(memory.START, memory.START + length)
    return crypto.createHmac('sha256', secret).update(view).digest('hex').toUpperCase()
  }
}
