/**
 * `wxpay-wasm/worker`: what runs behind the notification routes. Events reach their handlers, orders
 * without a notification reach their end, and a monitor sees all of it.
 */
export { handleEvents } from './events.js'
export type { EventContext, EventHandler, EventHandlers, EventOptions, Worker } from './events.js'
export { Monitor } from './monitor.js'
export type { Alarm, AlarmKind, Health, MonitorOptions } from './monitor.js'
export { reconcileOrders } from './reconciler.js'
export type { Pace, ReconcilerCalls, ReconcilerOptions } from './reconciler.js'
export { shutdown } from './shutdown.js'
export type { Closable, ShutdownParts } from './shutdown.js'
