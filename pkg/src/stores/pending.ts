import { whole } from './order.js'
import type { OrderStore } from './store.js'

/** What `listPending` was asked for, checked. */
export function checkedChoice({ olderThan, limit, leaseMs }: Parameters<OrderStore['listPending']>[0]) {
  return { olderThan: whole('olderThan', olderThan, 0), limit: whole('limit', limit, 1), leaseMs: whole('leaseMs', leaseMs, 1) }
}
