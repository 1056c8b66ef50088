/**
 * `wxpay-wasm/testing`: a WeChat Pay v2 gateway on this machine, and valid
 * messages for unit tests. WeChat Pay itself offers no test environment.
 */
export { createGateway } from './gateway.js'
export type { Gateway, GatewayEvent } from './gateway.js'
export type { GatewayOptions } from './options.js'
export { refundNotification, signedNotification } from './notification.js'
export type { NotificationOptions } from './notification.js'
export { signedAnswer } from './answer.js'
export type { EndpointName, SignedAnswerOptions } from './answer.js'
export type { Timers } from './clock.js'
export type { GatewayContract } from './contracts.js'
export type { Coupon } from './coupon.js'
export type { Delivery } from './courier.js'
export type { FaultRule } from './faults.js'
export type { Entry, EntryKind } from './ledger.js'
export type { Message, RememberedMessage } from './messages.js'
export type { GatewayOrder, PayOptions, TradeState } from './order.js'
export type { GatewayRedpack } from './redpacks.js'
export type { GatewayRefund, RefundStatus } from './refunds.js'
export type { Scan } from './scans.js'
export type { TlsOptions } from './server.js'
export type { GatewayTransfer } from './transfers.js'
