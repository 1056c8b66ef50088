// The Rust side: hands it the same messages and reads what it prints.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { appid, key } from './merchant.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** ns per call of each workload; `null` where cargo or the bench is missing. */
export function native(workloads) {
  const folder = mkdtempSync(join(tmpdir(), 'wxpay-bench-'))
  const path = join(folder, 'messages.json')
  try {
    writeFileSync(path, JSON.stringify({ appid, key, workloads: Object.entries(workloads).map(plain) }))
    const printed = execFileSync(
      'cargo',
      ['bench', '--quiet', '--package=wxpay-core', '--bench=native', '--', path],
      { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
    )
    return JSON.parse(printed)
  } catch (error) {
    console.error(`no native figures: ${error.message.split('\n')[0]}`)
    return null
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function plain([id, { op, inputs }]) {
  return { id, op, inputs: inputs.map(input => (isBody(input) ? input.toString() : pairs(input))) }
}

const isBody = input => typeof input === 'string' || Buffer.isBuffer(input)

/** Empty fields are left out, as the package leaves them out. */
const pairs = fields => Object.entries(fields).filter(([, value]) => value !== '')
