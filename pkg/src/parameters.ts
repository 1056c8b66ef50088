/** The parameters that the tools returned: text, and integers as numbers. */
export function parameters(text: string): Record<string, string | number> {
  const named: Record<string, string | number> = {}
  for (const [, name, mark, value] of text.matchAll(/([^\0\x01]+)([\0\x01])([^\0]*)\0/g)) {
    named[name as string] = mark === '\0' ? (value as string) : Number(value)
  }
  return named
}
