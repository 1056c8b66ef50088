// Plain assertions: no runtime's own test library stands between.
const shown = value => {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 160 ? `${text.slice(0, 160)}…` : text
}

/** The data with the names of every object sorted, as the order of fields is nobody's business. */
export const sorted = value =>
  typeof value !== 'object' || value === null || Array.isArray(value)
    ? value
    : Object.fromEntries(Object.keys(value).sort().map(name => [name, sorted(value[name])]))

/** Throws unless both are the same data. */
export function same(got, wanted, name) {
  if (JSON.stringify(got) === JSON.stringify(wanted)) return
  throw new Error(`${name}: ${shown(got)} instead of ${shown(wanted)}`)
}

/** Throws unless the condition holds. */
export function holds(condition, name) {
  if (!condition) throw new Error(name)
}

/** Throws unless the call throws, or rejects with, an error of the class and the code. */
export async function refuses(run, WxPayError, code, name) {
  let error
  try {
    await run()
  } catch (thrown) {
    error = thrown
  }
  holds(error instanceof WxPayError, `${name}: ${error ?? 'nothing'} instead of a WxPayError`)
  same(error.code, code, name)
}
