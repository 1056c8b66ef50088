// On what a run was made.
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'

/** How often a second 4 KiB reach the disk. */
export function syncs() {
  const folder = mkdtempSync(join(tmpdir(), 'wxpay-disk-'))
  const file = openSync(join(folder, 'file'), 'w')
  const page = Buffer.alloc(4096)
  const began = performance.now()
  let count = 0
  for (; performance.now() - began < 1000; count++) {
    writeSync(file, page)
    fdatasyncSync(file)
  }
  closeSync(file)
  rmSync(folder, { recursive: true })
  return count
}

export async function machine(kind) {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    'load before': Math.round(loadavg()[0] * 10) / 10,
    'syncs of 4 KiB a second': syncs(),
    node: process.versions.node,
    database: await kind.version(),
  }
}
