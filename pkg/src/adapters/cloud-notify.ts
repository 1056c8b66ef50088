import { type CloudEvent, eventRequest } from './cloud-event.js'
import type { NotifyHandler } from './request.js'

export type { CloudEvent } from './cloud-event.js'

/** What the gateway in front of a cloud function sends on. */
export interface CloudAnswer {
  statusCode: number
  headers: Record<string, string>
  body: string
  isBase64Encoded: false
}

/**
 * A notification route as a cloud function behind an HTTP trigger: CloudBase, Tencent SCF, Aliyun FC
 * and what has their events. `exports.main = cloudNotify(paymentNotify({ … }))`.
 */
export function cloudNotify(handler: NotifyHandler) {
  return async (event: CloudEvent | Uint8Array | string): Promise<CloudAnswer> => {
    const response = await handler(eventRequest(event))
    return {
      statusCode: response.status,
      headers: Object.fromEntries(response.headers),
      body: await response.text(),
      isBase64Encoded: false,
    }
  }
}
