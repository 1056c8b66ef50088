/** The value below which this share of the values is, to a tenth. */
export function share(values, part) {
  if (values.length === 0) return null
  const sorted = Float64Array.from(values).sort()
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] * 10) / 10
}

/** What is told of so many milliseconds. */
export const percentiles = values => ({
  'p50, ms': share(values, 0.5),
  'p90, ms': share(values, 0.9),
  'p99, ms': share(values, 0.99),
  'longest, ms': share(values, 1),
})
