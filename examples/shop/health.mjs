/** Milliseconds for which one look at the store answers all who ask: it is a write, and anybody may ask. */
const FRESH = 1000

/** GET /health: can this process keep a payment now? For whoever balances the load. */
export function health({ monitor, now }) {
  let looked = -Infinity
  let found
  return async (ctx) => {
    if (now() - looked >= FRESH) {
      looked = now()
      found = monitor.health()
    }
    const { ok } = await found
    ctx.status = ok ? 200 : 503
    ctx.body = { ok }
  }
}

/** GET /metrics: counters of this process, and what waits in the store, for Prometheus. */
export const metrics = ({ monitor }) => async (ctx) => {
  ctx.type = 'text/plain; version=0.0.4'
  ctx.body = await monitor.metrics()
}
