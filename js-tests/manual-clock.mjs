// Time that moves when a test says so.

/** Lets everything that is ready run. */
export async function settle(turns = 8) {
  for (let turn = 0; turn < turns; turn++) await new Promise(resolve => setImmediate(resolve))
}

/** A clock for workers, and `now` for stores: the same milliseconds. */
export function manualClock(start = 1_700_000_000_000) {
  let at = start
  const sleepers = new Set()
  const now = () => at
  const sleep = (milliseconds, signal) =>
    new Promise(resolve => {
      const sleeper = { end: at + milliseconds }
      sleeper.wake = () => {
        sleepers.delete(sleeper)
        signal?.removeEventListener('abort', sleeper.wake)
        resolve()
      }
      sleepers.add(sleeper)
      signal?.addEventListener('abort', sleeper.wake)
      if (signal?.aborted || milliseconds <= 0) sleeper.wake()
    })
  return {
    now,
    clock: { now, sleep },
    async advance(milliseconds) {
      const end = at + milliseconds
      await settle()
      for (;;) {
        const [first] = [...sleepers].sort((a, b) => a.end - b.end)
        if (first === undefined || first.end > end) break
        at = Math.max(at, first.end)
        first.wake()
        await settle()
      }
      at = end
      await settle()
    },
  }
}

/** Waits for what takes real time; fails when it never comes. */
export async function until(holds, what = 'a condition', patience = 10_000) {
  const end = performance.now() + patience
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`${what} did not come true`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
