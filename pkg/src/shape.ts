/** What is remembered of an object's names: where each stands in signing order, and its tags. */
export interface Shape {
  readonly names: readonly string[]
  /** Places in `names`, in signing order. */
  readonly order: readonly number[]
  /** `&name=` in signing order, the first without its `&`. */
  readonly prefixes: readonly string[]
  /** `<name>` and `</name>` in the object's order. */
  readonly opening: readonly string[]
  readonly closing: readonly string[]
  /** The place of `sign`, which is not in the order; -1 without one. */
  readonly sign: number
  /** The place of `sign_type`, -1 without one. */
  readonly signType: number
}

const PLACES = 64
const EACH = 4

// Bounded: 64 places of four shapes. A shape is what the core said of names that the caller's own
// objects have; nothing that was received gets here.
const shapes: Shape[][] = []

/** The shape of these names, where it is remembered. */
export function shapeOf(names: readonly string[]): Shape | undefined {
  const found = shapes[place(names)]
  if (found === undefined) return undefined
  for (let i = 0; i < found.length; i++) {
    const shape = found[i] as Shape
    if (same(shape.names, names)) return shape
  }
  return undefined
}

/** Remembers the signing order that the core gave. */
export function remember(names: readonly string[], order: ArrayLike<number>): Shape {
  const places = Array.from(order)
  const shape: Shape = {
    names,
    order: places,
    prefixes: places.map((at, rank) => `${rank === 0 ? '' : '&'}${names[at]}=`),
    opening: names.map(name => `<${name}>`),
    closing: names.map(name => `</${name}>`),
    sign: names.indexOf('sign'),
    signType: names.indexOf('sign_type'),
  }
  const at = place(names)
  const found = (shapes[at] ??= [])
  if (found.length === EACH) found.shift()
  found.push(shape)
  return shape
}

function place(names: readonly string[]): number {
  const count = names.length
  if (count === 0) return 0
  const first = names[0] as string
  const last = names[count - 1] as string
  const middle = names[count >> 1] as string
  return (count + first.length * 7 + last.length * 3 + middle.length * 5) % PLACES
}

function same(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
