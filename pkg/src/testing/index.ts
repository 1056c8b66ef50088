/**
 * `wxpay-wasm/testing`: a WeChat Pay v2 gateway on this machine, and valid
 * notifications for unit tests. WeChat Pay itself offers no test environment.
 */
export { createGateway } from './gateway.js'
export type { Gateway, GatewayOptions, Message } from './gateway.js'
export { signedNotification } from './notification.js'
export type { NotificationOptions } from './notification.js'
export type { Delivery } from './courier.js'
export type { GatewayOrder, PayOptions } from './orders.js'
export type { Timers } from './clock.js'
