/** Text on one line that no terminal takes for a command: control characters are spelled out. */
export function visible(text: string): string {
  return text
    .replace(/\s*\n\s*/g, ' ')
    .replace(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu, each => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Fields as people read them: a line for each. */
export function lines(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${visible(name)}=${visible(String(value))}`)
    .join('\n')
}
