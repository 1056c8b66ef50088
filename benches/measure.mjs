// One process: every workload on every contender, interleaved, in rounds. A round gives each cell
// one batch of about 3 ms, so that whatever slows the machine for a while slows everybody.
import { setImmediate as breath } from 'node:timers/promises'
import { check } from './check.mjs'

const BATCH = 3
const WARM_UP = 40

const clock = () => performance.now()

// With --expose-gc nobody's garbage is collected on another's time.
const collect = globalThis.gc ? () => globalThis.gc({ type: 'minor' }) : () => {}

let sink

function batch({ operation, inputs }, count) {
  const mask = inputs.length
  const start = clock()
  for (let i = 0, at = 0; i < count; i++) {
    sink = operation(inputs[at])
    if (++at === mask) at = 0
  }
  return clock() - start
}

async function awaited({ operation, inputs }, count) {
  const start = clock()
  for (let i = 0, at = 0; i < count; i++) {
    sink = await operation(inputs[at])
    if (++at === inputs.length) at = 0
  }
  return clock() - start
}

/** Runs a cell for `duration` ms in growing batches and sets the size of its batches. */
async function calibrate(cell, duration) {
  const end = clock() + duration
  let count = 1
  let time = 0
  do {
    time = await cell.run(cell, count)
    if (time < BATCH / 2) count *= 2
  } while (clock() < end)
  cell.count = Math.max(1, Math.round((count * BATCH) / Math.max(time, 0.001)))
}

/**
 * `workloads` is a table as in messages.mjs. The result has, per workload and contender, the
 * median and the 10th percentile in ns per call, and the median over the rounds of the time
 * divided by that of `base` in the same round.
 */
export async function measure({ contenders, workloads, rounds, base = 'ours', warmUp = WARM_UP }) {
  const rows = []
  for (const [id, workload] of Object.entries(workloads)) {
    const cells = []
    for (const contender of contenders) {
      const { operations } = contender
      const operation = operations[workload.op] ?? operations[workload.otherwise]
      if (!operation) continue
      const asynchronous = await check({ ...contender, operations: { [workload.op]: operation } }, workload)
      cells.push({
        contender: contender.id,
        operation,
        inputs: workload.inputs,
        run: asynchronous ? awaited : batch,
        times: [],
      })
    }
    rows.push({ id, cells })
  }
  // Twice: the first pass leaves everybody's code to the compiler, the second finds it compiled.
  for (const duration of [warmUp / 2, warmUp]) {
    for (const { cells } of rows) for (const cell of cells) await calibrate(cell, duration)
  }
  for (let round = 0; round < rounds; round++) {
    await breath()
    for (const { cells } of rows) {
      for (let i = 0; i < cells.length; i++) {
        // Each goes first in its turn.
        const cell = cells[(i + round) % cells.length]
        collect()
        const time = await cell.run(cell, cell.count)
        cell.times.push((time * 1e6) / cell.count)
      }
    }
  }
  return Object.fromEntries(rows.map(({ id, cells }) => [id, summary(cells, base)]))
}

function summary(cells, base) {
  const ours = cells.find(cell => cell.contender === base)
  return Object.fromEntries(
    cells.map(({ contender, times }) => {
      const entry = { median: quantile(times, 0.5), p10: quantile(times, 0.1) }
      if (ours) entry.ratio = quantile(times.map((time, i) => time / ours.times[i]), 0.5)
      return [contender, entry]
    }),
  )
}

export function quantile(numbers, q) {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]
}
