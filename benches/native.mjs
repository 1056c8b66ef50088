// The Rust side: hands it what the module is given and reads what it prints.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BURST, callOf } from './calls.mjs'
import { key } from './merchant.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** ns per call of each workload; `null` where cargo or the bench is missing. */
export function native(workloads) {
  const folder = mkdtempSync(join(tmpdir(), 'wxpay-bench-'))
  const path = join(folder, 'calls.json')
  try {
    const given = Object.entries(workloads).flatMap(plain)
    writeFileSync(path, JSON.stringify({ key, burst: BURST, workloads: given }))
    const printed = execFileSync(
      'cargo',
      ['bench', '--quiet', '--package=wxpay-benches', '--bench=native', '--', path],
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

function plain([id, workload]) {
  const given = callOf(workload)
  return given === undefined ? [] : [{ id, ...given, messages: given.messages.map(String) }]
}
