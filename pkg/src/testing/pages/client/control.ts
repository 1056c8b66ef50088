import { find } from './element.js'

/** Calls the gateway; what it refuses is shown for a while. */
export async function control(path: string, query: Record<string, string> = {}, body?: unknown): Promise<void> {
  try {
    const response = await fetch(`/_gateway/${path}?${new URLSearchParams(query)}`, {
      method: 'POST',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!response.ok) {
      const { code, message } = (await response.json()) as { code: string; message: string }
      tell(`${code}: ${message}`)
    }
  } catch (error) {
    tell(error instanceof Error ? error.message : String(error))
  }
}

let timer: ReturnType<typeof setTimeout> | undefined

export function tell(text: string): void {
  const trouble = find('#trouble')
  trouble.textContent = text
  trouble.hidden = false
  clearTimeout(timer)
  timer = setTimeout(() => (trouble.hidden = true), 8000)
}
