import type { CertificatePart } from './certificate-options.js'

/** What the client asks of the network. */
export interface TransportRequest {
  method: 'GET' | 'POST'
  url: string
  headers: Record<string, string>
  body?: Uint8Array
  /** Milliseconds for the whole exchange, from the first byte sent to the last byte read. */
  timeout: number
  /** Milliseconds until there is a connection, TLS included. */
  connectTimeout: number
  /** The largest answer, in bytes. */
  maxBytes: number
  signal?: AbortSignal
  /**
   * The body may come as a `stream`: then `timeout` is for the head of the answer, and for each wait
   * for more of it.
   */
  stream?: boolean
  /** Whether this request shows the merchant's client certificate. Others must not. */
  certificate?: true
}

/** What came back. */
export interface TransportAnswer {
  status: number
  /** Names in lower case. */
  headers: Record<string, string | undefined>
  body: Uint8Array
  /**
   * The body as it arrives, in place of `body`, where a `stream` was asked for and the transport can
   * give one. It throws as the transport rejects; `return()` ends the exchange.
   */
  stream?: AsyncIterableIterator<Uint8Array>
}

/**
 * Performs one HTTP exchange. It never follows a redirect and never retries; it rejects with
 * `TRANSPORT`, `TIMEOUT` or `ABORTED`. The error's `phase` says how far the exchange came; without
 * it, the request counts as one that may have arrived.
 */
export type Transport = (request: TransportRequest) => Promise<TransportAnswer>

/** What the default transport is made of. */
export interface TransportSettings {
  /** Whose certificate it has to be; the passphrase of a PKCS#12 file that gives none. */
  mchid: string
  /** PEM certificate and key, or PKCS#12. */
  certificate: readonly [CertificatePart, ...CertificatePart[]] | undefined
  ca: string | Uint8Array | undefined
  /** An agent of `node:https` (or a proxy's) in the place of the own pools. */
  agent: object | undefined
  /** The most connections to one host. */
  maxSockets: number | undefined
  /** Milliseconds since 1970. */
  now: () => number
  warn: (message: string) => void
}
