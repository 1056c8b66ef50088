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

/** By which names the gateway may be called, beside those of this machine. */
export interface Doors {
  port: number
  /** Names the caller vouches for. */
  hosts: readonly string[]
  /** Any IP address will do: a gateway that listens beyond this machine. A re-bound name is none. */
  addresses: boolean
}

const isAddress = (name: string): boolean => /^\d{1,3}(\.\d{1,3}){3}$|^\[[0-9a-f:.]+\]$/i.test(name)

/**
 * Whether a request may talk to the gateway. The `Host` check stops a web page whose name was
 * re-bound to 127.0.0.1; the `Origin` check stops a form on a foreign page, which needs no such
 * trick. Servers and tests send no `Origin`.
 */
export function isFromHere(
  host: string | undefined,
  origin: string | undefined,
  doors: Doors,
): boolean {
  const [, name = '', port] = /^([^:[\]]+|\[[^\]]*\])(?::(\d+))?$/.exec(host ?? '') ?? []
  const lower = name.toLowerCase()
  const vouched = doors.hosts.includes(lower)
  const local = /^(127\.0\.0\.1|localhost|\[::1\])$/.test(lower)
  const known = local || vouched || (doors.addresses && isAddress(lower))
  // A name that was vouched for may be that of a proxy, which has a port of its own.
  if (!known || (!vouched && Number(port ?? 80) !== doors.port)) return false
  if (origin === undefined) return true
  const from = hostOf(origin) ?? ''
  return isLoopback(from) || doors.hosts.includes(from) || (doors.addresses && from === lower)
}
