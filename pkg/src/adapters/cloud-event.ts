import { WxPayError } from '../errors.js'
import type { NotifyRequest } from '../receive.js'
import { eaten, type NodeRequest, toRequest } from './request.js'

/** What is used of an HTTP event. Header names may be in any case. */
export interface CloudEvent {
  httpMethod?: string
  requestContext?: { httpMethod?: string; http?: { method?: string } }
  headers?: Record<string, string | string[] | undefined> | null
  body?: unknown
  /** True, or the word. */
  isBase64Encoded?: unknown
}

const CLOUD = { name: 'cloud function', fix: 'the gateway must pass the body through, or as base64' }

/** The request that the event tells of; Aliyun's event is the bytes or the text of its JSON. */
export function eventRequest(given: CloudEvent | Uint8Array | string): NotifyRequest {
  const event = opened(given)
  const method =
    event.httpMethod ?? event.requestContext?.http?.method ?? event.requestContext?.httpMethod
  if (typeof method !== 'string') {
    const why = 'the event has no HTTP method: notifications come through an HTTP trigger'
    throw new WxPayError('NOTIFY_BODY', why)
  }
  const body = event.body ?? ''
  if (method === 'POST' && typeof body !== 'string') throw eaten(body, CLOUD)
  const named = Object.entries(event.headers ?? {})
  const headers = Object.fromEntries(named.map(([name, value]) => [name.toLowerCase(), value]))
  const rawBody = String(event.isBase64Encoded) === 'true' ? Buffer.from(String(body), 'base64') : body
  return toRequest({ method, headers } as NodeRequest, { rawBody }, CLOUD)
}

function opened(given: CloudEvent | Uint8Array | string): CloudEvent {
  if (typeof given !== 'string' && !ArrayBuffer.isView(given)) return given ?? {}
  try {
    const text = typeof given === 'string' ? given : new TextDecoder().decode(given)
    return (JSON.parse(text) ?? {}) as CloudEvent
  } catch (cause) {
    throw new WxPayError('NOTIFY_BODY', 'the event is no JSON', { cause })
  }
}
