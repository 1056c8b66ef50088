/** Whether a URL's host name (as `URL` normalises it) is this machine. */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname === '[::1]' ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
  )
}

/** The host name of a URL, or undefined when it is none. */
export function hostOf(url: string): string | undefined {
  try {
    return new URL(url).hostname
  } catch {
    return undefined
  }
}

/**
 * Whether a request may talk to the gateway on `port`. The `Host` check stops a
 * web page whose name was re-bound to 127.0.0.1; the `Origin` check
 * stops a form on a foreign page, which needs no such trick. Servers and tests
 * send no `Origin`.
 */
export function isFromHere(
  host: string | undefined,
  origin: string | undefined,
  port: number,
): boolean {
  const name = /^(127\.0\.0\.1|localhost|\[::1\])(?::(\d+))?$/i.exec(host ?? '')
  if (name === null || Number(name[2] ?? 80) !== port) return false
  return origin === undefined || isLoopback(hostOf(origin) ?? '')
}
