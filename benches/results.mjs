// Several processes' figures as one: what is recorded, and what changed since the last record.
import { HAND } from './contenders.mjs'
import { quantile } from './measure.mjs'

/** The name of the faster of the hand-written two. */
export const BEST = 'hand'

/** A ratio must move by this much and by more than the processes differ before it is news. */
const NEWS = 0.05

const median = numbers => quantile(numbers, 0.5)

/** The median over the processes of each cell; `spread` is how far they lie apart. */
export function merge(processes) {
  return Object.fromEntries(
    Object.keys(processes[0]).map(row => {
      const cells = {}
      for (const id of Object.keys(processes[0][row])) {
        const of = name => processes.map(process => process[row][id][name])
        const ratios = of('ratio')
        const ratio = median(ratios)
        cells[id] = {
          ratio: round(ratio),
          spread: round((Math.max(...ratios) - Math.min(...ratios)) / ratio),
          ns: Math.round(median(of('median'))),
          p10: Math.round(median(of('p10'))),
        }
      }
      return [row, best(cells)]
    }),
  )
}

/** Adds the faster hand-written one behind ours. */
export function best({ ours, ...others }) {
  const hand = HAND.map(id => others[id]).filter(Boolean)
  if (hand.length === 0) return { ours, ...others }
  const fastest = hand.reduce((a, b) => (b.p10 < a.p10 ? b : a))
  return { ours, [BEST]: fastest, ...others }
}

const round = number => Number(number.toPrecision(3))

/** The cells whose ratio is another one than in `previous`, the largest change first. */
export function changes(previous, current) {
  const found = []
  for (const [row, cells] of Object.entries(current)) {
    for (const [id, { ratio, spread }] of Object.entries(cells)) {
      const before = previous[row]?.[id]
      if (id === 'ours' || HAND.includes(id) || !before) continue
      const change = ratio / before.ratio - 1
      if (Math.abs(change) > Math.max(NEWS, spread, before.spread)) {
        found.push({ row, id, before: before.ratio, now: ratio, change: round(change) })
      }
    }
  }
  return found.sort((a, b) => Math.abs(b.change) - Math.abs(a.change))
}
