/** A link that carries what was pasted, without secrets. A fragment never reaches a server. */

const PREFIX = '#m='
const MASK = '***'
const SECRETS = 'key|api_?key|partner_?key|mch_?key|app_?key|secret|app_?secret|session_key|sandbox_signkey|access_token|refresh_token|ticket'
const PATTERNS = [
  [new RegExp(`(<(${SECRETS})\\s*>)[^]*?(?=</|$)`, 'gi'), `$1${MASK}`],
  [new RegExp(`("(?:${SECRETS})"\\s*:\\s*")(?:[^"\\\\]|\\\\.)*`, 'gi'), `$1${MASK}`],
  [new RegExp(`(\\b(?:${SECRETS})\\s*[=:]\\s*)[^&\\s<"]+`, 'gi'), `$1${MASK}`],
]

/** The text without the key, wherever and in whatever case it stands, and without other secrets. */
function masked(text, key) {
  let out = text
  for (const secret of new Set([key, key.trim()])) {
    if (secret === '') continue
    const literal = secret.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    out = out.replace(new RegExp(literal, 'gi'), MASK)
  }
  return PATTERNS.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), out)
}

/** The fragment of `{ message, sign, theirs, order, algorithm }`; all of them are text. */
export function toFragment(given, key) {
  const entries = Object.entries(given).filter(([, text]) => text !== '')
  const json = JSON.stringify(Object.fromEntries(entries.map(([name, text]) => [name, masked(text, key)])))
  const binary = Array.from(new TextEncoder().encode(json), (byte) => String.fromCharCode(byte)).join('')
  return PREFIX + btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** What a fragment carries; nothing for one that is not ours. */
export function fromFragment(hash) {
  if (!hash.startsWith(PREFIX)) return undefined
  try {
    const binary = atob(hash.slice(PREFIX.length).replaceAll('-', '+').replaceAll('_', '/'))
    const json = new TextDecoder().decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)))
    const given = JSON.parse(json)
    const entries = Object.entries(given).filter(([, text]) => typeof text === 'string')
    return Object.fromEntries(entries)
  } catch {
    return undefined
  }
}
