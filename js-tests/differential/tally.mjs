// What two programs disagreed on, by class: a disagreement that no class explains is a fault.

/** Collects the disagreements of one pair; `classes` says of each class who is right, and why. */
export function tally(name, classes) {
  const found = new Map()
  const unexplained = []
  let compared = 0
  return {
    /** One comparison; `kind` names the class of a disagreement, `undefined` is none of them. */
    add(agree, kind, example) {
      compared++
      if (agree) return
      if (!Object.hasOwn(classes, kind)) {
        if (unexplained.length < 20) unexplained.push(example())
        return
      }
      const known = found.get(kind)
      if (known === undefined) found.set(kind, { count: 1, example: example() })
      else known.count++
    },
    get result() {
      const kinds = [...found].map(([kind, { count, example }]) => ({ kind, count, ...classes[kind], example }))
      return {
        name,
        compared,
        disagreements: kinds.reduce((sum, { count }) => sum + count, 0) + unexplained.length,
        kinds: kinds.sort((a, b) => (a.kind < b.kind ? -1 : 1)),
        unexplained,
      }
    },
  }
}
