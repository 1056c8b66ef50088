/** What the client asks of the network. */
export interface TransportRequest {
  method: 'GET' | 'POST'
  url: string
  headers: Record<string, string>
  body?: Uint8Array
  /** Milliseconds for the whole exchange, from the first byte sent to the last byte read. */
  timeout: number
  /** The largest answer, in bytes. */
  maxBytes: number
  signal?: AbortSignal
}

/** What came back. */
export interface TransportAnswer {
  status: number
  /** Names in lower case. */
  headers: Record<string, string | undefined>
  body: Uint8Array
}

/**
 * Performs one HTTP exchange. It never follows a redirect and never retries; it rejects with
 * `TRANSPORT`, `TIMEOUT` or `ABORTED`.
 */
export type Transport = (request: TransportRequest) => Promise<TransportAnswer>
