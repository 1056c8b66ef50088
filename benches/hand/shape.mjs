// The sorted order of a set of field names, remembered: a shop has a handful of sets, and sorting
// eleven names costs more than hashing the result. Whoever walks a message leaves its fields here.

const SLOTS = 1024
const shapes = new Array(SLOTS).fill(undefined)

/** The names and values of the fields last walked. */
export const names = new Array(1024).fill('')
export const values = new Array(1024).fill('')

/** Walks an object once, which engines do from its hidden class. */
export function walk(fields) {
  let count = 0
  let hash = 0
  for (const name in fields) {
    names[count] = name
    values[count++] = fields[name]
    hash = (Math.imul(hash, 31) + name.length + name.charCodeAt(name.length >> 1)) | 0
  }
  return shapeOf(count, hash)
}

/** The shape of the first `count` names. `hash` is any hash of them that the caller sticks to. */
export function shapeOf(count, hash) {
  const slot = (hash ^ (hash >>> 10)) & (SLOTS - 1)
  const shape = shapes[slot]
  if (shape !== undefined && shape.count === count) {
    const known = shape.names
    let i = 0
    while (i < count && known[i] === names[i]) i++
    if (i === count) return shape
  }
  return (shapes[slot] = make(names.slice(0, count)))
}

function make(names) {
  const order = names
    .map((_, i) => i)
    .filter(i => names[i] !== 'sign')
    .sort((a, b) => (names[a] < names[b] ? -1 : 1))
  return {
    count: names.length,
    names,
    order: Int32Array.from(order),
    labels: order.map((i, n) => `${n ? '&' : ''}${names[i]}=`),
    sign: names.indexOf('sign'),
    twice: new Set(names).size < names.length,
    opens: names.map(name => `<${name}>`),
    cdata: names.map(name => `<${name}><![CDATA[`),
    closes: names.map(name => `</${name}>`),
    ends: names.map(name => `]]></${name}>`),
  }
}

/** The string to sign of the fields last walked, without the key. */
export function join(shape) {
  const { order, labels } = shape
  let text = ''
  for (let n = 0; n < order.length; n++) {
    const value = values[order[n]]
    if (value !== '' && value != null) text += labels[n] + value
  }
  // An empty first field leaves the separator of the second in front.
  const first = values[order[0]]
  return first === '' || first == null ? text.slice(1) : text
}

/** The XML of the fields last walked, with `sign`. */
export function build(shape, sign) {
  const { opens, cdata, closes, ends } = shape
  let xml = '<xml>'
  for (let i = 0; i < opens.length; i++) {
    const value = values[i]
    if (i === shape.sign || value === '' || value == null) continue
    if (typeof value === 'number') xml += opens[i] + value + closes[i]
    else if (value.includes(']]>')) throw new Error(`${shape.names[i]}: ]]> cannot be in CDATA`)
    else xml += cdata[i] + value + ends[i]
  }
  return `${xml}<sign>${sign}</sign></xml>`
}
