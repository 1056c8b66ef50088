/** What is used of a response of `node:http`. */
export interface NodeResponse {
  writeHead(status: number, headers?: Record<string, string>): unknown
  end(body?: string): unknown
}

/** Sends the core's answer. */
export async function respond(response: Response, to: NodeResponse): Promise<void> {
  const text = await response.text()
  to.writeHead(response.status, Object.fromEntries(response.headers))
  to.end(text)
}
