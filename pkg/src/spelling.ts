/** What the doctor asks its host for, since the tables are large and every host has them. */
export type Spelling = 'gbk' | 'NFC' | 'NFD' | 'number'

const encoder = /* @__PURE__ */ new TextEncoder()

/** The bytes of the text in another spelling; `undefined` where it has none. */
export function spell(spelling: Spelling, text: string): Uint8Array | undefined {
  if (spelling === 'gbk') return gbk(text)
  return encoder.encode(spelling === 'number' ? String(Number(text)) : text.normalize(spelling))
}

let table: ReadonlyMap<string, readonly number[]> | undefined

function gbk(text: string): Uint8Array | undefined {
  table ??= gbkTable()
  const bytes: number[] = []
  for (const character of text) {
    const code = character.codePointAt(0) as number
    const pair = code < 0x80 ? [code] : table.get(character)
    if (pair === undefined) return undefined
    bytes.push(...pair)
  }
  return Uint8Array.from(bytes)
}

/** Hosts decode GBK and do not encode it: the table is what all pairs of bytes decode to. */
function gbkTable(): ReadonlyMap<string, readonly number[]> {
  const pairs: number[][] = []
  for (let lead = 0x81; lead < 0xff; lead++) {
    for (let trail = 0x40; trail < 0xff; trail++) if (trail !== 0x7f) pairs.push([lead, trail])
  }
  const all = Uint8Array.from(pairs.flatMap(pair => [...pair, 0x0a]))
  const characters = new TextDecoder('gbk').decode(all).split('\n')
  const known = new Map<string, number[]>()
  pairs.forEach((pair, index) => {
    const character = characters[index] as string
    // What is no pair becomes a replacement, and often a second character.
    if (character.length === 1 && character !== '\ufffd') known.set(character, pair)
  })
  return known
}
