/**
 * `wxpay-wasm/cloud`: cloud functions that take orders and notifications.
 *
 * @packageDocumentation
 */
export { cloudNotify } from './cloud-notify.js'
export type { CloudAnswer, CloudEvent } from './cloud-notify.js'
export { cloudPay } from './cloud-pay.js'
export type { CloudOrder, CloudPayOptions } from './cloud-pay.js'
