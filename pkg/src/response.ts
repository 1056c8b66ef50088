/** A `Response`; where there is none (Node 16), what the adapters use of one. */
export function response(
  body: string | null,
  headers: Record<string, string>,
  status = 200,
): Response {
  if (typeof Response === 'function') return new Response(body, { status, headers })
  const bare = { status, headers: new Map(Object.entries(headers)), text: async () => body ?? '' }
  return bare as unknown as Response
}
