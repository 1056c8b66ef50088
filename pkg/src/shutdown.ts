import { systemClock, type Clock } from './clock.js'
import type { Worker } from './events.js'
import type { OrderStore } from './stores/store.js'

/** An `http.Server`, as far as it is needed. */
export interface Closable {
  close(done: (error?: Error) => void): unknown
  closeIdleConnections?(): void
  closeAllConnections?(): void
}

/** What {@link shutdown} ends, in the order of a payment's way. */
export interface ShutdownParts {
  server?: Closable
  /** Of {@link handleEvents} and {@link reconcileOrders}. */
  workers?: readonly Worker[]
  store?: Pick<OrderStore, 'close'>
}

/** Milliseconds between looks for connections that have become idle. */
const LOOK = 50

/**
 * Ends a process that takes payments, so that nothing is lost: accepts no more connections, lets
 * requests and handlers under way end, then closes the store. What has not ended after `deadline`
 * milliseconds (8 000 by default) is cut off: WeChat, or the lease of an event, brings it again.
 *
 * @example
 * process.once('SIGTERM', async () => {
 *   await shutdown({ server, workers: [events, reconciler], store })
 *   process.exit()
 * })
 */
export async function shutdown(
  { server, workers = [], store }: ShutdownParts,
  { deadline = 8000, clock = systemClock }: { deadline?: number; clock?: Clock } = {},
): Promise<{ unfinished: number }> {
  const [, ...ended] = await Promise.all([
    server && endServer(server, deadline, clock),
    ...workers.map(worker => worker.stop(deadline)),
  ])
  await store?.close()
  return { unfinished: ended.reduce((sum, { unfinished }) => sum + unfinished, 0) }
}

async function endServer(server: Closable, deadline: number, clock: Clock): Promise<void> {
  const over = new AbortController()
  let open = true
  const closed = new Promise<void>(resolve => server.close(() => resolve())).finally(() => {
    open = false
    over.abort()
  })
  const end = clock.now() + deadline
  while (open && clock.now() < end) {
    // A client that keeps its connection must not hold the process after its reply.
    server.closeIdleConnections?.()
    await clock.sleep(Math.min(LOOK, end - clock.now()), over.signal)
  }
  if (open) server.closeAllConnections?.()
  await Promise.race([closed, clock.sleep(LOOK, over.signal)])
}
